"""What migrations decide is read of a catalog, and nothing that they do not."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from recovery.catalog import catalog, structure
from recovery.catalog.structure import Structure
from recovery.words.names import TableName
from tests.conftest import Database

VERSIONS = TableName("public", "alembic_version")
MIGRATED = """
CREATE DOMAIN label AS text DEFAULT 'none' CONSTRAINT filled CHECK (VALUE <> '')
  CONSTRAINT short CHECK (length(VALUE) < 9);
CREATE TYPE state AS ENUM ('new', 'done');
CREATE TYPE "Odd Pair" AS (a int, b text);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE UNLOGGED TABLE drafts (a int, b int);
CREATE TABLE users (
  id bigserial PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  label label CHECK (label <> 'x'),
  state state);
COMMENT ON COLUMN users.name IS 'as given';
CREATE INDEX by_label ON users (lower(label));
CREATE STATISTICS on_users ON name, label FROM users;
CREATE TABLE notes (id uuid PRIMARY KEY, user_id bigint REFERENCES users ON DELETE CASCADE);
COMMENT ON CONSTRAINT notes_user_id_fkey ON notes IS 'who wrote it';
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes FOR SELECT USING (user_id > 0);
CREATE VIEW written AS SELECT id, user_id FROM notes;
CREATE RULE keep AS ON DELETE TO written DO INSTEAD NOTHING;
CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER stopped BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION stop();
CREATE SCHEMA crm;
CREATE EXTENSION citext SCHEMA crm;
"""
# The relations have these parts. An index of a constraint, a view's columns, NOT NULL as
# PostgreSQL 18 has it, and a domain's constraints are told by others.
HAS = {
    "public.drafts": {
        ("table", "public.drafts"),
        ("column", "public.drafts.a"),
        ("column", "public.drafts.b"),
    },
    "public.users": {
        ("table", "public.users"),
        ("sequence", "public.users_id_seq"),
        ("column", "public.users.id"),
        ("column", "public.users.name"),
        ("column", "public.users.label"),
        ("column", "public.users.state"),
        ("constraint", "users_pkey ON public.users"),
        ("constraint", "users_name_key ON public.users"),
        ("constraint", "users_label_check ON public.users"),
        ("index", "public.by_label"),
        ("statistics", "public.on_users"),
    },
    "public.notes": {
        ("table", "public.notes"),
        ("column", "public.notes.id"),
        ("column", "public.notes.user_id"),
        ("constraint", "notes_pkey ON public.notes"),
        ("foreign key", "notes_user_id_fkey ON public.notes"),
        ("policy", "own ON public.notes"),
        ("trigger", "stopped ON public.notes"),
    },
    "public.written": {("view", "public.written"), ("rule", "keep ON public.written")},
    'public."Odd Pair"': {
        ("type", 'public."Odd Pair"'),
        ("column", 'public."Odd Pair".a'),
        ("column", 'public."Odd Pair".b'),
    },
    "domain public.label": {("domain", "public.label")},
    "type public.state": {("type", "public.state")},
    "function public.stop()": {("function", "public.stop()")},
    "schema crm": {("schema", "crm")},
    "extension citext": {("extension", "citext")},
}


@pytest.fixture
def conn(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A migrated database."""
    database.execute(MIGRATED)
    with database.connect(options="-c search_path=", autocommit=True) as connection:
        yield connection


def _properties(found: Structure, group: str, kind: str, identity: str) -> dict[str, Any]:
    return found[group][kind, identity].properties


def test_everything_that_migrations_make_has_its_place(conn: psycopg.Connection[Any]) -> None:
    found = structure.read(conn, VERSIONS)

    assert {group: set(parts) for group, parts in found.items()} == HAS


def test_a_part_has_what_migrations_decide_of_it(conn: psycopg.Connection[Any]) -> None:
    found = structure.read(conn, VERSIONS)

    assert _properties(found, "public.drafts", "table", "public.drafts") == {"unlogged": True}
    assert _properties(found, "public.users", "sequence", "public.users_id_seq") == {
        "sequence": "bigint start 1 min 1 max 9223372036854775807 increment 1"
    }
    assert _properties(found, "public.users", "column", "public.users.name") == {
        "type": "text",
        "not null": True,
        "collation": '"C"',
        "comment": "as given",
    }
    foreign_key = ("public.notes", "foreign key", "notes_user_id_fkey ON public.notes")
    assert _properties(found, *foreign_key) == {
        "definition": "FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE",
        "comment": "who wrote it",
    }
    assert _properties(found, "public.notes", "policy", "own ON public.notes") == {
        "command": "SELECT",
        "permissive": True,
        "using": "(user_id > 0)",
    }
    assert _properties(found, "domain public.label", "domain", "public.label") == {
        "domain over": "text",
        "default": "'none'::text",
        "checks": ["CHECK ((VALUE <> ''::text))", "CHECK ((length(VALUE) < 9))"],
    }
    assert _properties(found, "type public.state", "type", "public.state") == {
        "labels": ["new", "done"]
    }


@pytest.mark.parametrize(
    "change",
    [
        "CREATE ROLE {role}; ALTER TABLE public.users OWNER TO {role}; "
        "ALTER FUNCTION public.stop() OWNER TO {role}; ALTER SCHEMA crm OWNER TO {role}",
        "GRANT SELECT ON public.users TO PUBLIC; GRANT UPDATE (name) ON public.users TO PUBLIC",
        "ALTER TABLE public.users SET (fillfactor = 50); "
        "ALTER TABLE public.users ALTER name SET STORAGE EXTERNAL, ALTER name SET STATISTICS 9; "
        "ALTER SEQUENCE public.users_id_seq CACHE 20",
        "ALTER TABLE public.notes DISABLE TRIGGER stopped",
        "CREATE TEMPORARY TABLE passing (id int PRIMARY KEY); "
        "CREATE POLICY own ON pg_temp.passing; CREATE PUBLICATION all_of_it",
        "ALTER TABLE public.drafts DROP a; ALTER TABLE public.drafts ADD a int",
    ],
    ids=["owners", "privileges", "storage", "what fires", "what passes", "order"],
)
def test_what_migrations_do_not_decide_is_left_out(database: Database, change: str) -> None:
    database.execute(MIGRATED)
    with database.connect(options="-c search_path=") as conn:
        before = structure.read(conn, VERSIONS)
        conn.execute(change.format(role=f"other_{database.name}"))
        after = structure.read(conn, VERSIONS)
        conn.rollback()

    assert after == before


def test_some_relations_are_read_with_their_sequences_and_nothing_else(
    conn: psycopg.Connection[Any],
) -> None:
    row = conn.execute("SELECT 'public.users'::regclass::oid::bigint").fetchone()
    assert row is not None
    found = list(structure.read_relations(conn, row))

    assert {oid for oid, _ in found} == set(row)
    assert {part.name for _, part in found} == HAS["public.users"]


def test_a_catalog_that_was_read_already_says_the_same(conn: psycopg.Connection[Any]) -> None:
    assert structure.of_catalog(catalog.read(conn), VERSIONS) == structure.read(conn, VERSIONS)
