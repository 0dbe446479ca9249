"""Waits for locks: they have an end, a cancel ends them, and who is waited for is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recovery.catalog import catalog
from recovery.catalog.catalog import Catalog
from recovery.connection import settings
from recovery.private import scratch
from recovery.private.installations import Installation
from recovery.record import events as e
from recovery.record.session import Session
from recovery.revision.replay_database import ReplayDatabase
from recovery.server import lock_waits
from recovery.steps.runner import perform
from tests.conftest import Database, new_database, profile_for
from tests.recovering import ME, Recovery
from tests.steps.test_migrations import (
    application,
    created,
    migrate,
    recovery_on,
    version_of,
    write_history,
)
from tests.waiting import until

WAITING = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'a'::regclass"
HELD = {
    "written to": "UPDATE alembic_version SET version_num = version_num",
    "locked": "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE",
}


@pytest.fixture(scope="module")
def preparing(installation: Installation) -> Iterator[scratch.Server]:
    """A server that takes prepared transactions."""
    with scratch.start(installation, settings={"max_prepared_transactions": "5"}) as running:
        yield running


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever waits gives up after two seconds, as it would after thirty."""
    monkeypatch.setattr(settings, "PINNED", {**settings.PINNED, "lock_timeout": "2s"})
    monkeypatch.setattr("recovery.server.door.PINNED", settings.PINNED)
    monkeypatch.setattr(lock_waits, "LONGEST_WAIT", 2)


@contextmanager
def holding(database: Database, statement: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with database.connect(application_name="the shop") as holder:
        holder.execute(statement)
        yield holder
        holder.rollback()


def awaited(recovery: Recovery) -> tuple[e.SessionInTheWay, ...] | None:
    """Who was told to be waited for, if somebody was."""
    told = [event.sessions for event in recovery.session.history().of(e.LockAwaited)]
    return next((sessions for sessions in told if sessions), None)


def cancelled_while_it_waits(
    recovery: Recovery, then: Callable[[], None] = lambda: None
) -> threading.Thread:
    """Cancels as soon as a wait is told; ``then`` comes when the runner has heard of it."""

    def cancel() -> None:
        own = Session(recovery.session.folder)
        until(lambda: own.history().last(e.LockAwaited))
        own.journal.command(e.Cancel(by=ME))
        until(lambda: None if own.journal.commands() else True)
        then()
        own.close()

    thread = threading.Thread(target=cancel)
    thread.start()
    return thread


@pytest.mark.parametrize("let_go", [False, True])
@pytest.mark.parametrize("how", HELD)
def test_a_cancel_ends_the_wait_for_the_version_table(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, let_go: bool
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "bb")
    # Only the cancel ends the wait, or that the lock is free.
    monkeypatch.setattr("recovery.server.door.PINNED", {**settings.PINNED, "lock_timeout": "0"})
    with holding(database, HELD[how]) as holder:
        cancelling = cancelled_while_it_waits(recovery, holder.rollback if let_go else lambda: None)
        assert migrate(recovery) == 130
        cancelling.join()
    assert recovery.problem.remedy == "This run has committed nothing. Start the step again."
    told = awaited(recovery)
    assert told is not None
    assert [each.application for each in told] == ["the shop"]
    assert version_of(database) == [("bb",)]
    assert recovery.session.history().last(e.RevisionSet) is None
    assert migrate(recovery) == 0, recovery.problem


def test_a_cancel_after_a_commit_does_not_say_that_nothing_was_committed(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(
        tmp_path, ("aa", created("a")), ("bb", 'op.execute("LOCK TABLE a"); ' + created("b"))
    )
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "bb")
    cancelling = cancelled_while_it_waits(recovery)
    with holding(database, "LOCK TABLE a IN ROW EXCLUSIVE MODE"):
        assert migrate(recovery) == 130
    cancelling.join()
    assert version_of(database) == [("aa",)]
    assert recovery.problem.remedy.startswith("What was committed before stays.")


def test_a_cancel_ends_what_runs_on_a_copy(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The scripts are replayed elsewhere, too, where no such table is.
    asleep = (
        'op.execute("SELECT CASE WHEN EXISTS (SELECT FROM pg_class WHERE '
        "relname = 'only_here') THEN pg_sleep(3600) END\")"
    )
    location = write_history(tmp_path, ("aa", created("a")), ("bb", asleep))
    database.execute("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE only_here ()")
    recovery = recovery_on(database, location, "aa")
    recovery.confirm_revision("aa")
    fell_asleep = threading.Event()

    def heard(statement: str) -> None:
        if "pg_sleep" in statement:
            fell_asleep.set()

    # The copy is on a server that nobody else can look at.
    monkeypatch.setattr("recovery.trial.forecast._unheard", heard)

    def cancel() -> None:
        assert fell_asleep.wait(60)
        recovery.session.journal.command(e.Cancel(by=ME))

    thread = threading.Thread(target=cancel)
    thread.start()
    assert migrate(recovery, prove=True) == 130
    thread.join()
    assert recovery.session.history().last(e.MigrationsForecast) is None


@pytest.mark.parametrize("step", [e.Step.INVESTIGATION, e.Step.MIGRATIONS, e.Step.VERIFICATION])
def test_a_cancel_ends_what_runs_in_a_replay(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: e.Step
) -> None:
    location = write_history(tmp_path, ("aa", created("a")))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa")
    write_history(tmp_path, ("aa", created("a")), ("bb", 'op.execute("SELECT pg_sleep(3600)")'))
    fell_asleep = threading.Event()

    def heard(_database: ReplayDatabase, statement: str) -> None:
        if "pg_sleep" in statement:
            fell_asleep.set()

    # The replay is on a server that nobody else can look at.
    monkeypatch.setattr(ReplayDatabase, "_count", heard)

    def cancel() -> None:
        assert fell_asleep.wait(60)
        recovery.session.journal.command(e.Cancel(by=ME))

    thread = threading.Thread(target=cancel)
    thread.start()
    assert perform(recovery.session, step, recovery.options(prove=False)) == 130
    thread.join()


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("by", ["its own way", "the application's"])
def test_the_version_table_is_not_waited_for_without_end(
    database: Database, tmp_path: Path, by: str
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    section = application(tmp_path, database) if by == "the application's" else None
    recovery = recovery_on(database, location, "bb", section)
    with holding(database, HELD["written to"]) as holder:
        assert migrate(recovery) == 4
        assert recovery.problem.object == f"session {holder.info.backend_pid} (the shop)"
    assert recovery.problem.sqlstate == "55P03"
    assert "End the sessions that are named" in recovery.problem.remedy
    assert version_of(database) == [("bb",)]


@pytest.mark.usefixtures("soon")
def test_a_script_does_not_wait_without_end_but_for_what_holds_up_nobody(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(
        tmp_path, ("aa", created("a")), ("bb", 'op.execute("ALTER TABLE a ADD n int")')
    )
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa")
    with holding(database, "SELECT * FROM a"):
        assert migrate(recovery) == 4
    assert "A lock could not be had" in recovery.problem.what
    assert version_of(database) == [("aa",)]

    block = (
        "with op.get_context().autocommit_block():\n"
        '        op.execute("CREATE INDEX CONCURRENTLY ix_a ON a (id)")'
    )
    write_history(tmp_path, ("aa", created("a")), ("bb", block))
    with database.connect() as old:
        old.execute("LOCK TABLE a IN ROW SHARE MODE")
        thread = let_go_after(recovery, old, seconds=4.0)
        assert migrate(recovery) == 0, recovery.problem
        thread.join()


@pytest.mark.usefixtures("soon")
def test_the_applications_own_alembic_does_not_wait_without_end_and_a_cancel_leaves_no_wait(
    database: Database, tmp_path: Path
) -> None:
    altering = 'op.execute("ALTER TABLE a ADD n int")'
    location = write_history(tmp_path, ("aa", created("a")), ("bb", altering))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa", application(tmp_path, database))
    with holding(database, "SELECT * FROM a") as holder:
        cancelling = cancelled_while_it_waits(recovery)
        assert migrate(recovery) == 130
        cancelling.join()
        # Nobody else would come to the table while a statement whose client is gone waits for it.
        until(lambda: True if not database.rows(WAITING) else None)
        told = awaited(recovery)
        assert told is not None
        assert [each.application for each in told] == ["the shop"]

        assert migrate(recovery) == 4
        who = f"session {holder.info.backend_pid} (the shop)"
        assert (recovery.problem.object, recovery.problem.sqlstate) == (who, "55P03")
        assert "canceling statement due to user request" in str(recovery.problem.detail)
    assert version_of(database) == [("aa",)]
    assert migrate(recovery) == 0, recovery.problem
    assert version_of(database) == [("bb",)]


def let_go_after(
    recovery: Recovery, holder: psycopg.Connection[tuple[object, ...]], *, seconds: float
) -> threading.Thread:
    """Ends a transaction when it has been waited for longer than a queue would be."""

    def let_go() -> None:
        own = Session(recovery.session.folder)
        until(lambda: own.history().last(e.LockAwaited))
        with psycopg.connect(
            recovery.database.dsn, password=recovery.database.password, autocommit=True
        ) as other:
            other.execute("SELECT pg_sleep(%s)", [seconds])
        holder.rollback()
        own.close()

    thread = threading.Thread(target=let_go)
    thread.start()
    return thread


@pytest.mark.usefixtures("soon")
def test_an_investigation_behind_anothers_gate_says_so_and_ends(database: Database) -> None:
    database.execute(
        "CREATE TABLE users (id uuid PRIMARY KEY); CREATE VIEW seen AS SELECT id FROM users"
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)"))
    recovery.planned()
    with holding(database, "LOCK TABLE users IN ACCESS EXCLUSIVE MODE"):
        for step in (e.Step.INVESTIGATION, e.Step.BACKUP):
            assert perform(recovery.session, step, recovery.options()) == 4
            assert "the shop" in str(recovery.problem.object)


@pytest.mark.usefixtures("soon")
def test_an_investigation_goes_on_when_a_table_is_locked_and_names_who_holds_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(
        "CREATE TABLE users (id uuid PRIMARY KEY); CREATE TABLE teams (id uuid PRIMARY KEY);"
        "INSERT INTO teams VALUES (gen_random_uuid())"
    )
    keys = {"users__id": "varchar(36)", "teams__id": "varchar(36)"}
    recovery = Recovery(database, profile_for(database, **keys))
    recovery.client.confirm(database.name)
    read = catalog.read
    with database.connect(application_name="the shop") as holder:

        def then_locked(conn: psycopg.Connection[Any]) -> Catalog:
            # Without the catalog there is no investigation: the lock comes right behind it.
            found = read(conn)
            holder.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            return found

        monkeypatch.setattr(catalog, "read", then_locked)
        assert perform(recovery.session, e.Step.INVESTIGATION, recovery.options()) == 0
        who = f"session {holder.info.backend_pid} (the shop)"
        holder.rollback()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert found.row_counts == {"teams": 1}
    unknown = [one for one in found.findings if one.title.startswith("Not known: ")]
    assert {one.title for one in unknown} >= {"Not known: how many rows users has"}
    for one in unknown:
        assert who in one.evidence, one
        assert "End the sessions that are named" in one.remedy


@pytest.mark.usefixtures("soon")
def test_what_is_removed_is_not_waited_for_without_end(database: Database) -> None:
    from recovery.words.errors import RecoveryError
    from tests.conversion.test_compatibility import _converted

    recovery = _converted(database, compatible=True, prove=False)
    dropping = "DROP OPERATOR public.= (text, uuid)"
    with holding(database, dropping), pytest.raises(RecoveryError) as refused:
        recovery.client.compatibility(database.name, remove=True)
    assert refused.value.problem.sqlstate == "55P03"
    assert "the shop" in str(refused.value.problem.object)


@pytest.mark.usefixtures("soon")
def test_a_prepared_transaction_is_named_and_how_it_is_ended(
    preparing: scratch.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.conversion.run.LOCK_ATTEMPTS", 1)
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    ending = "COMMIT PREPARED 'it''s of the shop' or ROLLBACK PREPARED 'it''s of the shop'"
    with new_database(preparing) as database:
        database.execute(
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE users (id uuid PRIMARY KEY)"
        )
        recovery = recovery_on(database, location, "bb")
        converting = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
        with database.connect() as holder:
            holder.execute(HELD["written to"])
            holder.execute("SELECT * FROM users")
            holder.execute("PREPARE TRANSACTION 'it''s of the shop'")
            holder.commit()
        assert migrate(recovery) == 4
        assert converting.convert_here(None) is e.Outcome.ROLLED_BACK
        for failed in (recovery, converting):
            assert ending in str(failed.problem.object)
            assert "has no session that could be ended" in failed.problem.remedy
            assert "sessions that are named" not in failed.problem.remedy
        with database.connect(autocommit=True) as other:
            other.execute("ROLLBACK PREPARED 'it''s of the shop'")
        assert migrate(recovery) == 0, recovery.problem
