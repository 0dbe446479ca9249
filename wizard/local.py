"""The sessions of this machine, as the application asks for them."""

import os
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from recovery.record import bundle, decisions, session
from recovery.record.events import AnyCommand, Person, Step
from recovery.record.history import Entry
from recovery.record.lease import Holder
from recovery.record.session_list import Listed, listed_sessions
from recovery.server import credentials, target
from recovery.server.door import Door, PasswordNeeded, SignedIn, sign_in
from recovery.server.identity import refuse_strangers
from recovery.server.reconcile import reconcile
from recovery.steps.launch import Options, launch, stillborn
from recovery.words.errors import Problem, RecoveryError, Refused, in_words
from recovery.words.profile import Profile
from screens.target import Connected, Connection, NotConnected
from screens.wishes import RunStep

# How much of sql.log is shown to begin with, in bytes.
_END_OF_LOG = 50_000


class LocalWork:
    """One session's folder, and the way in to its target. The password stays in here."""

    def __init__(self, opened: session.Session) -> None:
        self._session = opened
        self._signed_in: SignedIn | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def id(self) -> str:
        return self._session.id

    @property
    def folder(self) -> Path:
        return self._session.folder

    @property
    def only_reads(self) -> Problem | None:
        return self._session.only_reads

    @property
    def by(self) -> Person:
        return session.this_person()

    @property
    def _door(self) -> Door:
        if self._signed_in is None:
            raise Refused("This program is not connected to the database yet.", "Connect first.")
        return self._signed_in.door

    def entries(self, after: int) -> tuple[Entry, ...]:
        return self._session.journal.entries(after)

    def runner_alive(self) -> bool:
        # This process has it for as long as it asks the server what became of a runner.
        return self._session.journal.holder() not in (None, Holder.this_process())

    def unheard(self) -> str:
        return self._session.journal.unheard()

    def stillborn(self) -> Problem | None:
        child = self._child
        if child is None or child.poll() is None:
            return None
        self._child = None
        return stillborn(self._session, child)

    def plan_sql(self) -> str:
        with in_words():
            return self._session.read_plan()

    def sql_log(self, after: int) -> tuple[str, int]:
        path = self._session.sql_log
        if not path.exists():
            return "", 0
        with path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(after or max(0, end - _END_OF_LOG))
            text = log.read()
        return text.decode("utf-8", errors="replace"), after + len(text) if after else end

    def sign_in(self, password: str | None) -> Connection:
        try:
            with in_words():
                return self._sign_in(password)
        except PasswordNeeded as needed:
            vault = credentials.vault()
            return NotConnected(
                needed.problem, needed.account, None if vault.works else vault.words
            )
        except RecoveryError as error:
            return NotConnected(error.problem)

    def _sign_in(self, password: str | None) -> Connection:
        history = self._session.history()
        signed_in = sign_in(history.profile, password)
        if history.identity is not None:
            refuse_strangers(signed_in.identity, history.identity)
        self._signed_in = signed_in
        return Connected(
            signed_in.identity,
            tuple(target.refusals(signed_in.identity, history.profile)),
            signed_in.password_from,
        )

    def keep_password(self) -> None:
        if self._door.password is not None:
            credentials.store(self._door.address.account, self._door.password)

    def confirm(self, typed: str) -> None:
        if self._signed_in is not None:
            target.confirm(self._session, self._signed_in, typed)

    def run(self, wish: RunStep) -> None:
        # The report asks nothing of the server.
        door = None if wish.step is Step.REPORT else self._door
        options = Options(
            by=self.by,
            address=None if door is None else door.address,
            password=None if door is None else door.password,
            backup_format=wish.backup_format,
            ways=dict(wish.ways),
            despite_forecast=wish.despite_forecast,
            compatible=wish.compatible,
        )
        with in_words():
            self._child = launch(self._session, wish.step, options)

    def give(self, command: AnyCommand) -> None:
        self._session.journal.command(command)

    def approve(self, sha256: str) -> None:
        decisions.approve_plan(self._session, sha256, self.by)

    def decide(self, column: str, take: bool) -> None:
        decisions.decide_column(self._session, column, take=take, by=self.by)

    def confirm_revision(self, revisions: tuple[str, ...]) -> None:
        with in_words():
            decisions.confirm_revision(self._session, revisions, self.by)

    def attest(self, statement: str) -> None:
        decisions.attest_backup(self._session, statement, self.by)

    def accept_old_backup(self, typed: str) -> None:
        decisions.accept_old_backup(self._session, typed, self.by, datetime.now(UTC))

    def save_bundle(self) -> str:
        return bundle.saved(bundle.save(self._session))

    def save_plan(self, to: str) -> str:
        place = Path(to.strip()).expanduser().absolute()
        if place.is_dir():
            place /= self._session.plan_file.name
        with in_words():
            text = self._session.plan_file.read_bytes()
            # Never in the place of another file.
            with place.open("xb") as copy:
                copy.write(text)
        return str(place)

    def reconcile(self) -> None:
        with in_words():
            reconcile(self._session, self._door)

    def save_copy(self, text: str) -> Path:
        with in_words():
            return self._session.write("copied.txt", f"{text}\n")


class LocalSessions:
    """The folders under the user's state directory."""

    def __init__(self, program: str) -> None:
        self._program = program

    def listed(self) -> Iterable[Listed]:
        return listed_sessions()

    def open(self, session_id: str) -> LocalWork:
        return LocalWork(session.open_session(session_id))

    def create(self, profile: Profile) -> LocalWork:
        return LocalWork(session.create(profile, self._program))
