"""The wizard on fakes, without a clock and without waiting: tests look when they want to."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from recovery.record.events import Step
from recovery.words.profile import Profile
from screens.step_screen import StepScreen
from screens.target import Connection
from tests.screens import story
from tests.screens.fakes import CONNECTED, FakeSessions, FakeWork
from tests.screens.story import Story
from wizard.app import Wizard

NOW = story.NIGHT + timedelta(minutes=33)


def on_stage(work: FakeWork, passing: str = "") -> Wizard:
    """The wizard in a session."""
    return _dressed(
        Wizard(
            FakeSessions(), story.PROGRAM, None, work, now=_now, look_every=None, passing=passing
        )
    )


def in_the_foyer(sessions: FakeSessions, profile: Profile | None = story.PROFILE) -> Wizard:
    """The wizard that asks which session."""
    return _dressed(Wizard(sessions, story.PROGRAM, profile, now=_now, look_every=None))


def _now() -> datetime:
    return NOW


def _dressed(app: Wizard) -> Wizard:
    app.theme = "textual-dark"
    return app


async def settled(pilot: Pilot[None]) -> None:
    """Waits until what was asked for is done, seen and shown."""
    app = pilot.app
    assert isinstance(app, Wizard)
    # Leaving cancels what still looks.
    with suppress(WorkerCancelled):
        await pilot.pause()
        await app.workers.wait_for_complete()
        app.look()
        await app.workers.wait_for_complete()
        await pilot.pause()


def scene(
    told: Story,
    step: Step,
    *keys: str,
    connections: Sequence[Connection] = (CONNECTED,),
) -> tuple[Wizard, Callable[[Pilot[None]], Awaitable[None]]]:
    """The wizard at a step of a story, and what brings it there."""
    app = on_stage(FakeWork(told, connections))

    async def play(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await go_to(pilot, step)
        await pilot.press(*keys)
        await settled(pilot)

    return app, play


async def go_to(pilot: Pilot[None], step: Step) -> None:
    """Moves to a step as an operator does: goes on from the target, then next or previous."""
    if step is not Step.TARGET and current(pilot) is Step.TARGET:
        await pilot.press("enter")
        await pilot.pause()
    places = list(Step)
    while (distance := places.index(step) - places.index(current(pilot))) != 0:
        await pilot.press("n" if distance > 0 else "p")
        await pilot.pause()


def current(pilot: Pilot[None]) -> Step:
    """The step whose screen is shown."""
    screen = pilot.app.screen_stack[1]
    assert isinstance(screen, StepScreen)
    return screen.STEP


def words_on(pilot: Pilot[None]) -> str:
    """What can be read on the screen now, as one text."""
    rows = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in rows)
