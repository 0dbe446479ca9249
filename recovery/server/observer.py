"""A second connection beside a conversion: keeps others out, and sees who waits for whom."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import psycopg

from queries import ask, ask_one
from queries.rows import SessionRow, WalRow
from recovery.catalog import row_versions
from recovery.catalog.objects import ObjectId
from recovery.catalog.row_versions import RowVersions
from recovery.connection.dead_peer import answering
from recovery.record.events import Cost, Identity, SessionInTheWay
from recovery.server.claim import claim, try_lock
from recovery.server.disk import free_bytes
from recovery.server.door import Door
from recovery.server.lock_waits import in_the_way
from recovery.words.profile import Profile


@dataclass
class Observer:
    """Connected for as long as the conversion lasts, and again when its connection was lost.

    The conversion does not end with it: the transaction has a connection of its own.
    """

    door: Door
    profile: Profile
    identity: Identity
    _conn: psycopg.Connection[Any] = field(init=False)
    _wal: str | None = field(init=False, default=None)

    def __enter__(self) -> "Observer":
        """Claims the database. Raises ``Refused``, ``Unreachable``."""
        self._conn = self.door.connect(autocommit=True)
        try:
            claim(self._conn, self.profile)
            self._wal = ask_one(self._conn, "wal_written", WalRow, since=None).position
        except BaseException:
            self._conn.close()
            raise
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._conn.close()

    def row_versions(self, objects: Collection[ObjectId]) -> RowVersions:
        """What is committed of the catalog about some objects. Raises as ``blockers`` does.

        The conversion cannot do without, so where the line is lost it is asked on a new one.
        """
        try:
            with self._connected() as conn:
                return row_versions.read(conn, objects)
        except psycopg.OperationalError:
            with self._connected() as conn:
                return row_versions.read(conn, objects)

    def blockers(self, relations: list[int]) -> tuple[SessionInTheWay, ...]:
        """Who holds locks on the tables and views, given by their oids.

        Raises ``RecoveryError``, ``psycopg.OperationalError`` if it cannot be seen now.
        """
        with self._connected() as conn:
            return in_the_way(ask(conn, "blockers", SessionRow, relations=relations))

    def blocked_by(self, pid: int) -> tuple[SessionInTheWay, ...]:
        """Who waits for the locks of a session. Raises as ``blockers`` does."""
        with self._connected() as conn:
            return in_the_way(ask(conn, "blocked", SessionRow, pid=pid))

    def cost(self, pid: int) -> Cost:
        """What a session costs the server. Raises as ``blockers`` does."""
        with self._connected() as conn:
            return Cost(
                wal_bytes=ask_one(conn, "wal_written", WalRow, since=self._wal).bytes,
                blocked=in_the_way(ask(conn, "blocked", SessionRow, pid=pid)),
                free_bytes=free_bytes(
                    self.identity.data_directory, self.identity.system_identifier
                ),
            )

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        if self._conn.closed:
            self._conn = self.door.connect(autocommit=True)
            # Somebody may have been quicker; they wait for the transaction's locks then.
            try_lock(self._conn)
        with answering(self._conn):
            yield self._conn
