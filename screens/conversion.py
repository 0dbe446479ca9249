"""Step 5: the conversion, live; the parity; and the gate, where COMMIT and ROLLBACK wait."""

from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Button, TabbedContent, TabPane

from recovery.record.events import (
    SAME,
    CommandRefused,
    Commit,
    ConversionEnded,
    ConversionWatched,
    ExtendGate,
    GateExtended,
    LockAttemptFailed,
    Outcome,
    ParityChecked,
    Person,
    PhaseStarted,
    RollBack,
    SessionInTheWay,
    StatementDone,
    Step,
)
from recovery.record.events.conversion import PHASES
from recovery.record.history import History
from recovery.record.transaction import (
    AFTER_COMMIT,
    Gate,
    TransactionState,
    gate,
    transaction_state,
)
from recovery.words import moments
from recovery.words.errors import Problem
from screens import conversion_lines as lines
from screens import words
from screens.consequences import (
    AFTER_ROLL_BACK,
    EXTENSION,
    what_backup,
    what_becomes_permanent,
    what_is_locked,
)
from screens.old_backup import with_backup
from screens.phases import progress, rewriting, running
from screens.step_screen import StepScreen
from screens.widgets.buttons import button
from screens.widgets.help import page
from screens.widgets.parity import CatalogDifferences, ForeignKeys
from screens.widgets.questions import Question, TypedQuestion
from screens.widgets.rows import Rows
from screens.widgets.sql_log import ReadLog, SqlLog
from screens.widgets.text import Line, Note
from screens.wishes import AskServer, GiveCommand, RunStep

_MEANING = {
    Outcome.COMMITTED: "COMMITTED{who}.",
    Outcome.ROLLED_BACK: "ROLLED BACK{who}: the database is as it was.",
    Outcome.UNKNOWN: "UNKNOWN whether COMMIT{who} arrived: do nothing yet.",
}
_KEYS = ("commit", "roll_back", "extend")
_MORE_TIME = ExtendGate.__name__


class ConversionScreen(StepScreen):
    """One transaction: phases, parity, gate, outcome. ``read_log`` gives sql.log's text."""

    STEP = Step.CONVERSION
    NAME = "Conversion"
    START = "Start the conversion"
    HELP = page("conversion")

    BINDINGS = [
        Binding(
            "c",
            "commit",
            "COMMIT",
            id="commit",
            tooltip="Asks for the database's name, then makes all of it permanent.",
        ),
        Binding(
            "r",
            "roll_back",
            "ROLL BACK",
            id="roll-back",
            tooltip="Asks once more, then ends the transaction: the database is as it was.",
        ),
        Binding(
            "e",
            "extend",
            "Extend",
            id="extend",
            tooltip="The gate waits 15 minutes longer. The locks stay as long.",
        ),
    ]

    _possible: tuple[bool | None, ...] = ()
    # The decision that was given last, and the refusal that was the latest by then.
    _decision: tuple[Commit | RollBack, CommandRefused | None] | None = None

    def __init__(self, session: str, by: Person, read_log: ReadLog) -> None:
        super().__init__(session, by)
        self._read_log = read_log

    def compose_content(self) -> ComposeResult:
        yield Note(id="intro")
        yield Note(id="outcome")
        with Vertical(id="gate"):
            yield Line(id="gate-time")
            yield Line(id="gate-parity")
            yield Line(id="gate-blocked")
            yield Note(id="gate-backup")
        with Vertical(id="live"):
            yield Line(id="rewriting")
            yield Line(id="cost")
        with TabbedContent(id="content"):
            with TabPane("1 Phases", id="phases-pane"), VerticalScroll(can_focus=False):
                yield Line(lines.columns("  Phase, counts by key", "State", "Statements", "Time"))
                for number in range(1, 7):
                    yield Line(id=f"phase-{number}", classes="phase")
                    yield Note(id=f"counts-{number}", classes="counts")
                yield Note("Waiting for locks held by", id="locks-title", classes="section")
                yield Rows("Process", "Role", "Program", "For>", "Statement", id="locks")
            with TabPane("2 Foreign keys", id="keys-pane"):
                yield ForeignKeys(id="foreign-keys")
            with TabPane("3 Tables", id="tables-pane"), VerticalScroll(can_focus=False):
                yield Rows("State", "Table", "Rows before>", "Rows after>", "Digests", id="tables")
            with TabPane("4 Catalog", id="catalog-pane"):
                yield CatalogDifferences(id="catalog")
            with TabPane("5 Blocked", id="blocked-pane"), VerticalScroll(can_focus=False):
                yield Note(id="blocked-words")
                yield Rows("Process", "Role", "Program", "For>", "Statement", id="blocked")
            with TabPane("6 SQL log", id="log-pane"):
                yield SqlLog(self._read_log, id="sql-log")

    def compose_actions(self) -> ComposeResult:
        yield button("Ask the server again", id="ask")
        yield button("ROLL BACK", id="roll-back")
        yield button("Extend by 15 min", id="extend")
        yield button("COMMIT ...", id="commit", classes="far danger")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is possible now has a key."""
        if self.as_it_was and action in _KEYS:
            return False
        match action:
            case "commit":
                open_gate = gate(self.history)
                return open_gate is not None and open_gate.differences == 0
            case "roll_back":
                return self._can_roll_back
            case "extend":
                return gate(self.history) is not None
        return super().check_action(action, parameters)

    @property
    def _can_roll_back(self) -> bool:
        return transaction_state(self.history) in (
            TransactionState.IN_TRANSACTION,
            TransactionState.AT_THE_GATE,
        )

    # --- what is shown ---

    def show_step(self, history: History, now: datetime) -> None:
        state = transaction_state(history)
        open_gate = gate(history)
        begun = bool(self.attempt.entries)
        self.query_one("#intro", Note).say(
            ""
            if begun
            else "Converts all columns in one transaction, checks that nothing else changed, and "
            "then waits for you: only you can COMMIT. The tables are locked from the first "
            "phase until COMMIT or ROLLBACK."
        )
        self.query_one("#content").display = begun
        if not self._can_roll_back:
            self._decision = None
        self._show_outcome(history)
        self._show_gate(open_gate, now)
        self._show_live(state)
        self._show_phases(history)
        self._show_locks(state)
        self._show_blocked(open_gate, now)
        self.query_one(SqlLog).follow()
        self._show_parity(self.attempt.last(ParityChecked))
        self._offer_actions(state, open_gate)

    def _offer_actions(self, state: TransactionState, open_gate: Gate | None) -> None:
        history = self.history
        if open_gate is not None:
            commit = ["commit"] if open_gate.differences == 0 else []
            self.offer("roll-back", "extend", *commit)
        elif self._can_roll_back:
            self.offer("roll-back")
        elif state in (TransactionState.COMMITTED, TransactionState.MIGRATING) or history.converted:
            self.offer("continue", focus="continue")
        elif state is TransactionState.UNKNOWN:
            self.offer("ask", focus="ask")
        else:
            self.offer_usual(done=False)
        possible = tuple(map(self.check_action, _KEYS, ((),) * len(_KEYS)))
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    def what_runs(self) -> str:
        state = transaction_state(self.history)
        if (decision := self._on_its_way) is not None:
            return f"{decision} is on its way to the runner."
        if state is TransactionState.AT_THE_GATE:
            return "Waiting for your decision."
        if state is TransactionState.COMMITTING:
            return "COMMIT has been sent."
        now = running(self.attempt)
        if now is not None:
            part = "" if now.phase not in PHASES else f"Phase {now.phase}, "
            return (
                f"{part}{now.object} for {words.elapsed(now.since, self.shown_at)}"
                f"{': ' if now.statement else ''}{now.statement}"
            )
        done = self.attempt.last(StatementDone)
        return "Taking locks." if done is None else f"Last: {done.object}"

    @property
    def _on_its_way(self) -> str | None:
        """The decision that the runner has not answered yet."""
        if self._decision is None or not self._can_roll_back:
            return None
        decision, refused = self._decision
        if self._decision_refused is not refused:
            return None
        return "COMMIT" if isinstance(decision, Commit) else "ROLL BACK"

    @property
    def _decision_refused(self) -> CommandRefused | None:
        """The decision that was refused last: more time is none."""
        several = self.attempt.of(CommandRefused)
        return next((one for one in reversed([*several]) if one.command != _MORE_TIME), None)

    @property
    def _refused(self) -> CommandRefused | None:
        """What was refused last; more time only until some is given."""
        for entry in reversed(self.attempt.entries):
            match entry.event:
                case CommandRefused() as refused:
                    return refused
                case GateExtended():
                    return self._decision_refused
        return None

    def refuse(self, problem: Problem | None) -> None:
        """Shows why the last wish was not carried out: then no decision is on its way."""
        if problem is not None:
            self._decision = None
        super().refuse(problem)

    def _decide(self, decision: Commit | RollBack) -> None:
        self._decision = decision, self._decision_refused
        self.post_message(GiveCommand(decision))
        self.show(self.history, self.shown_at)

    def _show_outcome(self, history: History) -> None:
        ended = self.attempt.last(ConversionEnded)
        note = self.query_one("#outcome", Note)
        if ended is None:
            refused = self._refused
            note.say(
                ""
                if refused is None
                else f"{refused.asked_for} by {refused.by} was refused: {refused.reason}"
            )
            return
        who = "" if ended.by is None else f" by {ended.by}"
        said = f"{_MEANING[ended.outcome].format(who=who)} Reason: {ended.reason}."
        note.say(f"{said}\n{AFTER_COMMIT}" if ended.outcome is Outcome.COMMITTED else said)

    def _show_gate(self, open_gate: Gate | None, now: datetime) -> None:
        shown = open_gate is not None and not self.as_it_was
        self.query_one("#gate").display = shown
        if open_gate is None or not shown:
            return
        left = (open_gate.deadline - now).total_seconds()
        until = moments.clock(open_gate.deadline, now)
        # With a date there is no room for more in the line.
        itself = "" if until == moments.full(open_gate.deadline) else " by itself"
        self.query_one("#gate-time", Line).say(
            f"Locks held for {words.elapsed(open_gate.locked, now)}. "
            f"Rolls back{itself} in {words.counter(left)}, at {until}."
        )
        self.query_one("#gate-parity", Line).say(
            "Parity: 0 differences. COMMIT is possible."
            if open_gate.differences == 0
            else f"Parity: {words.counted(open_gate.differences, 'DIFFERENCE', 'DIFFERENCES')}. "
            "COMMIT is impossible: look at them, then roll back."
        )
        self.query_one("#gate-blocked", Line).say(
            lines.blocked(open_gate.blocked, open_gate.not_seen)
        )
        self.query_one("#gate-backup", Note).say(what_backup(self.history, now))

    def _show_live(self, state: TransactionState) -> None:
        """How far it is and what it costs, while no decision can be made yet."""
        plan = self.history.plan
        begun = self.attempt.last(PhaseStarted) is not None
        at_work = state is TransactionState.IN_TRANSACTION and begun
        live = at_work and plan is not None and not self.as_it_was
        self.query_one("#live").display = live
        if not live or plan is None:
            return
        self.query_one("#rewriting", Line).say(lines.rewritten(rewriting(plan, self.attempt)))
        self.query_one("#cost", Line).say(lines.cost(self.attempt.last(ConversionWatched)))

    def _show_phases(self, history: History) -> None:
        if history.plan is None:
            return
        for phase in progress(history.plan.phases, self.attempt):
            number = phase.plan.number
            self.query_one(f"#phase-{number}", Line).say(lines.phase(phase))
            counts = words.progress(phase.plan.expected, phase.done, history.profile.keys)
            self.query_one(f"#counts-{number}", Note).say(counts)

    def _show_locks(self, state: TransactionState) -> None:
        waiting = self.attempt.last(LockAttemptFailed)
        begun = self.attempt.last(StatementDone) is not None
        title = self.query_one("#locks-title", Note)
        if waiting is None or begun or state is not TransactionState.IN_TRANSACTION:
            title.say("")
            self.query_one("#locks", Rows).fill(())
        else:
            title.say(f"Locks not free: attempt {waiting.attempt} of {waiting.attempts}. Held by:")
            self.query_one("#locks", Rows).fill(lines.sessions(waiting.blockers))

    def _show_blocked(self, open_gate: Gate | None, now: datetime) -> None:
        note, rows = self.query_one("#blocked-words", Note), self.query_one("#blocked", Rows)
        seen = self._blocked_now(open_gate)
        if seen is None:
            note.say("Nobody has looked yet who waits for the locks of this conversion.")
            rows.fill(())
            return
        at, blocked = seen
        note.say("" if blocked else "No session waits for the locks of this conversion.")
        rows.fill(lines.sessions(blocked, max(0.0, (now - at).total_seconds())))

    def _blocked_now(
        self, open_gate: Gate | None
    ) -> tuple[datetime, tuple[SessionInTheWay, ...]] | None:
        """Who waits for the locks, and when that was seen; None if it was not."""
        if open_gate is not None:
            return None if open_gate.looked is None else (open_gate.looked, open_gate.blocked)
        seen = self.attempt.last_entry(ConversionWatched)
        if seen is None or not isinstance(seen.event, ConversionWatched) or seen.event.cost is None:
            return None
        return seen.at, seen.event.cost.blocked if self.running else ()

    def _show_parity(self, parity: ParityChecked | None) -> None:
        self.query_one(ForeignKeys).tell(parity)
        self.query_one(CatalogDifferences).tell(parity)
        compared = () if parity is None else parity.tables
        tables = sorted(compared, key=lambda row: (row.state == SAME, row.table))
        self.query_one("#tables", Rows).fill(
            (
                words.state(SAME if row.state == SAME else "different"),
                row.table if row.state == SAME else f"{row.table}: {row.state}",
                words.number(row.rows_before),
                words.number(row.rows_after),
                lines.digests(row.digests_before, row.digests_after),
            )
            for row in tables
        )

    # --- what is asked for ---

    @on(Button.Pressed, "#start")
    def start(self) -> None:
        with_backup(self, self._ask)

    def _ask(self) -> None:
        plan = self.history.plan
        if plan is None:
            return
        self.app.push_screen(
            Question(
                f"Convert {plan.database} now?",
                what_is_locked(plan, self.history, self.shown_at),
                ("back", "Not yet"),
                ("start", "Start the conversion"),
            ),
            self._started_by,
        )

    def _started_by(self, answer: str | None) -> None:
        if answer == "start":
            self.post_message(RunStep(Step.CONVERSION))

    @on(Button.Pressed, "#ask")
    def ask(self) -> None:
        self.post_message(AskServer())

    @on(Button.Pressed, "#roll-back")
    def action_roll_back(self) -> None:
        self.app.push_screen(
            Question(
                "Roll back?",
                AFTER_ROLL_BACK,
                ("back", "Not yet"),
                ("roll-back", "ROLL BACK"),
            ),
            self._rolled_back_by,
        )

    def _rolled_back_by(self, answer: str | None) -> None:
        if answer == "roll-back":
            self._decide(RollBack(by=self.by))

    @on(Button.Pressed, "#extend")
    def action_extend(self) -> None:
        self.post_message(GiveCommand(ExtendGate(by=self.by, seconds=EXTENSION)))

    @on(Button.Pressed, "#commit")
    def action_commit(self) -> None:
        database = self.history.profile.target.database
        self.app.push_screen(
            TypedQuestion(
                f"COMMIT in {database}?",
                what_becomes_permanent(self.history, self.shown_at),
                f"Type the database's name to COMMIT ({self.history.profile.environment.upper()}):",
                "COMMIT",
                lambda typed: _not_the_name(typed, database),
            ),
            self._committed_by,
        )

    def _committed_by(self, typed: str | None) -> None:
        if typed is not None:
            self._decide(Commit(by=self.by, typed=typed))


def _not_the_name(typed: str, database: str) -> str | None:
    """Why this does not COMMIT; None if it does."""
    if not typed:
        return "Nothing was typed: COMMIT needs the database's name."
    return None if typed == database else f"{typed!r} is not its name."
