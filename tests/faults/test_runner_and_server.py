"""Real faults at the worst moments: the database is entirely before or entirely after."""

import os
import signal
import sqlite3
import stat
import threading
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from recovery.record import decisions
from recovery.record import events as e
from recovery.record.journal import Journal
from recovery.record.lease import Holder
from recovery.record.session import Session, open_session
from recovery.server.claim import try_lock
from recovery.server.reconcile import reconcile
from recovery.steps import follow
from recovery.steps.launch import Options, launch
from recovery.words.errors import RecoveryError, Refused
from tests.conftest import Database, profile_for
from tests.recovering import ME, Recovery, schema_of
from tests.waiting import until
from wizard.headless import Client
from wizard.output import Output

TABLES = """
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
INSERT INTO users SELECT md5(g::text)::uuid FROM generate_series(1, 100) g;
INSERT INTO notes SELECT g, md5(g::text)::uuid FROM generate_series(1, 100) g;
"""


def recovery_on(database: Database) -> Recovery:
    database.execute(TABLES)
    return Recovery(database, profile_for(database, users__id="varchar(36)")).ready()


def kill_the_runner(session: Session) -> None:
    holder = session.journal.holder()
    assert holder is not None
    os.kill(holder.pid, signal.SIGKILL)


def test_killed_at_the_gate_means_rolled_back_and_it_can_be_done_again(
    database: Database,
) -> None:
    recovery = recovery_on(database)
    before = schema_of(database)

    def kill(session: Session, event: e.AnyEvent) -> None:
        if isinstance(event, e.GateOpened):
            kill_the_runner(session)

    assert recovery.convert(kill) == 1
    assert recovery.outcome() is e.Outcome.ROLLED_BACK
    assert "runner is gone" in recovery.ended.reason
    assert schema_of(database) == before
    assert recovery.convert() == 0
    assert recovery.outcome() is e.Outcome.COMMITTED


def test_the_runner_survives_its_client(database: Database) -> None:
    """The client is killed at the gate; another one decides."""
    recovery = recovery_on(database)
    before = recovery.session.history().entries[-1].number
    options = recovery.options()
    client = os.fork()
    if client == 0:
        launch(recovery.session, e.Step.CONVERSION, options)
        os._exit(0)
    os.waitpid(client, 0)
    again = open_session(recovery.session.id)
    while again.journal.holder() is None:
        pass
    ended = None
    for entry in follow.follow(again, recovery.door, before):
        if isinstance(entry.event, e.GateOpened):
            again.journal.command(e.Commit(by=ME, typed=database.name))
        if isinstance(entry.event, e.ConversionEnded):
            ended = entry.event
    assert ended is not None
    assert ended.outcome is e.Outcome.COMMITTED


def test_a_second_runner_on_one_session_is_refused(database: Database) -> None:
    recovery = recovery_on(database)
    refused = []

    def start_another(session: Session, event: e.AnyEvent) -> None:
        if isinstance(event, e.GateOpened):
            with pytest.raises(Refused) as error:
                launch(session, e.Step.CONVERSION, Options(by=ME))
            refused.append(error.value.problem.what)
            session.journal.command(e.RollBack(by=ME))

    assert recovery.convert(start_another) == 0
    assert "already works on this session" in refused[0]


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_a_commit_whose_answer_is_lost_is_looked_up(database: Database, ending: str) -> None:
    """The journal ends behind COMMIT; the server knows what became of the transaction."""
    recovery = recovery_on(database)
    with database.connect() as conn:
        xid = conn.execute("SELECT pg_current_xact_id()::text").fetchall()[0][0]
        getattr(conn, ending)()
    started = e.StepStarted(e.Step.CONVERSION, 1, ME)
    for event in (started, e.CommitIntended(xid, ME)):
        recovery.session.journal.append(event)
    reconcile(recovery.session, recovery.door)
    expected = {"commit": e.Outcome.COMMITTED, "rollback": e.Outcome.ROLLED_BACK}[ending]
    assert recovery.outcome() is expected
    assert xid in recovery.ended.reason
    assert recovery.session.history().running is None


def test_a_transaction_that_is_still_open_is_not_guessed_about(database: Database) -> None:
    recovery = recovery_on(database)
    with database.connect() as conn:
        xid = conn.execute("SELECT pg_current_xact_id()::text").fetchall()[0][0]
        started = e.StepStarted(e.Step.CONVERSION, 1, ME)
        for event in (started, e.CommitIntended(xid, ME)):
            recovery.session.journal.append(event)
        reconcile(recovery.session, recovery.door)
        assert recovery.outcome() is e.Outcome.UNKNOWN
        assert "do nothing yet" in recovery.ended.reason
        conn.commit()
    reconcile(recovery.session, recovery.door)
    assert recovery.outcome() is e.Outcome.COMMITTED


def test_cancelling_interrupts_the_statement_that_runs(database: Database) -> None:
    database.execute(
        """
        CREATE FUNCTION dawdle() RETURNS event_trigger LANGUAGE plpgsql
          AS 'BEGIN PERFORM pg_sleep(600); END';
        CREATE EVENT TRIGGER dawdling ON table_rewrite EXECUTE FUNCTION dawdle();
        """
    )
    recovery = recovery_on(database)
    before = schema_of(database)

    def cancel(session: Session, event: e.AnyEvent) -> None:
        if isinstance(event, e.PhaseStarted) and event.number == 3:
            session.journal.command(e.Cancel(by=ME))

    assert recovery.convert(cancel) == 130
    assert recovery.outcome() is e.Outcome.ROLLED_BACK
    assert recovery.ended.by == ME
    assert schema_of(database) == before


SENTINEL = "s3ntinel-of-the-tests"


@pytest.mark.slow
def test_the_password_is_in_no_file_and_no_process(database: Database) -> None:
    with database.server.connect(autocommit=True) as conn:
        conn.execute(f"CREATE ROLE keeper_of_secrets SUPERUSER LOGIN PASSWORD '{SENTINEL}'")
    try:
        database.execute(TABLES)
        profile = profile_for(database, users__id="varchar(36)")
        profile = msgspec.structs.replace(
            profile,
            target=msgspec.structs.replace(
                profile.target, dsn=f"{database.dsn} user=keeper_of_secrets"
            ),
        )
        recovery = Recovery(database, profile)
        recovery.client.password = SENTINEL
        recovery.client.confirm(database.name)
        seen: list[bytes] = []

        def look(session: Session, event: e.AnyEvent) -> None:
            holder = session.journal.holder()
            if holder is not None and Path("/proc").is_dir():
                with suppress(FileNotFoundError, ProcessLookupError):
                    folder = Path(f"/proc/{holder.pid}")
                    seen.append(folder.joinpath("environ").read_bytes())
                    seen.append(folder.joinpath("cmdline").read_bytes())
            if isinstance(event, e.GateOpened):
                session.journal.command(e.Commit(by=ME, typed=database.name))

        for step in (e.Step.INVESTIGATION, e.Step.PLAN, e.Step.BACKUP):
            assert recovery.client.run(step, at=lambda event: look(recovery.session, event)) == 0
        decisions.approve_plan(recovery.session, recovery.made.sha256, ME)
        assert recovery.convert(look) == 0
        assert recovery.client.verify() == 0
        recovery.client.report()
        assert any(SENTINEL.encode() in text for text in seen) is False
        files = [path for path in recovery.session.folder.rglob("*") if path.is_file()]
        assert {"journal.sqlite3", "plan.sql", "sql.log", "report.md"} <= {p.name for p in files}
        for path in files:
            assert SENTINEL.encode() not in path.read_bytes(), path
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    finally:
        with database.server.connect(autocommit=True) as conn:
            conn.execute("DROP ROLE keeper_of_secrets")


def test_what_the_runner_wrote_while_it_was_looked_for_is_not_overwritten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It commits, says so and ends between a look at the journal and one at the lease."""
    recovery = recovery_on(database)
    journal = recovery.session.journal
    journal.append(e.StepStarted(e.Step.CONVERSION, 1, ME))
    looked = Journal.holder

    def holder(self: Journal) -> Holder | None:
        monkeypatch.setattr(Journal, "holder", looked)
        journal.append(e.ConversionEnded(e.Outcome.COMMITTED, "the operator chose COMMIT", ME))
        journal.append(e.StepFinished(e.Step.CONVERSION, 1.0))
        return looked(self)

    monkeypatch.setattr(Journal, "holder", holder)
    reconcile(recovery.session, recovery.door)
    assert recovery.outcome() is e.Outcome.COMMITTED
    assert list(recovery.session.history().of(e.StepFailed)) == []
    assert journal.holder() is None


def test_a_runner_elsewhere_that_is_still_connected_is_not_called_gone(
    database: Database,
) -> None:
    recovery = recovery_on(database)
    recovery.session.journal.append(e.StepStarted(e.Step.CONVERSION, 1, ME))
    with sqlite3.connect(recovery.session.journal.path) as file:
        file.execute(
            "INSERT INTO lease VALUES (1, 1, 'x', 'elsewhere', 'x', '2026-01-01T00:00:00+00:00')"
        )
    with recovery.door.connect(autocommit=True) as stopped:
        assert try_lock(stopped)
        with pytest.raises(Refused, match="still has a connection of a pg-rekey"):
            reconcile(recovery.session, recovery.door)
        assert recovery.session.history().outcome is None
        with sqlite3.connect(recovery.session.journal.path) as file:
            assert file.execute("SELECT host FROM lease").fetchall() == [("elsewhere",)]
    reconcile(recovery.session, recovery.door)
    assert recovery.outcome() is e.Outcome.ROLLED_BACK


def test_a_stopped_runner_is_told_and_goes_on_when_it_is_let(database: Database) -> None:
    recovery = recovery_on(database)
    session = recovery.session
    after = follow.last_number(session)
    process = launch(session, e.Step.CONVERSION, recovery.options())
    told: list[str] = []

    def unheard(words: str) -> None:
        told.append(words)
        os.kill(process.pid, signal.SIGCONT)

    for entry in follow.follow(session, recovery.door, after, process, unheard):
        if isinstance(entry.event, e.GateOpened):
            os.kill(process.pid, signal.SIGSTOP)
            with sqlite3.connect(session.journal.path) as file:
                file.execute("UPDATE lease SET heartbeat = '2026-01-01T00:00:00+00:00'")
            session.journal.command(e.Commit(by=ME, typed=database.name))
    assert len(told) == 1
    assert f"process {process.pid} on" in told[0]
    assert recovery.outcome() is e.Outcome.COMMITTED


def test_a_second_client_does_not_decide_at_the_gate_of_the_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both start a conversion at once: the later one wants COMMIT, and the gate is not its own."""
    recovery = recovery_on(database)
    other = Client(open_session(recovery.session.id), Output(), password=database.password)
    journal = other.session.journal
    refused: list[RecoveryError] = []

    def nobody_yet() -> None:
        """It looked a moment before the first one's runner had the lease."""
        del vars(journal)["holder"]

    def convert_too() -> None:
        try:
            other.convert(database.name, commit=True, attested=None, gate_seconds=60)
        except RecoveryError as error:
            refused.append(error)

    second = threading.Thread(target=convert_too)

    def decide(at: Session, event: e.AnyEvent) -> None:
        match event:
            case e.PhaseStarted(number=1):
                monkeypatch.setattr(journal, "holder", nobody_yet)
                second.start()
                until(lambda: "already works" in at.runner_log.read_text() or None)
            case e.GateOpened():
                second.join()
                at.journal.command(e.RollBack(by=ME))

    recovery.convert(decide)
    assert recovery.outcome() is e.Outcome.ROLLED_BACK
    (error,) = refused
    assert "ended before it began" in error.problem.what
