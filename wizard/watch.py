"""One session from a plain terminal: what is new in it, what is asked, and what is begun."""

import subprocess
import time
from dataclasses import dataclass, field

import msgspec

from recovery.record import events as e
from recovery.record.history import Entry, History
from recovery.record.session import Session, this_person
from recovery.record.transaction import TransactionState, target_words, transaction_state
from recovery.server import credentials, target
from recovery.server.door import Door, sign_in
from recovery.server.identity import refuse_strangers
from recovery.server.reconcile import reconcile
from recovery.steps.follow import is_gone, look_after
from recovery.steps.launch import Options, launch
from recovery.words.errors import DONE, FAILED, REFUSED, Problem, RecoveryError, Refused, in_words
from wizard.console import Console
from wizard.event_lines import identity_lines
from wizard.headless import Client

# How often the journal is read while somebody thinks or waits, in seconds.
_EVERY = 0.2


@dataclass
class Watch:
    """The session's events as they come, and the prompts between them.

    ``code`` is the exit code of what was done last; a step that goes on is not done. ``lost``: a
    runner is gone, and the server could not be asked what became of its work.
    """

    client: Client
    console: Console
    history: History = field(init=False)
    code: int = DONE
    lost: bool = False
    _unheard: str = ""
    _process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.history = self.client.history
        self.client.offer_to_keep = self._offer_to_keep

    @property
    def session(self) -> Session:
        return self.client.session

    @property
    def transaction_state(self) -> TransactionState:
        """What the target's transaction is doing."""
        return transaction_state(self.history)

    @property
    def begun_here(self) -> bool:
        """Whether a runner that this program has started is at work."""
        return self._process is not None

    @property
    def at_work(self) -> bool:
        """Whether a step is being done, as far as this program can know."""
        running = self.begun_here or self.history.running is not None
        return running and not self.lost and self.session.only_reads is None

    def allowed(self, step: e.Step) -> bool:
        """Whether a step may be started: nothing is missing and nothing else runs."""
        return self.history.running is None and self.history.waits_for(step) is None

    # --- what is new ---

    def look(self) -> bool:
        """Tells what is new in the journal; whether there was anything to tell."""
        # In this order: a runner that ends in between has left its last event.
        gone = is_gone(self.session, self._process)
        entries = self.session.journal.entries(self.history.entries[-1].number)
        self.history = History(self.history.entries + entries)
        told = [self._tell(entry) for entry in entries]
        if gone and not entries and self.at_work:
            self._look_after()
        if (unheard := self.session.journal.unheard()) != self._unheard:
            self._unheard = unheard
            if unheard:
                self.console.notice(unheard)
                return True
        return any(told)

    def refuse(self, problem: Problem) -> None:
        """Tells why something was not done."""
        self.console.problem(problem)
        self.code = problem.exit_code

    def _look_after(self) -> None:
        try:
            with in_words():
                look_after(self.session, self._door, self._process)
        except RecoveryError as error:
            self.refuse(error.problem)
            self.lost = self.history.running is not None
        self._process = None

    def _door(self) -> Door:
        """The way to the server, as far as it is known without asking anybody."""
        signed_in = self.client.signed_in or sign_in(self.history.profile, self.client.password)
        return signed_in.door

    def _tell(self, entry: Entry) -> bool:
        match entry.event:
            case e.GatePrice() | e.ConversionWatched():
                # They come again and again: told when somebody asks how it stands.
                return False
            case e.TargetConfirmed(by=by):
                self.console.line(f"Confirmed by {by}.")
            case _:
                self.console.entry(entry)
        match entry.event:
            case e.StepStarted():
                self.code = FAILED
            case e.StepFailed(problem=problem):
                self._ended(problem.exit_code)
            case e.StepFinished(step=step):
                self._ended(self._code_of(step))
            case e.TargetConfirmed() | e.PlanApproved() | e.ColumnDecided():
                self.code = DONE
            case e.BackupAttested() | e.OldBackupAccepted():
                self.code = DONE
        return True

    def _ended(self, code: int) -> None:
        self.code = code
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _code_of(self, step: e.Step) -> int:
        """The exit code of a step that came to its end, as its command has it."""
        history = self.history
        if step is e.Step.PLAN and history.plan is not None and history.plan.refusals:
            return REFUSED
        if step is e.Step.CONVERSION and history.outcome is not e.Outcome.COMMITTED:
            return FAILED
        verified = history.verified
        if step is e.Step.VERIFICATION and verified is not None:
            failed = any(check.state is e.CheckState.FAILED for check in verified.checks)
            return FAILED if failed else DONE
        return DONE

    # --- what is asked ---

    def read(self) -> str | None:
        """What is typed; None as soon as things are no longer as they were when it was asked."""
        asked = self._state
        self._prompt()
        while self._state == asked:
            typed = self.console.typed(_EVERY)
            if typed is not None:
                return typed
            if self.look() and self._state == asked and not self._streaming:
                self._prompt()
        return None

    def _prompt(self) -> None:
        environment = self.history.profile.environment.upper()
        self.console.prompt(f"{environment} {target_words(self.history)}, {self.transaction_state}")

    @property
    def _state(self) -> tuple[object, ...]:
        return self.transaction_state, self.history.running, self.lost

    @property
    def _streaming(self) -> bool:
        """Whether line follows line: a prompt after each would only be in the way."""
        return (
            self.history.running is not None
            and self.transaction_state is not TransactionState.AT_THE_GATE
        )

    def ask(self, *texts: str) -> str:
        """Answers what is typed below some texts; nothing if it is too late for an answer."""
        for text in texts:
            self.console.lines(text)
        return self.read() or ""

    def agrees(self, *texts: str) -> bool:
        """Whether the answer is yes."""
        return self.ask(*texts, "[y]es, [n]o").lower() in ("y", "yes")

    def _offer_to_keep(self, account: str, password: str) -> None:
        vault = credentials.vault()
        if not vault.works:
            self.console.line(vault.words)
        elif self.agrees("Keep the password in the keyring?"):
            credentials.store(account, password)

    # --- what is begun ---

    def connect(self) -> None:
        """Connects anew, and shows which database it is. Raises ``RecoveryError``."""
        client, profile = self.client, self.history.profile
        client.signed_in = client.password = None
        where = profile.target.dsn or "as the environment says"
        self.console.line(f"Connecting to {profile.target.database}: {where}")
        identity = client.sign_in().identity
        confirmed = self.history.last(e.TargetConfirmed)
        try:
            if confirmed is not None:
                refuse_strangers(identity, confirmed.identity)
        except RecoveryError:
            client.signed_in = None
            raise
        self.code = DONE
        for line in identity_lines(identity):
            self.console.line(line)
        for refusal in target.refusals(identity, profile):
            client.signed_in = None
            self.refuse(Refused(refusal.reason, refusal.remedy, object=refusal.object).problem)
        if confirmed is not None and confirmed.typed:
            self.console.line(f"Confirmed by {confirmed.by}.")

    def start(self, step: e.Step, options: Options | None = None) -> None:
        """Starts a step, and waits until it has begun. Raises ``RecoveryError``."""
        # The report asks nothing of the server.
        chosen = options or Options(by=this_person())
        if step is not e.Step.REPORT:
            door = self.client.sign_in().door
            chosen = msgspec.structs.replace(chosen, address=door.address, password=door.password)
        self._process = launch(self.session, step, chosen)
        while self.begun_here and self.history.running is not step:
            self.look()
            time.sleep(_EVERY)

    def give(self, command: e.AnyCommand) -> None:
        """Asks something of the runner that is at work, and waits a moment for its answer."""
        self.session.journal.command(command)
        for _ in range(10):
            if self.look():
                return
            time.sleep(_EVERY)

    def cancel(self) -> None:
        """Cancels what was begun here, and waits until it is rolled back."""
        while self.begun_here:
            try:
                self.give(e.Cancel(by=this_person()))
                self.wait()
            except KeyboardInterrupt:
                # Asked again.
                continue

    def wait(self) -> None:
        """Tells what happens until the step that runs has ended."""
        while self.at_work:
            self.look()
            time.sleep(_EVERY)

    def ask_server(self) -> None:
        """Has the server asked what became of a transaction. Raises ``RecoveryError``."""
        reconcile(self.session, self.client.sign_in().door)
        self.lost = False
