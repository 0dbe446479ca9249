"""What the plan refuses or points out, in words."""

from recovery import events as e
from tests.conftest import Database, profile_for
from tests.recovering import Recovery

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
        "events.user_id: it has no values; events.tags[]: it has no values"
    )
    assert "name_of(uuid)" in evidence["routines"]


def test_soft_references_are_found_by_their_values(database: Database) -> None:
    database.execute(USERS)
    database.execute(
        """
        CREATE TABLE events (owner_type text, owner_id uuid, stranger uuid, tags uuid[]);
        INSERT INTO events SELECT 'user', id, gen_random_uuid(), ARRAY[id] FROM users;
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    evidence = {finding.code: finding.evidence for finding in found.findings}
    assert evidence["soft-references"] == (
        "events.owner_id: 1 of 1 sampled values are users.id; owner_type says what it is of; "
        "events.tags[]: 1 of 1 sampled values are users.id"
    )
    assert evidence["other-uuids"] == (
        "events.stranger: none of 1 sampled values is a converted key"
    )
