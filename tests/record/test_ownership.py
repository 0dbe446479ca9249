"""A session that somebody else may change is told, looked at, and not gone on with."""

import grp
import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.record import report
from recovery.record.events import Step
from recovery.record.session import Session, create, open_session, this_person
from recovery.record.session_list import listed_sessions
from recovery.steps.launch import Options, launch
from recovery.words.errors import Refused
from tests.facts import PROFILE

# Nobody has this number.
STRANGER = 54_321
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")

Deed = Callable[[Session], object]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "what others' see"


@pytest.fixture
def session(state: Path) -> Session:
    made = create(PROFILE, "0.1.0", state)
    made.write("plan.sql", "BEGIN;")
    made.close()
    return made


def opened(session: Session) -> Session:
    return open_session(session.id, session.folder.parent)


def refused(session: Session, why: str) -> str:
    """What to do about it, after everything that would write was refused."""
    before = session.journal.path.read_bytes()
    again = opened(session)
    (listed,) = listed_sessions(session.folder.parent)
    problem = again.only_reads
    assert problem is not None
    assert why in problem.what
    assert problem.meaning is not None
    assert listed.exposed == problem
    assert listed.history is not None
    assert again.history().profile == PROFILE
    assert again.read_plan() == "BEGIN;"
    deeds: tuple[Deed, ...] = (
        lambda one: one.journal.acquire(),
        lambda one: one.write("copied.txt", "no"),
        lambda one: one.journal.append(report.write(one)),
        lambda one: launch(one, Step.REPORT, Options(by=this_person())),
    )
    for deed in deeds:
        with pytest.raises(Refused, match="only be read here"):
            deed(again)
    again.close()
    assert {path.name for path in session.folder.iterdir()} == {"journal.sqlite3", "plan.sql"}
    assert session.journal.path.read_bytes() == before
    return problem.remedy


def mended(session: Session, remedy: str) -> bool:
    """Whether it can be gone on with after the command that was told, as it stands there."""
    subprocess.run(["sh", "-c", remedy.rpartition(": ")[2]], check=True)
    again = opened(session)
    again.close()
    return again.only_reads is None


@pytest.mark.parametrize(
    ("place", "mode", "why"),
    [
        ("..", 0o777, "others may write the folder of all sessions"),
        (".", 0o707, "others may write its folder"),
        pytest.param(".", 0o770, "others may write its folder", marks=AS_ROOT),
        (".", 0o1777, "others may write its folder"),
        ("journal.sqlite3", 0o666, "others may write 'journal.sqlite3' in its folder"),
        ("plan.sql", 0o602, "others may write 'plan.sql' in its folder"),
    ],
)
def test_what_others_may_write_is_only_read_until_it_is_mended(
    session: Session, place: str, mode: int, why: str
) -> None:
    path = (session.folder / place).resolve()
    if mode == 0o770:
        # A group of which nobody knows who is in it.
        os.chown(path, -1, STRANGER)
    path.chmod(mode)

    assert mended(session, refused(session, why))


@AS_ROOT
@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("..", "the folder of all sessions belongs to another user, 54321"),
        (".", "its folder belongs to another user, 54321"),
        ("journal.sqlite3", "'journal.sqlite3' in its folder belongs to another user, 54321"),
    ],
)
def test_what_belongs_to_another_user_is_only_read_by_root_too(
    session: Session, place: str, why: str
) -> None:
    os.chown((session.folder / place).resolve(), STRANGER, -1)

    remedy = refused(session, why)
    assert "go on as 54321" in remedy
    assert mended(session, remedy)


@pytest.mark.parametrize("name", ["plan.sql", "journal.sqlite3", ""])
def test_a_link_is_never_ours(session: Session, name: str, tmp_path: Path) -> None:
    path = session.folder / name
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")

    remedy = refused(session, f"{repr(name) + ' in ' if name else ''}its folder is a symbolic link")
    assert "keep the folder as evidence" in remedy


def test_what_nobody_else_may_change_is_ours(session: Session, tmp_path: Path) -> None:
    """Groups of one user and umask 002, a state folder behind a link of one's own, and /tmp."""
    state = session.folder.parent
    user = pwd.getpwuid(os.geteuid())
    if grp.getgrgid(user.pw_gid).gr_name == user.pw_name:
        os.chown(state, -1, user.pw_gid)
        state.chmod(0o775)
        session.folder.chmod(0o770)
    (tmp_path / "link").symlink_to(state)
    assert open_session(session.id, tmp_path / "link").only_reads is None

    state.chmod(0o1777)
    assert opened(session).only_reads is None
    assert [listed.exposed for listed in listed_sessions(state)] == [None]


def test_no_session_is_begun_where_others_may_write(state: Path) -> None:
    state.mkdir()
    state.chmod(0o777)

    with pytest.raises(Refused, match="others may write the folder of all sessions") as error:
        create(PROFILE, "0.1.0", state)
    assert "PG_REKEY_STATE" in error.value.problem.remedy
    assert not list(state.iterdir())
