"""What a made-again expression calls is compared, also without a proof."""

from recovery.record import events as e
from tests.conftest import Database, profile_for
from tests.recovering import Recovery, schema_of

SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE FUNCTION tag(uuid) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'uuid ' || $1 $$;
CREATE FUNCTION tag(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'text' $$;
CREATE VIEW v AS SELECT tag(name) AS plain, tag(id) AS tagged FROM users;
"""


def test_without_a_proof_another_callee_is_a_difference_that_nothing_explains(
    database: Database,
) -> None:
    database.execute(SCHEMA)
    before = schema_of(database)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned().ready()
    assert recovery.convert_here(None) is e.Outcome.ROLLED_BACK
    compared = recovery.session.history().last(e.ParityChecked)
    assert compared is not None
    (row,) = compared.unexplained
    assert row.name == "public.v"
    assert row.before is not None
    assert row.after is not None
    assert "calls: public.tag(text), public.tag(uuid)" in row.before
    assert "calls: public.tag(text), public.tag(text)" in row.after
    assert schema_of(database) == before
