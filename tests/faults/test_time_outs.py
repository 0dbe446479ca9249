"""The server's own time-outs: set off for the conversion, and told beforehand."""

import pytest
from psycopg import sql

from recovery.record import events as e
from tests.conftest import Database, profile_for
from tests.faults.distant import TABLES, is_after
from tests.recovering import ME, Recovery

# With the version that each came with.
TIME_OUTS = {
    "idle_in_transaction_session_timeout": 9_06_00,
    "statement_timeout": 13_00_00,
    "lock_timeout": 13_00_00,
    "idle_session_timeout": 14_00_00,
    "transaction_timeout": 17_00_00,
}


def set_time_outs(database: Database, *names: str) -> None:
    """Makes these 0.8 seconds, or all that its version has, for the sessions to come."""
    with database.server.connect(autocommit=True) as conn:
        for name in names or [n for n, v in TIME_OUTS.items() if v <= conn.info.server_version]:
            conn.execute(
                sql.SQL("ALTER DATABASE {} SET {} = '800ms'").format(
                    sql.Identifier(database.name), sql.Identifier(name)
                )
            )


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if "transaction" in name else [pytest.mark.slow])
        for name in TIME_OUTS
    ],
)
def test_it_does_not_end_the_gate(database: Database, name: str) -> None:
    with database.connect() as conn:
        if conn.info.server_version < TIME_OUTS[name]:
            pytest.skip(f"it came with version {TIME_OUTS[name] // 10_000}")
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    set_time_outs(database, name)
    found = recovery.planned().session.history().last(e.Investigated)
    assert found is not None
    (finding,) = [finding for finding in found.findings if finding.code == "time-outs"]
    assert finding.evidence == f"{name} is 800 ms"

    assert recovery.ready().convert_here(None, gate_seconds=2) is e.Outcome.ROLLED_BACK
    assert recovery.ended.reason == "the gate's deadline passed and nobody decided"
    assert recovery.convert_here(e.Commit(by=ME, typed=database.name)) is e.Outcome.COMMITTED
    is_after(database, e.Outcome.COMMITTED)
