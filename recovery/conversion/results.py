"""Repairs a parsed function whose body does not return any more what is declared.

PostgreSQL makes such a function without a word while bodies are not checked, and whatever calls it
fails. What the body returns is cast to the declared type: the function is for those who call it
what it was.
"""

import re
from collections.abc import Iterator

import psycopg

from recovery.conversion.definitions import Span, cast, closing, top

_DECLARED = re.compile(r"return type mismatch in function declared to return (.+)")
_COLUMN = re.compile(r"Final statement returns .+ instead of (.+) at column (\d+)\.")
_ROUTINE = re.compile(r"CREATE OR REPLACE (?:FUNCTION|PROCEDURE) ")
_RETURN = re.compile(r"^RETURN ", re.MULTILINE)
_ATOMIC = re.compile(r"^BEGIN ATOMIC$", re.MULTILINE)
_LISTED = re.compile(r"\b(?:SELECT(?:\s+DISTINCT\b)?|RETURNING)\b")
_ON = re.compile(r"\s+ON\s+\(")
# What comes behind the list of what is returned.
_END = re.compile(
    r";|\b(?:FROM|WHERE|GROUP|HAVING|WINDOW|UNION|EXCEPT|INTERSECT|ORDER|LIMIT|OFFSET|FETCH|FOR)\b"
)
_AS = re.compile(r"\bAS\b")


def is_parsed(text: str) -> bool:
    """Whether it is the definition of a routine with a parsed body, and not a string."""
    return _ROUTINE.match(text) is not None and bool(_ATOMIC.search(text) or _RETURN.search(text))


def repaired(text: str, error: psycopg.Error) -> str | None:
    """The definition with what it returns cast to what it declares; None if that is no way out."""
    declared = _DECLARED.fullmatch(error.diag.message_primary or "")
    if declared is None:
        return None
    column = _COLUMN.fullmatch(error.diag.message_detail or "")
    to, number = (declared[1], 1) if column is None else (column[1], int(column[2]))
    better = text
    for span in reversed(list(_returned(text, number))):
        better = cast(better, span, to)
    return better if better != text else None


def _returned(text: str, number: int) -> Iterator[Span]:
    """What the body returns as a column, in each branch of its last statement."""
    atomic = _ATOMIC.search(text)
    if atomic is None:
        only = _RETURN.search(text)
        if only is not None:
            yield Span(only.end(), len(text))
        return
    outer = list(top(text, atomic.end()))
    ends = [at for at in outer if text[at] == ";"]
    if not ends:
        return
    begin = ends[-2] + 1 if len(ends) > 1 else atomic.end()
    last = [at for at in outer if begin <= at <= ends[-1]]
    lists = [match for at in last if (match := _LISTED.match(text, at)) is not None]
    written = [match for match in lists if match[0] == "RETURNING"]
    for match in written or lists:
        start, distinct_on = match.end(), _ON.match(text, match.end())
        if distinct_on is not None:
            start = closing(text, distinct_on.end() - 1) + 1
        items = list(_items(text, [at for at in last if at >= start]))
        if number <= len(items):
            yield items[number - 1]


def _items(text: str, places: list[int]) -> Iterator[Span]:
    """The expressions of a list, without the names that they are given; it begins at the first."""
    begin, name = places[0], None
    for at in places:
        end = _END.match(text, at)
        if end is None and text[at] != ",":
            name = at if _AS.match(text, at) else name
            continue
        yield Span(begin, at if name is None else name)
        if end is not None:
            return
        begin, name = at + 1, None
