"""Bad input gets a sentence and the right exit code, never a traceback, and loses nothing."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from psycopg import sql

from recovery.private import installations, scratch
from tests import histories
from tests.cli.conftest import make_template
from tests.cli.program import UUID, Shell, type_of_key
from tests.cli.typist import at_a_terminal
from tests.conftest import Database
from wizard import headless

SECRET = "hunter2-is-wrong"

# --- usage ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--nonsense",), "--nonsense"),
        (("investigate", "--nonsense"), "--nonsense"),
        (("convert", "--commit"), "--confirm"),
        (("nonsense",), "nonsense"),
        (("demo", "--rows", "0"), "--rows"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistyped_command_is_answered_with_usage(
    shell: Shell, arguments: tuple[str, ...], named: str
) -> None:
    ended = shell.run(*arguments, COLUMNS="120", NO_COLOR="1")

    assert ended.code == 2
    assert named in ended.err
    assert "Usage" in ended.err
    assert ended.out == ""


def test_convert_asks_for_the_decision_beforehand(shell: Shell) -> None:
    ended = shell.run("convert", "--confirm", "saas")

    assert ended.code == 2
    assert "Neither --commit nor --rollback is given" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("backup", "--format", "zip"), "Expected custom or directory"),
        *(
            (("convert", "--confirm", "saas", "--commit", "--gate-seconds", many), "4 hours")
            for many in ("0", "14401", "inf", "nan")
        ),
        (("investigate", "--key", "users.id"), "Expected users.id=varchar(36)"),
        (("investigate", "--dsn", "dbname=saas", "--key", "users.id=integer"), "'integer'"),
        (("investigate", "--set", "expect.least_tables"), "NAME=VALUE"),
        (("investigate", "--dsn", "dbname=saas", "--set", "expect.leest=1"), "leest"),
        (("investigate", "--set", "target=1"), "target"),
        (("plan", "--dsn", f"dbname=saas password={SECRET}"), "password does not belong here"),
        (("init", "--dsn", f"postgres://ana:{SECRET}@h/saas"), "password does not belong here"),
        (("init", "--dsn", f"host=h {SECRET}"), "malformed"),
        (("investigate", "--set", f"target.dsn=host=h password={SECRET}"), "--set"),
        (("investigate", "--profile", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("investigate",), "--profile rekey.toml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_meant_is_refused_as_usage(
    shell: Shell, arguments: tuple[str, ...], said: str
) -> None:
    ended = shell.run(*arguments)

    assert ended.code == 2
    assert said in ended.err
    assert SECRET not in ended.err
    assert shell.sessions() == []


def test_an_entry_over_one_of_the_file_is_refused_in_words(shell: Shell) -> None:
    (shell.folder / "rekey.toml").write_text('[target]\ndatabase = "saas"\n')

    ended = shell.run("investigate", "--set", "target=1")
    assert ended.code == 2
    assert "target: expected `object`" in ended.err


def test_a_profile_with_a_typo_is_refused_with_its_line(shell: Shell, small: Database) -> None:
    shell.profile(small, "[expect]\nleest_tables = 5\n")

    ended = shell.run("investigate")
    assert ended.code == 2
    assert "rekey.toml, line 8: expect.leest_tables: " in ended.err
    assert "what to do: " in ended.err
    assert shell.sessions() == []


def test_as_json_the_error_is_json_on_standard_error(shell: Shell) -> None:
    (shell.folder / "rekey.toml").write_text('[target]\ndatabase = "saas"\nfoo = 1\n')

    ended = shell.run("plan", "--json")
    assert ended.code == 2
    assert ended.out == ""
    assert ended.error["exit_code"] == 2
    assert "line 3" in ended.error["what"]


def test_without_a_session_there_is_none_to_resume(shell: Shell) -> None:
    ended = shell.run("resume")

    assert ended.code == 4
    assert "There is no session" in ended.err


@pytest.mark.parametrize("command", ["resume", "report", "bundle"])
def test_a_session_that_is_not_there_is_refused(shell: Shell, command: str) -> None:
    named = shell.run(command, "20200101-000000-abcd", "--json")
    assert named.code == 4
    assert named.error["object"] == "20200101-000000-abcd"


def test_a_terminal_is_needed_for_the_wizard(shell: Shell) -> None:
    ended = shell.run("--dsn", "dbname=saas")

    assert ended.code == 2
    assert "terminal" in ended.err


# --- connecting -------------------------------------------------------------------------------


def test_a_wrong_password_is_told_and_never_repeated(shell: Shell, small: Database) -> None:
    shell.profile(small)

    ended = shell.run("investigate", "--password-stdin", typed=f"{SECRET}\n")
    assert ended.code == 3
    account = f"postgres@127.0.0.1:{small.server.port}/{small.name}"
    assert f"The password of {account} is wrong." in ended.err
    assert SECRET not in ended.out + ended.err
    for file in shell.state_files():
        assert SECRET.encode() not in file.read_bytes(), file


def test_without_a_password_and_without_a_terminal_it_says_what_is_missing(
    shell: Shell, small: Database
) -> None:
    shell.profile(small)

    ended = shell.run("investigate", "--json")
    assert ended.code == 3
    account = f"postgres@127.0.0.1:{small.server.port}/{small.name}"
    assert ended.error["what"] == f"{account} needs a password."
    assert ended.error["object"] == account


def test_an_empty_password_counts_as_none(shell: Shell, small: Database) -> None:
    shell.profile(small)

    ended = shell.run("investigate", "--password-stdin", typed="\n")
    assert ended.code == 3
    assert "needs a password" in ended.err


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("host=no-such-host.invalid dbname=saas", "no-such-host.invalid"),
        ("host=/no/such/folder dbname=saas", "/no/such/folder"),
        ("host=127.0.0.1 port=1 dbname=saas", "refused"),
        ("service=no-such-service dbname=saas", "no-such-service"),
    ],
)
def test_a_server_that_cannot_be_reached_is_named(shell: Shell, dsn: str, said: str) -> None:
    ended = shell.run("investigate", "--dsn", dsn, "--database", "saas")

    assert ended.code == 3
    assert said in ended.err
    assert "what to do: " in ended.err


def test_a_database_that_is_not_there_is_named(shell: Shell, small: Database) -> None:
    shell.remember(small)

    ended = shell.run("investigate", "--dsn", small.server.conninfo("saas_prod"))
    assert ended.code == 3
    assert '"saas_prod" does not exist' in ended.err
    assert "Check the name" in ended.err


def test_a_server_that_was_stopped_is_told(shell: Shell) -> None:
    with scratch.start(installations.for_servers()[0]) as stopped:
        make_template(stopped)
        shell.planned(Database(stopped, "small"))

    for command in ("backup", "verify"):
        ended = shell.run(command)
        assert ended.code == 3, command
        assert "No such file or directory" in ended.err
        assert "that the server is up" in ended.err


# --- the wrong target -------------------------------------------------------------------------


def test_a_database_of_another_name_than_the_profiles_is_refused(
    shell: Shell, small: Database
) -> None:
    shell.remember(small)
    file = shell.profile(small)
    file.write_text(file.read_text().replace(f'database = "{small.name}"', 'database = "crm"'))

    for command in (("investigate",), ("convert", "--confirm", small.name, "--commit")):
        ended = shell.run(*command)
        assert ended.code == 4, command
        assert f"This is '{small.name}', but the profile expects 'crm'." in ended.err
    assert type_of_key(small) == UUID


@pytest.fixture
def clerk(small: Database) -> Iterator[str]:
    """A role that may use the tables, but does not own them."""
    role = f"clerk_{uuid4().hex[:8]}"
    name = sql.Identifier(role)
    with small.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'clerk'").format(name))
        conn.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(name))
        conn.execute(sql.SQL("ALTER TABLE items OWNER TO {}").format(name))
    yield role
    with small.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(name))


def test_a_role_that_does_not_own_the_tables_is_refused(
    shell: Shell, small: Database, clerk: str
) -> None:
    file = shell.profile(small)
    file.write_text(file.read_text().replace("user=postgres", f"user={clerk}"))

    ended = shell.run("investigate", "--password-stdin", typed="clerk\n")
    assert ended.code == 4
    assert f"{clerk} owns 1 of 3 tables." in ended.err
    assert "Connect as the tables' owner" in ended.err


# --- keys -------------------------------------------------------------------------------------


def test_a_key_that_is_not_there_is_named_beside_those_like_it(
    shell: Shell, small: Database
) -> None:
    shell.profile(small, keys="".join(f"{k!r} = 'text'\n" for k in ('"Users".id', "user.id")))
    shell.investigated(small)

    ended = shell.run("plan")
    assert ended.code == 4
    assert ended.out.count("There is no such column.") == 2
    for key in ('"Users".id', "user.id"):
        _, _, told = ended.out.partition(f"REFUSED  {key}\n")
        assert "Did you mean users.id?" in told.partition("REFUSED")[0], key


def test_a_key_with_the_expected_type_leaves_nothing_to_do(shell: Shell, small: Database) -> None:
    shell.remember(small)
    shell.profile(small, keys='"users.id" = "uuid"\n')

    planned = shell.run("plan")
    assert planned.code == 0
    assert "nothing to do: every key has the expected type" in planned.out
    converted = shell.run("convert", "--confirm", small.name, "--commit")
    assert converted.code == 0
    assert "nothing to do" in converted.out
    assert type_of_key(small) == UUID


def test_as_json_nothing_to_do_is_json_too(shell: Shell, small: Database) -> None:
    shell.profile(small, keys='"users.id" = "uuid"\n')
    shell.planned(small)

    converted = shell.run("convert", "--confirm", small.name, "--commit", "--json")
    assert converted.code == 0
    assert all(isinstance(json.loads(line), dict) for line in converted.out.splitlines())


# --- what has to come first -------------------------------------------------------------------


def test_without_a_plan_nothing_is_converted(shell: Shell, small: Database) -> None:
    shell.remember(small)
    shell.profile(small)

    ended = shell.run("convert", "--confirm", small.name, "--commit", "--backup-attested", "a b")
    assert ended.code == 4
    assert "There is no plan yet." in ended.err
    assert "pg-rekey plan" in ended.err
    assert type_of_key(small) == UUID


def test_without_a_plan_nothing_is_backed_up(shell: Shell, small: Database) -> None:
    shell.remember(small)
    shell.profile(small)

    ended = shell.run("backup")
    assert ended.code == 4
    assert "waits for a plan" in ended.err


def test_without_a_backup_nothing_is_converted(shell: Shell, small: Database) -> None:
    shell.planned(small)

    ended = shell.run("convert", "--confirm", small.name, "--commit", *shell.approving())
    assert ended.code == 4
    assert "waits for a backup, made and verified or attested" in ended.err
    assert type_of_key(small) == UUID


def test_an_attested_backup_has_to_say_which(shell: Shell, small: Database) -> None:
    shell.planned(small)

    ended = shell.run("convert", "--confirm", small.name, "--commit", "--backup-attested", "yes")
    assert ended.code == 4
    assert "has to say which one it is" in ended.err
    assert type_of_key(small) == UUID


def test_a_wrong_name_converts_nothing(shell: Shell, small: Database) -> None:
    shell.planned(small)
    everything = ("--commit", "--backup-attested", "snapshot of noon")

    ended = shell.run("convert", "--confirm", "WRONG", *everything)
    assert ended.code == 4
    assert "'WRONG' is not the name of the profile's database." in ended.err
    assert type_of_key(small) == UUID


def test_after_the_right_name_a_wrong_one_is_refused_all_the_same(
    shell: Shell, small: Database
) -> None:
    shell.planned(small)
    everything = ("--backup-attested", "snapshot of noon", *shell.approving())
    assert shell.run("convert", "--confirm", small.name, "--rollback", *everything).code == 1

    ended = shell.run("convert", "--confirm", "WRONG", "--commit", *everything)
    assert ended.code == 4
    assert "'WRONG' is not the name of the confirmed database." in ended.err
    assert type_of_key(small) == UUID


def test_migrating_without_the_typed_name_is_refused(shell: Shell, small: Database) -> None:
    shell.profile(small, keys='"users.id" = "uuid"\n')
    shell.planned(small)

    ended = shell.run("migrate")
    assert ended.code == 4
    assert "waits for the database's name to be typed" in ended.err


def test_what_writes_without_a_backup_is_refused(shell: Shell, small: Database) -> None:
    scripts = histories.line(shell.folder / "migrations", 2)
    small.execute("CREATE TABLE t0 (id varchar(36) PRIMARY KEY)")
    section = f'[alembic]\nscript_location = "{scripts.location}"\n'
    shell.profile(small, section, keys='"users.id" = "uuid"\n')
    shell.planned(small)
    assert shell.run("revision", "--confirm", "r001").code == 0

    for command in (("migrate",), ("compatibility", "--remove")):
        ended = shell.run(*command, "--confirm", small.name)
        assert ended.code == 4
        assert "this session has no backup" in ended.err
        assert "'pg-rekey backup'" in ended.err
    assert small.rows("SELECT to_regclass('t1'), to_regclass('alembic_version')") == [(None, None)]
    assert shell.run("migrate", "--backup-attested", "snapshot of noon").code == 0
    assert small.rows("SELECT version_num FROM alembic_version") == [("r002",)]
    assert shell.run("compatibility", "--remove", "--confirm", small.name).code == 0


def test_migrating_before_the_conversion_is_refused(shell: Shell, small: Database) -> None:
    shell.planned(small)

    ended = shell.run("migrate", "--confirm", small.name)
    assert ended.code == 4
    assert "waits for the conversion to be committed" in ended.err


def test_migrating_without_scripts_is_refused(shell: Shell, small: Database) -> None:
    shell.profile(small, keys='"users.id" = "uuid"\n')
    shell.planned(small)

    ended = shell.run("migrate", "--confirm", small.name)
    assert ended.code == 4
    assert "names no migration scripts" in ended.out + ended.err


def test_a_revision_without_scripts_is_refused(shell: Shell, small: Database) -> None:
    shell.planned(small)

    ended = shell.run("revision")
    assert ended.code == 4
    assert "The profile names no migration scripts." in ended.err


def test_scripts_that_are_not_there_are_refused_as_a_mistake_of_the_profile(
    shell: Shell, small: Database
) -> None:
    shell.remember(small)
    shell.profile(small, '[alembic]\nscript_location = "nowhere"\n')

    ended = shell.run("investigate")
    assert ended.code == 2
    assert f"migration scripts at {shell.folder}/nowhere cannot be used" in ended.out
    assert "Correct script_location" in ended.out


# --- damage -----------------------------------------------------------------------------------


def test_a_damaged_session_is_refused_and_the_others_stay_usable(
    shell: Shell, small: Database
) -> None:
    sessions = [shell.investigated(small) for _ in range(2)]
    for session in sessions:
        # What SQLite has mapped into this process must not be cut off under it.
        session.close()
    older, newest = sorted(session.folder for session in sessions)
    for file in newest.glob("journal.sqlite3*"):
        file.write_bytes(b"rubbish " * 1000)

    for command in (("resume", newest.name), ("report", newest.name), ("plan", "-s", newest.name)):
        ended = shell.run(*command)
        assert ended.code == 4, command
        assert "journal cannot be used" in ended.err
        assert "keep this folder as evidence" in ended.err
    listed = {row["session"]: row["state"] for row in shell.run("sessions", "--json").rows}
    assert listed[newest.name].startswith("damaged: ")
    assert listed[older.name] == "plan is next"
    assert shell.run("plan").code == 0
    assert newest.exists()


def test_an_emptied_session_is_refused_with_a_sentence(shell: Shell, small: Database) -> None:
    shell.profile(small)
    session = shell.opened(small)
    session.close()
    for file in session.folder.glob("journal.sqlite3*"):
        file.write_bytes(b"")

    for command in (("resume", session.id), ("report", session.id), ("plan", "-s", session.id)):
        ended = shell.run(*command)
        assert ended.code == 4, command
        assert "what to do: " in ended.err


# A command leaves the copy that it reads from to the end of its process.
@pytest.mark.filterwarnings("ignore:.*:pytest.PytestUnraisableExceptionWarning")
def test_sessions_that_others_may_change_are_told_and_only_looked_at(
    shell: Shell, small: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        session = shell.investigated(small)
        session.close()
    session.folder.parent.chmod(0o777)
    what = "only be read here: others may write the folder of all sessions."
    to_do = f"make it yours alone: chmod go-w {session.folder.parent}"

    asked: list[str] = []
    monkeypatch.setattr(headless, "sign_in", lambda *_: asked.append("the server"))
    refused = ("investigate", "plan", "backup", "verify", "revision --confirm a", "migrate")
    for command in (*refused, "compatibility --remove --confirm a", "report"):
        ended = shell.run(*command.split())
        assert ended.code == 4, command
        assert ended.err.count(what) == ended.err.count(to_do) == 1, command
        assert ended.out == "", command
    for command in ("sessions", "resume", f"bundle -o {shell.folder}"):
        ended = shell.run(*command.split())
        assert ended.code == 0, command
        assert ended.err.count(what) == ended.err.count(to_do) == 1, command
        assert session.id in ended.out or command == "resume"
    assert asked == []
    assert shell.run("sessions", "--json").error["what"].endswith(what)
    begun = shell.run("investigate", "--new")
    assert begun.code == 4
    assert "No session is begun here: others may write" in begun.err

    with at_a_terminal(shell, "--plain") as typist:
        typist.hears("1. ", what, "Which session?")
        typist.types("1")
        typist.hears(what, "journal's last entry", "[n]ext")
        typist.types("q")
    assert len(list(session.folder.parent.iterdir())) == 2
