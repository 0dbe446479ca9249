"""How far each step is: beside the content where there is room, in a line where there is not."""

from collections.abc import Iterator
from itertools import groupby

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click

from recovery.record.events import Step
from recovery.record.history import History
from screens.widgets.text import Line
from screens.wishes import ShowStep

STEPS = tuple(Step)


def state_word(history: History, step: Step, starting: Step | None) -> str:
    """How far a step is; ``starting`` was asked for and has not begun yet."""
    return "starting" if step is starting else history.state_of(step)


def in_a_line(history: History, starting: Step | None = None) -> str:
    """``1-3 done, 4 running, 5-8 not yet``."""
    numbered = [
        (place, state_word(history, step, starting)) for place, step in enumerate(STEPS, start=1)
    ]
    return ", ".join(_runs(numbered))


def _runs(numbered: list[tuple[int, str]]) -> Iterator[str]:
    for state, run in groupby(numbered, key=lambda pair: pair[1]):
        places = [place for place, _ in run]
        first, last = places[0], places[-1]
        yield f"{first} {state}" if first == last else f"{first}-{last} {state}"


class StepLine(Line):
    """One step; a click goes there, as the keys do."""

    def __init__(self, step: Step) -> None:
        super().__init__(id=f"step-{step}")
        self._step = step

    def tell(self, state: str, *, here: bool) -> None:
        """Shows the step's state, and whether its screen is the one in sight."""
        mark = ">" if here else " "
        name = f"{STEPS.index(self._step) + 1}{mark}{self._step.capitalize()}"
        self.set_class(here, "-here")
        self.say(f"{name:<16} {state}")

    def on_click(self, event: Click) -> None:
        event.stop()
        self.post_message(ShowStep(self._step))


class Steps(Vertical):
    """All steps, from the first to the last."""

    def compose(self) -> ComposeResult:
        yield from map(StepLine, STEPS)

    def tell(self, history: History, here: Step, starting: Step | None) -> None:
        """Shows what the events say; ``here`` is the step whose screen this is."""
        for step, line in zip(STEPS, self.query(StepLine), strict=True):
            line.tell(state_word(history, step, starting), here=step is here)
