"""The application's own Alembic: its interpreter, its env.py, its way to the database.

Which database that is nobody can read off a command. So it is seen: while we hold a lock on the
version table, the command has to wait for us there. At first it is only asked for the current
revision. When it upgrades, its session is known from then on: who it waits for is told, and a wait
behind which others queue up has an end.
"""

import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from queries import ask, compose
from queries.rows import WaitingRow
from recovery.connection.children import without_password
from recovery.connection.interrupting import Watching
from recovery.record.journal import Journal
from recovery.server.control import Control
from recovery.server.door import Door
from recovery.server.lock_waits import LockWaits, cancel
from recovery.words.errors import ProgramFailed, RecoveryError, Refused
from recovery.words.names import TableName

# How long the command may take to come to the database, and how often we look: seconds.
_PATIENCE = 60.0
_EVERY = 0.05
# So much of what a failed command printed is told.
_TOLD = 4_000
_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")


@dataclass(frozen=True, slots=True)
class _Started:
    """A command at work: where in the log its words begin, and its session if it was seen."""

    process: "subprocess.Popen[str]"
    printed: int
    session: int | None


@dataclass(frozen=True, slots=True)
class ApplicationAlembic:
    """``command`` is what runs Alembic, ``folder`` where; ``log`` takes what it prints.

    It is looked for by ``observer``, a connection of ours. ``watching`` is on our own wait for the
    version table.
    """

    command: Sequence[str]
    folder: Path
    log: Path
    door: Door
    observer: psycopg.Connection[Any]
    version_table: TableName
    journal: Journal
    control: Control
    watching: Watching

    def upgrade(self, revision: str) -> None:
        """Upgrades to a revision. Raises ``RecoveryError`` if the command says that it failed."""
        with self._coming("upgrade", revision) as started:
            session = started.session
            with nullcontext() if session is None else LockWaits(self.door, self.journal, session):
                code = started.process.wait()
                if self.control.asked_to_stop and session is not None:
                    self._end_what_it_left(session)
                self.control.check()
                if code != 0:
                    raise ProgramFailed(
                        f"The application's Alembic failed at revision {revision}: exit code "
                        f"{code}.",
                        "What it had committed before stays. Read what it printed, mend that, then "
                        "start the step again: it goes on from here.",
                        object=revision,
                        statement=" ".join((*self.command, "upgrade", revision)),
                        detail=self._since(started.printed),
                    )

    def be_seen(self) -> None:
        """Makes sure that the command works on this database. Raises ``Refused`` if it does not."""
        with self._coming("current") as started:
            started.process.wait()
        self.control.check()
        if started.session is None:
            raise self._does_not_come(started.printed, "current")

    @contextmanager
    def _coming(self, *arguments: str) -> Iterator[_Started]:
        """Starts the command, and lets it go on when it was seen to wait, or has ended.

        Raises ``Refused`` if it does neither. Asking to stop kills it.
        """
        with self.door.connect(read_only=False) as holder:
            with self.watching(holder):
                lock = compose("lock_versions_alone", table=self.version_table.identifier)
                holder.execute(lock)
            self.control.check()
            known = [row[0] for row in self.observer.execute(compose("connected"))]
            process, printed = self._start(*arguments)
            try:
                with self.control.ending(process):
                    session = self._waits(process, holder.info.backend_pid, known)
                    if session is None and process.poll() is None:
                        raise self._does_not_come(printed, *arguments)
                    holder.rollback()
                    yield _Started(process, printed, session)
            except BaseException:
                process.kill()
                process.wait()
                raise

    def _waits(self, process: "subprocess.Popen[str]", holder: int, known: list[int]) -> int | None:
        """The session of the command, which waits for us; None if it ends, or patience does."""
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE:
            for waiting in ask(
                self.observer, "waiting_for_us", WaitingRow, pid=holder, known=known
            ):
                return waiting.pid
            if process.poll() is not None:
                return None
            self.control.wait(_EVERY)
        return None

    def _end_what_it_left(self, session: int) -> None:
        """A server goes on with a statement, or waits for a lock, though its client was killed."""
        with suppress(RecoveryError, psycopg.Error), self.door.connect(autocommit=True) as conn:
            cancel(conn, session)

    def _does_not_come(self, printed: int, *arguments: str) -> Refused:
        return Refused(
            "The application's Alembic does not come to this database.",
            "It was started while the version table was locked, and nobody waited there. "
            "Check 'command' and 'folder' in the profile's [alembic], and where the "
            "application's settings lead. It has recorded no revision here.",
            object=" ".join((*self.command, *arguments)),
            detail=self._since(printed),
        )

    def _start(self, *arguments: str) -> "tuple[subprocess.Popen[str], int]":
        """The process, and where in the log its words begin."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join((*self.command, *arguments))}\n")
            log.flush()
            printed = log.tell()
            try:
                process = subprocess.Popen(
                    [*self.command, *arguments],
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=without_password(),
                    text=True,
                )
            except OSError as error:
                raise Refused(
                    f"The application's Alembic cannot be started: {error.strerror}.",
                    "Correct 'command' and 'folder' in the profile's [alembic].",
                    object=self.command[0],
                ) from error
        return process, printed

    def _since(self, place: int) -> str:
        with self.log.open("rb") as log:
            log.seek(place)
            said = log.read().decode(errors="replace")[-_TOLD:].strip()
        return _PASSWORD_IN_URL.sub(r"\1:***@", said)
