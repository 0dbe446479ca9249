"""COMMIT, and what became of it when its answer does not come.

Between COMMIT and its answer only the server knows. It is asked over another connection, by the
transaction's id, and never guessed for.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from queries import ask
from queries.rows import EndedSessionRow
from recovery.connection.dead_peer import hang_up
from recovery.record.events import Outcome
from recovery.words.errors import RecoveryError

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: until the server is asked elsewhere, until a silent line is given up, and how
    long the server is asked after that."""

    first: float = 5
    silence: float = 120
    asking: float = 60


PATIENCE = Patience()


def commit(conn: psycopg.Connection[Any], xid: str, connect: Connect) -> tuple[Outcome, str]:
    """Commits, and answers how the transaction ended and in words how that is known.

    ``xid`` is its id, ``connect`` opens another connection. Raises psycopg's errors where the
    server answered that it did not commit.
    """
    watch = _Watch(conn, xid, connect)
    try:
        with watch:
            conn.commit()
    except psycopg.Error as error:
        if error.sqlstate is not None and not isinstance(error, psycopg.OperationalError):
            # The server's own answer, such as a deferred constraint that does not hold.
            raise
        if watch.found is not None:
            return watch.found
        return _look_up(xid, connect, " ".join(str(error).split()))
    return Outcome.COMMITTED, "the operator chose COMMIT"


def outcome_of(conn: psycopg.Connection[Any], xid: str) -> tuple[Outcome, str]:
    """What the server says became of a transaction, and in words why."""
    row = conn.execute("SELECT pg_xact_status(%s::xid8)", [xid]).fetchone()
    match row[0] if row is not None else None:
        case "committed":
            return Outcome.COMMITTED, f"the server says that transaction {xid} was committed"
        case "aborted":
            return Outcome.ROLLED_BACK, f"the server says that transaction {xid} was rolled back"
        case "in progress":
            return Outcome.UNKNOWN, f"transaction {xid} is still in progress: do nothing yet"
        case _:
            return Outcome.UNKNOWN, f"the server no longer knows transaction {xid}: do nothing yet"


@dataclass
class _Watch:
    """While COMMIT waits for its answer, asks elsewhere; hangs up when the answer is known."""

    conn: psycopg.Connection[Any]
    xid: str
    connect: Connect
    found: tuple[Outcome, str] | None = None
    _answered: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._answered.set()
        self._thread.join()

    def _look(self) -> None:
        until = time.monotonic() + PATIENCE.silence
        while not self._answered.wait(PATIENCE.first):
            try:
                with self.connect() as other:
                    outcome, reason = outcome_of(other, self.xid)
            except (RecoveryError, psycopg.Error):
                outcome, reason = Outcome.UNKNOWN, ""
            if outcome is not Outcome.UNKNOWN:
                self.found = outcome, f"COMMIT was not answered; {reason}"
            if self.found is not None or time.monotonic() > until:
                hang_up(self.conn)
                return


def end_session_of(conn: psycopg.Connection[Any], xid: str) -> None:
    """Ends the session that has this transaction open, if it is there and ours."""
    ask(conn, "end_own_session", EndedSessionRow, xid=xid)


def _look_up(xid: str, connect: Connect, said: str) -> tuple[Outcome, str]:
    """What became of a transaction whose connection was lost behind COMMIT.

    If the server has not noticed that, the session is ended there: nobody can send it anything any
    more, and what it does with COMMIT, if it got it, is decided by then.
    """
    until = time.monotonic() + PATIENCE.asking
    while True:
        try:
            with connect() as conn:
                outcome, reason = outcome_of(conn, xid)
                if outcome is Outcome.UNKNOWN:
                    end_session_of(conn, xid)
        except (RecoveryError, psycopg.Error) as error:
            outcome, reason = Outcome.UNKNOWN, f"the server does not answer: {error}"
        if outcome is not Outcome.UNKNOWN or time.monotonic() > until:
            return outcome, f"the line was lost at COMMIT ({said}); {reason}"
        time.sleep(0.5)
