"""The line goes silent, is cut or half-closed while the conversion runs or waits at the gate."""

import threading
from collections.abc import Callable

import pytest

from recovery.connection import dead_peer
from recovery.record import events as e
from recovery.record.session import Session
from recovery.server import control
from tests.conftest import Database, profile_for
from tests.faults.distant import TABLES, behind, is_after, is_free
from tests.faults.proxy import Proxy
from tests.recovering import ME, Recovery
from tests.waiting import until

FAULTS: dict[str, Callable[[Proxy], None]] = {
    "cut": Proxy.cut,
    "silenced": Proxy.silence,
    "half-closed": Proxy.half_close,
}


def when(recovery: Recovery, moment: type[e.Event], then: Callable[[], None]) -> threading.Thread:
    """Does something as soon as the journal tells of a moment."""
    began = recovery.session.history().entries[-1].number

    def wait() -> None:
        own = Session(recovery.session.folder)
        until(lambda: any(isinstance(x.event, moment) for x in own.journal.entries(began)) or None)
        own.close()
        then()

    waiting = threading.Thread(target=wait)
    waiting.start()
    return waiting


@pytest.mark.parametrize("fault", FAULTS)
def test_at_the_gate_it_is_noticed_and_rolled_back_and_nothing_is_held(
    distant: Database, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(dead_peer, "ANSWER", 0.5)
    with Proxy(distant.server.port) as proxy:
        recovery = behind(proxy, distant)
        faulty = when(recovery, e.GateOpened, lambda: FAULTS[fault](proxy))
        # The decision comes too late, or never: COMMIT is not sent over a line that is lost.
        assert recovery.convert_here(None, gate_seconds=900) is e.Outcome.ROLLED_BACK
        faulty.join()
        assert "connection is lost" in recovery.ended.reason
        until(lambda: is_free(distant) or None)
        is_after(distant, e.Outcome.ROLLED_BACK)
        proxy.mend()
        assert recovery.convert_here(e.Commit(by=ME, typed=distant.name)) is e.Outcome.COMMITTED


def test_the_gate_stays_open_when_only_the_connection_beside_it_is_lost(
    database: Database,
) -> None:
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()

    def end_the_observer() -> None:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'pg-rekey' "
            "AND backend_xid IS NULL"
        )

    faulty = when(recovery, e.GatePrice, end_the_observer)
    seen_again: list[bool] = []

    def decide(session: Session, event: e.AnyEvent) -> None:
        match event:
            case e.GatePrice(not_seen=not_seen):
                seen_again.append(not not_seen)
                if seen_again == [True, False, True]:
                    session.journal.command(e.Commit(by=ME, typed=database.name))

    assert recovery.convert(decide) == 0
    faulty.join()
    assert seen_again == [True, False, True]
    is_after(database, e.Outcome.COMMITTED)


def test_a_cancel_does_not_wait_for_a_server_that_is_silent(
    distant: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "HANG_UP_AFTER", 0.5)
    distant.execute(
        """
        CREATE FUNCTION dawdle() RETURNS event_trigger LANGUAGE plpgsql
          AS 'BEGIN PERFORM pg_sleep(600); END';
        CREATE EVENT TRIGGER dawdling ON table_rewrite EXECUTE FUNCTION dawdle();
        """
    )
    with Proxy(distant.server.port) as proxy:
        recovery = behind(proxy, distant)

        def silence_and_cancel() -> None:
            proxy.silence()
            recovery.session.journal.command(e.Cancel(by=ME))

        faulty = when(recovery, e.PhaseFinished, silence_and_cancel)
        assert recovery.convert_here(None, gate_seconds=900) is e.Outcome.ROLLED_BACK
        faulty.join()
        assert recovery.code == 130
        assert recovery.ended.by == ME
        until(lambda: is_free(distant) or None)
        is_after(distant, e.Outcome.ROLLED_BACK)
