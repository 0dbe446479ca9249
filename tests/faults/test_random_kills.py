"""The runner is killed at random points of the demo's recovery, which goes on from there each time.

Seeded and repeatable. More: ``KILLS=200 make test TESTS=tests/faults/test_random_kills.py``.
"""

import os
import random
import signal
import threading
import time
from contextlib import suppress

import pytest

from queries import ask
from queries.rows import ForeignKeyRow
from recovery.record import events as e
from recovery.record.session import Session
from recovery.server.reconcile import reconcile
from tests.conftest import Database, incident_profile
from tests.faults.driver import Driver
from tests.recovering import Recovery
from wizard.demo import incident

SEED = 20261122
KILLS = int(os.environ.get("KILLS", "1"))
# As many events as the journal has when nothing is killed, or a few less.
EVENTS = 430


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_the_recovery_goes_on_from_wherever_its_runner_was_killed(
    incident_database: Database, number: int
) -> None:
    chance = random.Random(f"{SEED} {number}")
    recovery = Recovery(incident_database, incident_profile(incident_database))
    recovery.client.confirm(incident_database.name)
    driver = Driver(recovery, adopt=(incident.VALUATIONS_REVISION,))
    foreign_keys = _foreign_keys(incident_database)
    ended = threading.Event()
    place, delay = chance.randrange(3, EVENTS), chance.random()
    killing = threading.Thread(target=_kill_at, args=[recovery.session, place, delay, ended])
    killing.start()
    failures = 0
    while steps := driver.undone():
        if not driver.do(steps[0]):
            # It was killed once.
            failures += 1
            assert failures == 1, driver.told(e.StepFailed)
            reconcile(recovery.session, recovery.door)
            assert driver.history.outcome is not e.Outcome.UNKNOWN
            _is_whole(incident_database, driver.history.committed)
    ended.set()
    killing.join()
    assert driver.history.recovered, driver.history.verified
    _is_whole(incident_database, committed=True)
    assert _foreign_keys(incident_database) >= foreign_keys


def _kill_at(session: Session, number: int, delay: float, ended: threading.Event) -> None:
    """Kills the runner a moment after the journal has so many entries, if it comes so far."""
    own = Session(session.folder)
    while not own.journal.entries(number - 1, most=1):
        if ended.wait(0.01):
            own.close()
            return
    time.sleep(delay / 20)  # chance, not waiting: up to 50 ms
    holder = own.journal.holder()
    own.close()
    if holder is not None:
        with suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGKILL)


def _is_whole(database: Database, committed: bool) -> None:
    """All three keys are of one type: what the journal says."""
    types = database.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attname = 'id' "
        "AND attrelid IN ('users'::regclass, 'organizations'::regclass, 'documents'::regclass)"
    )
    assert types == [("character varying(36)" if committed else "uuid",)] * 3


def _foreign_keys(database: Database) -> set[tuple[str, str]]:
    with database.connect(options="-c search_path=") as conn:
        return {
            (key.name, key.definition)
            for key in ask(conn, "foreign_keys", ForeignKeyRow, relations=[])
        }
