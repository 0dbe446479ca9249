"""What a role is answered that may do nothing but connect: nothing that a row is not typed for.

The server hides what is of others by a NULL; an event that has no place for it cannot be read.
"""

import dataclasses
import threading
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args, get_type_hints

import psycopg
import pytest

import queries
from queries import ask, rows
from tests.conftest import Database
from tests.waiting import until

SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, name text DEFAULT 'x');
CREATE TABLE notes (id bigserial PRIMARY KEY, user_id uuid REFERENCES users, note text);
CREATE TABLE parts (id int NOT NULL, day date, u uuid REFERENCES users) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts DEFAULT;
CREATE VIEW v AS SELECT id FROM users;
CREATE MATERIALIZED VIEW m AS SELECT id FROM users;
CREATE TABLE names (of regclass);
CREATE POLICY p ON notes USING (true);
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fires() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watching ON table_rewrite EXECUTE FUNCTION fires();
CREATE PUBLICATION everything FOR ALL TABLES;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
"""
# Each question with the row that it is answered by, and what it is asked about.
ASKED: dict[str, tuple[type, dict[str, Any]]] = {
    "awaited": (rows.AwaitedRow, {"pid": "waiting"}),
    "blocked": (rows.SessionRow, {"pid": "holder"}),
    "blockers": (rows.SessionRow, {"relations": "tables"}),
    "cancel": (rows.CancelledRow, {"pid": 0}),
    "columns": (rows.ColumnRow, {}),
    "databases": (rows.DatabaseRow, {}),
    "dependents": (rows.DependentRow, {}),
    "end_own_session": (rows.EndedSessionRow, {"xid": "4711"}),
    "evaluated": (rows.EvaluatedRow, {}),
    "event_triggers": (rows.EventTriggerRow, {}),
    "expressions": (rows.CallRow, {"relations": ["public.notes"], "routines": ["public.f()"]}),
    "foreign_key_copies": (rows.ForeignKeyCopyRow, {}),
    "foreign_key_triggers": (rows.ForeignKeyTriggerRow, {}),
    "foreign_keys": (rows.ForeignKeyRow, {"relations": []}),
    "identity": (rows.IdentityRow, {}),
    "inheritance": (rows.InheritanceRow, {}),
    "instance": (rows.InstanceRow, {}),
    "lock_capacity": (rows.LockCapacityRow, {}),
    "log_position": (rows.LogPositionRow, {}),
    "oid_aliases": (rows.OidAliasRow, {}),
    "objects_others": (rows.ObjectRow, {}),
    "objects_relations": (rows.ObjectRow, {"relations": []}),
    "objects_routines": (rows.ObjectRow, {}),
    "replaced_oids": (
        rows.ReplacedOidRow,
        {"relations": [], "functions": [], "tables": "tables", "numbers": [1]},
    ),
    "restoring": (rows.RestoringRow, {}),
    "roles": (rows.RoleRow, {}),
    "role_attributes": (rows.RoleAttributesRow, {}),
    "memberships": (rows.MembershipRow, {}),
    "row_versions": (rows.RowVersionsRow, {"class_oids": [1259], "oids": "tables"}),
    "schemas": (rows.SchemaRow, {}),
    "search_path": (rows.SearchPathRow, {}),
    "serials": (rows.SerialRow, {}),
    "system_identifier": (rows.SystemIdentifierRow, {}),
    "tables": (rows.TableRow, {}),
    "time_outs": (rows.TimeOutRow, {}),
    "waiting_for_us": (rows.WaitingRow, {"pid": "holder", "known": []}),
    "wal_written": (rows.WalRow, {"since": None}),
}


@pytest.fixture
def visitor(database: Database) -> Iterator[tuple[psycopg.Connection[Any], dict[str, Any]]]:
    """A connection of a role that may do nothing, while others hold locks and wait for them."""
    database.execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bystander') THEN "
        f"CREATE ROLE bystander LOGIN PASSWORD '{database.password}'; END IF; END $$"
    )
    database.execute(SCHEMA)
    with database.connect() as holder, database.connect(autocommit=True) as waits:
        # What the questions themselves lock is not kept from them.
        holder.execute("LOCK TABLE users IN EXCLUSIVE MODE")
        waiting = threading.Thread(target=waits.execute, args=["DELETE FROM users"])
        waiting.start()
        pid = holder.info.backend_pid
        seen = f"SELECT FROM pg_stat_activity WHERE {pid} = ANY (pg_blocking_pids(pid))"
        until(lambda: database.rows(seen) or None)
        tables = [row[0] for row in database.rows("SELECT 'users'::regclass::oid::bigint")]
        dsn = database.dsn.replace("user=postgres", "user=bystander")
        with psycopg.connect(dsn, password=database.password, autocommit=True) as conn:
            conn.execute("SET search_path = ''")
            yield conn, {"holder": pid, "waiting": waits.info.backend_pid, "tables": tables}
        holder.rollback()
        waiting.join()


def _may_be_none(row: type, field: str) -> bool:
    return NoneType in get_args(get_type_hints(row)[field])


@pytest.mark.parametrize("name", ASKED)
def test_what_may_be_null_is_typed_so(
    visitor: tuple[psycopg.Connection[Any], dict[str, Any]], name: str
) -> None:
    conn, known = visitor
    row, asked = ASKED[name]
    parameters = {
        key: known.get(value, value) if isinstance(value, str) else value
        for key, value in asked.items()
    }
    found: list[Any] = ask(conn, name, row, **parameters)
    if name not in ("cancel", "end_own_session", "time_outs", "serials"):
        assert found
    for each in found:
        for field in dataclasses.fields(each):
            if getattr(each, field.name) is None:
                assert _may_be_none(row, field.name), f"{name}: {field.name} is null in {each}"


def test_every_typed_row_is_tried() -> None:
    typed = {
        name
        for name, row in vars(rows).items()
        if isinstance(row, type) and name.endswith("Row") and row.__module__ == rows.__name__
    }
    tried = {row.__name__ for row, _ in ASKED.values()}
    # Composed for each index or check, or asked on a private server whose superuser is ours.
    elsewhere = {"CalledRow", "TouchedRow", "PlpgsqlFunctionRow", "PlpgsqlErrorRow"}
    assert typed - tried == elsewhere
    assert all(queries.text(name) for name in ASKED)
