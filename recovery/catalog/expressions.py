"""Expressions as the catalog has them: what they call, and what they are without a key's types."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import psycopg

from queries import ask
from queries.rows import CallRow

_CAST = re.compile(
    r"::\s*(character varying|character|bpchar|text|uuid|bigint|integer|smallint)"
    r"(\(\d+\))?(\[\])*"
)
_SPACE = re.compile(r"[\s()]+")

# The calls of each object's expressions, by its kind and identity, in order.
Calls = dict[tuple[str, str], tuple[CallRow, ...]]


def without_casts(expression: str) -> str:
    """An expression without casts between key types, brackets and spaces, to be compared."""
    return _SPACE.sub("", _CAST.sub("", expression))


def calls(conn: psycopg.Connection[Any]) -> Calls:
    """What is called that is not PostgreSQL's own. ``search_path`` has to be empty."""
    return _read(conn, None, None)


def calls_of(
    conn: psycopg.Connection[Any], relations: Iterable[str] = (), routines: Iterable[str] = ()
) -> Calls:
    """All that these relations, what they have, and these routines with parsed bodies call.

    ``search_path`` has to be empty.
    """
    return _read(conn, list(relations), list(routines))


def own(calls: Iterable[CallRow]) -> list[str]:
    """The callees that are not PostgreSQL's own, in order."""
    return [call.called for call in calls if call.own]


def _read(
    conn: psycopg.Connection[Any], relations: list[str] | None, routines: list[str] | None
) -> Calls:
    found: dict[tuple[str, str], list[CallRow]] = defaultdict(list)
    for row in ask(conn, "expressions", CallRow, relations=relations, routines=routines):
        found[row.kind, row.identity].append(row)
    return {name: tuple(rows) for name, rows in found.items()}
