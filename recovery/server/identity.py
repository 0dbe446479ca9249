"""Which database this is, on which running server, and whether it is the one that was confirmed."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg

from queries import ask, ask_one
from queries.rows import (
    DatabaseRow,
    IdentityRow,
    InstanceRow,
    LogPositionRow,
    SystemIdentifierRow,
)
from recovery.record.events import Identity, OtherDatabase
from recovery.words.errors import Refused

# What providers raise who withhold a function, or whose servers have no such log.
_WITHHELD = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.ObjectNotInPrerequisiteState,
)


@dataclass(frozen=True, slots=True)
class Instance:
    """The part of an identity that tells a database from every other; the same names."""

    database: str
    database_oid: int
    system_identifier: str | None
    server_address: str | None
    server_port: int
    started: datetime
    data_directory: str | None
    timeline: str | None
    log_bytes: int | None


def instance_of(conn: psycopg.Connection[Any]) -> Instance:
    """What is at the other end of an autocommit connection."""
    row = ask_one(conn, "instance", InstanceRow)
    try:
        system = ask_one(conn, "system_identifier", SystemIdentifierRow).system_identifier
    except _WITHHELD:
        system = None
    try:
        log = ask_one(conn, "log_position", LogPositionRow)
    except _WITHHELD:
        log = LogPositionRow(None, None)
    return Instance(**asdict(row), system_identifier=system, **asdict(log))


def identify(conn: psycopg.Connection[Any]) -> Identity:
    """The identity card of the database at the other end of an autocommit connection."""
    row = ask_one(conn, "identity", IdentityRow)
    return Identity(
        **asdict(instance_of(conn)),
        role=row.role,
        superuser=row.superuser,
        host=conn.info.host,
        port=conn.info.port,
        server_version=row.server_version,
        server_version_text=row.server_version_text,
        size_bytes=row.size_bytes,
        tables=row.tables,
        owned_tables=row.owned_tables,
        in_recovery=row.in_recovery,
        tls=row.tls,
        pooled=conn.info.backend_pid != row.backend_pid or _setting_is_lost(conn),
        other_databases=tuple(
            OtherDatabase(other.name, other.size_bytes)
            for other in ask(conn, "databases", DatabaseRow)
        ),
    )


def _setting_is_lost(conn: psycopg.Connection[Any]) -> bool:
    """Whether a session's setting is gone in the next transaction, as behind a pooler.

    A pooler also answers with a process number of its own; this is for one that does not.
    """
    conn.execute("SELECT pg_catalog.set_config('pg_rekey.probe', 'here', false)")
    row = conn.execute("SELECT pg_catalog.current_setting('pg_rekey.probe', true)").fetchone()
    return row is None or row[0] != "here"


class Stranger(Refused):
    """A connection leads to another database than the one that was confirmed."""


def refuse_strangers(found: Identity | Instance, confirmed: Identity) -> None:
    """Raises ``Stranger`` if the server is not the one whose identity was confirmed.

    A copy of the server's files has its system identifier, and the databases have their oids. Only
    the same start of the server is certainly the same server. After another start, it is taken for
    the same if it runs where it ran, on the same timeline, and its log has not gone back.
    """
    for name in ("database", "database_oid", "system_identifier"):
        if getattr(found, name) != getattr(confirmed, name):
            raise _stranger(found, name, getattr(found, name), getattr(confirmed, name))
    if found.started == confirmed.started:
        return
    for name in ("server_address", "server_port", "data_directory", "timeline"):
        there, before = getattr(found, name), getattr(confirmed, name)
        if None not in (there, before) and there != before:
            raise _stranger(found, name, there, before, _COPY)
    now, was = found.log_bytes, confirmed.log_bytes
    if now is not None and was is not None and now < was:
        raise _stranger(found, "write-ahead log's end", now, was, _COPY)


_COPY = (
    "It has the same system identifier, as a copy of the server has (a promoted standby, a "
    "restored base backup), and was started at another time."
)


def _stranger(
    found: Identity | Instance, name: str, now: object, was: object, detail: str | None = None
) -> Stranger:
    return Stranger(
        f"This is not the database that was confirmed: its {name.replace('_', ' ')} is {now}, "
        f"it was {was}.",
        "Find out where the connection leads; confirm the target in a new session ('--new').",
        object=found.database,
        detail=detail,
    )
