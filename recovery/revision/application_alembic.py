"""The application's own Alembic: its interpreter, its env.py, its way to the database.

Which database that is nobody can read off a command. So it is seen: while we hold a lock on the
version table, the command is asked for the current revision, and has to wait for us there.
"""

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from queries import ask, compose
from queries.rows import WaitingRow
from recovery.connection.children import without_password
from recovery.server.control import Control
from recovery.server.door import Door
from recovery.words.errors import RecoveryError, Refused
from recovery.words.names import TableName

# How long the command may take to come to the database, and how often we look: seconds.
_PATIENCE = 60.0
_EVERY = 0.05
# So much of what a failed command printed is told.
_TOLD = 4_000
_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")


@dataclass(frozen=True, slots=True)
class ApplicationAlembic:
    """``command`` is what runs Alembic, ``folder`` where; ``log`` takes what it prints."""

    command: Sequence[str]
    folder: Path
    log: Path
    control: Control

    def upgrade(self, revision: str) -> None:
        """Upgrades to a revision. Raises ``RecoveryError`` if the command says that it failed."""
        process, printed = self._start("upgrade", revision)
        with self.control.ending(process):
            code = process.wait()
        self.control.check()
        if code != 0:
            raise RecoveryError(
                f"The application's Alembic failed at revision {revision}: exit code {code}.",
                "Read what it printed, mend that, then start the step again: it goes on from here.",
                object=revision,
                statement=" ".join((*self.command, "upgrade", revision)),
                detail=self._since(printed),
            )

    def be_seen(
        self,
        door: Door,
        observer: psycopg.Connection[Any],
        version_table: TableName,
        watching: Callable[[psycopg.Connection[Any]], AbstractContextManager[None]],
    ) -> None:
        """Makes sure that the command works on this database. Raises ``Refused`` if it does not.

        ``watching`` is on our own wait for the table.
        """
        with door.connect(read_only=False) as holder:
            with watching(holder):
                holder.execute(compose("lock_versions_alone", table=version_table.identifier))
            self.control.check()
            known = [row[0] for row in observer.execute(compose("connected"))]
            process, printed = self._start("current")
            with self.control.ending(process):
                seen = self._waits(process, observer, holder.info.backend_pid, known)
                holder.rollback()
                if not seen:
                    process.kill()
                process.wait()
        self.control.check()
        if not seen:
            raise Refused(
                "The application's Alembic does not come to this database.",
                "It was asked for the current revision, and nobody waited at the version table. "
                "Check 'command' and 'folder' in the profile's [alembic], and where the "
                "application's settings lead.",
                object=" ".join((*self.command, "current")),
                detail=self._since(printed),
            )

    def _waits(
        self,
        process: "subprocess.Popen[str]",
        observer: psycopg.Connection[Any],
        holder: int,
        known: list[int],
    ) -> bool:
        """Whether the command comes to wait for us before it ends, or patience does."""
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE:
            if ask(observer, "waiting_for_us", WaitingRow, pid=holder, known=known):
                return True
            if process.poll() is not None:
                return False
            self.control.wait(_EVERY)
        return False

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
