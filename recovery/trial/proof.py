"""Runs a plan on a copy of the schema before production is touched.

What would fail fails there. Definitions that no longer compare are repaired there, and the repaired
ones become part of the plan, for the operator to read.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import psycopg

from recovery.catalog import catalog, objects
from recovery.catalog.catalog import Catalog
from recovery.conversion import parity, routines
from recovery.conversion.expectation import Expectation
from recovery.conversion.plan import Plan, build
from recovery.conversion.rewriting import clauses, repaired
from recovery.conversion.statements.statement import RECREATE, Statement
from recovery.conversion.statements.transaction import LOCKED
from recovery.record.events import Identity, Proof, ProofState, Refusal, Rewrite
from recovery.server.door import Door
from recovery.server.identity import Stranger
from recovery.trial import schema_copy
from recovery.trial.schema_copy import Copy, NoCopy
from recovery.words.composing import composed, written
from recovery.words.errors import Refused, Unreachable, in_a_line
from recovery.words.profile import Profile

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
    door: Door,
    identity: Identity,
    *,
    compatible: bool = False,
    check: Callable[[], None] = lambda: None,
    afterwards: Callable[[Copy], None] = lambda _copy: None,
) -> Proved:
    """Runs the plan of a database on a copy of its schema. ``check`` may raise, to cancel.

    ``afterwards`` is given the converted copy, if nothing failed there.
    """
    began = time.monotonic()
    for checked in (True, False):
        try:
            with schema_copy.make(profile, door, identity) as copy:
                there = msgspec.structs.replace(identity, database=copy.conn.info.dbname)
                where, plpgsql_check = copy.where, None
                if checked and copy.is_ours:
                    try:
                        plpgsql_check = routines.install_check(copy.conn)
                    except psycopg.DatabaseError as error:
                        if isinstance(error, psycopg.OperationalError):
                            raise
                        where += f", where plpgsql_check cannot be installed ({in_a_line(error)})"
                proved = run(
                    copy.conn,
                    profile,
                    there,
                    compatible=compatible,
                    check=check,
                    where=where,
                    began=began,
                    plpgsql_check=plpgsql_check,
                )
                if proved.proof.state is ProofState.PASSED:
                    copy.conn.commit()
                    afterwards(copy)
                return proved
        except Stranger:
            raise
        except (Refused, Unreachable, NoCopy) as error:
            return Proved(Proof(ProofState.NOT_MADE, str(error)))
        except psycopg.OperationalError as error:
            # plpgsql_check can take its server down; without it, something else is wrong.
            if error.sqlstate is not None or not checked:
                raise
    raise AssertionError("the second attempt returns or raises")


def run(
    conn: psycopg.Connection[Any],
    profile: Profile,
    identity: Identity,
    *,
    compatible: bool = False,
    check: Callable[[], None] = lambda: None,
    where: str = "here",
    began: float | None = None,
    plpgsql_check: str | None = None,
) -> Proved:
    """Plans for the database at the other end and runs it there, in the open transaction.

    ``identity`` is that database's, ``where`` says in words what it is, ``began`` is when the whole
    proof did, by the monotonic clock. ``plpgsql_check`` is that extension's schema. What the plan
    itself refuses is not run and is no failure.
    """
    began = time.monotonic() if began is None else began
    before = catalog.read(conn)
    plan = build(before, profile, identity, compatible=compatible)
    rewrites: list[Rewrite] = []
    failed_before = routines.failing(conn, before, plpgsql_check)
    for text in (*plan.preparation, plan.lock, LOCKED):
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
        found
        for found in routines.failing(conn, before, plpgsql_check)
        if found not in failed_before
    ]
    checked = routines.checkable(conn) if plpgsql_check is not None else ()
    breaks += routines.suspicious(before, plan.closure, checked)
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
    return Refusal(
        statement.object,
        f"On a copy of the schema it failed: {in_a_line(error)}, in: {statement.sql[:300]}",
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
