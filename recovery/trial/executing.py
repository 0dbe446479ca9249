"""Runs a statement of a plan on a copy of the schema, repaired as often as it has to be."""

from typing import Any

import psycopg

from recovery.conversion import collations, results, rewriting
from recovery.conversion.plan import Plan
from recovery.conversion.statements.statement import RECREATE, Statement
from recovery.record.events import Refusal, Rewrite
from recovery.trial.meaning import Difference, Meaning
from recovery.words.composing import composed, written
from recovery.words.errors import in_a_line

REMEDY = (
    "Change or drop the object before the conversion, and make it again after it; then plan again."
)
# A definition with more places than this to be repaired is not.
_MOST_REPAIRS = 200


def execute(
    conn: psycopg.Connection[Any], plan: Plan, statement: Statement, meant: Meaning | None
) -> Rewrite | Refusal | None:
    """What it was run as instead, or why it cannot be run; None if it was run as it is.

    ``meant`` is what the expressions of the statement's object called before the conversion.
    """
    if meant is not None and not meant.made_by(statement.sql):
        meant = None
    text = statement.sql
    for _ in range(_MOST_REPAIRS):
        try:
            other = _run(conn, text, meant, checked=statement.phase == RECREATE)
        except psycopg.Error as error:
            better = _repaired(conn, plan, statement, text, error, meant)
            if better is None:
                return _failed(statement, error)
            text = better
            continue
        if other is None or meant is None:
            return None if text == statement.sql else Rewrite(statement.object, statement.sql, text)
        better = meant.nearer(conn, text, other)
        if better is not None:
            text = better
        elif other.serious:
            return Refusal(statement.object, other.words, f"{other.remedy} {REMEDY}")
        else:
            meant = None
    return Refusal(
        statement.object, "It would fail, or mean something else, in too many places.", REMEDY
    )


def _run(
    conn: psycopg.Connection[Any], text: str, meant: Meaning | None, *, checked: bool
) -> Difference | None:
    """Runs a statement; if its object then means something else, that is answered, and undone.

    ``checked``: the body of a routine that is made again is looked into, if it is parsed.
    """
    looked_into = checked and results.is_parsed(text)
    with conn.transaction() as attempt:
        if looked_into:
            conn.execute("SET LOCAL check_function_bodies = on")
        conn.execute(text)
        if looked_into:
            conn.execute("SET LOCAL check_function_bodies = off")
        other = None if meant is None else meant.difference(conn)
        if other is not None:
            raise psycopg.Rollback(attempt)
    return other


def _failed(statement: Statement, error: psycopg.Error) -> Refusal:
    return Refusal(
        statement.object,
        f"On a copy of the schema it failed: {in_a_line(error)}, in: {statement.sql[:300]}",
        REMEDY,
    )


def _repaired(
    conn: psycopg.Connection[Any],
    plan: Plan,
    statement: Statement,
    text: str,
    error: psycopg.Error,
    meant: Meaning | None,
) -> str | None:
    if statement.phase != RECREATE:
        return None
    better = results.repaired(text, error)
    if better is not None:
        return better
    if error.diag.statement_position is not None:
        better = rewriting.repaired(text, error)
        if better is None and meant is not None:
            better = collations.repaired(text, error, meant.collations)
        return better
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
    for span in rewriting.clauses(text):
        start = composed("SELECT FROM {table} WHERE ", table=written(table))
        try:
            with conn.transaction():
                conn.execute(start + text[span.start : span.end])
        except psycopg.Error as inner:
            better = rewriting.repaired(start + text[span.start : span.end], inner)
            if better is not None:
                return text[: span.start] + better.removeprefix(start) + text[span.end :]
    return None
