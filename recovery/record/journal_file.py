"""A journal as a file: begun, opened to be read, and what can be wrong with it."""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec

from recovery.record import ownership
from recovery.record.events import (
    AnyEvent,
    CommitIntended,
    ConversionEnded,
    Outcome,
    Person,
    Unreadable,
)
from recovery.record.history import Entry
from recovery.record.ownership import Exposed
from recovery.words.errors import Refused

FORMAT = 1

# How long another process may hold the file, in seconds.
PATIENCE = 30

_DAMAGED_REMEDY = (
    "Nothing was guessed from it. Look at the database itself before anything else, then open a "
    "new session; keep this folder as evidence."
)


class JournalDamaged(Refused):
    """The journal cannot be read; nothing is guessed from what is left of it."""


def damaged(how: str, path: Path) -> JournalDamaged:
    """The error for a journal that is damaged in some way, in words."""
    return JournalDamaged(f"The session's journal {how}.", _DAMAGED_REMEDY, object=str(path))


def only_read(why: str | Exposed, folder: Path) -> Refused:
    """The refusal to write into a session that can only be read here."""
    if isinstance(why, Exposed):
        return Refused(
            f"This session can only be read here: {why.why}.",
            why.remedy,
            object=str(why.path),
            meaning=ownership.MEANING,
        )
    return Refused(
        f"This session can only be read here: {why}.",
        "Go on with it where it was begun, or begin a new session ('--new').",
        object=str(folder),
    )


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """What SQLite has against the file, as ``JournalDamaged``."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise damaged(f"cannot be used: {error}", path) from error


def files(path: Path) -> list[Path]:
    """What there is of a journal: its database, and what SQLite keeps beside it."""
    beside = (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm"))
    return [file for file in beside if file.is_file()]


def begin(path: Path) -> None:
    """Makes an empty database; readers do not wait for the writer, where that can be had.

    WAL needs shared memory beside the file, and some file systems have none (shared folders of
    virtual machines, FUSE). SQLite accepts the mode there, and fails at the first use.
    """
    try:
        _use(path, "PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        for file in files(path):
            file.unlink()
        _use(path, "PRAGMA journal_mode = DELETE")


def _use(path: Path, mode: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(mode)
        connection.execute("PRAGMA user_version = 0")


def refuse_emptied(path: Path) -> None:
    """Raises ``JournalDamaged``; before anything opens the file, which would write into it."""
    if path.stat().st_size == 0:
        raise damaged("is empty", path)


def refuse_format(found: int, path: Path) -> None:
    """Raises ``Refused`` for the journal of a newer program, ``JournalDamaged`` for nobody's."""
    if found > FORMAT:
        raise Refused(
            f"{path.parent.name} was written by a newer pg-rekey (format {found}).",
            "Upgrade pg-rekey on this machine.",
            object=str(path),
        )
    if found == 0:
        raise damaged("is empty", path)


def why_only_read(path: Path) -> str | Exposed | None:
    """Why nothing is written into a journal that is there; None if it can be."""
    if (exposed := ownership.of_session(path.parent)) is not None:
        return exposed
    if not _may_be_written(path):
        return "its folder cannot be written"
    connection = _opened_in_place(path)
    if connection is None:
        return "its file system has no shared memory, which it was begun with"
    connection.close()
    return None


def _may_be_written(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _opened_in_place(path: Path) -> sqlite3.Connection | None:
    """A connection to the file itself; None where its file system has no shared memory."""
    connection = sqlite3.connect(path, timeout=PATIENCE)
    try:
        connection.execute("SELECT 1 FROM sqlite_schema")
    except sqlite3.DatabaseError as error:
        connection.close()
        if error.sqlite_errorname.startswith("SQLITE_IOERR_SHM"):
            return None
        raise
    return connection


def copied(path: Path, folder: Path) -> Path:
    """A copy to read from: SQLite has to write beside a journal even to read it."""
    for file in files(path):
        if not file.name.endswith("-shm"):
            shutil.copyfile(file, folder / file.name)
    return folder / path.name


@contextmanager
def opened_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, or a copy where it cannot be opened in place, until it was read.

    Raises ``JournalDamaged``, and ``Refused`` for one of a newer program.
    """
    refuse_emptied(path)
    with guarded(path), ExitStack() as stack:
        in_place = _may_be_written(path) and ownership.of_session(path.parent) is None
        connection = _opened_in_place(path) if in_place else None
        if connection is None:
            # Rarely needed, and a list of sessions is to be there at once.
            from tempfile import TemporaryDirectory

            folder = stack.enter_context(TemporaryDirectory(prefix="pg-rekey-"))
            connection = sqlite3.connect(copied(path, Path(folder)))
        stack.enter_context(closing(connection))
        refuse_format(connection.execute("PRAGMA user_version").fetchone()[0], path)
        yield connection


_EVENTS: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_KINDS = frozenset(kind.__name__ for kind in get_args(AnyEvent))
# Where nothing is known of an entry but that there was one.
_SOME_TIME = datetime.min.replace(tzinfo=UTC)


def entries_of(
    rows: Iterable[tuple[int, str, str]], path: Path, *, expected: range = range(0)
) -> tuple[Entry, ...]:
    """The entries of numbers, moments and bodies; one that cannot be read hides no other.

    What is missing of the ``expected`` numbers is an entry, too. Raises ``JournalDamaged`` if the
    first of all cannot be read: of what database the others are is then not known.
    """
    entries: list[Entry] = []
    told = {number: (at, body) for number, at, body in rows}
    for number in sorted({*told, *expected}):
        at, body = told.get(number, ("", None))
        moment = _moment(at) or (entries[-1].at if entries else _SOME_TIME)
        event = Unreadable("", "it is missing") if body is None else _event(body)
        entries.append(Entry(number, moment, event))
    first = entries[0] if entries else None
    if first is not None and first.number == 1 and isinstance(first.event, Unreadable):
        raise damaged(f"has a first entry that cannot be read: {first.event.why}", path)
    return tuple(entries)


def _moment(at: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _event(body: str) -> AnyEvent:
    try:
        return _EVENTS.decode(body)
    except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
        why = str(error)
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, TypeError):
        return Unreadable("", why)
    kind = str(fields.get("event"))
    if kind not in _KINDS:
        return Unreadable("", f"this version knows no event {kind!r}")
    return _salvaged(fields) or Unreadable(kind, why)


def _salvaged(fields: dict[str, Any]) -> AnyEvent | None:
    """What a decision or an outcome says, though something beside it cannot be read."""
    unknown = Person("somebody", "who cannot be read")
    match fields:
        case {"event": "CommitIntended", "xid": str(xid)}:
            return CommitIntended(xid, unknown)
        case {"event": "ConversionEnded", "outcome": str(said)} if said in {*Outcome}:
            return ConversionEnded(Outcome(said), "the rest of the entry cannot be read", None)
    return None
