"""Step 3: what will be done, in full, before anything is done."""

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Button, TabbedContent, TabPane

from recovery.record.estimate import taken
from recovery.record.events import Person, PlanApproved, PlanMade, Proof, ProofState, Step
from recovery.record.history import History
from recovery.record.session import as_bytes
from recovery.words.errors import RecoveryError
from screens import words
from screens.consequences import at_run_time, other_plan, what_is_approved
from screens.step_screen import StepScreen
from screens.widgets.buttons import button
from screens.widgets.help import page
from screens.widgets.plan_text import PlanText
from screens.widgets.questions import Question, TypedQuestion
from screens.widgets.rows import Facts, Refusals, Rows
from screens.widgets.text import Note
from screens.wishes import ApprovePlan, FileSaved, RunStep, SavePlan


class PlanScreen(StepScreen):
    """Phases, tables, refusals, and the file that will run.

    ``read_plan`` gives the text of plan.sql.
    """

    STEP = Step.PLAN
    NAME = "Plan"
    START = "Make the plan"
    HELP = page("plan")

    BINDINGS = [
        Binding(
            "a",
            "approve",
            "Approve",
            id="approve",
            tooltip="Asks once more; what is approved is what will run.",
        ),
        Binding(
            "slash",
            "search",
            "Search",
            show=False,
            id="search",
            tooltip="Finds a text in plan.sql.",
        ),
        Binding("o", "regroup", "Group", show=False, id="group", tooltip="By phase, or by object."),
        Binding("x", "export", "Export", show=False, id="export", tooltip="Copies plan.sql."),
    ]

    _can_approve = False

    def __init__(self, session: str, by: Person, read_plan: Callable[[], str]) -> None:
        super().__init__(session, by)
        self._read_plan = read_plan
        self._read: str | None = None
        self._text = ""
        self._intact = False

    def compose_content(self) -> ComposeResult:
        yield Note(id="intro")
        with TabbedContent(id="content"):
            with TabPane("1 Phases", id="phases-pane"), VerticalScroll(can_focus=False):
                yield Note(id="refusals-title", classes="section")
                yield Refusals(id="refusals")
                yield Facts(id="summary")
                yield Note("Phases, all in one transaction", classes="section")
                yield Rows("", "Phase, counts by key", "Statements>", id="phases")
            with TabPane("2 Tables", id="tables-pane"), VerticalScroll(can_focus=False):
                yield Rows("Table", "Columns", "Rows about>", "Size>", id="tables")
            with TabPane("3 plan.sql", id="sql-pane"):
                yield PlanText(id="plan-text")
                yield Note(id="saved")
            with TabPane("4 At run time", id="breaks-pane"), VerticalScroll(can_focus=False):
                yield Note(id="breaks-words")
                yield Rows("", id="breaks")
            with TabPane("5 Made again, kept", id="kept-pane"), VerticalScroll(can_focus=False):
                yield Note(id="rebuilt-words")
                yield Rows("", id="rebuilt")
                yield Note(id="kept-words", classes="section")
                yield Rows("Kept", "Count>", "Names", id="kept")

    def compose_actions(self) -> ComposeResult:
        yield button("", id="operators")
        yield button("Approve", id="approve", classes="far")

    def show_step(self, history: History, now: datetime) -> None:
        plan = history.plan
        self.query_one("#content").display = plan is not None and not plan.nothing_to_do
        if plan is not None:
            self._show_plan(plan)
        self.query_one("#intro", Note).say(self._intro(plan))
        settled = plan is not None and (plan.nothing_to_do or history.plan_approved)
        self.offer_usual(done=settled)
        undecided = plan is not None and not settled and self.allowed
        self._offer_approval(undecided and plan is not None and not plan.refusals and self._intact)
        if undecided:
            self.name_start(again=True)
            other = other_plan(history)
            self.query_one("#operators", Button).label = other
            others = ["start", *(["operators"] if other else [])]
            if self._can_approve:
                self.offer("approve", *others, focus="approve")
            else:
                self.offer(*others, focus="start")

    def _offer_approval(self, possible: bool) -> None:
        if possible != self._can_approve:
            self._can_approve = possible
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a plan that can be approved has a key for it, and only a text can be searched."""
        if action == "approve":
            return self._can_approve
        if action in ("search", "regroup", "export"):
            return self._text_in_sight
        return super().check_action(action, parameters)

    @property
    def _plan_file(self) -> str:
        return str(self.folder / "plan.sql")

    def what_to_copy(self) -> str | None:
        mine = None if self.history.plan is None else self._plan_file
        return super().what_to_copy() or mine

    def what_runs(self) -> str:
        return "Reading what hangs on the key columns; nothing is changed."

    def _intro(self, plan: PlanMade | None) -> str:
        if self.history.open_keys:
            return (
                "It has not the expected type, and the profile does not name it. Step 2, pane 5, "
                "has what is known, and asks."
            )
        if plan is None:
            return (
                ""
                if self.running
                else "Finds every column that has to be converted together, and writes each "
                "statement to plan.sql. Nothing is changed."
            )
        if plan.nothing_to_do:
            return "Nothing to do: the keys have the expected types already."
        if plan.refusals:
            return "REFUSED: the plan cannot carry everything over. Nothing was changed."
        if not self._intact:
            return "plan.sql is not the file that this plan was made with. Make a new plan."
        approval = self.history.last(PlanApproved)
        if self.history.plan_approved and approval is not None:
            return f"APPROVED by {approval.by}."
        return "Read it through; then approve it. What is approved here is what will run."

    def _show_plan(self, plan: PlanMade) -> None:
        self.query_one("#refusals-title", Note).say(
            f"Refused: {words.counted(len(plan.refusals), 'object')}" if plan.refusals else ""
        )
        self.query_one(Refusals).tell(plan.refusals)
        self.query_one("#summary", Facts).tell(
            [
                ("Tables", words.number(len(plan.tables))),
                ("Foreign keys", words.number(plan.foreign_keys)),
                *([("Made again", f"{_made_again(plan)}: pane 5")] if plan.rebuilt else []),
                *_proof(plan.proof),
                *(("Filled anew", words.plain_line(view.words)) for view in plan.refilled),
                *([("Operators", _operators(plan))] if plan.compatibility else []),
                *([("At run time", f"{at_run_time(plan)}: pane 4")] if at_run_time(plan) else []),
                ("SHA-256", plan.sha256),
                ("File", self._plan_file),
            ]
        )
        self.query_one("#phases", Rows).fill(
            (
                str(phase.number),
                (phase.title, words.counts(phase.expected)),
                words.number(phase.statements),
            )
            for phase in plan.phases
        )
        self.query_one("#tables", Rows).fill(
            (
                table.name,
                words.names(table.columns),
                words.number(table.rows_estimated),
                words.size(table.bytes),
            )
            for table in plan.tables
        )
        self.query_one("#breaks-words", Note).say(_choice(plan))
        self.query_one("#breaks", Rows).fill([each] for each in _breaks(plan))
        self._show_kept(plan)
        self._show_sql(plan)

    def _show_kept(self, plan: PlanMade) -> None:
        self.query_one("#rebuilt-words", Note).say(
            f"Dropped and made again, as they hang on a converted column: {_made_again(plan)}."
            if plan.rebuilt
            else "Nothing but foreign keys is dropped and made again."
        )
        self.query_one("#rebuilt", Rows).fill([each] for each in plan.rebuilt)
        self.query_one("#kept-words", Note).say(
            "PostgreSQL carries the following over by itself. All of it is compared before COMMIT."
            if plan.kept
            else ""
        )
        self.query_one("#kept", Rows).fill(
            (each.kind, words.number(len(each.names)), words.names(each.names))
            for each in plan.kept
        )

    def _show_sql(self, plan: PlanMade) -> None:
        """Reads the file once for each plan, and says so if it is not the plan's."""
        if plan.nothing_to_do:
            return
        if self._read != plan.sha256:
            self._read = plan.sha256
            self._read_text(plan)
        if self._text_in_sight:
            self.query_one(PlanText).fill(plan, self._text, taken(self.history, plan))

    def _read_text(self, plan: PlanMade) -> None:
        try:
            text = self._read_plan()
        except RecoveryError as error:
            self._intact = False
            self.refuse(error.problem)
            return
        self._intact = sha256(as_bytes(text)).hexdigest() == plan.sha256
        self._text = text

    # --- the text ---

    @property
    def _text_in_sight(self) -> bool:
        return self.query_one("#content", TabbedContent).active == "sql-pane" and bool(self._text)

    @on(TabbedContent.TabActivated)
    def _show_text(self) -> None:
        """A long text takes a moment to lay out: only when somebody looks at it."""
        if self._text_in_sight and self.history.plan is not None:
            self._show_sql(self.history.plan)
        self.query_one("#saved", Note).say("")
        self.refresh_bindings()

    def action_pane(self, place: int) -> None:
        """Opens a pane; the list of statements can be used at once."""
        super().action_pane(place)
        if self._text_in_sight:
            self.call_after_refresh(self.query_one(PlanText).begin)

    def action_search(self) -> None:
        """Asks what is to be found in plan.sql."""
        self.query_one(PlanText).search()

    def action_regroup(self) -> None:
        """The statements by object instead of by phase, or the other way round."""
        self.query_one(PlanText).regroup()

    def action_export(self) -> None:
        """Asks where a copy of plan.sql is to be."""

        def answered(typed: str | None) -> None:
            if typed is not None:
                self.post_message(SavePlan(typed))

        self.app.push_screen(
            TypedQuestion(
                "Save a copy of plan.sql",
                f"It is in the session's folder already:\n{self._plan_file}",
                "Folder, or name of the new file",
                "Save",
                lambda typed: None if typed.strip() else "Nothing was typed.",
            ),
            answered,
        )

    @on(FileSaved)
    def _say_where(self, message: FileSaved) -> None:
        self.query_one("#saved", Note).say(f"Saved to {message.path}")

    @on(Button.Pressed, "#start")
    def make(self) -> None:
        self._make(compatible=self._compatible)

    @on(Button.Pressed, "#operators")
    def make_otherwise(self) -> None:
        self._make(compatible=not self._compatible)

    @property
    def _compatible(self) -> bool:
        # Also of a plan that a decision has overtaken.
        plan = self.history.last(PlanMade)
        return plan is not None and plan.compatible

    def _make(self, *, compatible: bool) -> None:
        self.post_message(RunStep(Step.PLAN, compatible=compatible))

    @on(Button.Pressed, "#approve")
    def action_approve(self) -> None:
        plan = self.history.plan
        if plan is None:
            return

        def answered(answer: str | None) -> None:
            if answer == "approve":
                self.post_message(ApprovePlan(plan.sha256))

        self.app.push_screen(
            Question(
                "Approve this plan?",
                what_is_approved(plan),
                ("back", "Not yet"),
                ("approve", "Approve"),
            ),
            answered,
        )


def _made_again(plan: PlanMade) -> str:
    return words.counted(len(plan.rebuilt), "object")


def _proof(proof: Proof | None) -> list[tuple[str, str]]:
    if proof is None:
        return []
    told = [("Proof", f"{proof.state}: {proof.words}")]
    if proof.rewrites:
        names = words.names(tuple(rewrite.object for rewrite in proof.rewrites))
        told.append(("Rewritten", f"{names}: before and after are in plan.sql"))
    return told


def _operators(plan: PlanMade) -> str:
    return (
        f"{words.counted(len(plan.compatibility), 'object')} for code that still has uuid, made "
        "at the end of phase 5; 'pg-rekey compatibility --remove' drops them"
    )


def _choice(plan: PlanMade) -> str:
    if plan.proof is None or plan.proof.state is not ProofState.PASSED:
        return "Functions were not looked at: the plan did not run on a copy of the schema."
    if not at_run_time(plan):
        return "Nothing is known that would fail when it is called after the conversion."
    operators = (
        "" if plan.compatible else "; or plan with operators that let uuid be compared with keys"
    )
    return (
        "This worked before, and fails when it is called after the conversion, or may. Stop here; "
        "or approve the plan, and the list goes into the report; or change what is named and plan "
        f"again{operators}."
    )


def _breaks(plan: PlanMade) -> Iterator[Text]:
    """Each as a paragraph: where, what, and how it was found."""
    for found in plan.proof.breaks if plan.proof is not None else ():
        yield Text.assemble(
            (words.plain_line(f"{found.function}, line {found.line or '?'}"), "bold"),
            *("\n", words.plain_line(found.cause), "\n", words.plain_line(found.found), "\n"),
        )
    for one in plan.soft_references:
        yield Text.assemble(
            (words.plain_line(one.stays), "bold"),
            "\nLeave it" if one.becomes is None else "\nTake it into the plan, or leave it",
            ": step 2, pane 5\n",
        )
