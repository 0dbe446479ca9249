"""Operators for code that still has uuid: asked for, harmless to everything else, removable."""

import psycopg
import pytest

from recovery.conversion import compatibility
from recovery.record import events as e
from tests.conftest import Database, profile_for
from tests.recovering import ME, Recovery, schema_of

SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name varchar(40), code char(8));
INSERT INTO users (name, code) SELECT 'name ' || n, n FROM generate_series(1, 2000) n;
CREATE TABLE visits (who uuid, name text);
INSERT INTO visits SELECT id, name FROM users;
CREATE FUNCTION name_of(who uuid) RETURNS varchar LANGUAGE sql STABLE
  AS 'SELECT name FROM public.users WHERE id = who';
"""
# Of the visits, whose columns are not converted.
WHO = "(SELECT who FROM visits WHERE name = 'name 7')"


def _converted(database: Database, *, compatible: bool, prove: bool = True) -> Recovery:
    database.execute(SCHEMA)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)"))
    recovery.planned(prove=prove, compatible=compatible).ready()
    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
    return recovery


def test_they_are_not_there_unless_they_are_asked_for(database: Database) -> None:
    recovery = _converted(database, compatible=False)
    proof = recovery.made.proof
    assert proof is not None
    assert [(one.function, one.line) for one in proof.breaks] == [("public.name_of(uuid)", 5)]
    assert recovery.made.compatibility == ()
    with pytest.raises(psycopg.errors.UndefinedFunction):
        database.rows(f"SELECT name_of({WHO})")


def test_with_them_old_code_goes_on_and_by_the_index(database: Database) -> None:
    recovery = _converted(database, compatible=True)
    proof, compared = recovery.made.proof, recovery.session.history().last(e.ParityChecked)
    assert proof is not None
    assert proof.breaks == ()
    assert 'operator "public".= (text, uuid)' in recovery.made.compatibility
    assert compared is not None
    assert compared.differences == 0
    made = {row.name for row in compared.catalog if row.before is None}
    assert "public.=(text,uuid)" in made

    assert database.rows(f"SELECT name_of({WHO})") == [("name 7",)]
    assert database.rows(f"SELECT name FROM users WHERE id IN {WHO}") == [("name 7",)]
    assert database.rows(
        "SELECT count(*) FROM users u JOIN visits v ON u.id = v.who AND v.who = u.id"
    ) == [(2000,)]
    # The assignment cast.
    assert database.rows("INSERT INTO visits SELECT id, 'again' FROM users RETURNING 1")
    plan = database.rows(
        "EXPLAIN SELECT * FROM users WHERE id = '00000000-0000-0000-0000-000000000007'::uuid"
    )
    assert any("Index Cond" in line for (line,) in plan), plan

    # An operator varchar = uuid would read these literals as uuids.
    for condition in ("name = 'name 7'", "'name 7' = name", "name IN ('name 7', '')", "code = '7'"):
        assert database.rows(f"SELECT name FROM users WHERE {condition}") == [("name 7",)]
    assert database.rows("SELECT count(*) FROM users WHERE name = %s", "name 7") == [(1,)]


def test_what_is_there_already_is_not_made_again(database: Database) -> None:
    _converted(database, compatible=True, prove=False)
    database.execute("CREATE SCHEMA crm; CREATE TABLE crm.people (id uuid PRIMARY KEY)")
    profile = profile_for(database, crm__people__id="varchar(36)")
    made = Recovery(database, profile).planned(compatible=True).made
    assert len(made.compatibility) == 24
    assert all("crm" in name for name in made.compatibility)


def test_they_are_removed_by_name_and_nothing_that_uses_them(database: Database) -> None:
    _converted(database, compatible=True, prove=False)
    database.execute(f"CREATE VIEW seen AS SELECT name FROM users WHERE id IN {WHO}")
    with database.connect(options="-c search_path=") as conn:
        with pytest.raises(psycopg.errors.DependentObjectsStillExist) as refused:
            compatibility.remove(conn)
        assert "view" in str(refused.value.diag.message_detail)
        assert len(compatibility.there(conn)) == 25
        conn.execute("DROP VIEW public.seen")
        assert len(compatibility.remove(conn)) == 25
        conn.commit()
    assert "pg_rekey" not in schema_of(database)
