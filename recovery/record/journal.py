"""The append-only record of a session, in SQLite.

Events are facts, written by the process that does the work; commands are wishes, written by
clients. Neither is changed or deleted, except that a command is marked when it has been read.
"""

import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import sqlalchemy as sa

from recovery.record.events import AnyCommand, AnyEvent, CommandRefused
from recovery.record.history import Entry, History
from recovery.words.errors import Refused

FORMAT = 1

_metadata = sa.MetaData()
_events = sa.Table(
    "events",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
_commands = sa.Table(
    "commands",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("taken_at", sa.Text),
    sqlite_autoincrement=True,
)
_lease = sa.Table(
    "lease",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("boot", sa.Text, nullable=False),
    sa.Column("heartbeat", sa.Text, nullable=False),
)


_DAMAGED_REMEDY = (
    "Nothing was guessed from it. Look at the database itself before anything else, then open a "
    "new session; keep this folder as evidence."
)


class JournalDamaged(Refused):
    """The journal cannot be read; nothing is guessed from what is left of it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease: a process, told apart from a later one with the same number."""

    pid: int
    started: str
    host: str
    boot: str

    @classmethod
    def this_process(cls) -> "Holder":
        """The process that asks."""
        return cls(os.getpid(), _start_of(os.getpid()), socket.gethostname(), _boot())

    @property
    def alive(self) -> bool:
        """Whether the process is there. On another host that cannot be known: taken as alive."""
        if self.host != socket.gethostname():
            return True
        return self.boot == _boot() and self.started == _start_of(self.pid) != ""


def _boot() -> str:
    """What tells this start of the machine from others; empty where nothing does."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _start_of(pid: int) -> str:
    """When a process started; empty if there is none. Without /proc: whether there is one."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
        # The command's name, in brackets, may hold blanks; the state follows it, the start is the
        # 22nd field. A zombie has ended.
        fields = stat.rpartition(")")[2].split()
        return "" if fields[0] in ("Z", "X") else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "running"
    return "running"


def only_read(why: str, folder: Path) -> Refused:
    """The refusal to write into a session that can only be read here."""
    return Refused(
        f"This session can only be read here: {why}.",
        "Go on with it where it was begun, or begin a new session ('--new').",
        object=str(folder),
    )


def _files(path: Path) -> list[Path]:
    """What there is of a journal: its database, and what SQLite keeps beside it."""
    beside = (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm"))
    return [file for file in beside if file.is_file()]


def _begin_file(path: Path) -> None:
    """Makes an empty database; readers do not wait for the writer, where that can be had.

    WAL needs shared memory beside the file, and some file systems have none (shared folders of
    virtual machines, FUSE). SQLite accepts the mode there, and fails at the first use.
    """
    try:
        _use(path, "PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        for file in _files(path):
            file.unlink()
        _use(path, "PRAGMA journal_mode = DELETE")


def _use(path: Path, mode: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(mode)
        connection.execute("PRAGMA user_version = 0")


def _why_only_read(path: Path) -> str | None:
    """Why nothing can be written into a journal that is there; None if it can."""
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return "its folder cannot be written"
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT 1 FROM sqlite_schema")
    except sqlite3.DatabaseError as error:
        # Whatever else is wrong with it is said when it is read.
        if error.sqlite_errorname.startswith("SQLITE_IOERR_SHM"):
            return "its file system has no shared memory, which it was begun with"
    return None


def _copied(path: Path, folder: Path) -> Path:
    """A copy to read from: SQLite has to write beside a journal even to read it."""
    for file in _files(path):
        if not file.name.endswith("-shm"):
            shutil.copyfile(file, folder / file.name)
    return folder / path.name


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Journal:
    """One session's journal. Safe to use from several threads and processes at a time."""

    def __init__(self, path: Path) -> None:
        """Opens the journal at ``path``, or begins it. Raises ``JournalDamaged``, ``Refused``."""
        new = not path.exists()
        if not new and path.stat().st_size == 0:
            # Before anything opens it: that alone would write into it.
            raise JournalDamaged(
                "The session's journal is empty.", _DAMAGED_REMEDY, object=str(path)
            )
        self.path = path
        # Why nothing may be written, in words; None where it may.
        self.only_reads: str | None = None
        self._copy: TemporaryDirectory[str] | None = None
        opened = path
        if new:
            with self._guarded():
                _begin_file(path)
        else:
            self.only_reads = _why_only_read(path)
        if self.only_reads is not None:
            self._copy = TemporaryDirectory(prefix="pg-rekey-")
            opened = _copied(path, Path(self._copy.name))
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(opened)), connect_args={"timeout": 30}
        )
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin)
        self._reading = self._engine.execution_options(sqlite_begin="DEFERRED")
        with self._guarded(), self._engine.begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found > FORMAT:
                raise Refused(
                    f"{path.parent.name} was written by a newer pg-rekey (format {found}).",
                    "Upgrade pg-rekey on this machine.",
                    object=str(path),
                )
            if new:
                _metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {FORMAT}")
            elif found == 0:
                raise JournalDamaged(
                    "The session's journal is empty.", _DAMAGED_REMEDY, object=str(path)
                )
        for file in _files(opened):
            file.chmod(0o600)

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()
        if self._copy is not None:
            self._copy.cleanup()

    def copy_to(self, path: Path) -> None:
        """Writes a copy of one moment, in one file, whoever else is writing meanwhile."""
        with self._guarded(), closing(self._engine.raw_connection()) as pooled:
            source = pooled.driver_connection
            assert isinstance(source, sqlite3.Connection)
            with closing(sqlite3.connect(path)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")

    def _refuse_to_write(self) -> None:
        if self.only_reads is not None:
            raise only_read(self.only_reads, self.path.parent)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DatabaseError, sqlite3.DatabaseError) as error:
            said = error.orig if isinstance(error, sa.exc.DatabaseError) else error
            raise JournalDamaged(
                f"The session's journal cannot be used: {said}.",
                _DAMAGED_REMEDY,
                object=str(self.path),
            ) from error

    # --- events ---

    def append(self, event: AnyEvent) -> None:
        """Writes an event; on return it is on disk."""
        self._refuse_to_write()
        with self._guarded(), self._engine.begin() as connection:
            connection.execute(
                _events.insert().values(at=_now(), body=msgspec.json.encode(event).decode())
            )

    def entries(self, after: int = 0, most: int | None = None) -> tuple[Entry, ...]:
        """The events with a number above ``after``, oldest first; at most so many."""
        query = sa.select(_events).where(_events.c.number > after).order_by(_events.c.number)
        query = query.limit(most)
        with self._guarded(), self._reading.connect() as connection:
            rows = connection.execute(query).all()
        try:
            return tuple(
                Entry(
                    row.number,
                    datetime.fromisoformat(row.at),
                    msgspec.json.decode(row.body, type=AnyEvent),
                )
                for row in rows
            )
        except (msgspec.DecodeError, ValueError) as error:
            raise JournalDamaged(
                f"The session's journal holds an entry that cannot be read: {error}.",
                _DAMAGED_REMEDY,
                object=str(self.path),
            ) from error

    def history(self) -> History:
        """All events."""
        return History(self.entries())

    # --- commands ---

    def command(self, command: AnyCommand) -> None:
        """Writes what a client asks for."""
        self._refuse_to_write()
        with self._guarded(), self._engine.begin() as connection:
            connection.execute(
                _commands.insert().values(at=_now(), body=msgspec.json.encode(command).decode())
            )

    def commands(self) -> list[AnyCommand]:
        """The commands that were not taken yet, oldest first, without taking them."""
        query = sa.select(_commands.c.body).where(_commands.c.taken_at.is_(None))
        with self._guarded(), self._reading.connect() as connection:
            bodies = connection.execute(query.order_by(_commands.c.number)).scalars().all()
        return self._decoded(bodies)

    def take_commands(self) -> list[AnyCommand]:
        """The commands that were not taken yet, oldest first; they are taken now."""
        if not self.commands():
            return []
        with self._guarded(), self._engine.begin() as connection:
            query = sa.select(_commands).where(_commands.c.taken_at.is_(None))
            rows = connection.execute(query.order_by(_commands.c.number)).all()
            connection.execute(
                _commands.update()
                .where(_commands.c.number.in_([row.number for row in rows]))
                .values(taken_at=_now())
            )
        return self._decoded([row.body for row in rows])

    def _decoded(self, bodies: Sequence[str]) -> list[AnyCommand]:
        try:
            return [msgspec.json.decode(body, type=AnyCommand) for body in bodies]
        except msgspec.DecodeError as error:
            raise JournalDamaged(
                f"The session's journal holds a command that cannot be read: {error}.",
                _DAMAGED_REMEDY,
                object=str(self.path),
            ) from error

    def refuse(self, command: AnyCommand, reason: str) -> None:
        """Journals that a command is not carried out."""
        self.append(CommandRefused(type(command).__name__, reason, command.by))

    # --- the lease ---

    def holder(self) -> Holder | None:
        """The living process that works on this session, if there is one."""
        with self._guarded(), self._reading.connect() as connection:
            row = connection.execute(sa.select(_lease)).one_or_none()
        if row is None:
            return None
        holder = Holder(row.pid, row.started, row.host, row.boot)
        return holder if holder.alive else None

    def acquire(self) -> None:
        """Makes this process the one that works on the session. Raises ``Refused`` if one does."""
        self._refuse_to_write()
        mine = Holder.this_process()
        with self._guarded(), self._engine.begin() as connection:
            row = connection.execute(sa.select(_lease)).one_or_none()
            if row is not None:
                holder = Holder(row.pid, row.started, row.host, row.boot)
                if holder.alive and holder != mine:
                    raise Refused(
                        f"Process {holder.pid} on {holder.host} already works on this session.",
                        "Watch it with 'pg-rekey resume', or cancel it there.",
                    )
            connection.execute(_lease.delete())
            connection.execute(
                _lease.insert().values(
                    id=1,
                    pid=mine.pid,
                    started=mine.started,
                    host=mine.host,
                    boot=mine.boot,
                    heartbeat=_now(),
                )
            )

    def beat(self) -> None:
        """Renews this process's lease."""
        with self._guarded(), self._engine.begin() as connection:
            connection.execute(
                _lease.update().where(_lease.c.pid == os.getpid()).values(heartbeat=_now())
            )

    def release(self) -> None:
        """Gives this process's lease up."""
        with self._guarded(), self._engine.begin() as connection:
            connection.execute(_lease.delete().where(_lease.c.pid == os.getpid()))


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    """SQLAlchemy's hook for a new connection: durable, and transactions are begun by ``_begin``."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    """A transaction that writes locks from its start.

    Python's sqlite3 would begin it deferred; two processes that both read before they write then
    fail instead of waiting.
    """
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")
