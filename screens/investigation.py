"""Step 2: what is wrong with the schema, read without changing anything."""

from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button, TabbedContent, TabPane

from recovery.record.candidates import confirmable, proposal
from recovery.record.events import Investigated, Step
from recovery.record.history import History
from recovery.words import moments
from screens import words
from screens.confirming import ask_revision, confirm_label
from screens.consequences import taken_or_left
from screens.step_screen import StepScreen
from screens.widgets.buttons import button
from screens.widgets.findings import Findings
from screens.widgets.help import page
from screens.widgets.questions import Question
from screens.widgets.revisions import Revisions
from screens.widgets.rows import Facts, Rows
from screens.widgets.soft_references import SoftReferences, told
from screens.widgets.text import Note
from screens.wishes import DecideColumn, RunStep


class InvestigationScreen(StepScreen):
    """Findings, keys, the revision, tables and what is to be decided, each in a pane."""

    STEP = Step.INVESTIGATION
    NAME = "Investigation"
    START = "Investigate"
    HELP = page("investigation")

    def compose_content(self) -> ComposeResult:
        yield Note(id="intro")
        with TabbedContent(id="content"):
            with TabPane("1 Findings", id="findings-pane"):
                yield Findings(id="findings")
            with TabPane("2 Keys", id="keys-pane"), VerticalScroll(can_focus=False):
                yield Rows("Key", "State", "Type", "Expected", "FKs>", "Columns>", id="keys")
                yield Note("Orphans", id="orphans-title", classes="section")
                yield Rows("Table", "Foreign key", "Rows without a key>", id="orphans")
            with TabPane("3 Revision", id="revision-pane"):
                yield Revisions(id="revisions")
            with TabPane("4 Tables", id="tables-pane"), VerticalScroll(can_focus=False):
                yield Facts(id="totals")
                yield Note(
                    "Made by hand, and created by a pending revision",
                    id="collisions-title",
                    classes="section",
                )
                yield Rows("Revision", "Tables", id="collisions")
                yield Note("Rows and sizes", id="rows-title", classes="section")
                yield Rows("Table", "Rows>", "Size>", id="row-counts")
            with TabPane("5 To decide", id="soft-pane"):
                yield SoftReferences(id="soft")

    def compose_actions(self) -> ComposeResult:
        yield button("", id="confirm-revision")

    def show_step(self, history: History, now: datetime) -> None:
        found = history.last(Investigated)
        intro = self.query_one("#intro", Note)
        intro.say(
            ""
            if found is not None or self.running
            else "Reads the catalog and the row counts in one read-only transaction, and replays "
            "the migration scripts on a private server. Nothing is changed."
        )
        self.query_one("#content").display = found is not None
        if found is not None:
            self._show_findings(found)
            self.query_one(Revisions).tell(history)
            self.query_one(SoftReferences).fill(found, _decided(history))
        self._offer(history, done=found is not None)

    def _offer(self, history: History, *, done: bool) -> None:
        """Beside a failure there is no room: the panes and their keys stay."""
        proposed = proposal(history) if self.failure is None else None
        if proposed is not None:
            self.query_one("#confirm-revision", Button).label = Content(confirm_label(proposed))
        self.offer_usual(done=done, also=() if proposed is None else ("confirm-revision",))

    def what_runs(self) -> str:
        return "Replaying the scripts, reading the catalog; nothing is changed."

    def _show_findings(self, found: Investigated) -> None:
        self.query_one(Findings).fill(found.findings)
        self.query_one("#keys", Rows).fill(
            (
                key.key,
                words.state(
                    "missing"
                    if not key.exists
                    else "as expected"
                    if key.actual == key.expected
                    else "wrong"
                ),
                key.actual,
                key.expected,
                words.number(key.foreign_keys),
                words.number(key.referencing_columns),
            )
            for key in found.keys
        )
        self.query_one("#orphans-title").display = bool(found.orphans)
        self.query_one("#orphans", Rows).fill(
            (each.table, each.foreign_key, words.number(each.count)) for each in found.orphans
        )
        self.query_one("#totals", Facts).tell(
            [
                ("Tables", f"{words.number(found.tables)}, {words.size(found.size_bytes)}"),
                ("Foreign keys", words.number(found.foreign_keys)),
                ("Missing tables", words.names(found.missing_tables)),
                ("Server's time", moments.full(found.server_time)),
            ]
        )
        self.query_one("#collisions-title").display = bool(found.collisions)
        self.query_one("#collisions", Rows).fill(
            (f"{each.revision} {each.title}", words.names(each.tables)) for each in found.collisions
        )
        self.query_one("#rows-title").display = bool(found.row_counts)
        self.query_one("#row-counts", Rows).fill(
            (
                table,
                words.number(rows),
                words.size(found.sizes[table]) if table in found.sizes else "",
            )
            for table, rows in found.row_counts.items()
        )

    def action_scroll(self, rows: int) -> None:
        """A row at a time, it is the list of findings that moves."""
        findings = self.query_one(Findings)
        if abs(rows) == 1 and findings.is_on_screen:
            findings.move(rows)
        else:
            super().action_scroll(rows)

    def what_to_copy(self) -> str | None:
        """The SQL of the finding in sight, unless there is something more urgent."""
        findings = self.query_one(Findings)
        seen = findings.chosen if findings.is_on_screen else None
        return super().what_to_copy() or (seen[1].query or None if seen is not None else None)

    @on(Findings.Moved)
    @on(TabbedContent.TabActivated)
    def _another_in_sight(self) -> None:
        self.query_one("#copied", Note).say("")
        self.call_after_refresh(self.offer_copy)

    @on(SoftReferences.Chosen)
    def decide(self, message: SoftReferences.Chosen) -> None:
        """Asks what is to be done with a column."""
        reference, found = message.reference, self.history.last(Investigated)
        if found is None:
            return

        def answered(answer: str | None) -> None:
            if answer in ("take", "leave"):
                self.post_message(DecideColumn(reference.column, take=answer == "take"))

        taken = [] if reference.becomes is None else [("take", f"Convert to {reference.becomes}")]
        self.app.push_screen(
            Question(
                f"{reference.column}: what is to be done with it?",
                Content.assemble(
                    told(reference),
                    f"\n{taken_or_left(found, reference)}",
                ),
                ("back", "Not yet"),
                ("leave", "Leave it"),
                *taken,
            ),
            answered,
        )

    @on(Revisions.Chosen)
    def confirm_chosen(self, message: Revisions.Chosen) -> None:
        """Asks whether the schema is at the revisions under the cursor."""
        if confirmable(self.history):
            ask_revision(self, message.revisions)

    @on(Button.Pressed, "#confirm-revision")
    def confirm_proposed(self) -> None:
        """Asks about those that the catalog speaks for."""
        if (proposed := proposal(self.history)) is not None:
            ask_revision(self, proposed)

    @on(Button.Pressed, "#start")
    def investigate(self) -> None:
        self.post_message(RunStep(Step.INVESTIGATION))


def _decided(history: History) -> dict[str, str]:
    """By column, what was decided, in a word."""
    profile = history.profile
    return {str(name): "taken" for name in profile.key_types} | {
        str(name): "left" for name in profile.left
    }
