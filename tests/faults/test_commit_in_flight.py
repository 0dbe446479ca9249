"""The line is lost between COMMIT and its answer: the server is asked, and nothing is guessed.

Each way twice; fifty times with ``make slow``.
"""

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from psycopg import sql

from recovery import committing, scratch
from recovery import events as e
from recovery.committing import Patience
from recovery.installations import Installation
from recovery.profile import parse
from recovery.reconcile import reconcile
from tests.conftest import Database
from tests.faults.proxy import AtCommit, Proxy
from tests.recovering import ME, Recovery

TABLES = """
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
INSERT INTO users SELECT md5(g::text)::uuid FROM generate_series(1, 20) g;
INSERT INTO notes SELECT g, md5(g::text)::uuid FROM generate_series(1, 20) g;
"""
OUTCOMES: dict[AtCommit, e.Outcome] = {
    "deafen": e.Outcome.COMMITTED,
    "swallow": e.Outcome.ROLLED_BACK,
}
TIMES = [pytest.param(n, marks=[pytest.mark.slow] if n >= 2 else []) for n in range(50)]


@pytest.fixture(scope="module")
def listening(installation: Installation) -> Iterator[scratch.Server]:
    """A server on the network, with a template of the database."""
    with scratch.start(installation, tcp=True) as server:
        with server.connect(autocommit=True) as conn:
            conn.execute("CREATE DATABASE original")
        Database(server, "original").execute(TABLES)
        yield server


@pytest.fixture
def database(listening: scratch.Server) -> Database:
    name = f"app_{uuid4().hex[:8]}"
    with listening.connect(autocommit=True) as conn:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE original")
        conn.execute(make.format(sql.Identifier(name)))
    return Database(listening, name)


def behind(proxy: Proxy, database: Database) -> Recovery:
    """A recovery that reaches the server only by the proxy, ready to convert."""
    profile = parse(
        f'environment = "test"\n[target]\ndsn = "host=127.0.0.1 port={proxy.port} user=postgres"\n'
        f'database = "{database.name}"\n[keys]\n"users.id" = "varchar(36)"\n'
    )
    return Recovery(database, profile).ready()


def type_of_key(database: Database) -> str:
    (row,) = database.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 'users'::regclass AND attname = 'id'"
    )
    return str(row[0])


def is_after(database: Database, outcome: e.Outcome) -> None:
    """The database is entirely what the outcome says, and nobody holds anything in it."""
    expected = "character varying(36)" if outcome is e.Outcome.COMMITTED else "uuid"
    assert type_of_key(database) == expected
    held = database.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
    )
    assert held == []


@pytest.mark.parametrize("silent", [False, True], ids=["cut", "silent"])
@pytest.mark.parametrize("way", OUTCOMES)
@pytest.mark.parametrize("time", TIMES)
def test_what_became_of_it_is_asked_of_the_server(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    way: AtCommit,
    silent: bool,
    time: int,
) -> None:
    monkeypatch.setattr(committing, "PATIENCE", Patience(first=0.1, silence=1, asking=20))
    with Proxy(database.server.port) as proxy:
        recovery = behind(proxy, database)
        proxy.at_commit = way
        if not silent:
            cutting = threading.Thread(target=_cut_and_mend, args=[proxy])
            cutting.start()
        outcome = recovery.convert_here(e.Commit(by=ME, typed=database.name))
        assert outcome is OUTCOMES[way], recovery.ended.reason
        assert "the server says that transaction" in recovery.ended.reason
        is_after(database, outcome)


def _cut(proxy: Proxy) -> None:
    proxy.saw_commit.wait()
    proxy.cut()


def _cut_and_mend(proxy: Proxy) -> None:
    _cut(proxy)
    proxy.mend()


@pytest.mark.parametrize("way", OUTCOMES)
def test_while_the_network_is_down_it_is_unknown_and_resolved_later(
    database: Database, monkeypatch: pytest.MonkeyPatch, way: AtCommit
) -> None:
    monkeypatch.setattr(committing, "PATIENCE", Patience(first=0.1, silence=1, asking=0.5))
    with Proxy(database.server.port) as proxy:
        recovery = behind(proxy, database)
        proxy.at_commit = way
        threading.Thread(target=_cut, args=[proxy]).start()
        assert recovery.convert_here(e.Commit(by=ME, typed=database.name)) is e.Outcome.UNKNOWN
        history = recovery.session.history()
        assert history.waits_for(e.Step.CONVERSION) == (
            "the server to say what became of the last conversion"
        )
        proxy.mend()
        reconcile(recovery.session, database.password)
        assert recovery.outcome() is OUTCOMES[way], recovery.ended.reason
        is_after(database, OUTCOMES[way])
