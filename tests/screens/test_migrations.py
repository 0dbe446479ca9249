"""Tables made by hand, and what a copy foretells: read and decided before anything is migrated."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from recovery.record.events import Step, Way
from screens.wishes import RunStep
from tests.screens import story
from tests.screens.fakes import FakeWork
from tests.screens.stage import current, go_to, on_stage, settled, words_on

SIZE = (80, 24)


async def click(pilot: Pilot[None], button: str) -> None:
    assert await pilot.click(button)
    await settled(pilot)


def labels(pilot: Pilot[None]) -> list[str]:
    """The buttons that can be seen, on top of everything else."""
    return [str(b.label) for b in pilot.app.screen.query(Button) if b.display]


def run_of(work: FakeWork) -> RunStep:
    *_, last = (wish for wish in work.asked if isinstance(wish, RunStep))
    return last


@pytest.mark.parametrize("way", [Way.REPAIR, Way.ASIDE])
async def test_tables_that_differ_are_decided_one_by_one(way: Way) -> None:
    work = FakeWork(story.collided_differently())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.MIGRATIONS)
        await click(pilot, "#decide")
        assert "missing index: ix_valuations_method_id" in " ".join(words_on(pilot).split())
        assert labels(pilot) == ["Not yet", "Make them the same", "Rename aside"]
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "back"
        await click(pilot, f"#{way.name.lower()}")
        said = str(pilot.app.screen.query_one("#text", Static).content)
        told = {
            Way.REPAIR: "Made as the script would, and marked as done: the tables of 9d40b6c7e3a8",
            Way.ASIDE: "Renamed aside, before the script creates its own: the tables of 9d40",
        }
        assert told[way] in said
        await click(pilot, "#migrate")
        assert run_of(work).ways == {"9d40b6c7e3a8": way}


async def test_not_yet_decides_nothing() -> None:
    work = FakeWork(story.collided_differently())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.MIGRATIONS)
        await click(pilot, "#decide")
        await pilot.press("escape")
        await settled(pilot)
        assert current(pilot) is Step.MIGRATIONS
        assert not [wish for wish in work.asked if isinstance(wish, RunStep)]


async def test_what_failed_on_a_copy_is_gone_on_with_only_when_it_is_said() -> None:
    work = FakeWork(story.would_fail())
    async with on_stage(work).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.MIGRATIONS)
        said = " ".join(words_on(pilot).split())
        assert "would fail" in said
        assert "WOULD RUN" in said
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "start"
        await click(pilot, "#despite")
        assert "NOT as the copy says" in " ".join(words_on(pilot).split())
        await click(pilot, "#migrate")
        assert run_of(work).despite_forecast
