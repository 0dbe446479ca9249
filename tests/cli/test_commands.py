"""The commands that look, list and write: what they print, as lines and as JSON."""

import json
import tomllib
from collections.abc import Iterator

import pytest
from psycopg import sql

from recovery.private import scratch
from recovery.record import events as e
from recovery.words.profile import load
from tests.cli.program import UUID, Shell, type_of_key
from tests.conftest import Database

# --- looking ----------------------------------------------------------------------------------


def test_investigate_says_what_is_wrong_and_changes_nothing(shell: Shell, small: Database) -> None:
    shell.remember(small)
    shell.profile(small, '[expect]\ntables = ["folders"]\n')

    found = shell.run("investigate")
    assert found.code == 0
    assert "BLOCKER  users.id is uuid, the application expects varchar(36)" in found.out
    assert "WARNING  1 tables are missing" in found.out
    assert "3 tables, 2 foreign keys" in found.out
    assert type_of_key(small) == UUID


def test_as_json_every_line_is_an_event(shell: Shell, small: Database) -> None:
    shell.remember(small)
    shell.profile(small)

    found = shell.run("investigate", "--json")
    assert found.code == 0
    assert found.err == ""
    assert found.events == ["TargetConfirmed", "StepStarted", "Investigated", "StepFinished"]
    (investigated,) = [row for row in found.rows if row["event"] == "Investigated"]
    assert "key-type" in [finding["code"] for finding in investigated["findings"]]
    assert [row["number"] for row in found.rows] == [2, 3, 4, 5]


def test_everything_can_be_said_on_the_command_line(shell: Shell, small: Database) -> None:
    shell.remember(small)

    found = shell.run(
        *("investigate", "--dsn", small.dsn, "--key", "users.id = varchar(36)", "--json"),
        *("--key", "orders.user_id=text", "--set", 'environment = "staging"'),
        *("--set", "expect.least_tables=5", "--set", 'expect.tables=["folders"]'),
    )
    assert found.code == 0
    (investigated,) = [row for row in found.rows if row["event"] == "Investigated"]
    assert [(key["key"], key["expected"]) for key in investigated["keys"]] == [
        ("users.id", "character varying(36)"),
        ("orders.user_id", "text"),
    ]
    assert {"tables-missing", "tables-few"} <= {f["code"] for f in investigated["findings"]}
    assert shell.history().profile.environment == "staging"


@pytest.fixture
def evil(here: scratch.Server) -> Iterator[str]:
    """Another database of the server, with a name that a terminal would obey."""
    name = "x\x1b[2J\x1b]0;pwned\x07\nfeigned: line"
    with here.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield name
    with here.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@pytest.mark.parametrize(
    "arguments", [("investigate",), ("init", "-o", "new.toml")], ids=lambda value: value[0]
)
def test_a_databases_name_cannot_command_the_terminal(
    shell: Shell, small: Database, evil: str, arguments: tuple[str, ...]
) -> None:
    shell.remember(small)

    told = shell.run(*arguments, "--dsn", small.dsn)
    assert told.code == 0
    assert "pwned" in told.out
    assert [c for c in told.out if not c.isprintable() and c != "\n"] == []
    assert not any(line.startswith("feigned") for line in told.out.splitlines())


def test_an_errors_text_cannot_command_the_terminal(shell: Shell, small: Database) -> None:
    shell.remember(small)

    missing = shell.run("investigate", "--dsn", small.server.conninfo("x\x1b[2Jpwned"))
    assert missing.code == 3
    assert "pwned" in missing.err
    assert [c for c in missing.err if not c.isprintable() and c != "\n"] == []


# --- planning ---------------------------------------------------------------------------------


def test_plan_prints_the_plan_and_with_sql_its_statements(shell: Shell, small: Database) -> None:
    shell.investigated(small)

    planned = shell.run("plan", "--sql")
    assert planned.code == 0
    (session,) = shell.sessions()
    statements = (session.folder / "plan.sql").read_text(encoding="utf-8")
    assert statements in planned.out
    assert "ALTER TABLE" in statements
    assert "COMMIT;" not in statements.splitlines()
    made = shell.history().plan
    assert made is not None
    assert f"plan.sql SHA-256 {made.sha256}" in planned.out
    assert type_of_key(small) == UUID


def test_as_json_the_statements_are_one_value(shell: Shell, small: Database) -> None:
    shell.investigated(small)

    planned = shell.run("plan", "--sql", "--json")
    assert planned.code == 0
    (session,) = shell.sessions()
    assert planned.rows[-1] == {
        "plan.sql": (session.folder / "plan.sql").read_text(encoding="utf-8")
    }


def test_planning_first_investigates_if_nobody_has(shell: Shell, small: Database) -> None:
    shell.profile(small)
    shell.opened(small)

    planned = shell.run("plan", "--json")
    assert planned.code == 0
    assert [kind for kind in planned.events if kind in ("Investigated", "PlanMade")] == [
        "Investigated",
        "PlanMade",
    ]
    assert len(shell.sessions()) == 1


def test_a_changed_profile_begins_a_new_session(shell: Shell, small: Database) -> None:
    shell.planned(small)
    shell.profile(small, keys='"users.id" = "text"\n')

    ended = shell.run("convert", "--confirm", small.name, "--commit", "--backup-attested", "a b")
    assert ended.code == 4
    assert "There is no plan yet." in ended.err
    assert len(shell.sessions()) == 2
    assert type_of_key(small) == UUID


# --- backup, verification ---------------------------------------------------------------------


@pytest.mark.parametrize("backup_format", ["custom", "directory"])
def test_a_backup_says_where_it_is_and_how_to_restore_it(
    shell: Shell, small: Database, backup_format: str
) -> None:
    session = shell.planned(small)

    made = shell.run("backup", "--format", backup_format)
    assert made.code == 0
    assert "60 rows in 3 tables; read whole after it was written" in made.out
    manifest = session.folder / "backup" / "manifest.json"
    assert f"manifest: {manifest}" in made.out
    assert json.loads(manifest.read_text())["format"] == backup_format
    assert "pg_restore" in made.out


def test_verify_fails_while_the_keys_are_wrong(shell: Shell, small: Database) -> None:
    shell.investigated(small)

    checked = shell.run("verify")
    assert checked.code == 1
    assert "FAILED      type of users.id: uuid (expected character varying(36))" in checked.out
    assert "NOT CHECKED foreign keys: nothing was converted" in checked.out


def test_verify_can_be_repeated_at_any_time(shell: Shell, small: Database) -> None:
    shell.profile(small, keys='"users.id" = "uuid"\n')
    shell.opened(small)

    for _ in range(2):
        checked = shell.run("verify", "--json")
        assert checked.code == 0
    (verified,) = [row for row in checked.rows if row["event"] == "Verified"]
    assert {check["state"] for check in verified["checks"]} == {"passed", "not checked"}
    assert len(list(shell.history().of(e.Verified))) == 2


# --- sessions ---------------------------------------------------------------------------------


def test_sessions_are_listed_with_how_far_they_are(shell: Shell, small: Database) -> None:
    session = shell.planned(small)

    as_json = shell.run("sessions", "--json")
    assert as_json.code == 0
    assert as_json.rows == [
        {
            "session": session.id,
            "database": small.name,
            "environment": "test",
            "state": "plan is next",
            "folder": str(session.folder),
        }
    ]
    as_lines = shell.run("sessions")
    assert as_lines.out == "  ".join(as_json.rows[0].values()) + "\n"


def test_without_sessions_the_list_is_empty(shell: Shell) -> None:
    assert shell.run("sessions").out == ""


def test_resume_without_a_terminal_tells_what_has_happened(shell: Shell, small: Database) -> None:
    session = shell.planned(small)

    told = shell.run("resume", "--json")
    assert told.code == 0
    assert [row["number"] for row in told.rows] == list(range(1, len(told.rows) + 1))
    assert told.events == [type(entry.event).__name__ for entry in session.history().entries]
    as_lines = shell.run("resume", session.id)
    assert as_lines.code == 0
    assert f"session for {small.name} (test)" in as_lines.out
    assert "phase 5: Foreign keys and dependents recreated" in as_lines.out


def test_a_session_can_be_named_instead_of_a_profile(shell: Shell, small: Database) -> None:
    older = shell.investigated(small)
    (shell.folder / "rekey.toml").unlink()

    planned = shell.run("plan", "--session", older.id)
    assert planned.code == 0
    assert f"session {older.id}" in planned.out
    assert older.history().plan is not None


def test_the_report_is_written_for_people_and_programs(shell: Shell, small: Database) -> None:
    session = shell.planned(small)

    written = shell.run("report", session.id, "--json")
    assert written.code == 0
    markdown, as_json = session.folder / "report.md", session.folder / "report.json"
    assert [(row["event"], row["markdown"], row["json"]) for row in written.rows] == [
        ("Reported", str(markdown), str(as_json))
    ]
    assert f"# Recovery {session.id}" in markdown.read_text()
    assert json.loads(as_json.read_text())["TargetConfirmed"]["identity"]["database"] == small.name


def test_the_report_needs_no_server(shell: Shell, small: Database) -> None:
    session = shell.investigated(small)

    written = shell.run("report", session.id, PGPORT="1", PGHOST="/nowhere")
    assert written.code == 0


# --- init -------------------------------------------------------------------------------------


def test_init_writes_a_profile_that_works_as_it_is(shell: Shell, small: Database) -> None:
    shell.remember(small)

    written = shell.run("init", "--dsn", small.dsn)
    assert written.code == 0
    assert "written: rekey.toml" in written.out
    assert f"database   {small.name} on 127.0.0.1:{small.server.port}" in written.out
    file = shell.folder / "rekey.toml"
    profile = load(file)
    assert profile.target.database == small.name
    assert profile.keys == {"users.id": "varchar(36)"}
    assert profile.expect.least_tables == 3
    assert profile.expect.row_counts == ("users",)
    assert profile.alembic is None
    assert sum(line.startswith("#") for line in file.read_text().splitlines()) > 10

    found = shell.run("investigate", "--json")
    assert found.code == 0
    assert "Investigated" in found.events


def test_what_init_has_commented_out_is_right_when_it_is_needed(
    shell: Shell, small: Database
) -> None:
    shell.remember(small)
    assert shell.run("init", "--dsn", small.dsn, "--scripts", "db/migrations").code == 0

    file = shell.folder / "rekey.toml"
    text = file.read_text()
    begin = text.index("# [[http]]")
    uncommented = text[:begin] + text[begin:].replace("\n# ", "\n").removeprefix("# ")
    for entry in ("version_table", "[metadata]", "source =", "python =", "folder ="):
        uncommented = uncommented.replace(f"# {entry}", entry)
    file.write_text(uncommented)
    profile = load(file)
    assert [check.name for check in profile.http] == ["backend health"]
    assert profile.alembic is not None
    assert profile.alembic.script_location == str(shell.folder / "db" / "migrations")
    assert profile.alembic.version_table_schema == "public"
    assert profile.metadata is not None
    assert profile.metadata.folder == "/srv/app"


def test_init_keeps_no_password(shell: Shell, small: Database) -> None:
    written = shell.run("init", "--dsn", small.dsn, "--password-stdin", typed=small.password + "\n")

    assert written.code == 0
    assert small.password not in (shell.folder / "rekey.toml").read_text() + written.out


def test_init_never_overwrites(shell: Shell, small: Database) -> None:
    shell.remember(small)
    file = shell.profile(small)
    before = file.read_text()

    refused = shell.run("init", "--dsn", small.dsn)
    assert refused.code == 4
    assert "rekey.toml exists." in refused.err
    assert "--output" in refused.err
    assert file.read_text() == before


def test_init_into_a_folder_that_is_not_there_is_refused(shell: Shell, small: Database) -> None:
    shell.remember(small)

    refused = shell.run("init", "--dsn", small.dsn, "--output", "no/such/folder/rekey.toml")
    assert refused.code in (2, 4)
    assert "no/such/folder" in refused.err


def test_init_writes_names_of_every_kind(shell: Shell, small: Database) -> None:
    shell.remember(small)
    small.execute(
        'CREATE SCHEMA "CRM"; CREATE TABLE "CRM"."Odd ""Name""" ("Id" uuid PRIMARY KEY);'
        'CREATE TABLE links (id uuid REFERENCES "CRM"."Odd ""Name""")'
    )

    assert shell.run("init", "--dsn", small.dsn).code == 0
    raw = tomllib.loads((shell.folder / "rekey.toml").read_text())
    assert '"CRM"."Odd ""Name"""."Id"' in raw["keys"]
    assert '"CRM"."Odd ""Name"""' in raw["expect"]["row_counts"]
    load(shell.folder / "rekey.toml")


def test_init_offers_only_keys_that_are_referenced_and_reference_nothing(
    shell: Shell, small: Database
) -> None:
    shell.remember(small)
    small.execute(
        "CREATE TABLE tokens (id uuid PRIMARY KEY);"
        "CREATE TABLE accounts (id uuid PRIMARY KEY REFERENCES users);"
        "CREATE TABLE entries (account_id uuid REFERENCES accounts)"
    )

    assert shell.run("init", "--dsn", small.dsn).code == 0
    assert load(shell.folder / "rekey.toml").keys == {"users.id": "varchar(36)"}
