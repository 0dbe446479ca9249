"""Which session a command works on: the one of the profile's target, whatever was reported."""

from pathlib import Path

import pytest

import wizard
from recovery.record.events import Reported, Step
from recovery.record.session import Session, create, open_session
from recovery.words.profile import parse
from tests.cli.program import Ended, Shell
from tests.cli.typist import at_a_terminal
from tests.conftest import Database


def session_of(database: str, *, key: str = "users.id") -> Session:
    """A session for a target that no command here ever asks."""
    profile = parse(
        f'[target]\ndsn = "host=/nowhere dbname={database}"\ndatabase = "{database}"\n'
        f'[keys]\n"{key}" = "text"\n'
    )
    return create(profile, wizard.__version__)


def meant(database: str) -> tuple[str, ...]:
    return ("--dsn", f"host=/nowhere dbname={database}", "--key", "users.id=text")


def written(shell: Shell) -> set[str]:
    """The sessions that have a report."""
    return {session.id for session in shell.sessions() if (session.folder / "report.md").exists()}


@pytest.fixture
def shop(shell: Shell) -> Session:
    """A session of one database, begun before one of another."""
    made = session_of("shop")
    # Sessions of one second are told apart by chance: this one is the older by its name, too.
    older = made.folder.rename(made.folder.with_name(f"20200101-000000-{made.id[-4:]}"))
    made.close()
    session_of("crm").close()
    return Session(older)


def refused(ended: Ended, code: int, *words: str) -> None:
    assert ended.code == code, ended
    assert all(word in ended.err for word in words), ended.err


# --- report, bundle, resume -------------------------------------------------------------------


def test_a_report_is_written_of_the_profiles_target(shell: Shell, shop: Session) -> None:
    ended = shell.run("report", *meant("shop"))

    assert ended.code == 0
    assert ended.out.splitlines()[0] == f"session {shop.id}"
    assert written(shell) == {shop.id}


def test_the_profile_in_the_folder_is_meant_by_report_bundle_and_resume_too(
    shell: Shell, shop: Session
) -> None:
    (shell.folder / "rekey.toml").write_text(
        '[target]\ndsn = "host=/nowhere dbname=shop"\ndatabase = "shop"\n', encoding="utf-8"
    )
    assert shell.run("report").code == 0
    assert written(shell) == {shop.id}

    bundled = shell.run("bundle", "--json")
    assert bundled.code == 0
    assert Path(bundled.rows[0]["bundle"]).name.startswith(shop.id)

    told = shell.run("resume")
    assert told.code == 0
    assert "session for shop (production)" in told.out


@pytest.mark.parametrize("command", ["report", "bundle"])
def test_where_nothing_says_which_session_is_meant_none_is_guessed(
    shell: Shell, shop: Session, command: str
) -> None:
    refused(shell.run(command), 2, "Neither a profile nor a session is named.", "--session ID")
    assert written(shell) == set()


@pytest.mark.parametrize("command", ["report", "bundle", "resume"])
def test_a_target_without_a_session_is_refused_and_none_is_begun(
    shell: Shell, shop: Session, command: str
) -> None:
    known = len(shell.sessions())

    refused(shell.run(command, *meant("hr")), 4, "no session for hr", "pg-rekey sessions")
    assert len(shell.sessions()) == known
    assert written(shell) == set()


def test_resume_without_a_profile_opens_the_latest_unfinished_session(
    shell: Shell, shop: Session
) -> None:
    told = shell.run("resume")

    assert told.code == 0
    assert "session for crm (production)" in told.out


@pytest.mark.parametrize("command", ["report", "bundle", "resume"])
def test_a_session_is_named_by_itself_or_by_the_option(
    shell: Shell, shop: Session, command: str
) -> None:
    for naming in ((command, shop.id), (command, "-s", shop.id), ("-s", shop.id, command)):
        ended = shell.run(*naming)
        assert ended.code == 0, naming
        assert "crm" not in ended.out
        for bundled in shop.folder.parent.glob("*.tar.gz"):
            # The next one of this second has the same name.
            assert bundled.name.startswith(shop.id)
            bundled.unlink()
    other = shell.sessions()[0].id
    refused(shell.run(command, shop.id, "--session", other), 2, shop.id, other)


def test_a_report_of_an_edited_profile_is_of_the_targets_latest_session(
    shell: Shell, shop: Session
) -> None:
    ended = shell.run("report", "--dsn", "host=/nowhere dbname=shop", "--key", "teams.id=text")

    assert ended.code == 0
    assert written(shell) == {shop.id}


# --- a report ends nothing --------------------------------------------------------------------


def test_after_a_report_the_same_session_goes_on(shell: Shell, small: Database) -> None:
    session = shell.planned(small)

    assert shell.run("verify").code == 1
    assert shell.run("report").code == 0
    assert shell.run("verify").code == 1
    # Until then it has been read what the plan was; this is refused for what is in it.
    unattested = shell.run("convert", "--confirm", small.name, "--rollback", *shell.approving())

    assert [known.id for known in shell.sessions()] == [session.id]
    refused(unattested, 4, "backup")
    assert session.history().plan is not None


def test_new_begins_another_session(shell: Shell, small: Database) -> None:
    session = shell.investigated(small)

    assert shell.run("verify", "--new").code == 1
    assert len(shell.sessions()) == 2
    assert shell.run("report").code == 0
    assert written(shell) == {known.id for known in shell.sessions() if known.id != session.id}


def test_a_finished_session_goes_on_too(shell: Shell, small: Database) -> None:
    shell.profile(small, keys='"users.id" = "uuid"\n')
    session = shell.opened(small)
    assert shell.run("plan").code == 0
    assert shell.run("verify").code == 0
    assert shell.run("report").code == 0
    assert session.history().finished

    assert shell.run("verify").code == 0
    assert [known.id for known in shell.sessions()] == [session.id]
    assert session.history().state_of(Step.REPORT) == "ready"


def test_a_changed_profile_says_which_session_is_left_and_how_to_go_on_with_it(
    shell: Shell, small: Database
) -> None:
    left = shell.planned(small)
    shell.profile(small, keys='"users.id" = "text"\n')

    ended = shell.run("investigate")
    assert ended.code == 0
    (line,) = [line for line in ended.out.splitlines() if left.id in line]
    assert "changed" in line
    assert f"--session {left.id}" in line
    again = shell.run("investigate")
    assert left.id not in again.out


def test_as_json_what_is_left_is_an_object_of_its_own(shell: Shell, small: Database) -> None:
    left = shell.planned(small)
    shell.profile(small, keys='"users.id" = "text"\n')

    ended = shell.run("investigate", "--json")
    assert ended.code == 0
    said, *events = ended.rows
    assert said["left"] == left.id
    assert f"--session {left.id}" in said["why"]
    assert all("event" in row for row in events)


def test_at_a_terminal_resume_opens_the_profiles_target(shell: Shell, shop: Session) -> None:
    with at_a_terminal(shell, "resume", "--plain", *meant("shop")) as typist:
        typist.hears(f"session {shop.id}")
        typist.answers("q")
        typist.ends()

    assert open_session(shop.id).history().last(Reported) is None
