"""The sessions of this machine, as the application asks for them."""

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from recovery import backup, credentials, plan, session, soft_references, target
from recovery.errors import Problem, RecoveryError, Refused, ServerError
from recovery.events import AnyCommand, Person, TargetConfirmed
from recovery.history import Entry
from recovery.launch import Options, launch, stillborn
from recovery.profile import Profile
from recovery.reconcile import reconcile
from screens.target import Connected, Connection, NotConnected
from screens.wishes import RunStep


@contextmanager
def _in_words() -> Iterator[None]:
    """Errors of the server and the system as ``RecoveryError``."""
    try:
        yield
    except psycopg.Error as error:
        raise ServerError(error) from error
    except OSError as error:
        raise Refused(
            f"{error.strerror or error}.",
            "Mend what is named here, then try again.",
            object=str(error.filename) if error.filename else None,
        ) from error


class LocalWork:
    """One session's folder, and the way in to its target. The password stays in here."""

    def __init__(self, opened: session.Session) -> None:
        self._session = opened
        self._signed_in: target.SignedIn | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def id(self) -> str:
        return self._session.id

    @property
    def only_reads(self) -> Problem | None:
        return self._session.only_reads

    @property
    def by(self) -> Person:
        return session.this_person()

    @property
    def _password(self) -> str | None:
        return None if self._signed_in is None else self._signed_in.password

    def entries(self, after: int) -> tuple[Entry, ...]:
        return self._session.journal.entries(after)

    def runner_alive(self) -> bool:
        return self._session.journal.holder() is not None

    def stillborn(self) -> Problem | None:
        child = self._child
        if child is None or child.poll() is None:
            return None
        self._child = None
        return stillborn(self._session, child)

    def plan_sql(self) -> str:
        with _in_words():
            return self._session.plan_file.read_text(encoding="utf-8")

    @property
    def plan_file(self) -> str:
        return str(self._session.plan_file)

    def sign_in(self, password: str | None) -> Connection:
        try:
            with _in_words():
                return self._sign_in(password)
        except target.PasswordNeeded as needed:
            vault = credentials.vault()
            return NotConnected(
                needed.problem, needed.account, None if vault.works else vault.words
            )
        except RecoveryError as error:
            return NotConnected(error.problem)

    def _sign_in(self, password: str | None) -> Connection:
        history = self._session.history()
        signed_in = target.sign_in(history.profile, password)
        confirmed = history.last(TargetConfirmed)
        if confirmed is not None:
            target.refuse_strangers(signed_in.identity, confirmed.identity)
        self._signed_in = signed_in
        return Connected(
            signed_in.identity,
            tuple(target.refusals(signed_in.identity, history.profile)),
            signed_in.password_from,
        )

    def keep_password(self) -> None:
        if self._signed_in is not None and self._signed_in.password is not None:
            credentials.store(self._signed_in.account, self._signed_in.password)

    def confirm(self, typed: str) -> None:
        if self._signed_in is not None:
            target.confirm(self._session, self._signed_in, typed)

    def run(self, wish: RunStep) -> None:
        options = Options(
            by=self.by,
            password=self._password,
            backup_format=wish.backup_format,
            adopt=wish.adopt,
            compatible=wish.compatible,
        )
        with _in_words():
            self._child = launch(self._session, wish.step, options)

    def give(self, command: AnyCommand) -> None:
        self._session.journal.command(command)

    def approve(self, sha256: str) -> None:
        plan.approve(self._session, sha256, self.by)

    def decide(self, column: str, take: bool) -> None:
        soft_references.decide(self._session, column, take=take, by=self.by)

    def attest(self, statement: str) -> None:
        backup.attest(self._session, statement, self.by)

    def save(self, name: str, text: str) -> str:
        if self.only_reads is not None:
            raise RecoveryError.of(self.only_reads)
        with _in_words():
            return str(self._session.write(name, text))

    def save_plan(self, to: str) -> str:
        place = Path(to.strip()).expanduser().absolute()
        if place.is_dir():
            place /= self._session.plan_file.name
        with _in_words():
            text = self._session.plan_file.read_bytes()
            # Never in the place of another file.
            with place.open("xb") as copy:
                copy.write(text)
        return str(place)

    def reconcile(self) -> None:
        with _in_words():
            reconcile(self._session, self._password)


class LocalSessions:
    """The folders under the user's state directory."""

    def __init__(self, program: str) -> None:
        self._program = program

    def listed(self) -> Iterable[session.Listed]:
        return session.sessions()

    def open(self, session_id: str) -> LocalWork:
        return LocalWork(session.open_session(session_id))

    def create(self, profile: Profile) -> LocalWork:
        return LocalWork(session.create(profile, self._program))
