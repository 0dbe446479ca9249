"""An option before a command is the same as behind it."""

from collections.abc import Iterator

import pytest

import wizard
from recovery.private import scratch
from recovery.record.session import Session, create
from recovery.words.profile import parse
from tests.cli.program import Shell
from tests.conftest import Database


@pytest.fixture
def shop(shell: Shell) -> Iterator[Session]:
    """A session whose database nobody asks."""
    profile = parse('[target]\ndsn = "host=/nowhere dbname=shop"\ndatabase = "shop"\n')
    made = create(profile, wizard.__version__)
    yield made
    made.close()


def test_a_profile_may_be_named_before_the_command(shell: Shell, small: Database) -> None:
    shell.remember(small)
    other = shell.profile(small).rename(shell.folder / "other.toml")

    for named in (("--profile", str(other)), (f"--profile={other}",), (f"-p{other}",)):
        ended = shell.run(*named, "investigate", "--json")
        assert ended.code == 0, ended.err
        assert "Investigated" in ended.events
    assert len(shell.sessions()) == 1


def test_every_option_of_the_profile_may_stand_before_the_command(
    shell: Shell, small: Database
) -> None:
    before = (
        *("--dsn", small.dsn, "--database", small.name, "--key", "users.id=varchar(36)"),
        *("--scripts", "migrations", "--set", 'environment = "staging"'),
    )
    ended = shell.run(
        *("--json", "--password-stdin", *before, "investigate"), typed=f"{small.password}\n"
    )

    # The password is right; it ends at the scripts, which are not there.
    assert ended.code == 2
    assert ended.events[:2] == ["TargetConfirmed", "StepStarted"]
    profile = shell.history().profile
    assert profile.environment == "staging"
    assert profile.keys == {"users.id": "varchar(36)"}
    assert profile.alembic is not None
    assert profile.alembic.script_location == str(shell.folder / "migrations")


def test_a_session_may_be_named_before_the_command(shell: Shell, shop: Session) -> None:
    ended = shell.run("--session", shop.id, "--json", "plan")

    assert ended.code == 3
    assert ended.error["exit_code"] == 3


def test_given_in_both_places_the_one_behind_the_command_wins(shell: Shell, shop: Session) -> None:
    ended = shell.run("--session", "nowhere", "report", "--session", shop.id)

    assert ended.code == 0
    assert (shop.folder / "report.md").exists()


def test_what_may_be_repeated_adds_up_over_both_places(shell: Shell) -> None:
    ended = shell.run(
        *("--dsn", "host=/nowhere dbname=shop", "--key", "users.id=text"),
        *("--set", "expect.least_tables=5", "--set", "expect.tables=['a']"),
        *("investigate", "--key", "teams.id=uuid", "--set", "expect.least_tables=7"),
    )

    assert ended.code == 3
    profile = shell.history().profile
    assert profile.keys == {"users.id": "text", "teams.id": "uuid"}
    assert (profile.expect.least_tables, profile.expect.tables) == (7, ("a",))


@pytest.mark.parametrize(
    ("arguments", "command", "option"),
    [
        (("--plain", "plan"), "plan", "--plain"),
        (("--profile", "x.toml", "sessions"), "sessions", "--profile"),
        (("-p", "x.toml", "demo"), "demo", "--profile"),
        (("--session", "x", "init"), "init", "--session"),
        (("--key", "a.b=text", "init"), "init", "--key"),
        (("--json", "init"), "init", "--json"),
        (("--password-stdin", "report"), "report", "--password-stdin"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_option_that_the_command_does_not_take_is_named_with_it(
    shell: Shell, arguments: tuple[str, ...], command: str, option: str
) -> None:
    ended = shell.run(*arguments)

    assert ended.code == 2
    assert f"{command} takes no {option}" in ended.err
    assert shell.state_files() == []


@pytest.mark.parametrize("option", ["--json", "--password-stdin"])
def test_what_only_commands_take_is_not_ignored_without_one(shell: Shell, option: str) -> None:
    ended = shell.run(option)

    assert ended.code == 2
    assert option in ended.err


def test_an_error_is_json_where_the_option_stands_before_the_command(shell: Shell) -> None:
    ended = shell.run("--json", "report")

    assert ended.code == 2
    assert ended.error["exit_code"] == 2


def test_help_before_a_command_is_the_commands(shell: Shell) -> None:
    before, behind = shell.run("--help", "plan"), shell.run("plan", "--help")

    assert before == behind
    assert "--no-proof" in behind.out


def test_the_list_of_commands_cuts_no_sentence_off(shell: Shell) -> None:
    told = shell.run("--help", COLUMNS="80")

    assert told.code == 0
    assert "  verify " in told.out
    _, *lines = told.out.splitlines()
    assert [line for line in lines if line.endswith("...")] == []


def test_the_version_is_said_whatever_stands_behind(shell: Shell) -> None:
    for arguments in (("--version",), ("--version", "plan"), ("--profile", "x", "--version")):
        ended = shell.run(*arguments)
        assert (ended.code, ended.out) == (0, f"pg-rekey {wizard.__version__}\n")


def test_a_connection_string_does_not_say_what_the_profile_expects(
    shell: Shell, small: Database, here: scratch.Server
) -> None:
    shell.remember(small)
    file = shell.profile(small)
    ended = shell.run("-p", str(file), "investigate", "--dsn", here.conninfo("postgres"))

    assert ended.code == 4
    assert small.name in ended.err
    assert shell.history().profile.target.database == small.name


def test_two_ways_for_one_revision_are_refused(shell: Shell, small: Database) -> None:
    shell.profile(small)
    ended = shell.run("migrate", "--adopt", "aa", "--aside", "aa")

    assert ended.code == 2
    assert "--adopt and --aside are both given for aa" in ended.err
