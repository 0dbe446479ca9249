"""The proof on a copy of the schema: where the copy is, and that nothing of it is left."""

from collections.abc import Callable

import pytest

from recovery.conversion.routines import CHECKED_PLPGSQL, READ
from recovery.record import events as e
from recovery.trial import schema_copy
from recovery.trial.schema_copy import NoCopy
from recovery.words.profile import Profile, parse
from tests.conftest import ROLES, Database, profile_for
from tests.recovering import Recovery, schema_of

SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
CREATE VIEW v AS SELECT id FROM users WHERE id <> '00000000-0000-0000-0000-000000000001';
GRANT SELECT ON v TO reader;
"""


def _profile(database: Database, proof: str) -> Profile:
    return parse(
        f'environment = "test"\n[target]\ndsn = "{database.dsn}"\ndatabase = "{database.name}"\n'
        f'[keys]\n"users.id" = "varchar(36)"\n[proof]\ndsn = "{proof}"\n'
    )


def _databases(database: Database) -> set[str]:
    return {row[0] for row in database.rows("SELECT datname FROM pg_database")}


def test_the_operator_can_name_the_server_even_the_targets_own(
    database: Database, pgpass: Callable[[str], None]
) -> None:
    pgpass(database.password)
    database.execute(ROLES + ";" + SCHEMA)
    before, schema = _databases(database), schema_of(database)
    profile = _profile(database, database.server.conninfo("postgres"))
    made = Recovery(database, profile).planned(prove=True).made
    assert made.proof is not None
    assert made.proof.state is e.ProofState.PASSED
    assert "on the server that the profile names" in made.proof.words
    assert [rewrite.object for rewrite in made.proof.rewrites] == ["view public.v"]
    assert made.refusals == ()
    assert _databases(database) == before
    assert schema_of(database) == schema


def test_without_a_place_for_the_copy_the_plan_says_that_it_is_not_proved(
    database: Database,
) -> None:
    database.execute(ROLES + ";" + SCHEMA)
    profile = _profile(database, "host=127.0.0.1 port=1 user=nobody dbname=postgres")
    recovery = Recovery(database, profile).planned(prove=True)
    proof = recovery.made.proof
    assert proof is not None
    assert proof.state is e.ProofState.NOT_MADE
    assert "the server under [proof] cannot be used" in proof.words
    assert "refused" in proof.words


def test_the_targets_password_is_not_tried_on_the_server_that_is_named(database: Database) -> None:
    database.execute(ROLES + ";" + SCHEMA)
    recovery = Recovery(database, _profile(database, database.server.conninfo("postgres")))
    proof = recovery.planned(prove=True).made.proof
    assert proof is not None
    assert proof.state is e.ProofState.NOT_MADE
    assert "needs a password" in proof.words
    assert "The target's password is not tried there" in proof.words


def test_a_role_that_may_not_make_databases_is_told_so(
    database: Database, pgpass: Callable[[str], None]
) -> None:
    pgpass(database.password)
    database.execute(ROLES + ";" + SCHEMA)
    database.execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'powerless') THEN "
        f"CREATE ROLE powerless LOGIN PASSWORD '{database.password}'; END IF; END $$"
    )
    place = database.server.conninfo("postgres").replace("user=postgres", "user=powerless")
    recovery = Recovery(database, _profile(database, place)).planned(prove=True)
    proof = recovery.made.proof
    assert proof is not None
    assert proof.state is e.ProofState.NOT_MADE
    assert "permission denied to create database" in proof.words


BODIES = """
CREATE TABLE log (who uuid);
CREATE FUNCTION named(who uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text;
BEGIN
  SELECT name INTO found
    FROM public.users WHERE id = who;
  RETURN found;
END $$;
CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.log SELECT f.user_id FROM fresh f;
  RETURN NULL;
END $$;
CREATE TRIGGER logged AFTER INSERT ON notes REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION logged();
CREATE FUNCTION harmless(who uuid) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT count(*) FROM public.users WHERE id::text = who::text);
END $$;
CREATE FUNCTION broken_before() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT count(*) FROM public.nowhere);
END $$;
CREATE FUNCTION unreturned() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
END $$;
CREATE FUNCTION any_of(a anyelement) RETURNS anyelement LANGUAGE plpgsql AS $$
BEGIN
  RETURN a;
END $$;
"""


def test_plpgsql_is_checked_where_the_extension_is_and_else_read(database: Database) -> None:
    database.execute(ROLES + ";" + SCHEMA + ";" + BODIES)
    extensions = "SELECT FROM pg_available_extensions WHERE name = 'plpgsql_check'"
    is_there = bool(database.rows(extensions))
    proof = (
        Recovery(database, profile_for(database, users__id="varchar(36)"))
        .planned(prove=True)
        .made.proof
    )
    assert proof is not None
    assert proof.state is e.ProofState.PASSED, proof.words
    found = sorted((one.function, one.line, one.found) for one in proof.breaks)
    causes = {one.function: one.cause for one in proof.breaks}
    if is_there:
        assert found == [
            ("public.logged()", 6, CHECKED_PLPGSQL),
            ("public.named(uuid)", 8, CHECKED_PLPGSQL),
        ]
        assert causes["public.named(uuid)"].startswith("operator does not exist")
    else:
        # Reading cannot tell what is harmless; it tells what it has seen.
        assert found == [
            ("public.harmless(uuid)", 1, READ),
            ("public.logged()", 6, READ),
            ("public.named(uuid)", 1, READ),
        ]
        assert "not converted: log.who" in causes["public.logged()"]


def test_why_a_schema_cannot_be_restored_is_told(database: Database) -> None:
    address, password = database.door.address, database.password
    with pytest.raises(NoCopy, match=r"ERROR: +division by zero"):
        schema_copy._restore(
            database.server.installation, address, password, b"SELECT 1;\nSELECT 1/0;\n"
        )
