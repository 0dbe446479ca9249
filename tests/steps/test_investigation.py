"""What the server refuses to answer is told, and everything else all the same."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.pq import TransactionStatus

from recovery.private import scratch
from recovery.record import events as e
from recovery.record.events import Finding
from recovery.revision import migration_scripts
from recovery.steps import schema_check, verification
from recovery.steps.findings.unknown import Asking
from recovery.steps.runner import perform
from recovery.words.profile import Profile, parse
from tests.conftest import Database, new_database
from tests.recovering import ME, Recovery

# The index was made while its function called nothing: PostgreSQL 17 would not make it now.
LOST = """
CREATE SCHEMA app;
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id uuid);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a');
ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;
ALTER TABLE orders DISABLE TRIGGER ALL;
INSERT INTO orders VALUES (1, '00000000-0000-0000-0000-00000000000f');
ALTER TABLE orders ENABLE TRIGGER ALL;
CREATE FUNCTION app.slug(given text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(given)';
CREATE FUNCTION title(given text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT given';
CREATE INDEX ON notes (title(body));
SET check_function_bodies = off;
CREATE OR REPLACE FUNCTION title(given text) RETURNS text LANGUAGE sql IMMUTABLE
  AS 'SELECT slug(given)';
"""
# What foreign keys can be from PostgreSQL 18 on.
OF_18 = """
CREATE EXTENSION btree_gist;
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE members (who uuid REFERENCES users, at daterange,
  PRIMARY KEY (who, at WITHOUT OVERLAPS));
CREATE TABLE visits (who uuid, at daterange,
  CONSTRAINT covered FOREIGN KEY (who, PERIOD at) REFERENCES members (who, PERIOD at));
CREATE TABLE stays (who uuid, at daterange);
INSERT INTO stays VALUES ('00000000-0000-0000-0000-000000000001', '[2021-06-01,2022-06-01)');
ALTER TABLE stays ADD CONSTRAINT too_long
  FOREIGN KEY (who, PERIOD at) REFERENCES members (who, PERIOD at) NOT VALID;
CREATE TABLE notes (who uuid CONSTRAINT hint REFERENCES users NOT ENFORCED);
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001');
INSERT INTO members VALUES ('00000000-0000-0000-0000-000000000001', '[2020-01-01,2021-01-01)'),
  ('00000000-0000-0000-0000-000000000001', '[2021-01-01,2022-01-01)');
INSERT INTO visits VALUES ('00000000-0000-0000-0000-000000000001', '[2020-06-01,2021-06-01)');
INSERT INTO notes VALUES ('00000000-0000-0000-0000-00000000000f');
"""
SCRIPT = """
revision = "{0}"
down_revision = {1!r}


def upgrade():
    pass
"""


def _profile(database: Database, target: str = "", rest: str = "") -> Profile:
    return parse(
        f'environment = "test"\n[target]\ndsn = "{database.dsn}"\ndatabase = "{database.name}"\n'
        f'{target}\n[keys]\n"users.id" = "varchar(36)"\n{rest}'
    )


def _found(database: Database, profile: Profile) -> e.Investigated:
    recovery = Recovery(database, profile)
    recovery.planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    return found


def _unknown(found: e.Investigated) -> dict[str, Finding]:
    return {each.title: each for each in found.findings if each.code == "not-known"}


def test_a_question_that_fails_is_told_and_the_others_are_asked(database: Database) -> None:
    database.execute(LOST)

    found = _found(database, _profile(database))

    unknown = _unknown(found)
    assert unknown.keys() == {
        "Not known: whether rows of notes refer to keys that are not there, by notes_user_id_fkey",
        "Not known: how many rows notes has",
    }
    for each in unknown.values():
        assert "function slug(text) does not exist [42883]" in each.evidence
        assert "search_path under [target]" in each.remedy
    assert {"key-type", "orphans-not-validated", "routines"} <= {f.code for f in found.findings}
    assert found.orphans == (e.Orphans("orders_user_id_fkey", "orders", 1),)
    assert found.row_counts == {"users": 1, "orders": 1}


def test_the_profile_says_where_names_are_found(database: Database) -> None:
    database.execute(LOST)

    found = _found(database, _profile(database, 'search_path = "app, public"'))

    assert _unknown(found) == {}
    assert found.row_counts == {"users": 1, "notes": 1, "orders": 1}


def test_the_database_says_where_names_are_found(database: Database) -> None:
    database.execute(LOST)
    database.execute(f"ALTER DATABASE {database.name} SET search_path = public, app")
    recovery = Recovery(database, _profile(database)).planned()

    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert _unknown(found) == {}
    refused = {refusal.object for refusal in recovery.made.refusals}
    if database.server.installation.major >= 17:
        # Whatever is set, PostgreSQL makes the index with a search_path of its own.
        assert refused == {"index public.notes_title_idx of public.notes"}
        return
    assert refused == set()
    assert "SET LOCAL search_path = public, app;" in recovery.session.plan_file.read_text()


def test_where_nothing_is_called_no_name_is_looked_up(database: Database) -> None:
    database.execute(LOST.replace("CREATE INDEX ON notes (title(body));", ""))
    recovery = Recovery(database, _profile(database)).planned()

    (only,) = [
        line
        for line in recovery.session.plan_file.read_text().splitlines()
        if "search_path" in line
    ]
    assert only == "SET LOCAL search_path = '';"


def test_definitions_are_made_again_with_no_search_path(database: Database) -> None:
    """Else lower(text) in public, which nobody meant, would be what the view calls."""
    database.execute(
        LOST.replace("'SELECT slug(given)'", "'SELECT lower(given)'")
        + "CREATE VIEW v AS SELECT id, lower(id::varchar) AS low FROM users;"
        "ALTER TABLE notes ADD CONSTRAINT c CHECK (title(lower(user_id::varchar)) <> 'x');"
        "CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'mine'$$;"
    )
    recovery = Recovery(database, _profile(database)).planned()
    recovery.ready()

    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
    assert database.rows("SELECT low FROM v") == [("00000000-0000-0000-0000-000000000001",)]
    ((validated, definition),) = database.rows(
        "SELECT convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'c'"
    )
    assert validated
    assert "title(lower(((user_id)::character varying)::text))" in definition


def _asked(database: Database, question: str) -> list[Finding]:
    with database.connect() as conn:
        asking = Asking(conn, "")
        asking.answer("it", None, conn.execute, question)
        return asking.unknown


def test_a_refused_question_is_told_with_its_reason(database: Database) -> None:
    (finding,) = _asked(database, "SELECT FROM nowhere")
    assert finding.title == "Not known: it"
    assert '"nowhere" does not exist [42P01]' in finding.evidence


@pytest.mark.parametrize("end", ["cancel", "terminate"])
def test_a_cancelled_question_and_a_lost_line_end_all_questions(
    database: Database, end: str
) -> None:
    with pytest.raises(psycopg.OperationalError):
        _asked(database, f"SELECT pg_{end}_backend(pg_backend_pid()), pg_sleep(60)")


def _scripts(folder: Path, **scripts: str | None) -> str:
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").touch()
    for revision, down in scripts.items():
        text = SCRIPT.format(revision, down)
        (folder / "versions" / f"{revision}.py").write_text(text, encoding="utf-8")
    return f'[alembic]\nscript_location = "{folder}"\n'


def test_a_version_table_that_cannot_be_read_claims_nothing_that_is_told(
    database: Database, tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE users (id uuid PRIMARY KEY); CREATE TABLE alembic_version (other text);"
    )
    profile = _profile(database, rest=_scripts(tmp_path / "scripts", a=None))

    found = _found(database, profile)

    assert _unknown(found).keys() == {"Not known: what the version table claims"}
    assert "key-type" in {finding.code for finding in found.findings}
    assert not any("claims" in finding.evidence for finding in found.findings)


def test_a_check_that_is_refused_is_not_checked_and_the_others_are_made(
    database: Database, tmp_path: Path
) -> None:
    database.execute(LOST + ";CREATE TABLE alembic_version (other text)")
    rest = '[expect]\nrow_counts = ["users", "notes"]\n'
    profile = _profile(database, rest=rest + _scripts(tmp_path / "scripts", a=None))
    counted = {"users": 1, "notes": 1}
    before = msgspec.structs.replace(_found(database, profile), row_counts=counted)
    recovery = Recovery(database, profile)
    recovery.client.confirm(None)
    recovery.session.journal.append(before)

    assert perform(recovery.session, e.Step.VERIFICATION, recovery.options()) == 0

    verified = recovery.session.history().last(e.Verified)
    assert verified is not None
    checks = {each.name: each for each in verified.checks}
    not_checked = {n for n, each in checks.items() if each.state is e.CheckState.NOT_CHECKED}
    assert not_checked == {
        "alembic revision",
        "schema of the revision",
        "rows of notes",
        "foreign keys",
    }
    assert "[42703]" in checks["alembic revision"].evidence
    assert "function slug(text) does not exist [42883]" in checks["rows of notes"].evidence
    assert checks["rows of users"].state is e.CheckState.PASSED
    orphans = checks["every reference finds its key"]
    assert orphans.state is e.CheckState.FAILED
    assert "orders.orders_user_id_fkey: 1" in orphans.evidence
    assert "notes.notes_user_id_fkey not checked: " in orphans.evidence


def test_a_period_has_to_be_covered_and_what_is_not_enforced_is_as_before(
    server_of: Callable[[str], scratch.Server],
) -> None:
    with new_database(server_of("embedded")) as database:
        database.execute(OF_18)
        recovery = Recovery(database, _profile(database)).planned()

        found = recovery.session.history().last(e.Investigated)
        assert found is not None
        counted = {row.foreign_key: row.count for row in found.orphans}
        assert counted == {"too_long": 1, "hint": 1}
        told = {each.code: each for each in found.findings}
        assert "NOT ENFORCED" in told["orphans-not-enforced"].remedy
        assert "too_long" in told["orphans-not-validated"].evidence
        assert "orphans" not in told

        recovery.ready()
        commit = e.Commit(by=ME, typed=database.name)
        assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
        compared = recovery.session.history().last(e.ParityChecked)
        assert compared is not None
        standings = {row.name: row.standing for row in compared.foreign_keys}
        assert standings["covered"] == "validated"
        assert standings["hint"] == "NOT ENFORCED"

        assert perform(recovery.session, e.Step.VERIFICATION, recovery.options()) == 0
        verified = recovery.session.history().last(e.Verified)
        assert verified is not None
        checks = {each.name: each for each in verified.checks}
        assert checks["foreign keys"].state is e.CheckState.PASSED
        orphans = checks["every reference finds its key"]
        assert orphans.evidence.startswith("1 orphans (stays.too_long: 1)")
        assert "notes.hint is not enforced: 1" in orphans.evidence


def test_no_snapshot_is_open_while_scripts_run_and_schemas_are_compared(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute("CREATE TABLE users (id uuid PRIMARY KEY)")
    profile = _profile(database, rest=_scripts(tmp_path / "scripts", a=None))
    history = Recovery(database, profile).session.history()
    seen: list[TransactionStatus] = []

    with database.door.connect(autocommit=True) as conn:

        def watched(done: Callable[..., Any], *args: Any, **named: Any) -> Any:
            seen.append(conn.info.transaction_status)
            return done(*args, **named)

        for module, name in ((migration_scripts, "scripts"), (schema_check, "made")):
            monkeypatch.setattr(module, name, partial(watched, getattr(module, name)))
        verification.verify(conn, profile, history)

    assert len(seen) > 2
    assert set(seen) == {TransactionStatus.IDLE}


def test_a_parent_that_no_script_has_is_named(database: Database, tmp_path: Path) -> None:
    database.execute(
        "CREATE TABLE users (id uuid PRIMARY KEY); CREATE TABLE alembic_version (version_num text);"
        "INSERT INTO alembic_version VALUES ('c_ghost')"
    )
    profile = _profile(database, rest=_scripts(tmp_path / "scripts", a=None, d="c_ghost"))

    found = _found(database, profile)

    told = {finding.code: finding for finding in found.findings}
    assert told["revision-parent-missing"].title == "No script has the revision c_ghost"
    assert told["revision-parent-missing"].evidence == "d comes after it"
    assert told["revision-unknown"].title == "alembic_version names c_ghost, which no script has"
    assert "key-type" in told


# In PL/pgSQL names are looked up when there is a row: on a copy without rows nothing fails.
CALLING = """
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users, body text);
CREATE FUNCTION slug(given text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(given)';
CREATE FUNCTION title(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE
  AS 'BEGIN RETURN slug(given); END';
CREATE INDEX by_title ON notes (title(body)) WHERE body IS NOT NULL;
INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'one');
INSERT INTO notes VALUES (1, '00000000-0000-0000-0000-000000000001', 'a');
ALTER TABLE notes ADD CONSTRAINT titled CHECK (title(body) <> '');
"""


def _failing(found: e.Investigated) -> dict[str, Finding]:
    return {each.title: each for each in found.findings if each.code == "call-fails"}


def test_what_would_fail_in_the_window_is_found_before(database: Database) -> None:
    database.execute(CALLING)

    failing = _failing(_found(database, _profile(database, 'search_path = "nowhere"')))

    assert failing.keys() == {
        "The index public.by_title of public.notes fails when it is made again",
        "The check titled of public.notes fails when it is made again",
    }
    for each in failing.values():
        assert "function slug(text) does not exist [42883]" in each.evidence
        assert "title(body)" in each.evidence


def test_a_function_with_a_search_path_of_its_own_is_converted_everywhere(
    database: Database,
) -> None:
    """From 17 on PostgreSQL builds an index without the session's."""
    database.execute(CALLING)
    recovery = Recovery(database, _profile(database))
    recovery.planned()
    before = recovery.session.history().last(e.Investigated)
    assert before is not None
    is_new = database.server.installation.major >= 17
    assert len(_failing(before)) == (1 if is_new else 0)

    database.execute("ALTER FUNCTION title SET search_path = public")
    recovery.planned().ready()

    after = recovery.session.history().last(e.Investigated)
    assert after is not None
    assert _failing(after) == {}
    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
