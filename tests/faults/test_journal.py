"""The journal cannot be written at the worst moments, or is not where it was."""

import os
import shutil
from pathlib import Path

import pytest

from recovery.record import events as e
from recovery.record.session import Session, create, open_session, this_machine
from recovery.server.reconcile import reconcile
from recovery.words.errors import Refused
from tests.conftest import Database, profile_for
from tests.faults.distant import TABLES, is_after
from tests.recovering import ME, Recovery, fails_once


def recovery_on(database: Database) -> Recovery:
    database.execute(TABLES)
    return Recovery(database, profile_for(database, users__id="varchar(36)")).ready()


def test_an_end_behind_commit_that_is_not_journaled_is_asked_of_the_server(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery = recovery_on(database)
    fails_once(monkeypatch, e.ConversionEnded)
    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit) is e.Outcome.UNKNOWN
    waits = recovery.session.history().waits_for(e.Step.CONVERSION)
    assert waits == "the server to say what became of the last conversion"

    reconcile(recovery.session, recovery.door)
    assert recovery.outcome() is e.Outcome.COMMITTED
    is_after(database, e.Outcome.COMMITTED)


@pytest.mark.parametrize("kind", [e.PhaseFinished, e.ParityChecked, e.CommitIntended])
def test_what_cannot_be_journaled_before_commit_is_rolled_back(
    database: Database, monkeypatch: pytest.MonkeyPatch, kind: type[e.Event]
) -> None:
    recovery = recovery_on(database)
    fails_once(monkeypatch, kind)
    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit) is e.Outcome.ROLLED_BACK
    assert recovery.ended.reason == "The disk is full."
    is_after(database, e.Outcome.ROLLED_BACK)
    assert recovery.convert_here(commit) is e.Outcome.COMMITTED


def test_a_recovery_without_shared_memory_for_its_journal(
    database: Database, tmp_path: Path
) -> None:
    database.execute(TABLES)
    profile = profile_for(database, users__id="varchar(36)")
    folder = tmp_path / "session"
    # In the way of the shared memory's file, as on a file system that has none.
    (folder / "journal.sqlite3-shm").mkdir(parents=True)
    session = Session(folder)
    session.journal.append(e.SessionOpened("test", profile, ME, this_machine()))
    recovery = Recovery(database, profile)
    recovery.client.session = session

    assert recovery.ready().convert() == 0
    is_after(database, e.Outcome.COMMITTED)
    assert {file.name for file in folder.glob("journal*")} == {
        "journal.sqlite3",
        "journal.sqlite3-shm",
    }


def copied(session: Session, to: Path) -> Path:
    """The session's folder elsewhere, as scp or tar would have it."""
    folder = to / session.id
    session.close()
    shutil.copytree(session.folder, folder)
    return folder


def test_a_folder_that_cannot_be_written_is_read_and_says_so(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery = recovery_on(database)
    before = recovery.session.history().entries
    folder = copied(recovery.session, tmp_path)
    # Root may write anywhere; what the system answers about it is what there is to have.
    writable = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path) != folder and writable(path, mode)
    )
    session = open_session(folder.name, tmp_path)
    assert session.history().entries == before
    assert session.only_reads is not None
    assert "cannot be written" in session.only_reads.what
    with pytest.raises(Refused, match="only be read here"):
        session.journal.command(e.Cancel(by=ME))
    with pytest.raises(Refused, match="only be read here"):
        session.journal.acquire()
    session.close()


def test_a_session_of_another_machine_is_only_read(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery = recovery_on(database)
    before = recovery.session.history().entries
    folder = copied(recovery.session, tmp_path)
    monkeypatch.setattr("recovery.record.session.this_machine", lambda: "another one")
    monkeypatch.setattr("socket.gethostname", lambda: "another-host")
    session = open_session(folder.name, tmp_path)
    assert session.history().entries == before
    assert session.only_reads is not None
    assert "begun on another machine" in session.only_reads.what
    with pytest.raises(Refused, match="only be read here"):
        session.journal.append(e.ConversionEnded(e.Outcome.ROLLED_BACK, "no", ME))
    assert create(recovery.profile, "test", tmp_path).only_reads is None


def test_a_clock_that_goes_backwards_changes_no_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery = recovery_on(database)
    moments = iter(f"2026-11-22T03:{59 - n % 60:02d}:00+00:00" for n in range(100_000))
    monkeypatch.setattr("recovery.record.journal._now", lambda: next(moments))
    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit) is e.Outcome.COMMITTED
    numbers = [entry.number for entry in recovery.session.history().entries]
    assert numbers == sorted(numbers)
    assert recovery.session.history().state_of(e.Step.CONVERSION) == "done"
