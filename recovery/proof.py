"""Runs a plan on a copy of the schema, on a private server, before production is touched.

What would fail fails there. Definitions that no longer compare are repaired there, and the repaired
ones become part of the plan, for the operator to read.
"""

import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from recovery import catalog, installations, objects, parity, routines, scratch, target
from recovery.backup import choose, password_file
from recovery.catalog import Catalog
from recovery.composing import composed, written
from recovery.errors import Refused, Unreachable
from recovery.events import Identity, Proof, ProofState, Refusal, Rewrite
from recovery.expectation import Expectation
from recovery.installations import Installation
from recovery.plan import Plan, build
from recovery.profile import Profile
from recovery.rewriting import clauses, repaired
from recovery.statements import RECREATE, Statement

# A definition with more places than this that do not compare is not repaired.
_MOST_REPAIRS = 200
_REMEDY = (
    "Change or drop the object before the conversion, and make it again after it; then plan again."
)


@dataclass(frozen=True, slots=True)
class Proved:
    """What the copy said. ``failures`` are refusals, each with the object."""

    proof: Proof
    failures: tuple[Refusal, ...] = ()


def prove(
    profile: Profile,
    password: str | None,
    identity: Identity,
    *,
    compatible: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Proved:
    """Runs the plan of a database on a copy of its schema. ``check`` may raise, to cancel."""
    began = time.monotonic()
    try:
        with _copy(profile, password, identity) as (conn, where):
            there = msgspec.structs.replace(identity, database=conn.info.dbname)
            return run(
                conn, profile, there, compatible=compatible, check=check, where=where, began=began
            )
    except (Refused, Unreachable, _NoCopy) as error:
        return Proved(Proof(ProofState.NOT_MADE, str(error)))


class _NoCopy(Exception):
    """There is no place for a copy of the schema, or it cannot be copied there."""


Copy = tuple[psycopg.Connection[Any], str]


@contextmanager
def _copy(profile: Profile, password: str | None, identity: Identity) -> Iterator[Copy]:
    """A connection to a copy of the schema, and where it is."""
    if profile.proof is not None:
        tool = choose(installations.for_backups(), identity)
        schema = _dump(tool, profile, password)
        with _on_named_server(tool, profile.proof.dsn, password, schema) as conn:
            yield conn, "on a copy of the schema, on the server that the profile names"
        return
    tool = _same_major(identity)
    schema = _dump(tool, profile, password)
    with _on_private_server(tool, profile, password, identity, schema) as conn:
        yield conn, "on a copy of the schema"


def _same_major(identity: Identity) -> Installation:
    """The programs for a private server. Raises ``_NoCopy`` if there are none."""
    major = identity.server_version // 10_000
    same = [i for i in installations.for_servers() if i.major == major and i.has("pg_dump", "psql")]
    remedy = "Install them, or name a server under [proof] in the profile"
    if not same:
        raise _NoCopy(f"there are no programs of PostgreSQL {major} on this machine. {remedy}")
    reachable = [i for i in same if i.tls or not identity.tls]
    if not reachable:
        raise _NoCopy(
            f"the programs of PostgreSQL {major} on this machine do not speak TLS. {remedy}"
        )
    return reachable[0]


def _dump(tool: Installation, profile: Profile, password: str | None) -> bytes:
    with password_file(password) as (files, variables):
        dumped = subprocess.run(
            [
                *(tool.program("pg_dump"), "--schema-only", "--no-password", "--no-tablespaces"),
                *("--no-subscriptions", "--dbname", target.conninfo(profile)),
            ],
            pass_fds=files,
            env=variables,
            capture_output=True,
        )
    if dumped.returncode != 0:
        raise _NoCopy(f"pg_dump cannot write the schema: {_last(dumped.stderr)}")
    # A pg_dump that is newer than the server begins with a setting that the server does not know.
    return dumped.stdout.replace(b"\nSET transaction_timeout = 0;\n", b"\n", 1)


@contextmanager
def _on_private_server(
    tool: Installation, profile: Profile, password: str | None, identity: Identity, schema: bytes
) -> Iterator[psycopg.Connection[Any]]:
    with target.connect(profile, password) as conn:
        roles = {
            str(row[0])
            for row in conn.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'")
        }
    # One transaction restores everything, and every table is locked in it.
    settings = {"max_locks_per_transaction": "4096", "max_connections": "20"}
    with scratch.start(tool, settings=settings) as server:
        with server.connect(autocommit=True) as conn:
            there = {row[0] for row in conn.execute("SELECT rolname FROM pg_roles")}
            for role in roles - there:
                conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
            conn.execute(_create(identity.database))
        _restore(tool, server.conninfo(identity.database), server.password, schema)
        with server.connect(identity.database, options="-c search_path=") as conn:
            conn.prepare_threshold = None
            yield conn


@contextmanager
def _on_named_server(
    tool: Installation, dsn: str, password: str | None, schema: bytes
) -> Iterator[psycopg.Connection[Any]]:
    """In a database made for it, which is gone afterwards."""
    name = f"pg_rekey_proof_{secrets.token_hex(4)}"
    try:
        with psycopg.connect(dsn, password=password, autocommit=True) as conn:
            conn.execute(_create(name))
            own = make_conninfo(dsn, dbname=name)
            try:
                _restore(tool, own, password, schema)
                with psycopg.connect(
                    own, password=password, options="-c search_path=", prepare_threshold=None
                ) as copy:
                    yield copy
                    copy.rollback()
            finally:
                conn.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
        raise _NoCopy(f"the server under [proof] cannot be used: {error}") from error


def _create(database: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database))


def _restore(tool: Installation, conninfo: str, password: str | None, schema: bytes) -> None:
    with password_file(password) as (files, variables):
        restored = subprocess.run(
            [
                *(tool.program("psql"), "--no-psqlrc", "--quiet", "--single-transaction"),
                *("--no-password", "--set", "ON_ERROR_STOP=1", "--dbname", conninfo),
            ],
            input=schema,
            pass_fds=files,
            env=variables,
            capture_output=True,
        )
    if restored.returncode != 0:
        raise _NoCopy(f"the schema cannot be restored there: {_last(restored.stderr)}")


def _last(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if "rror" in line]
    return (lines or ["no reason was given"])[0].strip()


def run(
    conn: psycopg.Connection[Any],
    profile: Profile,
    identity: Identity,
    *,
    compatible: bool = False,
    check: Callable[[], None] = lambda: None,
    where: str = "here",
    began: float | None = None,
) -> Proved:
    """Plans for the database at the other end and runs it there, in the open transaction.

    ``identity`` is that database's, ``where`` says in words what it is, ``began`` is when the whole
    proof did, by the monotonic clock. What the plan itself refuses is not run and is no failure.
    """
    began = time.monotonic() if began is None else began
    before = catalog.read(conn)
    plan = build(before, profile, identity, compatible=compatible)
    rewrites: list[Rewrite] = []
    failed_before = routines.failing(conn, before)
    for text in (*plan.preparation, plan.lock):
        conn.execute(text)
    for statement in plan.statements:
        check()
        failure = _execute(conn, plan, statement, rewrites)
        if failure is not None:
            return Proved(
                Proof(ProofState.FAILED, _took(where, began), tuple(rewrites)), (failure,)
            )
    final = build(before, profile, identity, tuple(rewrites), compatible=compatible)
    failures = tuple(_differences(before, conn, final))
    state = ProofState.FAILED if failures else ProofState.PASSED
    breaks = [
        found for name, found in routines.failing(conn, before).items() if name not in failed_before
    ]
    breaks += routines.suspicious(before, plan.closure)
    return Proved(Proof(state, _took(where, began), tuple(rewrites), tuple(breaks)), failures)


def _took(where: str, began: float) -> str:
    return f"{where}, in {time.monotonic() - began:.1f} s"


def _execute(
    conn: psycopg.Connection[Any], plan: Plan, statement: Statement, rewrites: list[Rewrite]
) -> Refusal | None:
    """Runs a statement, repaired as often as it has to be. Answers why it cannot be run."""
    text = statement.sql
    for _ in range(_MOST_REPAIRS):
        try:
            with conn.transaction():
                conn.execute(text)
        except psycopg.Error as error:
            better = _repaired(conn, plan, statement, text, error)
            if better is None:
                return _failed(statement, error)
            text = better
        else:
            if text != statement.sql:
                rewrites.append(Rewrite(statement.object, statement.sql, text))
            return None
    return Refusal(statement.object, "It does not compare in too many places.", _REMEDY)


def _failed(statement: Statement, error: psycopg.Error) -> Refusal:
    said = " ".join(str(error.diag.message_primary or error).split())
    return Refusal(
        statement.object,
        f"On a copy of the schema it failed: {said} [{error.sqlstate}], in: {statement.sql[:300]}",
        _REMEDY,
    )


def _repaired(
    conn: psycopg.Connection[Any],
    plan: Plan,
    statement: Statement,
    text: str,
    error: psycopg.Error,
) -> str | None:
    if statement.phase != RECREATE:
        return None
    if error.diag.statement_position is not None:
        return repaired(text, error)
    table = next(
        (
            rebuild.object.properties.get("table")
            for rebuild in plan.rebuilds
            if statement.sql in rebuild.create
        ),
        None,
    )
    if table is None:
        return None
    for span in clauses(text):
        start = composed("SELECT FROM {table} WHERE ", table=written(table))
        try:
            with conn.transaction():
                conn.execute(start + text[span.start : span.end])
        except psycopg.Error as inner:
            better = repaired(start + text[span.start : span.end], inner)
            if better is not None:
                return text[: span.start] + better.removeprefix(start) + text[span.end :]
    return None


def _differences(before: Catalog, conn: psycopg.Connection[Any], plan: Plan) -> Iterator[Refusal]:
    """What would not be as before, and nothing explains."""
    after = replace(before, named={found.name: found for found in objects.read(conn)})
    for row in parity.compare_objects(before, after, Expectation.of(before, plan)):
        if row.explained is None:
            yield Refusal(
                f"{row.kind} {row.name}",
                f"On a copy of the schema it differed: {row.before} became {row.after}.",
                _REMEDY,
            )
