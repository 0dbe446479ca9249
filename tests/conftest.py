"""Servers, databases and sessions for the tests: all real, all private, all gone afterwards."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from recovery.private import installations, scratch
from recovery.private.installations import Installation
from recovery.record.folders import STATE_VARIABLE
from recovery.server.door import Door
from recovery.words.profile import Profile, parse
from wizard.demo import incident
from wizard.demo.expected import profile_text

# A shell ignores SIGINT in what it starts in the background, and children inherit that; the tests
# press Ctrl+C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def roles(*names: str) -> str:
    """Statements that make roles, if they are not there: they belong to the server."""
    return (
        sql.SQL(
            """
DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY {}::text[] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I', role);
    END IF;
  END LOOP;
END $$
"""
        )
        .format(sql.Literal(list(names)))
        .as_string(None)
    )


ROLES = roles("reader", "writer", "keeper", 'Odd "x" role')


def make_tablespace(server: scratch.Server, name: str) -> None:
    """Makes one that needs no folder of its own, if it is not there: from version 15 on."""
    with server.connect(autocommit=True) as conn:
        known = conn.execute("SELECT FROM pg_tablespace WHERE spcname = %s", [name])
        if known.fetchone() is None:
            conn.execute("SET allow_in_place_tablespaces = on")
            conn.execute(sql.SQL("CREATE TABLESPACE {} LOCATION ''").format(sql.Identifier(name)))


def kinds_of_servers() -> list[str]:
    """The embedded PostgreSQL, and the system's where there is one."""
    system = [i for i in installations.for_servers() if not i.embedded]
    return ["embedded", *(["system"] if system else [])]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test on one of the servers in turn; on the others where there is time."""
    kinds = kinds_of_servers()
    tests: dict[str, int] = {}
    for item in items:
        called = getattr(item, "callspec", None)
        parameters = {} if called is None else dict(called.params)
        kind = parameters.pop("installation", None)
        if kind in kinds:
            test = f"{item.location[0]} {getattr(item, 'originalname', '')} {parameters}"
            number = tests.setdefault(test, len(tests))
            if kinds[number % len(kinds)] != kind:
                item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def replays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache for the whole run: the same scripts need not be replayed for every test."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"


@pytest.fixture(autouse=True)
def _own_world(tmp_path: Path, replays: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own: sessions, settings, keyring, libpq's sources, time zone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(replays))
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "sessions"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in [name for name in os.environ if name.startswith("PG") and name != STATE_VARIABLE]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "no-pgpass"))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def installation_of(kind: str) -> Installation:
    """The programs of a kind of server."""
    wanted = kind == "embedded"
    return next(i for i in installations.for_servers() if i.embedded is wanted)


@pytest.fixture(scope="session", params=kinds_of_servers())
def installation(request: pytest.FixtureRequest) -> Installation:
    """The embedded PostgreSQL, and the machine's own where there is one."""
    return installation_of(request.param)


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str], scratch.Server]]:
    """A server by its kind, for tests that choose one: each is started once, when it is wanted."""
    started: dict[str, scratch.Server] = {}
    with ExitStack() as servers:

        def chosen(kind: str) -> scratch.Server:
            if kind not in started:
                started[kind] = servers.enter_context(scratch.start(installation_of(kind)))
            return started[kind]

        yield chosen


@pytest.fixture(scope="session")
def server(installation: Installation) -> Iterator[scratch.Server]:
    """A server for the whole run; tests make databases of their own on it."""
    with scratch.start(installation) as running:
        yield running


@pytest.fixture(scope="session")
def incident_server(installation: Installation) -> Iterator[scratch.Server]:
    """A server with the small incident as a template, for ``incident_database``."""
    with scratch.start(installation) as running:
        incident.build(running.connect, rows=2_000)
        yield running


@dataclass(frozen=True, slots=True)
class Database:
    """One test's own database."""

    server: scratch.Server
    name: str

    @property
    def dsn(self) -> str:
        return self.server.conninfo(self.name)

    @property
    def password(self) -> str:
        return self.server.password

    @property
    def door(self) -> Door:
        return Door(self.server.address(self.name), self.password)

    @property
    def environment(self) -> dict[str, str]:
        """For a program that is to connect as the superuser."""
        return {**os.environ, "PGPASSWORD": self.password}

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """A connection as the superuser, with nothing set."""
        return psycopg.connect(self.dsn, password=self.password, **options)

    def execute(self, statements: str) -> None:
        """Runs and commits SQL text."""
        with self.connect(autocommit=True) as conn:
            conn.execute(statements)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What a query answers."""
        with self.connect(autocommit=True) as conn:
            return conn.execute(query, parameters or None).fetchall()


def _made(server: scratch.Server, template: str) -> Iterator[Database]:
    name = f"test_{uuid4().hex[:12]}"
    with server.connect(autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    yield Database(server, name)
    with server.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def new_database(server: scratch.Server, template: str = "template0") -> Iterator[Database]:
    """A database for as long as it is needed; with a template, a copy of that as it is now."""
    yield from _made(server, template)


@pytest.fixture
def database(server: scratch.Server) -> Iterator[Database]:
    """An empty database."""
    yield from _made(server, "template0")


@pytest.fixture
def pgpass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the operator's ~/.pgpass, with this password for every server and role."""

    def written(password: str) -> None:
        file = tmp_path / "pgpass"
        file.touch(mode=0o600)
        file.write_text(f"*:*:*:*:{password}\n")
        monkeypatch.setenv("PGPASSFILE", str(file))

    return written


@pytest.fixture
def incident_database(incident_server: scratch.Server) -> Iterator[Database]:
    """The incident's production database, small."""
    yield from _made(incident_server, incident.PRODUCTION)


def profile_for(database: Database, **keys: str) -> Profile:
    """A profile for a test's database; ``users__id="varchar(36)"`` names the key users.id."""
    named = "\n".join(f'"{key.replace("__", ".")}" = "{type_}"' for key, type_ in keys.items())
    return parse(
        f'environment = "test"\n[target]\ndsn = "{database.dsn}"\n'
        f'database = "{database.name}"\n[keys]\n{named}\n'
    )


def incident_profile(database: Database) -> Profile:
    """What the application expects of the incident's database, without its services."""
    return parse(profile_text(database.dsn, database.name, environment="test"))
