"""The demo incident has the figures of the real one, and its application behaves as it did."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import md5
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, LiteralString, Protocol
from uuid import UUID

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import ProgrammingError

from queries import ask
from queries.rows import ColumnRow, ForeignKeyRow
from recovery.private import installations
from recovery.private.installations import Installation
from wizard.demo import incident
from wizard.demo.service import Service

ROWS = 5_000
HISTORY = "saas_history"
KEYS = {("users", "id"), ("organizations", "id"), ("documents", "id")}

Column = tuple[str, str]


class Server(Protocol):
    password: str

    def connect(self, dbname: str) -> psycopg.Connection[Any]: ...

    def conninfo(self, dbname: str) -> str: ...


def create_database(server: Server, name: str) -> None:
    with server.connect("postgres") as conn:
        conn.autocommit = True
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def drop_databases(server: Server, *names: str) -> None:
    with server.connect("postgres") as conn:
        conn.autocommit = True
        for name in names:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def run_alembic(
    server: Server, database: str, revision: str, run: Callable[[Config, str], None]
) -> None:
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: server.connect(database), poolclass=NullPool
    )
    with engine.connect() as conn:
        config = incident.alembic_config()
        config.attributes["connection"] = conn
        run(config, revision)


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The one that the demo chooses."""
    return installations.for_servers()[0]


@pytest.fixture(scope="module")
def messages(server: Server) -> Iterator[list[str]]:
    """Builds the incident; what it reported meanwhile."""
    told: list[str] = []
    incident.build(server.connect, rows=ROWS, progress=told.append)
    yield told
    drop_databases(server, incident.PRODUCTION, incident.DECOY, incident.REHEARSAL)


@pytest.fixture(scope="module")
def history(server: Server) -> Iterator[str]:
    """A database on which the whole history ran online: what production should have been."""
    create_database(server, HISTORY)
    run_alembic(server, HISTORY, "head", command.upgrade)
    yield HISTORY
    drop_databases(server, HISTORY)


@pytest.fixture
def production(server: Server, messages: list[str]) -> Iterator[psycopg.Connection[Any]]:
    with server.connect(incident.PRODUCTION) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def foreign_keys(production: psycopg.Connection[Any]) -> list[ForeignKeyRow]:
    return ask(production, "foreign_keys", ForeignKeyRow, relations=[])


def tables(conn: psycopg.Connection[Any]) -> set[str]:
    rows = conn.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}


def columns_of_type(conn: psycopg.Connection[Any], type_name: str) -> set[Column]:
    return {
        (column.table_name, column.name)
        for column in ask(conn, "columns", ColumnRow)
        if column.type == type_name
    }


def pairs(key: ForeignKeyRow) -> set[tuple[Column, Column]]:
    return {
        ((key.table_name, column), (key.referenced_table, referenced))
        for column, referenced in zip(key.columns, key.referenced_columns, strict=True)
    }


def key_family(foreign_keys: list[ForeignKeyRow]) -> set[Column]:
    links = set[tuple[Column, Column]]().union(*map(pairs, foreign_keys))
    family = set(KEYS)
    size = 0
    while size < len(family):
        size = len(family)
        family |= {column for link in links if family & set(link) for column in link}
    return family


def referencing(foreign_keys: list[ForeignKeyRow], table: str) -> list[ForeignKeyRow]:
    return [
        key
        for key in foreign_keys
        if key.referenced_table == table and "id" in key.referenced_columns
    ]


def row_counts(conn: psycopg.Connection[Any]) -> dict[str, int]:
    count = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, count(*) FROM {}").format(
            sql.Literal(name), sql.Identifier("public", name)
        )
        for name in sorted(tables(conn))
    )
    return dict(conn.execute(count).fetchall())


def test_it_has_as_many_tables_and_foreign_keys_as_the_real_one(
    production: psycopg.Connection[Any], foreign_keys: list[ForeignKeyRow]
) -> None:
    assert len(tables(production)) == 165
    assert 100 <= len(foreign_keys) <= 130
    to_users = referencing(foreign_keys, "users")
    assert len(to_users) == 42
    distinct = {
        (key.table_name, key.columns[key.referenced_columns.index("id")]) for key in to_users
    }
    assert len(distinct) >= 38
    assert len(referencing(foreign_keys, "organizations")) >= 20
    assert len(referencing(foreign_keys, "documents")) >= 10


def test_the_key_family_is_uuid_and_nothing_else_is(
    production: psycopg.Connection[Any], foreign_keys: list[ForeignKeyRow]
) -> None:
    assert columns_of_type(production, "uuid") == key_family(foreign_keys)
    assert columns_of_type(production, "character varying(36)") == set()


def test_the_keys_are_generated_in_the_database(production: psycopg.Connection[Any]) -> None:
    generated = {
        (column.table_name, column.name)
        for column in ask(production, "columns", ColumnRow)
        if column.default_expression == "gen_random_uuid()"
    }
    assert generated == KEYS


def test_the_foreign_keys_are_of_every_kind(foreign_keys: list[ForeignKeyRow]) -> None:
    family = key_family(foreign_keys)
    of_family = [
        key
        for key in foreign_keys
        if any((key.table_name, column) in family for column in key.columns)
    ]
    assert {key.on_delete for key in of_family} == {
        "NO ACTION",
        "RESTRICT",
        "CASCADE",
        "SET NULL",
        "SET DEFAULT",
    }
    assert {key.on_update for key in of_family} == {"NO ACTION", "CASCADE"}
    assert any(key.is_deferrable and key.is_deferred for key in of_family)
    assert any(key.is_deferrable and not key.is_deferred for key in of_family)
    assert any(key.match_full for key in of_family)
    assert sum(key.comment is not None for key in of_family) == 3
    assert all(key.is_validated for key in foreign_keys)
    of_one_table = {key.table_name for key in of_family if key.table_name == key.referenced_table}
    assert of_one_table >= {"organizations", "documents"}
    links = {(key.table_name, key.referenced_table) for key in of_family}
    assert links >= {("users", "organizations"), ("organizations", "users")}
    composite = {key.referenced_table for key in of_family if len(key.columns) > 1}
    assert composite >= {"documents", "memberships", "users"}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 FROM pg_catalog.pg_views WHERE schemaname = 'public'",
        "SELECT 1 FROM pg_catalog.pg_matviews",
        "SELECT 1 FROM pg_catalog.pg_policies",
        "SELECT 1 FROM pg_catalog.pg_trigger WHERE NOT tgisinternal",
        "SELECT 1 FROM pg_catalog.pg_attribute WHERE attgenerated <> ''",
        "SELECT 1 FROM pg_catalog.pg_index WHERE indexprs IS NOT NULL OR indpred IS NOT NULL",
        """SELECT 1 FROM pg_catalog.pg_constraint k
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
            WHERE k.contype = 'c' AND a.atttypid = 'uuid'::regtype""",
    ],
)
def test_nothing_else_hangs_on_the_key_family(
    production: psycopg.Connection[Any], query: LiteralString
) -> None:
    assert production.execute(query).fetchall() == []


def test_the_revision_is_a_lie(production: psycopg.Connection[Any], messages: list[str]) -> None:
    claimed = production.execute("SELECT version_num FROM alembic_version").fetchall()
    assert claimed == [(incident.CLAIMED_REVISION,)]
    present = tables(production)
    assert present.isdisjoint(incident.MISSING_TABLES)
    assert present >= set(incident.HAND_MADE_TABLES)


def test_the_history_has_six_upgrades_from_the_true_revision_to_head() -> None:
    script = ScriptDirectory.from_config(incident.alembic_config())
    assert script.get_heads() == [incident.HEAD_REVISION]
    pending = [
        revision.revision
        for revision in script.iterate_revisions(incident.HEAD_REVISION, incident.TRUE_REVISION)
    ]
    assert list(reversed(pending)) == [
        "c3a7b4bbf913",
        "dc2c0f69c1b1",
        incident.FOLDERS_REVISION,
        incident.VALUATIONS_REVISION,
        "f867c7e3d51c",
        "b354d12d1e7d",
    ]
    assert 14 <= len(list(script.iterate_revisions(incident.TRUE_REVISION, "base"))) <= 22


def test_every_table_has_rows(production: psycopg.Connection[Any], messages: list[str]) -> None:
    counts = row_counts(production)
    assert min(counts.values()) == 1
    assert counts["alembic_version"] == 1
    assert ROWS * 0.7 <= sum(counts.values()) <= ROWS * 1.1
    assert counts["users"] > counts["organizations"] > 1


def test_the_rows_are_always_the_same(production: psycopg.Connection[Any]) -> None:
    found = production.execute("SELECT id FROM users WHERE email = 'user7@example.com'").fetchone()
    expected = UUID(md5(b"saas_platform.users.7", usedforsecurity=False).hexdigest())
    assert found == (expected,)


def test_a_reference_stays_within_its_organization(production: psycopg.Connection[Any]) -> None:
    strangers = production.execute(
        """SELECT o.id FROM organizations o JOIN users u ON u.id = o.owner_id
            WHERE u.organization_id <> o.id
           UNION ALL
           SELECT d.id FROM documents d JOIN users u ON u.id = d.owner_id
            WHERE u.organization_id <> d.organization_id"""
    ).fetchall()
    assert strangers == []


def test_the_decoy_is_similar_and_smaller(
    server: Server, production: psycopg.Connection[Any]
) -> None:
    users: LiteralString = "SELECT id FROM users"
    with server.connect(incident.DECOY) as decoy:
        assert tables(decoy) == tables(production)
        in_decoy, in_production = row_counts(decoy), row_counts(production)
        assert min(in_decoy.values()) == 1
        assert sum(in_decoy.values()) < sum(in_production.values()) / 4
        assert in_decoy["users"] < in_production["users"]
        assert set(decoy.execute(users)).isdisjoint(production.execute(users))


def test_the_rehearsal_is_a_copy(server: Server, production: psycopg.Connection[Any]) -> None:
    users: LiteralString = "SELECT * FROM users ORDER BY id"
    with server.connect(incident.REHEARSAL) as rehearsal:
        assert row_counts(rehearsal) == row_counts(production)
        assert rehearsal.execute(users).fetchall() == production.execute(users).fetchall()


def test_the_next_rows_can_be_inserted(production: psycopg.Connection[Any]) -> None:
    production.execute(
        """WITH owner AS (SELECT id, organization_id FROM users LIMIT 1),
                newcomer AS (
                  INSERT INTO users (organization_id, email, full_name, password_hash)
                  SELECT organization_id, 'new@example.com', 'New', 'x' FROM owner
                  RETURNING id, organization_id),
                document AS (
                  INSERT INTO documents (organization_id, owner_id, title)
                  SELECT organization_id, id, 'New' FROM owner)
           INSERT INTO organizations (name, slug, owner_id) SELECT 'New', 'new', id FROM newcomer"""
    )
    production.execute("SET CONSTRAINTS ALL IMMEDIATE")
    sequences = production.execute(
        """SELECT c.relname, a.attname,
                  pg_catalog.pg_get_serial_sequence(c.oid::regclass::text, a.attname)
             FROM pg_catalog.pg_class c
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
              AND pg_catalog.pg_get_serial_sequence(c.oid::regclass::text, a.attname) IS NOT NULL"""
    ).fetchall()
    assert len(sequences) > 100
    for table, column, sequence in sequences:
        found = production.execute(
            sql.SQL("SELECT max({}) + 1, nextval({}) FROM {}").format(
                sql.Identifier(column), sql.Literal(sequence), sql.Identifier(table)
            )
        ).fetchone()
        assert found is not None
        assert found[0] == found[1], table


def test_progress_names_each_database(messages: list[str]) -> None:
    told = "\n".join(messages)
    assert incident.PRODUCTION in told
    assert incident.DECOY in told
    assert incident.REHEARSAL in told


@pytest.mark.parametrize(
    ("rows", "claimed", "error"),
    [
        (0, incident.CLAIMED_REVISION, ValueError),
        (ROWS, "0123456789ab", CommandError),
    ],
)
def test_a_senseless_incident_is_refused_before_anything_is_created(
    rows: int, claimed: str, error: type[Exception]
) -> None:
    def connect(database: str) -> psycopg.Connection[Any]:
        raise AssertionError(f"connected to {database}")

    with pytest.raises(error):
        incident.build(connect, rows=rows, claimed=claimed)


def test_a_deploy_fails_as_it_did(server: Server, messages: list[str]) -> None:
    with pytest.raises(ProgrammingError) as refused:
        run_alembic(server, incident.PRODUCTION, "head", command.upgrade)
    assert isinstance(refused.value.orig, psycopg.errors.DatatypeMismatch)


def test_the_whole_history_gives_the_schema_that_production_should_have(
    server: Server, history: str, production: psycopg.Connection[Any]
) -> None:
    with server.connect(history) as conn:
        assert tables(conn) == tables(production) | set(incident.MISSING_TABLES)
        right = columns_of_type(conn, "character varying(36)")
        wrong = columns_of_type(production, "uuid")
        assert wrong == {
            (table, name) for table, name in right if table not in incident.MISSING_TABLES
        }
        assert columns_of_type(conn, "uuid") == set()


def test_the_history_can_be_downgraded_to_nothing(server: Server) -> None:
    database = "saas_downgraded"
    create_database(server, database)
    try:
        run_alembic(server, database, "head", command.upgrade)
        run_alembic(server, database, "base", command.downgrade)
        with server.connect(database) as conn:
            assert tables(conn) == {"alembic_version"}
            assert conn.execute("SELECT version_num FROM alembic_version").fetchall() == []
    finally:
        drop_databases(server, database)


def get(port: int, path: str) -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read().decode()
    finally:
        connection.close()


@pytest.fixture
def service(server: Server, messages: list[str]) -> Iterator[Service]:
    with Service(server.conninfo(incident.PRODUCTION), server.password) as running:
        yield running


def test_the_service_is_unhealthy_before_the_recovery(service: Service) -> None:
    status, content_type, body = get(service.port, "/health")
    assert status == 503
    assert content_type == "application/json"
    answer = json.loads(body)
    assert answer["status"] == "unhealthy"
    assert answer["error"].startswith("42883: ")


def test_the_frontend_answers_all_the_same(service: Service) -> None:
    status, content_type, body = get(service.port, "/")
    assert status == 200
    assert content_type.startswith("text/html")
    assert "<h1>" in body
    assert get(service.port, "/nothing")[0] == 404


def test_the_service_is_healthy_on_the_right_schema(server: Server, history: str) -> None:
    with Service(server.conninfo(history), server.password) as running:
        status, _, body = get(running.port, "/health")
    assert json.loads(body) == {
        "status": "healthy",
        "database": history,
        "revision": incident.HEAD_REVISION,
    }
    assert status == 200


def test_the_service_says_when_there_is_no_database(server: Server) -> None:
    with Service(server.conninfo("no_such_database"), server.password) as running:
        status, _, body = get(running.port, "/health")
    assert status == 503
    assert "no_such_database" in json.loads(body)["error"]
    assert server.password not in body


def test_a_locked_table_makes_the_service_unhealthy(server: Server, history: str) -> None:
    with (
        server.connect(history) as conn,
        Service(server.conninfo(history), server.password) as running,
    ):
        conn.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        status, _, body = get(running.port, "/health")
        assert status == 503
        assert json.loads(body)["error"].startswith("57014: ")


def test_a_port_in_use_is_reported(service: Service) -> None:
    with pytest.raises(RuntimeError, match="cannot serve"):
        Service("", "", service.port)


def test_closing_ends_the_service(service: Service) -> None:
    service.close()
    with pytest.raises(ConnectionRefusedError):
        get(service.port, "/")


def test_the_service_ends_with_its_killed_parent() -> None:
    parent_of_a_service = (
        "from wizard.demo.service import Service\n"
        "print(Service('', '').port, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent_of_a_service],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=10) as held:
            parent.kill()
            # Whether it says goodbye or not, it is gone.
            with suppress(ConnectionResetError):
                assert held.recv(1) == b""
