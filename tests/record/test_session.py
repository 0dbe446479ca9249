"""Sessions as folders: made, and found again by their names."""

import os
from pathlib import Path

import pytest

from recovery.record.events import SessionOpened
from recovery.record.folders import STATE_VARIABLE
from recovery.record.session import as_bytes, create, open_session, this_person
from recovery.words.errors import Refused
from tests.facts import PROFILE


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_a_new_session_begins_with_its_profile_and_who_opened_it(state: Path) -> None:
    made = create(PROFILE, "0.1.0", state)

    (first,) = made.history().entries
    assert isinstance(first.event, SessionOpened)
    assert first.event.profile == PROFILE
    assert first.event.program == "0.1.0"
    assert first.event.by == this_person()


def test_only_the_owner_can_look_into_a_session(state: Path) -> None:
    before = os.umask(0)
    try:
        made = create(PROFILE, "0.1.0", state)
        made.write("plan.sql", "SELECT 1;")
        files = list(made.folder.iterdir())
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    finally:
        os.umask(before)

    assert {file.name for file in files} >= {"journal.sqlite3", "plan.sql"}
    assert made.folder.stat().st_mode & 0o777 == 0o700
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_file_of_the_session_is_replaced_whole(state: Path) -> None:
    made = create(PROFILE, "0.1.0", state)
    made.write("plan.sql", "a long old text")
    written = made.write("plan.sql", "new")

    assert written.read_text(encoding="utf-8") == "new"
    assert not list(made.folder.glob("*.partial"))


def test_a_session_is_found_by_its_name(state: Path) -> None:
    made = create(PROFILE, "0.1.0", state)

    assert open_session(made.id, state).history().profile == PROFILE


@pytest.mark.parametrize("name", ["20200101-000000-abcd", "", ".", "..", "../state", "/etc"])
def test_a_session_that_is_not_there_is_refused_with_where_to_look(state: Path, name: str) -> None:
    create(PROFILE, "0.1.0", state)

    with pytest.raises(Refused, match="There is no session") as refused:
        open_session(name, state)
    assert "pg-rekey sessions" in refused.value.problem.remedy


def test_the_state_folder_is_the_one_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "mine"))

    made = create(PROFILE, "0.1.0")
    assert made.folder.parent == tmp_path / "mine"


def test_a_state_folder_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Refused, match="No session folder can be made") as refused:
        create(PROFILE, "0.1.0", tmp_path / "file" / "state")
    assert STATE_VARIABLE in refused.value.problem.remedy


def test_opening_an_emptied_journal_is_refused_with_a_sentence(state: Path) -> None:
    made = create(PROFILE, "0.1.0", state)
    made.close()
    (made.folder / "journal.sqlite3").write_bytes(b"")

    with pytest.raises(Refused):
        open_session(made.id, state)


def test_no_line_end_of_a_file_is_translated(state: Path) -> None:
    made = create(PROFILE, "0.1.0", state)
    for text in ("a\r\nb\rc\n", "\x85\u2028"):
        assert made.write("plan.sql", text).read_bytes() == text.encode()
        assert made.read_plan() == text


def test_what_is_not_utf8_is_read_as_another_text(state: Path) -> None:
    made = create(PROFILE, "0.1.0", state)
    made.plan_file.write_bytes(b"a\xff")
    assert as_bytes(made.read_plan()) == b"a\xff"
