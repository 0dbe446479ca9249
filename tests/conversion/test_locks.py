"""The conversion's locks: given way with, tried again, and never held for long beside a wait."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


def test_a_circle_of_waits_at_the_locks_ends_nobody_and_is_tried_again(database: Database) -> None:
    recovery = recovery_on(database)

    def cross() -> None:
        with database.connect() as other:
            other.execute("SELECT * FROM users")
            until(lambda: database.rows(WAITS) or None)
            other.execute("SELECT * FROM notes")

    with beside(threading.Thread(target=cross)):
        commit = e.Commit(by=ME, typed=database.name)
        assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
    assert failed_attempts(recovery) == 1


def test_an_attempt_at_all_locks_is_bounded(database: Database) -> None:
    recovery = recovery_on(database)
    with database.connect(application_name="a long report") as holder:
        holder.execute("SELECT * FROM users")

        def let_go() -> None:
            until(lambda: gave_way(recovery))
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


# An index's expression that waits for whoever has the advisory lock: CREATE INDEX CONCURRENTLY
# stays where it is being built until the test lets it go on.
HELD_UP = """
CREATE FUNCTION held_up(of text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN of; END';
ALTER TABLE users ADD name text;
INSERT INTO users VALUES (gen_random_uuid(), 'who');
CREATE MATERIALIZED VIEW kept AS SELECT id, name FROM users;
"""
STATE = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'new'::regclass"
BUILDING = (
    "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX %' AND wait_event = 'advisory'"
)
IN_ITS_WAY = """
SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND l.mode = 'AccessExclusiveLock' AND l.relation = %s::regclass
"""
# Who has waited for deadlock_timeout looks for a deadlock once, and not again: the other does.
PAST_ITS_CHECK = IN_ITS_WAY + "AND a.query_start < clock_timestamp() - interval '1.1 s'"
BLOCKED = """
SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'
"""


def gave_way(recovery: Recovery) -> bool | None:
    own = Session(recovery.session.folder)
    failed = own.history().last(e.LockAttemptFailed)
    own.close()
    return failed is not None or None


@contextmanager
def building_concurrently(database: Database, on: str) -> Iterator[psycopg.Connection[Any]]:
    """An index is built meanwhile; until the yielded connection unlocks, it stays there."""
    failed: list[psycopg.Error] = []

    def build() -> None:
        try:
            with database.connect(autocommit=True, application_name="an index") as other:
                other.execute(f"CREATE INDEX CONCURRENTLY new ON {on}")
        except psycopg.Error as error:
            failed.append(error)

    with database.connect(autocommit=True) as gate:
        gate.execute("SELECT pg_advisory_lock(1)")
        with beside(threading.Thread(target=build)):
            until(lambda: database.rows(BUILDING) or None)
            try:
                yield gate
            finally:
                gate.execute("SELECT pg_advisory_unlock_all()")
    assert failed == []
    assert database.rows(STATE) == [(True,)]


def test_an_index_that_is_built_concurrently_is_not_the_victim_of_a_view_that_is_waited_for(
    database: Database,
) -> None:
    database.execute(TABLES + HELD_UP)
    with building_concurrently(database, "kept (held_up(name))") as gate:
        # The view's indexes are a part of the plan.
        recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()

        def let_it_go_on() -> None:
            until(lambda: gave_way(recovery) or database.rows(PAST_ITS_CHECK, "kept") or None)
            gate.execute("SELECT pg_advisory_unlock(1)")

        with beside(threading.Thread(target=let_it_go_on)):
            recovery.convert_here(None)


def test_an_index_that_is_built_concurrently_is_not_the_victim_of_who_waits_for_us(
    database: Database,
) -> None:
    database.execute(TABLES + HELD_UP)
    with building_concurrently(database, "users (held_up(name))") as gate:
        # What an index calls is a part of the plan.
        recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()

        def read() -> None:
            # It waits for the table that is locked already, and holds a snapshot.
            until(lambda: gave_way(recovery) or database.rows(IN_ITS_WAY, "users") or None)
            with database.connect(autocommit=True, application_name="a reader") as other:
                other.execute("SELECT * FROM notes")

        def let_it_go_on() -> None:
            until(lambda: gave_way(recovery) or database.rows(PAST_ITS_CHECK, "users") or None)
            gate.execute("SELECT pg_advisory_unlock(1)")

        with (
            beside(threading.Thread(target=read)),
            beside(threading.Thread(target=let_it_go_on)),
        ):
            recovery.convert_here(None)


def test_who_reads_a_view_is_no_victim_and_does_not_keep_us_from_its_lock(
    database: Database,
) -> None:
    """A reader has the view first, and then waits for its tables."""
    database.execute(TABLES + "CREATE VIEW shown AS SELECT id FROM users;")
    database.execute("CREATE TABLE wide (user_id uuid REFERENCES users)")
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    rows: list[object] = []
    with database.connect(application_name="a writer") as holder:
        holder.execute("LOCK TABLE wide IN ACCESS SHARE MODE")

        def read() -> None:
            until(lambda: database.rows(IN_ITS_WAY, "wide") or None)
            with database.connect(autocommit=True, application_name="a reader") as other:
                reader = threading.Thread(
                    target=lambda: rows.extend(other.execute("SELECT count(*) FROM shown"))
                )
                reader.start()
                until(lambda: database.rows(BLOCKED, "a reader") or None)
                holder.rollback()
                reader.join()

        with beside(threading.Thread(target=read)):
            commit = e.Commit(by=ME, typed=database.name)
            assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
    assert rows == [(0,)]
    assert failed_attempts(recovery) == 0


@pytest.mark.parametrize("relation", ["shown", "kept"])
def test_a_transaction_that_holds_only_a_view_is_waited_for_and_named(
    database: Database, relation: str
) -> None:
    database.execute(
        TABLES + "CREATE VIEW shown AS SELECT id FROM users;"
        "CREATE MATERIALIZED VIEW kept AS SELECT id FROM users;"
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    holding = {"shown": "COMMENT ON VIEW shown IS NULL", "kept": "SELECT * FROM kept"}[relation]
    with database.connect(application_name="a long report") as holder:
        holder.execute(holding)

        def let_go() -> None:
            until(lambda: gave_way(recovery))
            holder.rollback()

        with beside(threading.Thread(target=let_go)):
            commit = e.Commit(by=ME, typed=database.name)
            assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
    attempt = recovery.session.history().last(e.LockAttemptFailed)
    assert attempt is not None
    assert [each.application for each in attempt.blockers] == ["a long report"]
