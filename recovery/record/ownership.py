"""Whether a session's folder is in nobody's hands but its user's: what lies in it is believed.

Root is everywhere, and is no stranger. A user is one to root: what he put there would be done with
root's rights.
"""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recovery.record.folders import STATE_VARIABLE
from recovery.words import foreign

MEANING = (
    "Whoever may write there can put another plan, journal or backup in the place of yours, or "
    "have this program write into another file of yours."
)
_NEW = "begin a new session ('--new')"
_ELSEWHERE = f"name another folder with {STATE_VARIABLE}"


@dataclass(frozen=True, slots=True)
class Exposed:
    """What somebody else may change, why, and what to do; in words."""

    path: Path
    why: str
    remedy: str


def of_state(state: Path) -> Exposed | None:
    """What is wrong with the folder that sessions are kept in; None if nothing is."""
    what = "the folder of all sessions"
    found = state.stat()
    # A link to it is a choice, if it is the user's own.
    for each in (state.lstat(), found):
        if each.st_uid not in _trusted():
            return _anothers(state, what, each.st_uid, f"chown {_me()} {_shown(state)}", _ELSEWHERE)
    # With the sticky bit, nobody can take away what is another's.
    if not found.st_mode & stat.S_ISVTX and _others_may_write(found):
        return _writable(state, what, f"chmod go-w {_shown(state)}", _ELSEWHERE)
    return None


def alone(state: Path) -> bool:
    """Whether nobody else may put a file beside the sessions: not as in /tmp."""
    return state.is_dir() and of_state(state) is None and not _others_may_write(state.stat())


def of_session(folder: Path) -> Exposed | None:
    """What is wrong with a session's folder, with what is in it, or with where it is."""
    return of_state(folder.parent) or next(_in_session(folder), None)


def _in_session(folder: Path) -> Iterator[Exposed]:
    """The folder comes first: behind a link, nothing is looked at."""
    yield from _wrong(folder, "its folder", folder)
    for path in sorted(folder.iterdir()):
        yield from _wrong(path, f"{path.name!r} in its folder", folder)


def _wrong(path: Path, what: str, folder: Path) -> Iterator[Exposed]:
    try:
        found = path.lstat()
    except FileNotFoundError:
        # A runner at work makes files, and takes them away.
        return
    if stat.S_ISLNK(found.st_mode):
        yield Exposed(
            path,
            f"{what} is a symbolic link, and pg-rekey makes none",
            "If you made it, put what it leads to in its place. If not, keep the folder as "
            f"evidence, and {_NEW}.",
        )
    elif found.st_uid not in _trusted():
        yield _anothers(path, what, found.st_uid, f"chown -R {_me()} {_shown(folder)}", _NEW)
    elif _others_may_write(found):
        yield _writable(path, what, f"chmod -R go-w {_shown(folder)}", _NEW)


def _anothers(path: Path, what: str, owner: int, command: str, otherwise: str) -> Exposed:
    as_root = f"go on as {_name(owner)}, or " if os.geteuid() == 0 else "as root, "
    return Exposed(
        path,
        f"{what} belongs to another user, {_name(owner)}",
        f"If you do not trust what is in it, {otherwise}. If you do, {as_root}make it yours: "
        f"{command}",
    )


def _writable(path: Path, what: str, command: str, otherwise: str) -> Exposed:
    return Exposed(
        path,
        f"others may write {what}",
        f"If you do not trust what is in it, {otherwise}. If you do, make it yours alone: "
        f"{command}",
    )


def _trusted() -> tuple[int, ...]:
    return (os.geteuid(), 0)


def _others_may_write(found: os.stat_result) -> bool:
    mode = stat.S_IMODE(found.st_mode)
    if mode & stat.S_IWOTH:
        return True
    return bool(mode & stat.S_IWGRP) and not _is_of_one(found.st_gid, found.st_uid)


def _is_of_one(gid: int, uid: int) -> bool:
    """Whether a group is one user's alone. Many systems make one for each, and have umask 002."""
    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    alone = set(group.gr_mem) <= {user.pw_name}
    return alone and group.gr_name == user.pw_name and user.pw_gid == gid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _me() -> str:
    return foreign.shell(_name(os.geteuid()))


def _shown(path: Path) -> str:
    return foreign.shell(str(path.absolute()))
