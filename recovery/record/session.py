"""A recovery as a folder: its journal and what it produced. Nothing in it is secret."""

import hashlib
import os
import secrets
import socket
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

from recovery.record import ownership
from recovery.record.events import Person, SessionOpened
from recovery.record.folders import JOURNAL, session_ids, state_folder
from recovery.record.history import History
from recovery.record.journal import Journal
from recovery.record.journal_file import only_read
from recovery.words.errors import Problem, Refused
from recovery.words.profile import Profile

# How bytes that are not UTF-8 are read, and become the same bytes again.
_KEPT = "surrogateescape"


def as_bytes(text: str) -> bytes:
    """A text as it stands in a file of a session."""
    return text.encode(errors=_KEPT)


def this_person() -> Person:
    """Who runs this client. Under an account without a name, its number."""
    try:
        user = getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return Person(user, socket.gethostname())


def this_machine() -> str:
    """What tells this machine from others, without giving away its id; else empty."""
    for path in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        if path.exists() and (known := path.read_text(encoding="ascii", errors="replace").strip()):
            return hashlib.sha256(f"pg-rekey {known}".encode()).hexdigest()[:16]
    return ""


def _is_from_here(opened: SessionOpened) -> bool:
    mine = this_machine()
    if opened.machine and mine:
        return opened.machine == mine
    return opened.by.host == socket.gethostname()


class Session:
    """One session's folder, open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(folder / JOURNAL)
        if self.journal.only_reads is None:
            self.journal.only_reads = self._why_elsewhere()

    def _why_elsewhere(self) -> str | None:
        for entry in self.journal.entries(most=1):
            opened = entry.event
            if isinstance(opened, SessionOpened) and not _is_from_here(opened):
                # Its runner and its lease are there: what they do cannot be seen from here.
                return f"it was begun on another machine ({opened.by.host})"
        return None

    @property
    def id(self) -> str:
        """The session's name, which the command line takes."""
        return self.folder.name

    @property
    def plan_file(self) -> Path:
        return self.folder / "plan.sql"

    def read_plan(self) -> str:
        """The text of plan.sql, each line's end as it stands there. Raises ``OSError``.

        What is not UTF-8 in it is kept, too, to be seen as a difference.
        """
        return self.plan_file.read_bytes().decode(errors=_KEPT)

    @property
    def sql_log(self) -> Path:
        return self.folder / "sql.log"

    @property
    def runner_log(self) -> Path:
        return self.folder / "runner.log"

    @property
    def backup_folder(self) -> Path:
        return self.folder / "backup"

    @property
    def only_reads(self) -> Problem | None:
        """Why this session can only be looked at here; None if it can go on."""
        why = self.journal.only_reads
        return None if why is None else only_read(why, self.folder).problem

    def history(self) -> History:
        """What has happened so far."""
        return self.journal.history()

    def write(self, name: str, text: str) -> Path:
        """A file of the folder, readable to its owner only, whole or not at all."""
        self.journal.refuse_to_write()
        partial = self.folder / f"{name}.partial"
        partial.touch(mode=0o600)
        # As bytes: a line's end is not translated in what is hashed.
        partial.write_bytes(as_bytes(text))
        return partial.replace(self.folder / name)

    def close(self) -> None:
        """Lets go of the journal."""
        self.journal.close()


def create(profile: Profile, program: str, state: Path | None = None) -> Session:
    """A new session for a profile; ``program`` is the version that opened it."""
    parent = state or state_folder()
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_exposed(parent)
        folder = parent / _new_id(next(session_ids(parent), ""))
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise Refused(
            f"No session folder can be made: {error.strerror}.",
            "Free space, or name another folder with PG_REKEY_STATE.",
            object=str(parent),
        ) from error
    session = Session(folder)
    session.journal.append(SessionOpened(program, profile, this_person(), this_machine()))
    return session


def _refuse_exposed(state: Path) -> None:
    if (exposed := ownership.of_state(state)) is not None:
        raise Refused(
            f"No session is begun here: {exposed.why}.",
            exposed.remedy,
            object=str(exposed.path),
            meaning=ownership.MEANING,
        )


def _new_id(newest: str) -> str:
    """A moment and a number by chance, so chosen that the newest id of this second stays below."""
    while True:
        moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        chosen = f"{moment}-{secrets.token_hex(2)}"
        if chosen > newest or not newest.startswith(moment):
            return chosen


def open_session(session_id: str, state: Path | None = None) -> Session:
    """An existing session. Raises ``Refused`` if there is none, or its journal is damaged."""
    folder = (state or state_folder()) / session_id
    if "/" in session_id or not (folder / JOURNAL).exists():
        raise Refused(
            f"There is no session {session_id!r}.",
            "'pg-rekey sessions' lists them.",
            object=session_id,
        )
    return Session(folder)
