"""Repairs a definition that compares a converted column with something that is still a uuid.

The uuid side is cast, so that the converted side can still use its index.
"""

import re
from collections.abc import Iterator

import psycopg

from recovery.conversion.definitions import (
    Span,
    cast,
    closing,
    expression,
    opening,
    operands,
    top,
    unquoted,
)

_OPERATOR = re.compile(
    r"operator does not exist: (?P<left>.+) (?P<sign>[-+*/<>=~!@#%^&|`?]+) (?P<right>.+)"
)
_UNMATCHED = re.compile(r"(?P<where>\w+) types (?P<first>.+) and (?P<second>.+) cannot be matched")
_SELECT = re.compile(r"\bSELECT\b(?:\s+DISTINCT\b(?!\s+ON\b))?")
_CASTS = {"uuid": "text", "uuid[]": "text[]"}


def repaired(text: str, error: psycopg.Error) -> str | None:
    """The text with the uuid cast of which the server complains; None if that is no way out.

    ``text`` is what the server was given when it raised ``error``.
    """
    said, position = error.diag.message_primary or "", error.diag.statement_position
    if position is None:
        return None
    place = int(position) - 1
    if (match := _OPERATOR.fullmatch(said)) is not None:
        sides = operands(text, place, match["sign"])
        if sides is None:
            return None
        left, right = sides
        if match["right"] in _CASTS:
            return cast(text, right, _CASTS[match["right"]])
        if match["left"] in _CASTS:
            return cast(text, left, _CASTS[match["left"]])
    elif (match := _UNMATCHED.fullmatch(said)) is not None:
        if match["second"] in _CASTS:
            return cast(text, expression(text, place), _CASTS[match["second"]])
        first = _first(text, place, match["where"])
        if match["first"] in _CASTS and first is not None:
            return cast(text, first, _CASTS[match["first"]])
    return None


def clauses(text: str) -> Iterator[Span]:
    """The bracketed conditions of a CREATE POLICY or a CHECK, whose errors have no position."""
    for match in re.finditer(r"\b(?:USING|CHECK)\s*\(", text):
        if match.start() in unquoted(text):
            yield Span(match.end() - 1, closing(text, match.end() - 1) + 1)


def _first(text: str, place: int, where: str) -> Span | None:
    """The expression whose type the one at a place does not match; None if it is not known."""
    if where == "COALESCE":
        start = opening(text, place)
        return None if start is None else expression(text, start + 1)
    if where == "CASE":
        # PostgreSQL takes the type of ELSE first.
        at = place
        while True:
            at = expression(text, at).end
            word = re.match(r"[A-Z]+", text[at:])
            if word is None or word[0] not in ("WHEN", "THEN", "ELSE"):
                return None
            at += len(word[0])
            if word[0] == "ELSE":
                return expression(text, at)
    if where in ("UNION", "EXCEPT", "INTERSECT"):
        return _same_column_of_first_branch(text, place)
    return None


def _same_column_of_first_branch(text: str, place: int) -> Span | None:
    """What stands in the first branch of a UNION where a place is in a later one; None: unknown."""
    enclosing = opening(text, place)
    begin = 0 if enclosing is None else enclosing + 1
    outer = list(top(text, begin))
    branches = [at for at in outer if _SELECT.match(text, at)]
    earlier = [at for at in branches if at < place]
    if len(earlier) < 2:
        return None
    column = sum(text[at] == "," for at in outer if earlier[-1] < at < place)
    commas = [at + 1 for at in outer if text[at] == "," and earlier[0] < at < earlier[1]]
    listed = _SELECT.match(text, earlier[0])
    assert listed is not None
    starts = [listed.end(), *commas]
    return expression(text, starts[column]) if column < len(starts) else None
