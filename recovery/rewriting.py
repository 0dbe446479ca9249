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
        if not _quoted(text, match.start()):
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
    depth, at = 0, place
    while at < len(text):
        if (skipped := _past_quote(text, at)) is not None:
            at = skipped
            continue
        if text[at] in "([":
            depth += 1
        elif text[at] in ")]":
            depth -= 1
            if depth < 0:
                break
        elif depth == 0 and (text[at] == ";" or _END.match(text, at)):
            break
        at += 1
    return Span(place, at)


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
    return None


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


def _past_quote(text: str, at: int) -> int | None:
    """The place behind the quoted string or name that begins here; None if none does."""
    if text[at] not in "'\"":
        return None
    end = at + 1
    while True:
        end = text.index(text[at], end) + 1
        if not text.startswith(text[at], end):
            return end
        end += 1


def _quoted(text: str, place: int) -> bool:
    at = 0
    while at < place:
        at = _past_quote(text, at) or at + 1
    return at > place


def _opening(text: str, place: int) -> int | None:
    """The innermost bracket that is open at a place."""
    open_at, at = [], 0
    while at < place:
        if (skipped := _past_quote(text, at)) is not None:
            at = skipped
            continue
        if text[at] == "(":
            open_at.append(at)
        elif text[at] == ")":
            open_at.pop()
        at += 1
    return open_at[-1] if open_at else None


def _closing(text: str, opening: int) -> int:
    """The bracket that closes one."""
    depth, at = 0, opening
    while True:
        if (skipped := _past_quote(text, at)) is not None:
            at = skipped
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
        at += 1
