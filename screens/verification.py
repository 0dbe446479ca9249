"""Step 7: the check-list, which can be gone through at any time."""

from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button

from recovery.record.events import CheckState, Step, Verified
from recovery.record.history import History
from screens import words
from screens.step_screen import StepScreen
from screens.widgets.help import page
from screens.widgets.rows import Rows
from screens.widgets.text import Note
from screens.wishes import RunStep

_ORDER = (CheckState.FAILED, CheckState.NOT_CHECKED, CheckState.PASSED)


class VerificationScreen(StepScreen):
    """What was expected, what was found; a check that was not made is never a passed one."""

    STEP = Step.VERIFICATION
    NAME = "Verification"
    START = "Verify"
    HELP = page("verification")

    def compose_content(self) -> ComposeResult:
        yield Note(id="intro")
        with VerticalScroll(id="content", can_focus=False):
            yield Rows("State", "Check", "Expected", "Evidence", id="checks")

    def show_step(self, history: History, now: datetime) -> None:
        verified = history.last(Verified)
        self.query_one("#intro", Note).say(
            "Reads the database and asks the services what the profile expects of them."
            if verified is None
            else _summary(verified)
            if history.verified is not None
            else f"{_summary(verified)}. The database was changed since: verify again."
        )
        if verified is not None:
            self.query_one("#checks", Rows).fill(
                (words.state(check.state), check.name, check.expected, check.evidence)
                for check in sorted(verified.checks, key=lambda each: _ORDER.index(each.state))
            )
        self.offer_usual(done=history.verified is not None)

    @on(Button.Pressed, "#start")
    def verify(self) -> None:
        self.post_message(RunStep(Step.VERIFICATION))


def _summary(verified: Verified) -> str:
    """How many checks came to which end."""
    return ", ".join(
        f"{sum(check.state is state for check in verified.checks)} {state}".upper()
        for state in CheckState
    )
