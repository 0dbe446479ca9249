"""Repairs a definition that compares a converted column with something that is still a uuid.

The uuid side is cast, so that the converted side can still use its index. A definition comes from
the server, which writes every operator with its operands in brackets: ``(a.id = b.other)``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

_OPERATOR = re.compile(
    r"operator does not exist: (?P<left>.+) (?P<sign>[-+*/<>=~!@#%^&|`?]+) (?P<right>.+)"
)
_UNMATCHED = re.compile(r"(?P<where>\w+) types (?P<first>.+) and (?P<second>.+) cannot be matched")
_SUBQUERY = re.compile(r"IN\s*\(\s*SELECT\s+(?:DISTINCT\s+)?")
_LIST = re.compile(r"(?P<start>\s*(?:ANY|ALL)\s*)\((?P<inside>.*)\)", re.DOTALL)
_SELECT = re.compile(r"\bSELECT\b(?:\s+DISTINCT\b(?!\s+ON\b))?")
# What ends an expression of a list, at the same depth of brackets.
_END = re.compile(r",|\b(?:AS|FROM|WHEN|THEN|ELSE|END|UNION|EXCEPT|INTERSECT)\b")
_CASTS = {"uuid": "text", "uuid[]": "text[]"}


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text."""

    start: int
    end: int


def repaired(text: str, error: psycopg.Error) -> str | None:
    """The text with the uuid cast of which the server complains; None if that is no way out.

    ``text`` is what the server was given when it raised ``error``.
    """
    said, position = error.diag.message_primary or "", error.diag.statement_position
    if position is None:
        return None
    place = int(position) - 1
    if (match := _OPERATOR.fullmatch(said)) is not None:
        operands = _operands(text, place, match["sign"])
        if operands is None:
            return None
        left, right = operands
        if match["right"] in _CASTS:
            return _cast(text, right, _CASTS[match["right"]])
        if match["left"] in _CASTS:
            return _cast(text, left, _CASTS[match["left"]])
    elif (match := _UNMATCHED.fullmatch(said)) is not None:
        if match["second"] in _CASTS:
            return _cast(text, _expression(text, place), _CASTS[match["second"]])
        first = _first(text, place, match["where"])
        if match["first"] in _CASTS and first is not None:
            return _cast(text, first, _CASTS[match["first"]])
    return None


def clauses(text: str) -> Iterator[Span]:
    """The bracketed conditions of a CREATE POLICY or a CHECK, whose errors have no position."""
    for match in re.finditer(r"\b(?:USING|CHECK)\s*\(", text):
        if match.start() in _unquoted(text):
            yield Span(match.end() - 1, _closing(text, match.end() - 1) + 1)


def _operands(text: str, place: int, sign: str) -> tuple[Span, Span] | None:
    """What stands on both sides of the operator at a place; None if it is no such operator.

    Of ``IN (SELECT one ...)`` the right side is what is selected.
    """
    start = _opening(text, place)
    if start is None:
        return None
    left = Span(start + 1, place)
    if (match := _SUBQUERY.match(text, place)) is not None:
        return left, _expression(text, match.end())
    if text.startswith("OPERATOR(", place):
        return left, Span(text.index(")", place) + 1, _closing(text, start))
    if text.startswith(sign, place):
        return left, Span(place + len(sign), _closing(text, start))
    return None


def _expression(text: str, place: int) -> Span:
    """From a place to the end of the expression that begins there."""
    depth = 0
    for at in _unquoted(text, place):
        if text[at] in "([":
            depth += 1
        elif text[at] in ")]":
            depth -= 1
            if depth < 0:
                return Span(place, at)
        elif depth == 0 and (text[at] == ";" or _END.match(text, at)):
            return Span(place, at)
    return Span(place, len(text))


def _first(text: str, place: int, where: str) -> Span | None:
    """The expression whose type the one at a place does not match; None if it is not known."""
    if where == "COALESCE":
        start = _opening(text, place)
        return None if start is None else _expression(text, start + 1)
    if where == "CASE":
        # PostgreSQL takes the type of ELSE first.
        at = place
        while True:
            at = _expression(text, at).end
            word = re.match(r"[A-Z]+", text[at:])
            if word is None or word[0] not in ("WHEN", "THEN", "ELSE"):
                return None
            at += len(word[0])
            if word[0] == "ELSE":
                return _expression(text, at)
    if where in ("UNION", "EXCEPT", "INTERSECT"):
        return _same_column_of_first_branch(text, place)
    return None


def _same_column_of_first_branch(text: str, place: int) -> Span | None:
    """What stands in the first branch of a UNION where a place is in a later one; None: unknown."""
    enclosing = _opening(text, place)
    begin = 0 if enclosing is None else enclosing + 1
    top = list(_top(text, begin))
    branches = [at for at in top if _SELECT.match(text, at)]
    earlier = [at for at in branches if at < place]
    if len(earlier) < 2:
        return None
    column = sum(text[at] == "," for at in top if earlier[-1] < at < place)
    commas = [at + 1 for at in top if text[at] == "," and earlier[0] < at < earlier[1]]
    listed = _SELECT.match(text, earlier[0])
    assert listed is not None
    starts = [listed.end(), *commas]
    return _expression(text, starts[column]) if column < len(starts) else None


def _cast(text: str, span: Span, to: str) -> str:
    inside = text[span.start : span.end]
    listed = _LIST.fullmatch(inside.rstrip())
    if listed is not None:
        many = to if to.endswith("[]") else f"{to}[]"
        new = f"{listed['start']}(({listed['inside']})::{many})"
    else:
        bare = inside.strip()
        before = inside[: len(inside) - len(inside.lstrip())]
        after = inside[len(inside.rstrip()) :]
        new = f"{before}({bare})::{to}{after}"
    return text[: span.start] + new + text[span.end :]


# --- brackets and quotes ------------------------------------------------------------------------


def _unquoted(text: str, start: int = 0) -> Iterator[int]:
    """Every place from ``start`` on that is not within a quoted string or name."""
    at = start
    while at < len(text):
        if text[at] not in "'\"":
            yield at
            at += 1
            continue
        # A doubled quote is two quoted parts, one behind the other.
        at = text.index(text[at], at + 1) + 1


def _top(text: str, start: int) -> Iterator[int]:
    """The places from ``start`` on that are in no bracket, to the end of what encloses it."""
    depth = 0
    for at in _unquoted(text, start):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth < 0:
            return
        if depth == 0:
            yield at


def _opening(text: str, place: int) -> int | None:
    """The innermost bracket that is open at a place."""
    open_at = []
    for at in _unquoted(text):
        if at >= place:
            break
        if text[at] == "(":
            open_at.append(at)
        elif text[at] == ")":
            open_at.pop()
    return open_at[-1] if open_at else None


def _closing(text: str, opening: int) -> int:
    """The bracket that closes one. Raises ``ValueError`` if none does."""
    depth = 0
    for at in _unquoted(text, opening):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("a bracket is not closed")
