"""Somebody decided about every column of the catalog, and what is said to be compared is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from queries import ask
from queries.rows import ForeignKeyRow
from recovery.catalog import objects
from recovery.connection.settings import FOR_OTHERS
from recovery.private import scratch
from scripts.parity_page import COMPARED, FOLLOWS, NEWEST, OLDEST, Decision, decisions, page, split
from tests.conftest import ROLES, Database, new_database

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
ONE_OF_EACH = Path(__file__).with_name("one_of_each.sql")
COLUMNS = """
SELECT c.relname, a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = 'pg_catalog'::regnamespace
"""
TYPES = """
SELECT attname, atttypid::regtype::text FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum
"""
# What another row has: something that means something, of the same size, rather than nothing.
ANOTHERS = """(
  SELECT y.{column} FROM {table} y
   WHERE y.{key} >= 16384 AND y.{column}::text IS DISTINCT FROM x.{column}::text
   ORDER BY btrim(y.{column}::text) IN ('', '0', '-'),
            pg_column_size(y.{column}) <> pg_column_size(x.{column}), y.{column}::text
   LIMIT 1)"""
# The values that a column is given, by its own name or by its type.
VALUES: dict[str, tuple[LiteralString, ...]] = {
    # Each row has its own, or all have none.
    "contype": ("translate(x.contype::text, 'pu', 'up')::\"char\"",),
    "attrelid": ("'public.overlapping'::regclass",),
    "partrelid": ("'public.two'::regclass",),
    "seqrelid": ("'public.two'::regclass",),
    "rngtypid": ("'public.pair'::regtype",),
    "reltablespace": ("(SELECT oid FROM pg_tablespace WHERE spcname = 'pg_global')",),
    "prosupport": ("'pg_catalog.textlike_support'::regproc",),
    "protrftypes": ("ARRAY['text'::regtype]::oid[]",),
    "boolean": ("NOT x.{column}",),
    "name": ("(x.{column} || '_x')::name",),
    "smallint": (ANOTHERS, "x.{column} + 10"),
    "integer": (ANOTHERS, "x.{column} + 10"),
    "bigint": (ANOTHERS, "x.{column} + 10"),
    "real": (ANOTHERS, "x.{column} + 10"),
}
# What belongs to no relation is read apart, and sooner.
ELSEWHERE = (
    *("FUNCTION", "DOMAIN", "DOMAIN CONSTRAINT", "TYPE", "OPERATOR", "CAST"),
    *("SCHEMA", "EXTENSION", "PUBLICATION"),
)
# What a server has from this major on.
SINCE = {
    14: "CREATE FUNCTION parsed() RETURNS int BEGIN ATOMIC SELECT 1; END;"
    "CREATE FUNCTION parsed_too() RETURNS int BEGIN ATOMIC SELECT 2; END;"
    "CREATE STATISTICS computed_too ON lower(name), id FROM parents;"
    "ALTER TABLE parents ALTER short SET COMPRESSION pglz;",
    15: "CREATE TABLE clears (LIKE two, FOREIGN KEY (a, b) REFERENCES two ON DELETE SET NULL (a));"
    "CREATE TABLE empties (LIKE two, FOREIGN KEY (a, b) REFERENCES two ON DELETE SET NULL (b));"
    "CREATE PUBLICATION filtered FOR TABLE others (id) WHERE (id > 0), parents (id, name);",
}


def test_the_page_says_what_was_decided() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make parity"


def test_every_column_was_decided_about(database: Database) -> None:
    major = database.server.installation.major
    there = set(database.rows(COLUMNS))
    decided = {(one.catalog, one.column) for one in decisions() if one.on(major)}
    whole = {catalog for catalog, column in decided if column is None}

    assert OLDEST <= major <= NEWEST, f"decide what becomes of the columns of PostgreSQL {major}"
    assert whole <= {catalog for catalog, _ in there}
    assert {row for row in there if row[0] not in whole} == {row for row in decided if row[1]}


def test_what_a_column_follows_from_was_decided_about() -> None:
    decided = {f"{one.catalog}.{one.column}": one for one in decisions()}

    for one in decided.values():
        named = one.words.split()[0].strip(";")
        if one.what == FOLLOWS and named.startswith("pg_"):
            assert decided[named].what == COMPARED, f"{one.catalog}.{one.column}"


@pytest.fixture(scope="module")
def conn(server: scratch.Server) -> Iterator[psycopg.Connection[Any]]:
    """To a database with something of each kind, with the settings that it is read with."""
    with new_database(server) as database:
        database.execute(ROLES)
        database.execute(ONE_OF_EACH.read_text(encoding="utf-8"))
        for major, statements in SINCE.items():
            if server.installation.major >= major:
                database.execute(statements)
        with server.connect(database.name, settings=FOR_OTHERS) as conn:
            yield conn


Reading = dict[str, dict[str, Any]]


def test_what_is_said_to_be_compared_is(
    server: scratch.Server, conn: psycopg.Connection[Any]
) -> None:
    """Each column is changed in the catalog itself: the reading has to notice where it says so."""
    major = server.installation.major
    compared = [one for one in decisions() if one.what == COMPARED and one.on(major)]

    unnoticed = [one for one in compared if not _noticed(conn, one)]

    assert unnoticed == []


def _read(conn: psycopg.Connection[Any], kind: str) -> Reading:
    """The properties of every object of a kind, by its name."""
    if kind == "FOREIGN KEY":
        keys = ask(conn, "foreign_keys", ForeignKeyRow, relations=[])
        return {key.identity: {"definition": key.definition} for key in keys}
    if kind in ELSEWHERE:
        found = objects.read_elsewhere(conn)
    elif kind == "PUBLISHED TABLE":
        found = iter(objects.read(conn))
    else:
        found = objects.read_relations(conn)
    return {one.identity: one.properties for one in found if one.kind == kind}


def _noticed(conn: psycopg.Connection[Any], one: Decision) -> bool:
    """Whether a change of the column is one of the object's property."""
    kind, name = split(one.words)
    before = _read(conn, kind)
    return any(_differs(name, before, after) for after in _readings_after_changes(conn, one, kind))


def _differs(name: str, before: Reading, after: Reading) -> bool:
    if name in ("its name", "its kind"):
        return not before.keys() <= after.keys()
    return any(was.get(name) != after[one].get(name) for one, was in before.items() if one in after)


def _readings_after_changes(
    conn: psycopg.Connection[Any], one: Decision, kind: str
) -> Iterator[Reading]:
    """With all of the database's own rows changed at once, then with each alone; undone again."""
    types = dict(conn.execute(TYPES, [f"pg_catalog.{one.catalog}"]).fetchall())
    named = {
        "table": sql.Identifier("pg_catalog", one.catalog),
        "key": sql.Identifier(next(column for column in types if column != "classid")),
        "column": sql.Identifier(str(one.column)),
    }
    own = sql.SQL("SELECT ctid FROM {table} WHERE {key} >= 16384").format(**named)
    places = [row[0] for row in conn.execute(own)]
    for value in _values(one.column, types):
        change = sql.SQL("UPDATE {{table}} AS x SET {{column}} = {} WHERE ctid = ANY (%s::tid[])")
        text = sql.SQL(change.format(sql.SQL(value)).as_string(None)).format(**named)
        for changed in (places, *([place] for place in places)):
            try:
                with conn.transaction(force_rollback=True):
                    conn.execute(text, [changed])
                    yield _read(conn, kind)
            except (psycopg.errors.IntegrityError, psycopg.errors.InternalError):
                # There is one already, or PostgreSQL itself makes no sense of it.
                continue


def _values(column: str | None, types: dict[str, str]) -> tuple[LiteralString, ...]:
    assert column is not None
    return VALUES.get(column, VALUES.get(types[column], (ANOTHERS,)))
