"""The append-only record of a session, in SQLite.

Events are facts, written by the process that does the work; commands are wishes, written by
clients. Neither is changed or deleted, except that a command is marked when it has been read.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import sqlalchemy as sa

from recovery.record import journal_file
from recovery.record.events import AnyCommand, AnyEvent, CommandRefused
from recovery.record.history import Entry, History
from recovery.record.lease import Holder
from recovery.record.ownership import Exposed
from recovery.words.errors import Refused

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
_LAST_NUMBER = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Journal:
    """One session's journal. Safe to use from several threads and processes at a time."""

    def __init__(self, path: Path) -> None:
        """Opens the journal at ``path``, or begins it. Raises ``JournalDamaged``, ``Refused``."""
        new = not path.exists()
        if not new:
            journal_file.refuse_emptied(path)
        self.path = path
        # Why nothing may be written; None where it may.
        self.only_reads: str | Exposed | None = None
        self._copy: TemporaryDirectory[str] | None = None
        opened = path
        with self._guarded():
            if new:
                journal_file.begin(path)
            else:
                self.only_reads = journal_file.why_only_read(path)
        if self.only_reads is not None:
            self._copy = TemporaryDirectory(prefix="pg-rekey-")
            opened = journal_file.copied(path, Path(self._copy.name))
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(opened)),
            connect_args={"timeout": journal_file.PATIENCE},
        )
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin)
        self._reading = self._engine.execution_options(sqlite_begin="DEFERRED")
        with self._guarded(), self._engine.begin() as connection:
            if new:
                _metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {journal_file.FORMAT}")
            else:
                found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                journal_file.refuse_format(found, path)
        for file in journal_file.files(opened):
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

    def refuse_to_write(self) -> None:
        """Raises ``Refused`` if nothing may be written."""
        if self.only_reads is not None:
            raise journal_file.only_read(self.only_reads, self.path.parent)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with journal_file.guarded(self.path):
            try:
                yield
            except sa.exc.DatabaseError as error:
                raise error.orig or error from error

    # --- events ---

    def append(self, event: AnyEvent) -> None:
        """Writes an event; on return it is on disk."""
        self.refuse_to_write()
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
            # SQLite keeps the highest number that it has ever given.
            last = connection.exec_driver_sql(_LAST_NUMBER).scalar() or 0
        expected = range(after + 1, last + 1)[:most]
        told = ((row.number, row.at, row.body) for row in rows)
        return journal_file.entries_of(told, self.path, expected=expected)

    def history(self) -> History:
        """All events."""
        return History(self.entries())

    # --- commands ---

    def command(self, command: AnyCommand) -> None:
        """Writes what a client asks for."""
        self.refuse_to_write()
        with self._guarded(), self._engine.begin() as connection:
            connection.execute(
                _commands.insert().values(at=_now(), body=msgspec.json.encode(command).decode())
            )

    def commands(self) -> list[AnyCommand]:
        """The commands that were not taken yet, oldest first, without taking them."""
        return [each for each in map(_command, self._waiting()) if not isinstance(each, str)]

    def _waiting(self) -> Sequence[str]:
        query = sa.select(_commands.c.body).where(_commands.c.taken_at.is_(None))
        with self._guarded(), self._reading.connect() as connection:
            return connection.execute(query.order_by(_commands.c.number)).scalars().all()

    def take_commands(self) -> list[AnyCommand]:
        """The commands that were not taken yet, oldest first; they are taken now.

        One that cannot be read is journaled as not carried out, and keeps no other from it.
        """
        if not self._waiting():
            return []
        with self._guarded(), self._engine.begin() as connection:
            query = sa.select(_commands).where(_commands.c.taken_at.is_(None))
            rows = connection.execute(query.order_by(_commands.c.number)).all()
            connection.execute(
                _commands.update()
                .where(_commands.c.number.in_([row.number for row in rows]))
                .values(taken_at=_now())
            )
        taken = []
        for row in rows:
            command = _command(row.body)
            if isinstance(command, str):
                self.append(CommandRefused("a command", f"it cannot be read: {command}", None))
            else:
                taken.append(command)
        return taken

    def refuse(self, command: AnyCommand, reason: str) -> None:
        """Journals that a command is not carried out."""
        self.append(CommandRefused(type(command).__name__, reason, command.by))

    # --- the lease ---

    def holder(self) -> Holder | None:
        """The living process that works on this session, if there is one."""
        leased = self._leased()
        return leased[0] if leased is not None and leased[0].alive(leased[1]) else None

    def unheard(self) -> str:
        """Says that the holder gives no sign of life, though it is there; empty if all is well."""
        leased = self._leased()
        if leased is None or not leased[0].alive(leased[1]):
            return ""
        return leased[0].unheard(leased[1])

    def _leased(self) -> tuple[Holder, datetime] | None:
        """Who has the lease, alive or not, and the latest sign of life."""
        with self._guarded(), self._reading.connect() as connection:
            return _leased_in(connection)

    def left_by(self) -> Holder | None:
        """Who has the lease without being alive, if somebody has."""
        leased = self._leased()
        return leased[0] if leased is not None and not leased[0].alive(leased[1]) else None

    def acquire(self) -> None:
        """Makes this process the one that works on the session. Raises ``Refused`` if one does."""
        self.refuse_to_write()
        mine = Holder.this_process()
        with self._guarded(), self._engine.begin() as connection:
            leased = _leased_in(connection)
            if leased is not None and leased[0] != mine and leased[0].alive(leased[1]):
                raise Refused(
                    f"Process {leased[0].pid} on {leased[0].host} already works on this session.",
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
            connection.execute(_lease.update().where(_of_this_process()).values(heartbeat=_now()))

    def release(self) -> None:
        """Gives this process's lease up."""
        with self._guarded(), self._engine.begin() as connection:
            connection.execute(_lease.delete().where(_of_this_process()))


def _leased_in(connection: sa.Connection) -> tuple[Holder, datetime] | None:
    row = connection.execute(sa.select(_lease)).one_or_none()
    if row is None:
        return None
    holder = Holder(row.pid, row.started, row.host, row.boot)
    return holder, datetime.fromisoformat(row.heartbeat)


def _of_this_process() -> sa.ColumnElement[bool]:
    """Another machine may have a process of the same number."""
    mine = Holder.this_process()
    return sa.and_(_lease.c.pid == mine.pid, _lease.c.started == mine.started)


def _command(body: str) -> AnyCommand | str:
    """A command, or why it cannot be read."""
    try:
        command: AnyCommand = msgspec.json.decode(body, type=AnyCommand)
    except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
        return str(error)
    return command


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
