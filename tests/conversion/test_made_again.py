"""What is made again has also what pg_dump does not say of it, or cannot be tried here."""

import pytest

from recovery.record import events as e
from tests.conftest import Database, profile_for
from tests.recovering import ME, Recovery

SETUP = """
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE VIEW v AS SELECT id, name FROM users;
CREATE MATERIALIZED VIEW m AS SELECT id, name FROM users;
CREATE FUNCTION f(v) RETURNS text LANGUAGE sql AS 'SELECT $1.name';
"""
# No provider is needed to write a label, only to set one.
LABELLED = """
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label) VALUES
  ('v'::regclass, 'pg_class'::regclass, 0, 'dummy', 'secret'),
  ('v'::regclass, 'pg_class'::regclass, 2, 'dummy', 'it''s = secret'),
  ('m'::regclass, 'pg_class'::regclass, 0, 'Odd "x"', 'top secret'),
  ('v'::regtype, 'pg_type'::regclass, 0, 'dummy', 'a row'),
  ('f'::regproc, 'pg_proc'::regclass, 0, 'dummy', 'unclassified');
"""


@pytest.mark.parametrize("view", ["v", "m"])
def test_a_views_row_type_keeps_its_privileges_and_its_comment(
    database: Database, view: str
) -> None:
    database.execute(SETUP)
    database.execute(
        f"REVOKE ALL ON TYPE {view} FROM PUBLIC; GRANT USAGE ON TYPE {view} TO pg_monitor; "
        f"COMMENT ON TYPE {view} IS 'a row'"
    )
    asked = f"SELECT typacl::text, obj_description(oid) FROM pg_type WHERE typname = '{view}'"
    before = database.rows(asked)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()

    assert recovery.convert_here(e.Commit(by=ME, typed=database.name)) is e.Outcome.COMMITTED

    assert (
        before == database.rows(asked) == [("{postgres=U/postgres,pg_monitor=U/postgres}", "a row")]
    )


def test_security_labels_are_set_again(database: Database) -> None:
    database.execute(SETUP + LABELLED)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()

    text = (recovery.session.folder / "plan.sql").read_text()

    for label in (
        "FOR \"dummy\" ON VIEW public.v IS 'secret'",
        "FOR \"dummy\" ON COLUMN public.v.name IS 'it''s = secret'",
        'FOR "Odd ""x""" ON MATERIALIZED VIEW public.m IS \'top secret\'',
        "FOR \"dummy\" ON TYPE public.v IS 'a row'",
        "FOR \"dummy\" ON FUNCTION public.f(public.v) IS 'unclassified'",
    ):
        assert f"\nSECURITY LABEL {label};\n" in text


def test_a_copy_of_the_schema_needs_no_provider_of_labels(database: Database) -> None:
    database.execute(SETUP + LABELLED)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)"))

    proof = recovery.planned(prove=True).made.proof

    assert proof is not None
    assert (proof.state, proof.words) == (e.ProofState.PASSED, proof.words)
