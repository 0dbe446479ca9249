"""Runs a plan on a copy of the schema before production is touched.

What would fail fails there. Definitions that would fail, or would mean something else, are repaired
there, and the repaired ones become part of the plan, for the operator to read.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from queries import ask
from queries.rows import RoleRow
from recovery.catalog import catalog, objects
from recovery.catalog.catalog import Catalog
from recovery.conversion import parity, routines, string_bodies
from recovery.conversion.expectation import Expectation
from recovery.conversion.plan import Plan
from recovery.conversion.statements import transaction
from recovery.conversion.statements.rebuilt import described
from recovery.record.events import Identity, Proof, ProofState, Refusal, Rewrite
from recovery.server.door import Door
from recovery.server.identity import Stranger
from recovery.trial import executing, meaning, schema_copy
from recovery.trial.executing import REMEDY
from recovery.trial.filling import fill
from recovery.trial.schema_copy import Copy, NoCopy
from recovery.words.errors import Refused, Unreachable, in_a_line
from recovery.words.profile import Profile

# It is not there, or the copy's role may not act as it.
_NO_SUCH_ROLE = ("22023", "42704", "42501")


@dataclass(frozen=True, slots=True)
class Proved:
    """What the copy said. ``failures`` are refusals, each with the object."""

    proof: Proof
    failures: tuple[Refusal, ...] = ()


def prove(
    plan: Plan,
    found: Catalog,
    profile: Profile,
    door: Door,
    identity: Identity,
    *,
    check: Callable[[], None] = lambda: None,
    afterwards: Callable[[Copy], None] = lambda _copy: None,
) -> Proved:
    """Runs a plan on a copy of its database's schema; ``found`` is the catalog it was made for.

    ``check`` may raise, to cancel. ``afterwards`` is given the converted copy, if nothing failed
    there.
    """
    began = time.monotonic()
    for checked in (True, False):
        try:
            with schema_copy.make(profile, door, identity) as copy:
                where, plpgsql_check = copy.where, None
                if checked and copy.is_ours:
                    try:
                        plpgsql_check = routines.install_check(copy.conn)
                    except psycopg.DatabaseError as error:
                        if isinstance(error, psycopg.OperationalError):
                            raise
                        where += f", where plpgsql_check cannot be installed ({in_a_line(error)})"
                role = None if identity.superuser else identity.role
                if role is not None and not _may_the_same(copy.conn, role, found):
                    role = None
                    where += ", without a look at whether this role may do all of it"
                proved = run(
                    copy.conn,
                    plan,
                    found,
                    role=role,
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
    plan: Plan,
    found: Catalog,
    *,
    role: str | None = None,
    check: Callable[[], None] = lambda: None,
    where: str = "here",
    began: float | None = None,
    plpgsql_check: str | None = None,
) -> Proved:
    """Runs a plan on a copy at the other end, in the open transaction, statement by statement.

    ``found`` is the catalog that the plan was made for. As ``role`` runs what that role would run
    there; without one, nothing is known of privileges. ``where`` says in words what the copy is,
    ``began`` is when the whole proof did, by the monotonic clock. ``plpgsql_check`` is that
    extension's schema. What the plan itself refuses is not run and is no failure.
    """
    began = time.monotonic() if began is None else began
    fill(conn, found, plan.search_path)
    before = catalog.read(conn)
    rewrites: list[Rewrite] = []
    meanings = meaning.before(conn, before, plan)
    failed_before = routines.failing(conn, before, plpgsql_check)
    called_before = string_bodies.called(conn, before)
    with _acting_as(conn, role):
        for text in (*transaction.preparation(conn.info.dbname), plan.lock, transaction.LOCKED):
            conn.execute(text)
        for statement in plan.statements:
            check()
            if statement.only_there:
                continue
            came = executing.execute(conn, plan, statement, meanings.get(statement.object))
            if isinstance(came, Refusal):
                return Proved(
                    Proof(ProofState.FAILED, _took(where, began), tuple(rewrites)), (came,)
                )
            if came is not None:
                rewrites.append(came)
    repaired = {rewrite.object for rewrite in rewrites}
    rewritten = frozenset(one.object.name for one in plan.rebuilds if described(one) in repaired)
    expectation = Expectation.of(found, replace(plan, rewritten=rewritten))
    after = replace(before, named={one.name: one for one in objects.read(conn)})
    failures = tuple(_differences(before, after, expectation))
    state = ProofState.FAILED if failures else ProofState.PASSED
    failing = routines.failing(conn, before, plpgsql_check)
    breaks = [one for one in failing if one not in failed_before]
    checked = routines.checkable(conn) if plpgsql_check is not None else ()
    breaks += routines.suspicious(found, plan.closure, checked)
    called = string_bodies.called(conn, before)
    made = {identity for _, identity in after.named.keys() - before.named.keys()}
    breaks += string_bodies.changed(called_before, called, made)
    breaks += string_bodies.suspicious(found, plan.closure, called)
    return Proved(Proof(state, _took(where, began), tuple(rewrites), tuple(breaks)), failures)


def _may_the_same(conn: psycopg.Connection[Any], role: str, found: Catalog) -> bool:
    """Whether a role can be acted as on a copy, and may act there as whom it may at home."""
    try:
        with conn.transaction(force_rollback=True), _acting_as(conn, role):
            known = ask(conn, "roles", RoleRow)
    except psycopg.errors.DatabaseError as error:
        if error.sqlstate in _NO_SUCH_ROLE:
            return False
        raise
    return {one.name for one in known if one.mine} == found.own_roles


@contextmanager
def _acting_as(conn: psycopg.Connection[Any], role: str | None) -> Iterator[None]:
    """What is run meanwhile, this role runs: also RESET ROLE leads to it."""
    if role is None:
        yield
        return
    conn.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(role)))
    yield
    conn.execute("RESET SESSION AUTHORIZATION")


def _took(where: str, began: float) -> str:
    return f"{where}, in {time.monotonic() - began:.1f} s"


def _differences(before: Catalog, after: Catalog, expectation: Expectation) -> Iterator[Refusal]:
    """What would not be as before, and nothing explains."""
    for row in parity.compare_objects(before, after, expectation):
        if row.explained is None:
            yield Refusal(
                f"{row.kind} {row.name}",
                f"On a copy of the schema it differed: {row.before} became {row.after}.",
                REMEDY,
            )
