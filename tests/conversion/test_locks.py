"""The conversion's locks: given way with, tried again, and never held for long beside a wait."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from recovery.conversion.statements import transaction
from recovery.record import events as e
from recovery.record.session import Session
from tests.conftest import Database, profile_for
from tests.recovering import ME, Recovery
from tests.waiting import until

TABLES = """
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
"""
WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"


def recovery_on(database: Database) -> Recovery:
    database.execute(TABLES)
    return Recovery(database, profile_for(database, users__id="varchar(36)")).ready()


@contextmanager
def beside(work: threading.Thread) -> Iterator[None]:
    work.start()
    yield
    work.join()


def failed_attempts(recovery: Recovery) -> int:
    return len(list(recovery.session.history().of(e.LockAttemptFailed)))


def test_a_deadlock_at_the_locks_is_tried_again(database: Database) -> None:
    recovery = recovery_on(database)
    # Who has waited so long looks for a deadlock, once: here it is always the conversion.
    database.execute(f"ALTER DATABASE {database.name} SET deadlock_timeout = '4s'")

    def cross() -> None:
        with database.connect() as other:
            other.execute("SET deadlock_timeout = '1h'")
            other.execute("SELECT * FROM users")
            until(lambda: database.rows(WAITS) or None)
            other.execute("SELECT * FROM notes")

    with beside(threading.Thread(target=cross)):
        commit = e.Commit(by=ME, typed=database.name)
        assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
    assert failed_attempts(recovery) == 1


def test_an_attempt_at_all_locks_is_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Before the time-out of a single lock.
    monkeypatch.setattr(transaction, "ATTEMPT", "1s")
    recovery = recovery_on(database)
    with database.connect(application_name="a long report") as holder:
        holder.execute("SELECT * FROM users")

        def let_go() -> None:
            own = Session(recovery.session.folder)
            until(lambda: own.history().last(e.LockAttemptFailed))
            own.close()
            holder.rollback()

        with beside(threading.Thread(target=let_go)):
            commit = e.Commit(by=ME, typed=database.name)
            assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
    attempt = recovery.session.history().last(e.LockAttemptFailed)
    assert attempt is not None
    assert [each.application for each in attempt.blockers] == ["a long report"]
    awaited = recovery.session.history().last(e.LockAwaited)
    assert awaited is None or awaited.sessions == ()


@pytest.mark.parametrize(
    ("has", "then"), [(("1GB", "1GB", "5"), ("1GB", "1GB", "5")), (("1MB", "1MB", "0"), None)]
)
def test_the_servers_memory_is_never_lowered(
    database: Database, has: tuple[str, ...], then: tuple[str, ...] | None
) -> None:
    names = ("maintenance_work_mem", "work_mem", "max_parallel_maintenance_workers")
    with database.connect() as conn:
        for name, value in zip(names, has, strict=True):
            conn.execute(f"SET {name} = '{value}'")
        conn.commit()
        for statement in transaction.preparation(database.name):
            conn.execute(statement)
        assert _shown(conn, names) == (then or ("256MB", "256MB", "2"))
        conn.rollback()
        assert _shown(conn, names) == has


def _shown(conn: psycopg.Connection[tuple[str]], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(conn.execute(f"SHOW {name}").fetchall()[0][0] for name in names)
