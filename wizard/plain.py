"""The wizard as prompts and plain lines, for screen readers and bad lines.

The same steps, rules and texts. Nothing moves, nothing is drawn, and colour says nothing.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

import wizard
from recovery.record import bundle, since_backup
from recovery.record import events as e
from recovery.record.events.conversion import PHASES
from recovery.record.history import History, StepState
from recovery.record.session import this_person
from recovery.record.transaction import TransactionState, gate, until_when
from recovery.record.verdict import verdict
from recovery.words import moments
from recovery.words.errors import CANCELLED, Problem, RecoveryError, in_words
from recovery.words.profile import Profile
from screens.consequences import what_backup
from screens.phases import running
from screens.words import counted, elapsed
from wizard import steps
from wizard.console import Console
from wizard.event_lines import lines, problem_lines
from wizard.headless import ask_on_terminal
from wizard.plain_session_list import opened
from wizard.plain_steps import PURPOSE, Choice, offered
from wizard.watch import Watch

HELP = (
    "Type the letter in brackets, or the words, and press Enter. An empty line tells what is new. "
    "What runs is done by a process of its own: the end of input (Ctrl-D) leaves it at work. "
    "Ctrl-C cancels what was begun here, rolls back, and leaves."
)


def run(profile: Profile | None, session_id: str | None) -> int:
    """Leads through a recovery until it is left. Answers the exit code.

    Raises ``RecoveryError`` if there is nothing to begin with.
    """
    console = Console()
    try:
        client = opened(console, profile, session_id)
    except EOFError:
        console.line("No session was opened.")
        return CANCELLED
    client.ask = ask_on_terminal
    return Plain(Watch(client, console)).run()


class Plain:
    """One session, step by step."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._console = watch.console
        self._step = e.Step.TARGET
        self._arrived = True
        self._left = False

    @property
    def _history(self) -> History:
        return self._watch.history

    def run(self) -> int:
        """Shows the step and does what is typed until it is left. Answers the exit code."""
        try:
            self._begin()
            while not self._left:
                self._show()
                self._choose()
        except EOFError:
            self._say_goodbye()
        except KeyboardInterrupt:
            self._watch.cancel()
            self._say_goodbye()
            return CANCELLED
        return self._watch.code

    def _begin(self) -> None:
        session = self._watch.session
        self._console.line(
            f"pg-rekey {wizard.__version__}, session {session.id}. ? and Enter: help."
        )
        if session.only_reads is not None:
            at = self._history.entries[-1].at
            detail = f"What is told was so at {moments.full(at)}, the journal's last entry."
            self._console.problem(msgspec.structs.replace(session.only_reads, detail=detail))
            self._go(steps.first_open(self._history))
        elif self._history.running is not None and session.journal.holder() is not None:
            self._go(steps.first_open(self._history))
        else:
            self._attempt(self._watch.connect)

    # --- what is shown ---

    def _show(self) -> None:
        for line in self._described():
            self._console.line(line)
        self._arrived = False

    def _described(self) -> Iterator[str]:
        """The step, how it stands, and what can be done."""
        history, step = self._history, self._step
        place = f"Step {steps.ORDER.index(step) + 1} of {len(steps.ORDER)}"
        yield f"{place}: {step.capitalize()}, {history.state_of(step)}"
        if self._arrived:
            yield PURPOSE[step]
        if (skipped := history.skipped_because(step)) is not None:
            yield f"Skipped: {skipped}."
        elif (waits_for := history.waits_for(step)) is not None:
            yield f"This step waits for {waits_for}."
        if history.running not in (None, step):
            yield f"The {history.running} step is running."
        failure = _failure(history, step)
        if self._arrived and failure is not None:
            yield from problem_lines(failure, f"{step} failed")
        if step is e.Step.CONVERSION:
            yield from _now(history)
            yield from _gate(history)
        if step is e.Step.BACKUP and isinstance(history.backup, e.BackupMade):
            yield f"The backup was {since_backup.ago(history.backup, datetime.now(UTC))}."
        if step is e.Step.REPORT and history.state_of(step) is StepState.DONE:
            yield verdict(history)
        yield ", ".join(choice.label for choice in self._choices())

    def _choices(self) -> list[Choice]:
        step, history = self._step, self._history
        choices = list(offered(self._watch, step))
        settled = history.state_of(step).settled
        if settled and (step is not e.Step.TARGET or history.name_typed):
            onward = steps.after(step, history)
            if onward is not step:
                choices.append(Choice("[c]ontinue", lambda: self._go(onward)))
        if _failure(history, step) is not None:
            choices.append(Choice("save a b[u]ndle", self._save_bundle))
        if any(True for _ in _events(history, step)):
            choices.append(Choice("[d]etails", self._tell_details))
        return [
            *choices,
            Choice("[n]ext", lambda: self._go(steps.neighbour(step, 1))),
            Choice("[p]revious", lambda: self._go(steps.neighbour(step, -1))),
            Choice("[q]uit", self._quit),
            Choice("[?] help", self._help),
        ]

    def _tell_details(self) -> None:
        for event in _events(self._history, self._step):
            self._console.event(event)

    def _save_bundle(self) -> None:
        self._console.line(bundle.saved(bundle.save(self._watch.session)))

    def _help(self) -> None:
        self._console.line(PURPOSE[self._step])
        self._console.line(HELP)

    # --- what is done ---

    def _go(self, step: e.Step) -> None:
        self._step = step
        self._arrived = True

    def _choose(self) -> None:
        typed = self._watch.read()
        if not typed:
            self._watch.look()
            return
        meant = [choice for choice in self._choices() if choice.is_meant(typed)]
        if meant:
            self._attempt(meant[0].deed)
        else:
            self._console.line(f"{typed!r} is not a choice here.")

    def _attempt(self, deed: Callable[[], object]) -> None:
        try:
            with in_words():
                deed()
        except RecoveryError as error:
            self._watch.refuse(error.problem)
        self._watch.look()

    def _quit(self) -> None:
        """Leaves; with a transaction open, asks what becomes of it."""
        watch = self._watch
        if watch.transaction_state.open and watch.at_work:
            committing = watch.transaction_state is TransactionState.COMMITTING
            answer = watch.ask(
                f"Quit with a transaction open? The runner is a process of its own: it goes on "
                f"without this program. {_until_when(self._history)}",
                "[s]tay, [l]eave it with the runner"
                + ("" if committing else ", [r]oll back, then quit"),
            ).lower()
            if answer == "r" and not committing:
                watch.give(e.RollBack(by=this_person()))
                watch.wait()
            elif answer != "l":
                return
        self._left = True
        self._say_goodbye()

    def _say_goodbye(self) -> None:
        if self._watch.at_work:
            until = f" {_until_when(self._history)}" if self._watch.transaction_state.open else ""
            self._console.line(f"The runner goes on.{until}")
        if not self._history.finished:
            self._console.line(f"Come back with: pg-rekey resume {self._watch.session.id} --plain")


def _until_when(history: History) -> str:
    return until_when(history, datetime.now(UTC))


def _failure(history: History, step: e.Step) -> Problem | None:
    """Why the latest attempt at a step failed."""
    if history.state_of(step) is not StepState.FAILED:
        return None
    failures = history.since_start_of(step).of(e.StepFailed)
    return next((each.problem for each in failures if each.step is step), None)


def _now(history: History) -> Iterator[str]:
    """What the running conversion is at, and who waits for it."""
    attempt = history.since_start_of(e.Step.CONVERSION)
    at, seen = running(attempt), attempt.last(e.ConversionWatched)
    if history.running is not e.Step.CONVERSION or at is None or gate(history) is not None:
        return
    phase = f"phase {at.phase}, " if at.phase in PHASES else ""
    yield f"Now {phase}{at.object}, for {elapsed(at.since, datetime.now(UTC))}."
    if seen is not None and seen.cost is not None:
        yield from lines(e.GatePrice(0, seen.cost.blocked))


def _gate(history: History) -> Iterator[str]:
    """The gate while it is open: until when, and who waits."""
    opened = gate(history)
    if opened is None:
        return
    held = elapsed(opened.locked, datetime.now(UTC))
    yield f"Nothing is committed. Locks held for {held}. {_until_when(history)}"
    if opened.differences:
        differences = counted(opened.differences, "difference")
        yield f"COMMIT is impossible: {differences}. Look at the details, then roll back."
    yield from lines(e.GatePrice(0, opened.blocked, opened.not_seen))
    if backup := what_backup(history, datetime.now(UTC)):
        yield backup


def _events(history: History, step: e.Step) -> Iterator[e.AnyEvent]:
    """What the journal has of the latest attempt at a step, but what was of use only then."""
    match step:
        case e.Step.TARGET:
            last = history.last(e.TargetConfirmed)
            yield from () if last is None else (last,)
        case e.Step.BACKUP if isinstance(history.backup, e.BackupAttested):
            yield history.backup
        case _:
            for entry in history.since_start_of(step).entries:
                if isinstance(entry.event, e.StepFinished):
                    return
                if not isinstance(entry.event, e.BackupProgress | e.GatePrice | e.StepStarted):
                    yield entry.event
                if isinstance(entry.event, e.StepFailed):
                    return
