"""The sessions of this machine: all of them, and the one that is meant where none is named."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recovery.record import ownership
from recovery.record.folders import JOURNAL, session_ids, state_folder
from recovery.record.history import History
from recovery.record.journal_file import only_read
from recovery.record.outline import outline
from recovery.words.errors import Problem, RecoveryError, Refused
from recovery.words.profile import Profile


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in the list. ``history`` is None and ``damage`` says why if it cannot be read.

    ``history`` is the outline: only what the session's state follows from. ``exposed`` says that
    others may change it.
    """

    id: str
    folder: Path
    history: History | None
    damage: str | None
    exposed: Problem | None = None


def listed_sessions(state: Path | None = None) -> Iterator[Listed]:
    """Every session folder, newest first, damaged ones among them."""
    parent = state or state_folder()
    for name in session_ids(parent):
        yield listed_session(parent / name)


def listed_session(folder: Path) -> Listed:
    """A session as it is in the list."""
    found = ownership.of_session(folder)
    exposed = None if found is None else only_read(found, folder).problem
    try:
        history = outline(folder / JOURNAL)
        _ = history.profile
    except RecoveryError as error:
        return Listed(folder.name, folder, None, error.problem.what, exposed)
    except ValueError as error:
        return Listed(folder.name, folder, None, str(error), exposed)
    return Listed(folder.name, folder, history, None, exposed)


def latest_of(profile: Profile, state: Path | None = None) -> Listed | None:
    """The newest readable session for a profile's target, whatever else the profile says."""
    for listed in listed_sessions(state):
        if listed.history is not None and listed.history.profile.target == profile.target:
            return listed
    return None


def latest_unfinished(state: Path | None = None) -> Listed:
    """The newest session that is not at its end, else the newest. Raises ``Refused`` for none."""
    newest: Listed | None = None
    for listed in listed_sessions(state):
        if listed.history is None:
            continue
        if not listed.history.finished:
            return listed
        newest = newest or listed
    if newest is None:
        raise Refused("There is no session.", "Begin one: pg-rekey --profile rekey.toml.")
    return newest
