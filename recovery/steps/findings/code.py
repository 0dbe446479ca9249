"""What the conversion may break in code that nobody looked at: the application's, and functions."""

from collections.abc import Iterator
from typing import Any

import psycopg

from queries import compose, pasted
from recovery.conversion.closure import Closure
from recovery.record.events import Finding
from recovery.steps.findings.kinds import COMPARED_AS_TEXT, ROUTINES


def compared_as_text(closure: Closure) -> Iterator[Finding]:
    """Whether the application will find other things equal than before."""
    if "character" in _families(closure):
        yield COMPARED_AS_TEXT.found(
            "Ids will be compared as text, in the order of the key's collation",
            "a uuid in upper case, in braces or without hyphens is the same key now, and none then",
        )


def routines(conn: psycopg.Connection[Any], closure: Closure) -> Iterator[Finding]:
    """Functions that may name the old type. An integer compares with a larger one as before."""
    if not _families(closure) - {"bigint"}:
        return
    row = conn.execute(compose("routines")).fetchone()
    if row is not None and row[0]:
        yield ROUTINES.found(
            f"PostgreSQL does not look into the bodies of {row[0]} functions and procedures",
            row[1],
            query=pasted("routines"),
        )


def _families(closure: Closure) -> set[str]:
    return {member.target.family for member in closure.members.values()}
