"""What the wizard writes for the operator: into the session's folder, or where it is told to."""

from pathlib import Path

import pytest

from recovery.record.session import Session, create
from recovery.words.errors import RecoveryError
from tests.facts import PROFILE
from wizard.local import LocalWork


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = create(PROFILE, "0.1.0", tmp_path / "state")
    made.write("plan.sql", "BEGIN;\r\n")
    return made


def test_a_text_is_saved_in_the_session(session: Session) -> None:
    saved = LocalWork(session).save_copy("SELECT 1;")
    assert saved.parent == session.folder
    assert saved.read_text(encoding="utf-8") == "SELECT 1;\n"


def test_nothing_is_saved_in_a_session_that_can_only_be_read(session: Session) -> None:
    session.journal.only_reads = "it was begun on another machine (db2)"
    with pytest.raises(RecoveryError) as refused:
        LocalWork(session).save_copy("SELECT 1;")
    assert refused.value.problem == session.only_reads
    assert not list(session.folder.glob("copied*"))


def test_the_plan_is_copied_byte_for_byte_and_over_no_other_file(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = LocalWork(session)
    monkeypatch.setenv("HOME", str(tmp_path))
    for to, place in (("~", "plan.sql"), (f" {tmp_path}/mine.sql", "mine.sql")):
        assert work.save_plan(to) == str(tmp_path / place)
        assert (tmp_path / place).read_bytes() == b"BEGIN;\r\n"
    with pytest.raises(RecoveryError) as refused:
        work.save_plan(str(tmp_path))
    assert refused.value.problem.what == "File exists."
    assert refused.value.problem.object == str(tmp_path / "plan.sql")
    with pytest.raises(RecoveryError, match="No such file or directory"):
        work.save_plan(str(tmp_path / "nowhere" / "plan.sql"))
