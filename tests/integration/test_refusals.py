"""What hangs on a converted column is refused by name, before any lock; what is kept is not."""

import pytest

from recovery import events as e
from recovery.history import StepState
from tests.conftest import Database, profile_for
from tests.recovering import Recovery, contents_of, schema_of

USERS = """
CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'text');
"""
NOTHING = "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"

REFUSED = {
    "view": ("CREATE VIEW v AS SELECT id FROM users", "view public.v"),
    "view on a view's base by another column": (
        "CREATE VIEW w AS SELECT name FROM users GROUP BY id",
        "view public.w",
    ),
    "materialized view": (
        "CREATE MATERIALIZED VIEW m AS SELECT user_id FROM notes",
        "materialized view public.m",
    ),
    "rule": (
        "CREATE TABLE log (n int); CREATE RULE r AS ON UPDATE TO notes "
        "WHERE NEW.user_id IS NULL DO ALSO INSERT INTO log VALUES (1)",
        "rule r on table public.notes",
    ),
    "policy": (
        "CREATE POLICY p ON notes USING (user_id IS NOT NULL)",
        "policy p on table public.notes",
    ),
    "policy on another table": (
        "CREATE TABLE other (n int); "
        "CREATE POLICY q ON other USING (EXISTS (SELECT FROM users WHERE id IS NULL))",
        "policy q on table public.other",
    ),
    "trigger of a column": (
        f"{NOTHING} CREATE TRIGGER t BEFORE UPDATE OF user_id ON notes "
        "FOR EACH ROW EXECUTE FUNCTION nothing()",
        "trigger t on table public.notes",
    ),
    "trigger with a condition": (
        f"{NOTHING} CREATE TRIGGER t BEFORE UPDATE ON notes "
        "FOR EACH ROW WHEN (NEW.user_id IS NULL) EXECUTE FUNCTION nothing()",
        "trigger t on table public.notes",
    ),
    "generated column": (
        "ALTER TABLE notes ADD short text "
        "GENERATED ALWAYS AS (CASE WHEN user_id IS NULL THEN 'no' END) STORED",
        "column short of table public.notes",
    ),
    "function with a parsed body": (
        "CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT count(user_id) FROM notes; END",
        "function public.f()",
    ),
    "publication": (
        "CREATE PUBLICATION pub FOR TABLE notes (id, user_id)",
        "publication of table public.notes in publication pub",
    ),
    "check": (
        "ALTER TABLE notes ADD CONSTRAINT nobody "
        "CHECK (user_id <> '00000000-0000-0000-0000-000000000000')",
        "constraint nobody on table public.notes",
    ),
    "exclusion constraint": (
        "ALTER TABLE notes ADD CONSTRAINT once EXCLUDE USING btree (user_id WITH =)",
        "constraint once on table public.notes",
    ),
    "expression index": ("CREATE INDEX x ON notes ((user_id::text))", "index public.x"),
    "partial index on the column": (
        "CREATE INDEX x ON notes (id) WHERE user_id IS NOT NULL",
        "index public.x",
    ),
    "operator class": (
        "CREATE INDEX x ON notes USING brin (user_id uuid_minmax_multi_ops)",
        "index public.x (operator class uuid_minmax_multi_ops)",
    ),
    "extended statistics": (
        "CREATE STATISTICS s ON user_id, body FROM notes",
        "statistics object public.s",
    ),
    "row type": ("CREATE TABLE copies (was notes)", "column was of table public.copies"),
    "domain": (
        "CREATE DOMAIN user_key AS uuid CHECK (VALUE IS NOT NULL); "
        "CREATE TABLE d (user_id user_key REFERENCES users)",
        "d.user_id",
    ),
    "partition key": (
        "CREATE TABLE parts (user_id uuid REFERENCES users) PARTITION BY HASH (user_id)",
        "parts.user_id",
    ),
    "typed table": (
        "CREATE TYPE shape AS (user_id uuid); CREATE TABLE typed OF shape; "
        "ALTER TABLE typed ADD FOREIGN KEY (user_id) REFERENCES users",
        "typed.user_id",
    ),
    "forced row security": (
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "users",
    ),
    "generated key": (
        "CREATE TABLE g (a uuid, b uuid GENERATED ALWAYS AS (a) STORED REFERENCES users)",
        "g.b",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_name_before_any_lock(database: Database, case: str) -> None:
    setup, named = REFUSED[case]
    database.execute(USERS)
    database.execute(setup)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    refusals = {refusal.object: refusal for refusal in recovery.made.refusals}
    assert named in refusals
    assert refusals[named].reason
    assert refusals[named].remedy
    waits_for = recovery.session.history().waits_for(e.Step.CONVERSION)
    assert waits_for == "the plan's refusals to be resolved"
    assert recovery.session.history().state_of(e.Step.CONVERSION) is StepState.NOT_YET


def test_what_postgresql_keeps_is_not_refused(database: Database) -> None:
    database.execute(USERS)
    database.execute(
        f"""
        CREATE INDEX plain ON notes (user_id);
        CREATE INDEX hashed ON notes USING hash (user_id);
        CREATE INDEX partial ON notes (user_id) WHERE body IS NOT NULL;
        CREATE INDEX including ON notes (id) INCLUDE (user_id);
        CREATE INDEX computed ON notes (user_id, lower(body));
        CREATE INDEX brinned ON notes USING brin (user_id);
        CREATE UNIQUE INDEX unconstrained ON users (id, name);
        ALTER TABLE notes ADD CONSTRAINT twice UNIQUE (user_id, id);
        ALTER TABLE notes ADD CONSTRAINT short CHECK (length(body) < 1000);
        ALTER TABLE notes ALTER user_id SET NOT NULL, ALTER user_id SET STATISTICS 500;
        ALTER TABLE notes CLUSTER ON twice;
        ALTER TABLE notes REPLICA IDENTITY USING INDEX twice;
        COMMENT ON COLUMN notes.user_id IS 'who wrote it';
        COMMENT ON INDEX plain IS 'for the list';
        {NOTHING}
        CREATE TRIGGER any_column BEFORE UPDATE ON notes
          FOR EACH ROW EXECUTE FUNCTION nothing();
        CREATE VIEW bodies AS SELECT body FROM notes;
        CREATE PUBLICATION everything FOR TABLE notes;
        """
    )
    schema, contents = schema_of(database), contents_of(database)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    assert recovery.convert() == 0
    assert recovery.outcome() is e.Outcome.COMMITTED
    assert schema_of(database).replace("character varying(36)", "uuid") == schema
    assert contents_of(database) == contents


def test_two_keys_that_pull_one_column_apart_are_refused(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE a (id uuid PRIMARY KEY);
        CREATE TABLE b (id uuid PRIMARY KEY REFERENCES a);
        """
    )
    profile = profile_for(database, a__id="varchar(36)", b__id="text")
    (refusal, *_) = Recovery(database, profile).planned().made.refusals
    assert (
        refusal.reason
        == "It belongs to b.id, which is to be text, and to a.id, which is to be varchar(36)."
    )


def test_only_conversions_between_uuid_and_text_are_made(database: Database) -> None:
    database.execute("CREATE TABLE a (id varchar(20) PRIMARY KEY, n int UNIQUE)")
    profile = profile_for(database, a__id="varchar(36)", a__n="uuid")
    refused = {r.object: r.reason for r in Recovery(database, profile).planned().made.refusals}
    assert "no conversion between uuid and a character type" in refused["a.id"]
    assert "only uuid and character types" in refused["a.n"]


def test_soft_references_and_unchecked_functions_are_said(database: Database) -> None:
    database.execute(USERS)
    database.execute(
        """
        CREATE TABLE events (user_id uuid, tags uuid[]);
        CREATE FUNCTION name_of(who uuid) RETURNS text LANGUAGE sql
          AS 'SELECT name FROM users WHERE id = who';
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    evidence = {finding.code: finding.evidence for finding in found.findings}
    assert evidence["soft-references"] == "events.user_id, events.tags"
    assert "name_of(uuid)" in evidence["routines"]
