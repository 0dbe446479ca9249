"""A session as one file: what is in it, what is not, and that it is whole or not there."""

import tarfile
from errno import ENOSPC
from os import strerror
from pathlib import Path

import pytest

from recovery.record import bundle
from recovery.record.session import Session, create
from recovery.record.session_list import listed_sessions
from recovery.words.errors import Refused
from tests.facts import PROFILE, backed_up


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session with a backup, still open: the last events are not in the journal's main file."""
    made = create(PROFILE, "0.1.0", tmp_path / "state")
    made.write("plan.sql", "SELECT 1;")
    made.write("report.md", "# Recovery")
    made.backup_folder.mkdir()
    made.backup_folder.joinpath("all.dump").write_text("the data")
    made.journal.append(backed_up())
    return made


def unpacked(file: Path, folder: Path) -> dict[str, Path]:
    """The bundle's files by name, all of them in one folder."""
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    (inside,) = folder.iterdir()
    return {str(each.relative_to(inside)): each for each in inside.rglob("*") if each.is_file()}


def test_a_bundle_holds_the_evidence_and_not_the_data(session: Session, tmp_path: Path) -> None:
    saved = bundle.save(session)

    assert saved.parent == session.folder.parent
    assert saved.name.startswith(f"{session.id}-bundle-20")
    assert saved.stat().st_mode & 0o777 == 0o600
    files = unpacked(saved, tmp_path / "elsewhere")
    assert set(files) == {"journal.sqlite3", "plan.sql", "report.md"}
    copied = Session(files["journal.sqlite3"].parent)
    assert copied.history() == session.history()
    assert [listed.id for listed in listed_sessions(session.folder.parent)] == [session.id]


def test_the_backup_is_in_it_only_if_asked_for(session: Session, tmp_path: Path) -> None:
    saved = bundle.save(session, tmp_path / "all.tar.gz", with_backup=True)

    assert saved == tmp_path / "all.tar.gz"
    assert "backup/all.dump" in unpacked(saved, tmp_path / "elsewhere")
    assert "that is the data" in bundle.saved(saved, with_backup=True)


def test_a_bundle_is_whole_or_not_there(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there.tar.gz"
    there.write_text("older")
    with pytest.raises(Refused, match="exists"):
        bundle.save(session, there)
    assert there.read_text() == "older"

    with pytest.raises(Refused, match="No such file or directory"):
        bundle.save(session, tmp_path / "no" / "folder.tar.gz")

    def fail(*_: object, **__: object) -> None:
        raise OSError(ENOSPC, strerror(ENOSPC))

    monkeypatch.setattr(tarfile.TarFile, "add", fail)
    before = set(tmp_path.iterdir())
    with pytest.raises(Refused, match="No space left on device"):
        bundle.save(session, tmp_path / "new.tar.gz")
    assert set(tmp_path.iterdir()) == before
