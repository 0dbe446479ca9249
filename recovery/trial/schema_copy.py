"""A copy of a database's schema, without rows, to try things on."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from recovery.connection.address import Address
from recovery.connection.children import dialed, run_program
from recovery.connection.opening import open_at
from recovery.connection.settings import FOR_OTHERS
from recovery.private import installations, scratch
from recovery.private.installations import Installation
from recovery.record.events import Identity
from recovery.server.door import Door, PasswordNeeded, sign_in_elsewhere
from recovery.server.pg_dump import WAITING, choose, exported_snapshot
from recovery.trial import roles
from recovery.words.composing import composed, written
from recovery.words.errors import Unreachable
from recovery.words.profile import Profile

# A connection, and how to open others.
_Connections = tuple[psycopg.Connection[Any], Callable[[str], psycopg.Connection[Any]]]

# How pg_dump writes the state of a foreign key's trigger on one partition: by a name with an oid in
# it, which no other database has.
_STATE_OF_COPY = re.compile(
    rb"^ALTER TABLE [^\n]+ (?:DISABLE|ENABLE|ENABLE REPLICA|ENABLE ALWAYS) "
    rb'TRIGGER "RI_ConstraintTrigger_[ac]_\d+";$',
    re.MULTILINE,
)


# From this version on nobody may create in schema public, and pg_dump takes that for granted, also
# of an older server.
_CLOSED_PUBLIC = 15


class NoCopy(Exception):
    """There is no place for a copy of the schema, or it cannot be copied there."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A connection to a copy, where it is in words, and whether the server is there only for it.

    ``connect`` opens another one, with a search_path: for other people's code.
    """

    conn: psycopg.Connection[Any]
    where: str
    is_ours: bool
    connect: Callable[[str], psycopg.Connection[Any]]


@contextmanager
def make(profile: Profile, door: Door, identity: Identity) -> Iterator[Copy]:
    """A copy on a private server of the same major, or on the one that the profile names.

    It is gone afterwards. Raises ``NoCopy`` and ``RecoveryError`` if there cannot be one.
    """
    if profile.proof is not None:
        tool = choose(installations.for_backups(), identity)
        schema = _with_path(_dump(tool, door, identity), profile.target.search_path)
        with _on_named_server(tool, profile.proof.dsn, schema) as (conn, connect):
            where = "on a copy of the schema, on the server that the profile names"
            yield Copy(conn, where, is_ours=False, connect=connect)
        return
    tool = _same_major(identity)
    schema = _with_path(_dump(tool, door, identity), profile.target.search_path)
    with _on_private_server(tool, door, identity, schema) as (conn, connect):
        yield Copy(conn, "on a copy of the schema", is_ours=True, connect=connect)


def _same_major(identity: Identity) -> Installation:
    """The programs for a private server. Raises ``NoCopy`` if there are none."""
    major = identity.server_version // 10_000
    same = [i for i in installations.for_servers() if i.major == major and i.has("pg_dump", "psql")]
    remedy = "Install them, or name a server under [proof] in the profile"
    if not same:
        raise NoCopy(f"there are no programs of PostgreSQL {major} on this machine. {remedy}")
    reachable = [i for i in same if i.tls or not identity.tls]
    if not reachable:
        raise NoCopy(
            f"the programs of PostgreSQL {major} on this machine do not speak TLS. {remedy}"
        )
    return reachable[0]


def _dump(tool: Installation, door: Door, identity: Identity) -> bytes:
    command = [tool.program("pg_dump"), "--schema-only", "--no-tablespaces", "--no-subscriptions"]
    # A label can be set only where its provider is loaded.
    command += ["--no-security-labels", *WAITING]
    with door.connect() as conn, dialed(door.address, door.password) as to:
        code, schema, complaints = run_program(
            [*command, "--snapshot", exported_snapshot(conn)], to
        )
    if code != 0:
        raise NoCopy(f"pg_dump cannot write the schema: {_last(complaints)}")
    # A pg_dump that is newer than the server begins with a setting that the server does not know.
    schema = schema.replace(b"\nSET transaction_timeout = 0;\n", b"\n", 1)
    if identity.server_version // 10_000 < _CLOSED_PUBLIC <= tool.major:
        schema = b"REVOKE CREATE ON SCHEMA public FROM PUBLIC;\n" + schema
    return _STATE_OF_COPY.sub(b"", schema)


def _with_path(schema: bytes, search_path: str) -> bytes:
    """With what functions in indexes look up names by, which the dump empties."""
    if not search_path:
        return schema
    emptied = b"SELECT pg_catalog.set_config('search_path', '', false);"
    path = composed("SET search_path = {path};", path=written(search_path))
    return schema.replace(emptied, path.encode(), 1)


@contextmanager
def _on_private_server(
    tool: Installation, door: Door, identity: Identity, schema: bytes
) -> Iterator[_Connections]:
    with door.connect() as conn:
        known = roles.read(conn)
    # One transaction restores everything, and every table is locked in it.
    settings = {"max_locks_per_transaction": "4096", "max_connections": "20"}
    # The target's "postgres" may be somebody else: providers keep the superuser to themselves.
    user = f"rekey_{secrets.token_hex(4)}"
    with scratch.start(tool, settings=settings, user=user) as server:
        with server.connect(autocommit=True) as conn:
            roles.make(conn, known)
            conn.execute(_create(identity.database))
        address = server.address(identity.database)
        _restore(tool, address, server.password, schema)
        with open_at(address, server.password) as conn:
            yield conn, _opener(address, server.password)


@contextmanager
def _on_named_server(tool: Installation, dsn: str, schema: bytes) -> Iterator[_Connections]:
    """In a database made for it, which is gone afterwards."""
    name = f"pg_rekey_proof_{secrets.token_hex(4)}"
    try:
        address, password = sign_in_elsewhere(dsn)
        with open_at(address, password, autocommit=True) as conn:
            conn.execute(_create(name))
            own = address.to(name)
            try:
                _restore(tool, own, password, schema)
                with open_at(own, password) as copy:
                    yield copy, _opener(own, password)
                    copy.rollback()
            finally:
                conn.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
    except PasswordNeeded as error:
        raise NoCopy(
            f"the server under [proof] cannot be used: {error} The target's password is not tried "
            "there: name one in ~/.pgpass, or keep it in the keyring"
        ) from error
    except (Unreachable, psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
        raise NoCopy(f"the server under [proof] cannot be used: {error}") from error


def _opener(address: Address, password: str | None) -> Callable[[str], psycopg.Connection[Any]]:
    """Opens connections for other people's code, with a search_path if there is one."""

    def connect(search_path: str) -> psycopg.Connection[Any]:
        own = {"search_path": search_path} if search_path else {}
        return open_at(address, password, settings={**FOR_OTHERS, **own})

    return connect


def _create(database: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database))


def _restore(tool: Installation, address: Address, password: str | None, schema: bytes) -> None:
    command = [tool.program("psql"), "--no-psqlrc", "--quiet", "--single-transaction"]
    with dialed(address, password) as to:
        code, _, complaints = run_program([*command, "--set", "ON_ERROR_STOP=1"], to, schema)
    if code != 0:
        raise NoCopy(f"the schema cannot be restored there: {_last(complaints)}")


def _last(said: bytes) -> str:
    """The reason among a program's complaints: psql writes ERROR, the others write error."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    named = [line for line in lines if "error" in line.lower()]
    return (named or lines[-1:] or ["no reason was given"])[0]
