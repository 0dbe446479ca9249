"""What the plan refuses or points out, in words."""

import msgspec
import pytest

from recovery.catalog import catalog
from recovery.conversion import closure, oid_aliases, plan, soft_references
from recovery.record import events as e
from recovery.record.decisions import decide_column as decide
from recovery.server.identity import identify
from recovery.words.errors import Cancelled, Refused
from recovery.words.names import ColumnName, KeyType
from recovery.words.profile import parse
from tests.conftest import Database, profile_for
from tests.recovering import ME, Recovery

USERS = """
CREATE TABLE users (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'text');
"""


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
    assert evidence["other-uuids"] == (
        "events.user_id (uuid): it has no values; events.tags (uuid[]): it has no values"
    )
    assert "name_of(uuid)" in evidence["routines"]


def test_soft_references_are_found_by_their_values(database: Database) -> None:
    database.execute(USERS)
    database.execute(
        """
        CREATE TABLE events (
          owner_type text, owner_id uuid, stranger uuid, tags uuid[], body jsonb, plain json,
          unreadable json
        );
        INSERT INTO events SELECT FROM generate_series(1, 2500);
        INSERT INTO events
        SELECT 'user', id, gen_random_uuid(), ARRAY[id],
               jsonb_build_object('by', jsonb_build_array(id, 'not-an-id', 7)), '{"a": "b"}',
               '{"a": "\\u0000"}'
        FROM users;
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    evidence = {finding.code: finding.evidence for finding in found.findings}
    assert evidence["soft-references"] == (
        "events.owner_id (uuid): 1 of 1 sampled values are users.id; owner_type says what it is "
        "of; events.tags (uuid[]): 1 of 1 sampled values are users.id; "
        "events.body (jsonb): 1 of 1 sampled values are users.id"
    )
    assert evidence["other-uuids"] == (
        "events.stranger (uuid): none of 1 sampled values is a converted key; "
        "events.unreadable (json): not sampled: unsupported Unicode escape sequence [22P05]"
    )
    becomes = {one.column: one.becomes for one in found.soft_references}
    assert becomes == {
        "events.owner_id": "varchar(36)",
        "events.tags": "varchar(36)[]",
        "events.body": None,
        "events.stranger": "varchar(36)",
        "events.unreadable": None,
    }


def test_text_that_holds_ids_is_found_when_the_key_becomes_a_uuid(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE users (id varchar(36) PRIMARY KEY, name varchar(36));
        CREATE TABLE events (by varchar(36), note varchar(36));
        INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one');
        INSERT INTO events VALUES ('00000000-0000-0000-0000-000000000001', 'a note');
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="uuid")).planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert [(one.column, one.becomes) for one in found.soft_references] == [("events.by", "uuid")]


def test_a_soft_reference_is_taken_or_left_and_then_planned_anew(database: Database) -> None:
    database.execute(USERS)
    database.execute(
        """
        CREATE TABLE events (owner_id uuid, tags uuid[], body jsonb);
        INSERT INTO events SELECT id, ARRAY[id], jsonb_build_object('by', id) FROM users;
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    session = recovery.session
    decide(session, "events.owner_id", take=True, by=ME)
    decide(session, "events.tags", take=False, by=ME)

    history = session.history()
    assert history.waits_for(e.Step.CONVERSION) == "a plan"
    assert history.profile.leave == ("events.tags",)
    (converted,) = [t for t in recovery.planned().made.tables if t.name == "events"]
    assert converted.columns == ("owner_id",)
    decide(session, "events.tags", take=True, by=ME)
    (converted,) = [t for t in recovery.planned().made.tables if t.name == "events"]
    assert converted.columns == ("owner_id", "tags")
    with pytest.raises(Refused, match="jsonb is not converted"):
        decide(session, "events.body", take=True, by=ME)
    with pytest.raises(Refused, match=r"did not find public\.users\.name"):
        decide(session, "public.users.name", take=True, by=ME)
    session.journal.append(e.StepStarted(e.Step.PLAN, 1, ME))
    with pytest.raises(Refused, match="The plan is running"):
        decide(session, "events.tags", take=False, by=ME)
    session.journal.append(e.StepFinished(e.Step.PLAN, 1))
    session.journal.append(e.ConversionEnded(e.Outcome.COMMITTED, "so it was", ME))
    with pytest.raises(Refused, match="was committed"):
        decide(session, "events.tags", take=False, by=ME)


def test_what_is_taken_takes_its_own_key_along_and_is_no_soft_reference_then(
    database: Database,
) -> None:
    database.execute(USERS)
    database.execute(
        """
        CREATE TABLE people (id uuid PRIMARY KEY);
        CREATE TABLE visits (who uuid REFERENCES people, by uuid);
        INSERT INTO people SELECT id FROM users;
        INSERT INTO visits SELECT id, id FROM users;
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    assert {one.column for one in recovery.made.soft_references} == {
        *("people.id", "visits.who", "visits.by")
    }
    decide(recovery.session, "visits.who", take=True, by=ME)
    made = recovery.planned().made
    assert {table.name for table in made.tables} == {"users", "notes", "people", "visits"}
    assert [one.column for one in made.soft_references] == ["visits.by"]


def test_a_cancelled_sampling_is_a_cancel(database: Database) -> None:
    database.execute(USERS)
    database.execute(
        """
        CREATE TABLE events (by uuid);
        INSERT INTO events SELECT id FROM users;
        CREATE FUNCTION slowly() RETURNS boolean LANGUAGE sql VOLATILE
          AS 'SELECT pg_sleep(600) IS NOT NULL';
        CREATE POLICY slow ON events USING (slowly());
        ALTER TABLE events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE ROLE slow_owner;
        """
    )
    try:
        with database.connect() as conn:
            conn.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO slow_owner")
            conn.execute("SET ROLE slow_owner")
            conn.execute("SET search_path = ''")
            found = catalog.read(conn)
            closed = closure.find(found, {ColumnName.parse("users.id"): KeyType.parse("text")})

            def asked_to_stop() -> None:
                raise Cancelled("You asked to stop.", "Start again.")

            # The time limit raises what a cancel raises.
            with pytest.raises(Cancelled):
                list(soft_references.find(conn, found, closed, asked_to_stop))
            (said,) = soft_references.find(conn, found, closed)
            assert said.why == "not sampled: it took too long"
    finally:
        database.execute("DROP OWNED BY slow_owner; DROP ROLE slow_owner")


def test_what_an_owner_does_not_see_or_may_not_make_is_refused(database: Database) -> None:
    database.execute(
        USERS
        + """
        CREATE SCHEMA crm;
        CREATE TABLE crm.people (id uuid PRIMARY KEY);
        CREATE TABLE secrets (id uuid, user_id uuid);
        CREATE POLICY none ON secrets USING (false);
        ALTER TABLE secrets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE MATERIALIZED VIEW m AS SELECT u.id FROM users u LEFT JOIN secrets s ON s.id = u.id;
        CREATE ROLE plain_owner;
        GRANT USAGE ON SCHEMA crm TO plain_owner;
        """
    )
    try:
        with database.connect() as conn:
            for name in ("users", "notes", "secrets", "m", "crm.people"):
                conn.execute(f"ALTER TABLE {name} OWNER TO plain_owner")
            conn.execute("SET ROLE plain_owner")
            conn.execute("SET search_path = ''")
            profile = profile_for(database, users__id="text", crm__people__id="text")
            identity = msgspec.structs.replace(identify(conn), superuser=False)
            made = plan.build(catalog.read(conn), profile, identity, compatible=True)
            refused = {refusal.object: refusal.reason for refusal in made.refusals}
            assert refused.keys() == {"materialized view public.m", "schema crm", "schema public"}
            assert "row security hides rows of secrets" in refused["materialized view public.m"]
            conn.execute("RESET ROLE")
            conn.execute("ALTER TABLE public.users FORCE ROW LEVEL SECURITY")
            conn.execute("ALTER TABLE public.users ENABLE ROW LEVEL SECURITY")
            conn.execute("SET ROLE plain_owner")
            made = plan.build(catalog.read(conn), profile, identity)
            assert {"users", "materialized view public.m"} == {r.object for r in made.refusals}
    finally:
        database.execute("DROP OWNED BY plain_owner; DROP ROLE plain_owner")


def test_a_sequence_of_somebody_else_is_refused(database: Database) -> None:
    database.execute(
        """
        CREATE SEQUENCE theirs AS integer;
        CREATE TABLE orders (id int PRIMARY KEY DEFAULT nextval('theirs'));
        CREATE ROLE table_owner;
        ALTER TABLE orders OWNER TO table_owner;
        """
    )
    try:
        with database.connect() as conn:
            conn.execute("SET ROLE table_owner")
            conn.execute("SET search_path = ''")
            identity = msgspec.structs.replace(identify(conn), superuser=False)
            made = plan.build(
                catalog.read(conn), profile_for(database, orders__id="bigint"), identity
            )
            (refusal,) = made.refusals
            assert refusal.object == "sequence public.theirs"
            assert "belongs to postgres" in refusal.reason
    finally:
        database.execute("DROP OWNED BY table_owner; DROP ROLE table_owner")


def test_oids_that_this_role_may_not_read_are_refused(database: Database) -> None:
    database.execute(
        USERS
        + """
        CREATE VIEW v AS SELECT id FROM users;
        CREATE TABLE secret (of regclass);
        CREATE TABLE hidden (of regclass, many regclass[]);
        CREATE POLICY none ON hidden USING (false);
        ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
        CREATE ROLE half_blind;
        GRANT SELECT ON hidden TO half_blind;
        """
    )
    try:
        with database.connect(autocommit=True) as conn:
            conn.execute("SET ROLE half_blind")
            conn.execute("SET search_path = ''")
            profile = profile_for(database, users__id="text")
            made = plan.build(catalog.read(conn), profile, identify(conn))
            refused = {each.object: each.reason for each in oid_aliases.refusals(conn, made)}
            assert refused.keys() == {"secret.of", "hidden.of", "hidden.many"}
            assert all("may not read" in reason for reason in refused.values())
    finally:
        database.execute("DROP OWNED BY half_blind; DROP ROLE half_blind")


def test_a_key_whose_collation_alone_is_wrong_is_not_settled(database: Database) -> None:
    database.execute("CREATE TABLE users (id varchar(36) PRIMARY KEY)")
    database.execute('CREATE TABLE people (id varchar(36) COLLATE "C" PRIMARY KEY)')
    wanted = 'varchar(36) COLLATE "C"'
    said = {
        "target": {"dsn": database.dsn, "database": database.name},
        "keys": {"users.id": wanted, "people.id": wanted},
    }
    recovery = Recovery(database, parse("", None, said)).planned()
    (refusal,) = recovery.made.refusals
    assert refusal.object == "users.id"
    assert "from character varying(36) to varchar(36) COLLATE" in refusal.reason


def test_too_many_tables_for_the_servers_lock_table_are_said_beforehand(
    database: Database,
) -> None:
    ((capacity,),) = database.rows(
        "SELECT current_setting('max_locks_per_transaction')::int"
        " * (current_setting('max_connections')::int"
        " + current_setting('max_prepared_transactions')::int)"
    )
    database.execute(USERS)
    database.execute(
        f"DO $$ BEGIN FOR n IN 1 .. {capacity // 45} LOOP "
        "EXECUTE format('CREATE TABLE t%s (user_id uuid REFERENCES users)', n); END LOOP; END $$"
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    (locks,) = [finding for finding in found.findings if finding.code == "locks"]
    assert f"the server has room for {capacity}" in locks.title
    assert "max_locks_per_transaction" in locks.remedy
