"""Step 8: what happened, as files that stay."""

from collections.abc import Iterator
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button

from recovery.record.events import CheckState, ConversionEnded, Migrated, Reported, Step, Verified
from recovery.record.history import History
from recovery.record.verdict import verdict
from screens import words
from screens.step_screen import StepScreen
from screens.widgets.buttons import button
from screens.widgets.help import page
from screens.widgets.rows import Cell, Facts
from screens.widgets.text import Note
from screens.wishes import RunStep

_EVIDENCE = "the session's folder holds the evidence."


class ReportScreen(StepScreen):
    """Where the report is, and how the recovery came out."""

    STEP = Step.REPORT
    NAME = "Report"
    START = "Write the report"
    HELP = page("report")

    def compose_content(self) -> ComposeResult:
        yield Note(id="intro")
        with VerticalScroll(id="content", can_focus=False):
            yield Facts(id="report")

    def compose_actions(self) -> ComposeResult:
        yield button("Quit", id="leave", classes="far")

    def show_step(self, history: History, now: datetime) -> None:
        reported = history.last(Reported)
        self.query_one("#intro", Note).say(
            "Writes what the journal says to report.md and report.json."
            if reported is None
            else f"{verdict(history)}. The report is written; {self.passing or _EVIDENCE}"
        )
        self.query_one("#report", Facts).tell(_facts(history, reported))
        self.offer_usual(done=False)
        if reported is not None and self.allowed:
            self.name_start(again=True)
            self.offer("start", "leave", focus="leave")

    def what_to_copy(self) -> str | None:
        reported = self.history.last(Reported)
        return super().what_to_copy() or (None if reported is None else reported.markdown)

    @on(Button.Pressed, "#start")
    def write(self) -> None:
        self.post_message(RunStep(Step.REPORT))

    @on(Button.Pressed, "#leave")
    async def leave(self) -> None:
        await self.run_action("app.quit")


def _facts(history: History, reported: Reported | None) -> Iterator[tuple[str, Cell]]:
    if reported is not None:
        yield "To read", reported.markdown
        yield "For programs", reported.json
    ended = history.last(ConversionEnded)
    if ended is not None:
        who = "nobody: " if ended.by is None else f"{ended.by}: "
        yield "Conversion", words.state(ended.outcome)
        yield "Decided by", f"{who}{ended.reason}"
    elif history.converted:
        yield "Conversion", "there was nothing to convert"
    else:
        yield "Conversion", "not done"
    migrated = history.last(Migrated)
    yield "Migrations", "not done" if migrated is None else f"at {words.names(migrated.heads)}"
    verified = history.verified
    if verified is None and history.last(Verified) is not None:
        yield "Verification", "not done since the last change of the database"
    elif verified is None:
        yield "Verification", "not done"
    else:
        open_checks = [c.name for c in verified.checks if c.state is not CheckState.PASSED]
        yield (
            "Verification",
            (
                f"all {len(verified.checks)} checks passed"
                if not open_checks
                else f"not passed: {words.names(tuple(open_checks))}"
            ),
        )
