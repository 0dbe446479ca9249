"""What the plan refuses or points out, in words."""

import pytest

from recovery import events as e
from recovery.errors import Refused
from recovery.soft_references import decide
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
          owner_type text, owner_id uuid, stranger uuid, tags uuid[], body jsonb, plain json
        );
        INSERT INTO events
        SELECT 'user', id, gen_random_uuid(), ARRAY[id],
               jsonb_build_object('by', jsonb_build_array(id, 'not-an-id', 7)), '{"a": "b"}'
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
        "events.stranger (uuid): none of 1 sampled values is a converted key"
    )
    becomes = {one.column: one.becomes for one in found.soft_references}
    assert becomes == {
        "events.owner_id": "varchar(36)",
        "events.tags": "varchar(36)[]",
        "events.body": None,
        "events.stranger": "varchar(36)",
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
    with pytest.raises(Refused, match=r"did not find a soft reference users\.name"):
        decide(session, "users.name", take=True, by=ME)


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
