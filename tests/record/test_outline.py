"""The outline of a journal: what a list of sessions is made of, without reading all of each."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from recovery.record.events import (
    BackupAttested,
    Check,
    CheckState,
    ColumnDecided,
    CommitIntended,
    CompatibilityRemoved,
    Investigated,
    PlanApproved,
    PlanMade,
    Reported,
    RevisionFinished,
    RevisionSet,
    Step,
    StepFailed,
    Unreadable,
    Verified,
)
from recovery.record.journal import Journal
from recovery.record.journal_file import FORMAT
from recovery.record.outline import outline
from recovery.words.errors import Refused
from tests.facts import ANA, investigated, planned
from tests.outlines import holds_at_every_moment
from tests.screens import story

PASSED = Verified((Check("orphans", "none", CheckState.PASSED, "0"),))
REPORT = Reported("report.md", "report.json")
AT_THE_END = (PASSED, REPORT)


def test_at_every_moment_the_outline_says_what_the_whole_journal_says(tmp_path: Path) -> None:
    told = [entry.event for entry in story.reported().entries]
    again = (
        *(RevisionSet(("b2",), ("a1",)), *AT_THE_END),
        *(RevisionFinished("c3", ("c3",), 0.1, adopted=False), *AT_THE_END),
        *(CompatibilityRemoved((), ANA), *AT_THE_END),
        *(story.started(Step.CONVERSION), CommitIntended("7731", ANA)),
        StepFailed(Step.CONVERSION, story.PROBLEM),
    )

    assert holds_at_every_moment((*told, *again), tmp_path) > 200


def test_what_is_decided_again_is_told_as_it_is_now(tmp_path: Path) -> None:
    """Of what an outline has only the latest of, an older one is overtaken in every way."""
    proposed = [entry.event for entry in story.with_proposed_keys().entries]
    events = (
        *(*proposed, planned("aa"), PlanApproved("aa", ANA), BackupAttested("snapshot", ANA)),
        *(planned("bb"), PlanApproved("bb", ANA), planned("aa")),
        *(ColumnDecided("teams.id", "text", ANA), investigated()),
        *(planned(nothing_to_do=True), planned("bb"), ColumnDecided("users.id", None, ANA)),
    )

    assert holds_at_every_moment(events, tmp_path) == 5


# The same with one of each kind.
SHORT = {type(entry.event): entry.event for entry in story.reported().entries}.values()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The journal of a whole recovery."""
    path = tmp_path / "journal.sqlite3"
    journal = Journal(path)
    for event in SHORT:
        journal.append(event)
    journal.close()
    return path


def change(path: Path, statement: str, *parameters: object) -> None:
    """Changes the file behind the journal's back."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement, parameters)
        connection.commit()


def test_progress_parity_and_what_was_overtaken_are_not_read(path: Path) -> None:
    again = Journal(path)
    again.append(story.INVESTIGATED)
    again.append(story.PLAN)
    again.close()
    for kind in ("StatementDone", "ParityChecked", "GatePrice", "BackupProgress"):
        begin = f'{{"event":"{kind}",'
        change(path, "UPDATE events SET body = ? WHERE body LIKE ?", f"{begin} ...", f"{begin}%")
    for kind in ("Investigated", "PlanMade"):
        begin = f'{{"event":"{kind}",'
        change(
            path,
            "UPDATE events SET body = ? WHERE number = "
            "(SELECT min(number) FROM events WHERE body LIKE ?)",
            *(f"{begin} ...", f"{begin}%"),
        )

    told = outline(path)
    assert len(list(told.of(Investigated))) == len(list(told.of(PlanMade))) == 1
    assert told.unreadable == ()
    assert Journal(path).history().unreadable


@pytest.mark.parametrize(
    "body",
    ["not JSON", '{"event": "SomethingElse"}', '{"event":"Migrated","heads":5}'],
)
def test_an_entry_that_cannot_be_read_hides_no_other(path: Path, body: str) -> None:
    before = outline(path).entries
    change(path, "INSERT INTO events (at, body) VALUES ('2026-01-01T00:00+00:00', ?)", body)

    *others, lost = outline(path).entries
    assert tuple(others) == before
    assert isinstance(lost.event, Unreadable)


def test_a_journal_of_a_newer_program_is_refused(path: Path) -> None:
    change(path, f"PRAGMA user_version = {FORMAT + 1}")

    with pytest.raises(Refused, match="a newer pg-rekey"):
        outline(path)


def test_a_runner_that_writes_meanwhile_neither_waits_nor_is_waited_for(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as runner:
        runner.execute("BEGIN IMMEDIATE")
        begin = '{"event":"StepStarted","step":"verification","pid":1,"by":{"user":"a","host":"b"}}'
        runner.execute(
            "INSERT INTO events (at, body) VALUES ('2026-01-01T00:00+00:00', ?)", [begin]
        )
        assert outline(path).running is None
        runner.execute("COMMIT")
        assert outline(path).running is Step.VERIFICATION


def test_looking_leaves_nothing_behind_and_nobody_else_gets_to_see(path: Path) -> None:
    before = {file.name: file.stat().st_mode for file in path.parent.iterdir()}
    outline(path)

    assert {file.name: file.stat().st_mode for file in path.parent.iterdir()} == before


def test_where_nothing_can_be_written_a_copy_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    connect = sqlite3.connect

    def connected(file: Path) -> sqlite3.Connection:
        opened.append(file)
        return connect(file)

    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("sqlite3.connect", connected)

    assert outline(path).finished
    (copy,) = opened
    assert copy.parent != path.parent
    assert not copy.exists()


def test_where_memory_cannot_be_shared_a_copy_is_read(path: Path) -> None:
    # In the way of the file, as on a file system that cannot share its memory.
    path.with_name("journal.sqlite3-shm").mkdir()

    assert outline(path).finished
