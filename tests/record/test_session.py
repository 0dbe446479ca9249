"""Sessions as folders: made, found again, listed, also where some of them are damaged."""

import os
from pathlib import Path

import pytest

from recovery.record import session as sessions
from recovery.record.events import Reported, SessionOpened
from recovery.record.folders import STATE_VARIABLE
from recovery.record.session import Session
from recovery.words.errors import Refused
from recovery.words.profile import parse
from tests.facts import PROFILE
from wizard.listing import listing


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def make(state: Path, name: str, database: str = "saas", *, finished: bool = False) -> Session:
    """A session under a chosen name: those of one second are told apart by chance."""
    profile = parse(f'[target]\ndatabase = "{database}"\n')
    made = sessions.create(profile, "0.1.0", state)
    made.close()
    renamed = Session(made.folder.rename(state / name))
    if finished:
        renamed.journal.append(Reported("report.md", "report.json"))
    return renamed


def test_a_new_session_begins_with_its_profile_and_who_opened_it(state: Path) -> None:
    made = sessions.create(PROFILE, "0.1.0", state)

    (first,) = made.history().entries
    assert isinstance(first.event, SessionOpened)
    assert first.event.profile == PROFILE
    assert first.event.program == "0.1.0"
    assert first.event.by == sessions.this_person()


def test_only_the_owner_can_look_into_a_session(state: Path) -> None:
    before = os.umask(0)
    try:
        made = sessions.create(PROFILE, "0.1.0", state)
        made.write("plan.sql", "SELECT 1;")
        files = list(made.folder.iterdir())
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    finally:
        os.umask(before)

    assert {file.name for file in files} >= {"journal.sqlite3", "plan.sql"}
    assert made.folder.stat().st_mode & 0o777 == 0o700
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_file_of_the_session_is_replaced_whole(state: Path) -> None:
    made = sessions.create(PROFILE, "0.1.0", state)
    made.write("plan.sql", "a long old text")
    written = made.write("plan.sql", "new")

    assert written.read_text(encoding="utf-8") == "new"
    assert not list(made.folder.glob("*.partial"))


def test_a_session_is_found_by_its_name(state: Path) -> None:
    made = sessions.create(PROFILE, "0.1.0", state)

    assert sessions.open_session(made.id, state).history().profile == PROFILE


@pytest.mark.parametrize("name", ["20200101-000000-abcd", "", ".", "..", "../state", "/etc"])
def test_a_session_that_is_not_there_is_refused_with_where_to_look(state: Path, name: str) -> None:
    sessions.create(PROFILE, "0.1.0", state)

    with pytest.raises(Refused, match="There is no session") as refused:
        sessions.open_session(name, state)
    assert "pg-rekey sessions" in refused.value.problem.remedy


def test_the_state_folder_is_the_one_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "mine"))

    made = sessions.create(PROFILE, "0.1.0")
    assert made.folder.parent == tmp_path / "mine"


def test_a_state_folder_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Refused, match="No session folder can be made") as refused:
        sessions.create(PROFILE, "0.1.0", tmp_path / "file" / "state")
    assert STATE_VARIABLE in refused.value.problem.remedy


def test_sessions_are_listed_newest_first(state: Path) -> None:
    for name in ("20260102-000000-aaaa", "20260103-000000-aaaa", "20260101-000000-aaaa"):
        make(state, name)

    assert [listed.id[:8] for listed in sessions.sessions(state)] == [
        "20260103",
        "20260102",
        "20260101",
    ]


def test_without_a_state_folder_there_are_none(state: Path) -> None:
    assert list(sessions.sessions(state)) == []


def test_a_damaged_session_is_listed_as_damaged_among_the_others(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(state, "20260101-000000-good").close()
    make(state, "20260102-000000-torn").close()
    make(state, "20260103-000000-void").close()
    make(state, "20260104-000000-good", finished=True).close()
    (state / "20260102-000000-torn" / "journal.sqlite3").write_bytes(b"\0 rubbish" * 999)
    (state / "20260103-000000-void" / "journal.sqlite3").write_bytes(b"")
    (state / "notes.txt").touch()
    (state / "20260105-000000-none").mkdir()
    monkeypatch.setenv(STATE_VARIABLE, str(state))

    rows = {row["session"][-4:] + row["session"][6:8]: row for row in listing()}

    assert set(rows) == {"good01", "torn02", "void03", "good04"}
    assert rows["good01"]["state"] == "target is next"
    assert rows["good04"]["state"] == "finished"
    assert rows["torn02"]["state"].startswith("damaged: ")
    assert "file is not a database" in rows["torn02"]["state"]
    assert rows["void03"]["state"].startswith("damaged: ")
    assert rows["torn02"]["folder"] == str(state / "20260102-000000-torn")


def test_listing_leaves_an_emptied_journal_as_it_was_found(state: Path) -> None:
    """It is evidence: the next to look must see that it was empty."""
    make(state, "20260103-000000-void").close()
    journal = state / "20260103-000000-void" / "journal.sqlite3"
    journal.write_bytes(b"")

    assert [listed.history for listed in sessions.sessions(state)] == [None]
    assert journal.read_bytes() == b""


def test_opening_an_emptied_journal_is_refused_with_a_sentence(state: Path) -> None:
    make(state, "20260103-000000-void").close()
    (state / "20260103-000000-void" / "journal.sqlite3").write_bytes(b"")

    with pytest.raises(Refused):
        sessions.open_session("20260103-000000-void", state)


def test_the_latest_is_the_newest_that_is_not_finished(state: Path) -> None:
    make(state, "20260101-000000-aaaa")
    make(state, "20260102-000000-aaaa")
    make(state, "20260103-000000-aaaa", finished=True)

    assert sessions.latest_id(state) == "20260102-000000-aaaa"


def test_where_all_are_finished_the_latest_is_the_newest(state: Path) -> None:
    make(state, "20260101-000000-aaaa", finished=True)
    make(state, "20260102-000000-aaaa", finished=True)

    assert sessions.latest_id(state) == "20260102-000000-aaaa"


def test_damaged_sessions_are_never_the_latest(state: Path) -> None:
    make(state, "20260101-000000-aaaa")
    make(state, "20260102-000000-aaaa").close()
    (state / "20260102-000000-aaaa" / "journal.sqlite3").write_bytes(b"rubbish" * 999)

    assert sessions.latest_id(state) == "20260101-000000-aaaa"


def test_without_sessions_the_latest_is_refused_with_how_to_begin(state: Path) -> None:
    with pytest.raises(Refused, match="There is no session") as refused:
        sessions.latest_id(state)
    assert "pg-rekey --profile" in refused.value.problem.remedy


def test_work_goes_on_in_the_unfinished_session_of_the_same_target(state: Path) -> None:
    make(state, "20260101-000000-aaaa", "saas")
    make(state, "20260102-000000-aaaa", "saas")
    make(state, "20260103-000000-aaaa", "crm")
    make(state, "20260104-000000-aaaa", "saas", finished=True)

    found = sessions.latest(parse('[target]\ndatabase = "saas"\n'), state)
    assert found is not None
    assert found.id == "20260102-000000-aaaa"
    assert sessions.latest(parse('[target]\ndatabase = "hr"\n'), state) is None
