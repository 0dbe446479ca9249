"""What the application asks of the recovery, so that tests can answer in its place."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from recovery.record.events import AnyCommand, Person
from recovery.record.history import Entry
from recovery.record.session_list import Listed
from recovery.words.errors import Problem
from recovery.words.profile import Profile
from screens.target import Connection
from screens.wishes import RunStep


class Work(Protocol):
    """One session. Everything here may block, and may raise ``RecoveryError``."""

    @property
    def id(self) -> str:
        """The session's name."""

    @property
    def folder(self) -> Path:
        """Where the session is kept."""

    @property
    def only_reads(self) -> Problem | None:
        """Why the session can only be looked at here."""

    @property
    def by(self) -> Person:
        """Who sits at this client."""

    def entries(self, after: int) -> tuple[Entry, ...]:
        """The events with a number above ``after``."""

    def runner_alive(self) -> bool:
        """Whether a process works on the session."""

    def unheard(self) -> str:
        """That the process gives no sign of life, in words; empty if all is well."""

    def stillborn(self) -> Problem | None:
        """Why the runner that was started last ended without a word; told once."""

    def plan_sql(self) -> str:
        """The text of plan.sql."""

    def sql_log(self, after: int) -> tuple[str, int]:
        """The text of sql.log behind a byte, and where it ends; from 0 on, only its end."""

    def sign_in(self, password: str | None) -> Connection:
        """Connects, and remembers the password for the runners of this program."""

    def keep_password(self) -> None:
        """Puts the password into the keyring."""

    def confirm(self, typed: str) -> None:
        """Journals that the operator named the database."""

    def run(self, wish: RunStep) -> None:
        """Starts a runner."""

    def give(self, command: AnyCommand) -> None:
        """Gives a command to the runner that is at work."""

    def approve(self, sha256: str) -> None:
        """Journals the plan's approval."""

    def decide(self, column: str, take: bool) -> None:
        """Journals what is to be done with a soft reference."""

    def confirm_revision(self, revisions: tuple[str, ...]) -> None:
        """Journals the operator's word that the schema is at these revisions."""

    def attest(self, statement: str) -> None:
        """Journals the operator's word about a backup."""

    def accept_old_backup(self, typed: str) -> None:
        """Journals that the operator goes on with a backup older than the profile allows."""

    def save_bundle(self) -> str:
        """Packs the session into a file; answers where it is, in words."""

    def save_plan(self, to: str) -> str:
        """Copies plan.sql to a folder or a new file. Answers where the copy is."""

    def reconcile(self) -> None:
        """Asks the server what became of a step whose runner is gone, and journals it."""

    def save_copy(self, text: str) -> Path:
        """Keeps in the session's folder what was copied last; answers the file."""


class Sessions(Protocol):
    """All sessions of this machine."""

    def listed(self) -> Iterable[Listed]:
        """Every session, newest first."""

    def open(self, session_id: str) -> Work:
        """An existing session."""

    def create(self, profile: Profile) -> Work:
        """A new session."""
