"""The sessions in a list, damaged ones among them, and which of them is meant."""

from pathlib import Path

import pytest

from recovery.record.folders import STATE_VARIABLE
from recovery.record.session import Session, create
from recovery.record.session_list import latest_of, latest_unfinished, listed_sessions
from recovery.words.errors import Refused
from recovery.words.profile import Profile, parse
from tests.facts import recovered
from wizard.listing import listing


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def make(state: Path, name: str, database: str = "saas", *, finished: bool = False) -> Session:
    """A session under a chosen name: those of one second are told apart by chance."""
    made = create(about(database), "0.1.0", state)
    made.close()
    renamed = Session(made.folder.rename(state / name))
    for event in recovered()[1:] if finished else ():
        renamed.journal.append(event)
    return renamed


def about(database: str, more: str = "") -> Profile:
    return parse(f'{more}[target]\ndatabase = "{database}"\n')


def test_sessions_are_listed_newest_first(state: Path) -> None:
    for name in ("20260102-000000-aaaa", "20260103-000000-aaaa", "20260101-000000-aaaa"):
        make(state, name)

    assert [listed.id[:8] for listed in listed_sessions(state)] == [
        "20260103",
        "20260102",
        "20260101",
    ]


def test_those_of_one_second_are_listed_in_the_order_in_which_they_were_begun(state: Path) -> None:
    begun = [create(about("saas"), "0.1.0", state).id for _ in range(12)]

    assert [listed.id for listed in listed_sessions(state)] == begun[::-1]


def test_without_a_state_folder_there_are_none(state: Path) -> None:
    assert list(listed_sessions(state)) == []


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


def test_a_session_is_read_again_once_it_has_changed(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    monkeypatch.setattr("wizard.listing._TICK", 0)
    changed = make(state, "20260101-000000-aaaa")
    make(state, "20260102-000000-aaaa").close()
    make(state, "20260103-000000-torn").close()

    def states() -> list[str]:
        return [row["state"] for row in listing()]

    assert states() == ["target is next"] * 3
    for event in recovered()[1:]:
        changed.journal.append(event)
    (state / "20260103-000000-torn" / "journal.sqlite3").write_bytes(b"\0 rubbish" * 999)

    torn, *others = states()
    assert torn.startswith("damaged")
    assert others == ["target is next", "finished"]
    assert states() == [torn, *others]


@pytest.mark.parametrize("kept", ["", "[]", '{"program": "0.0.1"}', "\0", '{"program": 1}'])
def test_a_list_that_cannot_be_used_is_made_again(
    state: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    make(state, "20260101-000000-aaaa").close()
    (state / "list.json").write_text(kept, encoding="utf-8")

    assert [row["state"] for row in listing()] == ["target is next"]


def test_where_others_may_put_a_file_none_is_believed_and_none_is_written(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in /tmp: nobody can take a session away, and anybody can put something beside it."""
    make(state, "20260101-000000-good").close()
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    monkeypatch.setattr("wizard.listing._TICK", 0)
    (honest,) = listing()
    file = state / "list.json"
    planted = file.read_text().replace("target is next", "finished")
    file.write_text(planted)
    state.chmod(0o1777)

    assert list(listing()) == [honest]
    assert file.read_text() == planted


def test_listing_leaves_an_emptied_journal_as_it_was_found(state: Path) -> None:
    """It is evidence: the next to look must see that it was empty."""
    make(state, "20260103-000000-void").close()
    journal = state / "20260103-000000-void" / "journal.sqlite3"
    journal.write_bytes(b"")

    assert [listed.history for listed in listed_sessions(state)] == [None]
    assert journal.read_bytes() == b""


def test_the_latest_is_the_newest_that_is_not_finished(state: Path) -> None:
    make(state, "20260101-000000-aaaa")
    make(state, "20260102-000000-aaaa")
    make(state, "20260103-000000-aaaa", finished=True)

    assert latest_unfinished(state).id == "20260102-000000-aaaa"


def test_where_all_are_finished_the_latest_is_the_newest(state: Path) -> None:
    make(state, "20260101-000000-aaaa", finished=True)
    make(state, "20260102-000000-aaaa", finished=True)

    assert latest_unfinished(state).id == "20260102-000000-aaaa"


def test_damaged_sessions_are_never_the_latest(state: Path) -> None:
    make(state, "20260101-000000-aaaa")
    make(state, "20260102-000000-aaaa").close()
    (state / "20260102-000000-aaaa" / "journal.sqlite3").write_bytes(b"rubbish" * 999)

    assert latest_unfinished(state).id == "20260101-000000-aaaa"


def test_without_sessions_the_latest_is_refused_with_how_to_begin(state: Path) -> None:
    with pytest.raises(Refused, match="There is no session") as refused:
        latest_unfinished(state)
    assert "pg-rekey --profile" in refused.value.problem.remedy


def test_work_goes_on_in_the_latest_session_of_the_same_target(state: Path) -> None:
    make(state, "20260101-000000-aaaa", "saas")
    make(state, "20260102-000000-aaaa", "saas")
    make(state, "20260103-000000-aaaa", "crm")
    make(state, "20260104-000000-aaaa", "shop")
    make(state, "20260105-000000-aaaa", "shop", finished=True)

    found = {name: latest_of(about(name), state) for name in ("saas", "crm", "shop", "hr")}
    assert {name: listed and listed.id[:8] for name, listed in found.items()} == {
        "saas": "20260102",
        "crm": "20260103",
        "shop": "20260105",
        "hr": None,
    }
    edited = latest_of(about("saas", 'environment = "test"\n'), state)
    assert edited == found["saas"]


def test_a_damaged_session_of_the_target_is_passed_over(state: Path) -> None:
    make(state, "20260101-000000-aaaa")
    make(state, "20260102-000000-aaaa").close()
    (state / "20260102-000000-aaaa" / "journal.sqlite3").write_bytes(b"rubbish" * 999)

    found = latest_of(about("saas"), state)
    assert found is not None
    assert found.id == "20260101-000000-aaaa"
