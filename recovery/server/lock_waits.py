"""Waiting for a lock: it has an end, who is waited for is told, and at last it is said in words.

Another pg-rekey at its gate is such a wait, and a prepared transaction, which holds its locks
without a session: nothing but its COMMIT or ROLLBACK ends it.
"""

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import psycopg

from queries import ask
from queries.rows import AwaitedRow, CancelledRow, SessionRow
from recovery.connection.dead_peer import answering
from recovery.connection.settings import LONGEST_WAIT
from recovery.record.events import LockAwaited, SessionInTheWay
from recovery.record.journal import Journal
from recovery.server.door import Door
from recovery.words.errors import ProgramFailed, RecoveryError, Refused
from recovery.words.secrets import without_constants

# How often it is looked whom a session waits for, and how long the server may take to hear that it
# is to cancel: seconds.
_EVERY = 1.0
_PATIENCE = 0.3


@dataclass
class LockWaits:
    """Looks beside a session, from a thread of its own, whom it waits for, and journals that.

    ``waiting`` is the connection of ours that waits, or the pid of a session of other people's
    program. A wait behind which a table's other users queue is cancelled after ``LONGEST_WAIT``
    seconds: for other people's code, which has the lock_timeout that it would have without us.
    Then, and when lock_timeout ends a wait, ``Refused`` is raised, which names who was waited for.
    """

    door: Door
    journal: Journal
    waiting: psycopg.Connection[Any] | int
    gave_up: bool = field(init=False, default=False)
    _awaited: tuple[SessionInTheWay, ...] = field(init=False, default=())
    _told: set[tuple[int, str]] = field(init=False, default_factory=set)
    _since: float | None = field(init=False, default=None)
    _ended: threading.Event = field(init=False, default_factory=threading.Event)

    @property
    def awaited(self) -> tuple[SessionInTheWay, ...]:
        """Who was waited for last."""
        return self._awaited

    def __enter__(self) -> "LockWaits":
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if error is None and self._told:
            self.journal.append(LockAwaited(()))
        # What SQLAlchemy raises has the server's error in ``orig``.
        of_the_server = getattr(error, "orig", error)
        if isinstance(of_the_server, psycopg.errors.LockNotAvailable) or (
            self.gave_up and isinstance(of_the_server, psycopg.errors.QueryCanceled)
        ):
            raise not_had(self._awaited, " ".join(str(of_the_server).split())) from error
        if self.gave_up and isinstance(error, ProgramFailed):
            raise not_had(self._awaited, error.problem.detail) from error

    def _look_on(self) -> None:
        other: psycopg.Connection[Any] | None = None
        try:
            while not self._ended.wait(_EVERY):
                # Who is waited for is told if it can be seen; the work does not depend on it.
                with suppress(RecoveryError, psycopg.Error):
                    if other is None or other.closed:
                        other = self.door.connect(autocommit=True)
                    self._look(other)
        finally:
            if other is not None:
                other.close()

    def _look(self, other: psycopg.Connection[Any]) -> None:
        with answering(other):
            seen = ask(other, "awaited", AwaitedRow, pid=self._pid)
        now = in_the_way(seen)
        if {(each.pid, each.query) for each in now} != self._told:
            self.journal.append(LockAwaited(now))
            self._told = {(each.pid, each.query) for each in now}
        self._awaited = now or self._awaited
        if not any(row.is_in_queue for row in seen):
            # Such as CREATE INDEX CONCURRENTLY, which waits for old transactions and holds up none.
            self._since = None
            return
        self._since = self._since or time.monotonic()
        if time.monotonic() - self._since > LONGEST_WAIT:
            self._give_up(other)

    @property
    def _pid(self) -> int:
        waiting = self.waiting
        return waiting if isinstance(waiting, int) else waiting.info.backend_pid

    def _give_up(self, other: psycopg.Connection[Any]) -> None:
        if isinstance(self.waiting, int):
            # Refused if it is of a role that ours has nothing to say to: then it goes on waiting.
            cancel(other, self.waiting)
            self.gave_up = True
        else:
            self.gave_up = True
            self.waiting.cancel_safe(timeout=_PATIENCE)


def cancel(conn: psycopg.Connection[Any], pid: int) -> None:
    """Cancels what another session of the database runs. Raises what the server raises."""
    with answering(conn):
        ask(conn, "cancel", CancelledRow, pid=pid)


def in_the_way(rows: Iterable[SessionRow]) -> tuple[SessionInTheWay, ...]:
    """What was seen of sessions, as it is journaled.

    What other people's statements look for is not ours to keep; a prepared transaction, whose pid
    is 0, has no statement but the one that ends it.
    """
    return tuple(
        SessionInTheWay(
            row.pid,
            row.application,
            row.role,
            without_constants(row.query) if row.pid else row.query,
            row.seconds,
        )
        for row in rows
    )


def not_had(awaited: tuple[SessionInTheWay, ...], said: str | None) -> Refused:
    """Why a lock was given up, with who holds it."""
    return Refused(
        "A lock could not be had: others hold it.",
        what_to_do(awaited),
        sqlstate=psycopg.errors.LockNotAvailable.sqlstate,
        object=", ".join(each.words for each in awaited) or None,
        detail=said,
    )


def what_to_do(awaited: tuple[SessionInTheWay, ...]) -> str:
    """How those who hold a lock are brought to let go of it."""
    ways = []
    if any(not each.is_prepared for each in awaited):
        ways.append("End the sessions that are named, or let them end.")
    if any(each.is_prepared for each in awaited):
        ways.append(
            "A prepared transaction has no session that could be ended, and outlives a restart: "
            "ask who prepared it, then run, in this database, the COMMIT PREPARED or ROLLBACK "
            "PREPARED that is named."
        )
    if not awaited:
        ways.append("Nobody was seen who holds it: see who works here, or choose a quieter hour.")
    return " ".join((*ways, "Then start the step again."))
