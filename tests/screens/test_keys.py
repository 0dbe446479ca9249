"""Every key that is shown does something."""

import pytest

from recovery.events import Step
from tests.screens import story
from tests.screens.fakes import FakeWork
from tests.screens.stage import go_to, on_stage, settled, words_on
from tests.screens.story import Story

PLACES = {
    "target": (story.confirmed, Step.TARGET, ()),
    "investigation": (story.investigated, Step.INVESTIGATION, ()),
    "plan": (story.planned, Step.PLAN, ("3",)),
    "gate": (story.at_the_gate, Step.CONVERSION, ()),
    "report": (story.reported, Step.REPORT, ()),
}


async def _shown(told: Story, step: Step, keys: tuple[str, ...]) -> list[str]:
    app = on_stage(FakeWork(told))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await go_to(pilot, step)
        await pilot.press(*keys)
        await settled(pilot)
        return [key for key, active in app.screen.active_bindings.items() if active.binding.show]


@pytest.mark.parametrize("place", PLACES)
async def test_every_key(place: str) -> None:
    chapter, step, keys = PLACES[place]
    for key in await _shown(chapter(), step, keys):
        if (place, key) in {("target", "p"), ("report", "n"), ("target", "ctrl+p")}:
            continue  # there is nothing before the first step or after the last
        work = FakeWork(chapter())
        app = on_stage(work)
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            await go_to(pilot, step)
            await pilot.press(*keys)
            await settled(pilot)
            before = words_on(pilot)
            await pilot.press(key)
            await settled(pilot)
            assert app.return_code is not None or words_on(pilot) != before, key
