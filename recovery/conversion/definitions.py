"""The parts of a definition as the server writes it: operands, arguments, lists, brackets.

The server writes every operator with its operands in brackets, ``(a.id = b.other)``, and with an
empty search_path the name of everything that is not PostgreSQL's own in full.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SUBQUERY = re.compile(r"IN\s*\(\s*SELECT\s+(?:DISTINCT\s+)?")
_LIST = re.compile(r"(?P<start>\s*(?:ANY|ALL)\s*)\((?P<inside>.*)\)", re.DOTALL)
# What ends an expression of a list, at the same depth of brackets.
_END = re.compile(r",|\b(?:AS|FROM|WHEN|THEN|ELSE|END|UNION|EXCEPT|INTERSECT)\b")
# What an argument begins with that is no part of its expression.
_MARK = re.compile(r'\s*(?:(?:DISTINCT|VARIADIC)\s|(?:\w+|"(?:[^"]|"")*")\s*=>)\s*')
_IN_A_NAME = re.compile(r'[\w$."]')


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text."""

    start: int
    end: int


def operands(text: str, place: int, sign: str) -> tuple[Span, Span] | None:
    """What stands on both sides of the operator at a place; None if it is no such operator.

    Of ``IN (SELECT one ...)`` the right side is what is selected. ``NULLIF`` and ``IS DISTINCT
    FROM`` are called by other names than the operator that they compare by.
    """
    if text.startswith("NULLIF(", place):
        one, other = arguments(text, place + len("NULLIF"))
        return one, other
    start = opening(text, place)
    if start is None:
        return None
    left = Span(start + 1, place)
    if (match := _SUBQUERY.match(text, place)) is not None:
        return left, expression(text, match.end())
    if text.startswith("OPERATOR(", place):
        return left, Span(text.index(")", place) + 1, closing(text, start))
    for written in (sign, "IS DISTINCT FROM"):
        if text.startswith(written, place):
            return left, Span(place + len(written), closing(text, start))
    return None


def arguments(text: str, place: int) -> list[Span]:
    """What is given to the function whose arguments' bracket is opened at a place, in order."""
    end = closing(text, place)
    outer = [at for at in top(text, place + 1) if at < end]
    ends = [at for at in outer if text[at] == ","]
    # An aggregate's order belongs to none of them.
    last = next((at for at in outer if text.startswith(" ORDER BY ", at)), end)
    begins = [place + 1, *(at + 1 for at in ends if at < last)]
    found = []
    for begin, finish in zip(begins, [*(at for at in ends if at < last), last], strict=True):
        mark = _MARK.match(text, begin, finish)
        start = begin if mark is None else mark.end()
        if text[start:finish].strip():
            found.append(Span(start, finish))
    return found


def written_at(text: str, name: str) -> Iterator[int]:
    """Where a name or a sign is written, and not within a string or another name."""
    outside = {-1, *unquoted(text)}
    is_name = _IN_A_NAME.match(name) is not None
    for match in re.finditer(re.escape(name), text):
        at = match.start()
        if at - 1 not in outside:
            continue
        if not is_name or at == 0 or _IN_A_NAME.match(text, at - 1) is None:
            yield at


def expression(text: str, place: int) -> Span:
    """From a place to the end of the expression that begins there."""
    depth = 0
    for at in unquoted(text, place):
        if text[at] in "([":
            depth += 1
        elif text[at] in ")]":
            depth -= 1
            if depth < 0:
                return Span(place, at)
        elif depth == 0 and (text[at] == ";" or _END.match(text, at)):
            return Span(place, at)
    return Span(place, len(text))


def cast(text: str, span: Span, to: str) -> str:
    """The text with a part of it cast to a type; of ANY or ALL what stands in its brackets."""
    listed = _LIST.fullmatch(text[span.start : span.end].rstrip())
    if listed is None:
        return followed(text, span, f"::{to}")
    many = to if to.endswith("[]") else f"{to}[]"
    new = f"{listed['start']}(({listed['inside']})::{many})"
    return text[: span.start] + new + text[span.end :]


def followed(text: str, span: Span, by: str) -> str:
    """The text with a part of it in brackets, and something behind them."""
    inside = text[span.start : span.end]
    before = inside[: len(inside) - len(inside.lstrip())]
    after = inside[len(inside.rstrip()) :]
    return f"{text[: span.start]}{before}({inside.strip()}){by}{after}{text[span.end :]}"


# --- brackets and quotes ------------------------------------------------------------------------


def unquoted(text: str, start: int = 0) -> Iterator[int]:
    """Every place from ``start`` on that is not within a quoted string or name."""
    at = start
    while at < len(text):
        if text[at] not in "'\"":
            yield at
            at += 1
            continue
        # A doubled quote is two quoted parts, one behind the other.
        at = text.index(text[at], at + 1) + 1


def top(text: str, start: int) -> Iterator[int]:
    """The places from ``start`` on that are in no bracket, to the end of what encloses it."""
    depth = 0
    for at in unquoted(text, start):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text[at], 0)
        if depth < 0:
            return
        if depth == 0:
            yield at


def opening(text: str, place: int) -> int | None:
    """The innermost bracket that is open at a place."""
    open_at = []
    for at in unquoted(text):
        if at >= place:
            break
        if text[at] == "(":
            open_at.append(at)
        elif text[at] == ")":
            open_at.pop()
    return open_at[-1] if open_at else None


def closing(text: str, opening: int) -> int:
    """The bracket that closes one. Raises ``ValueError`` if none does."""
    depth = 0
    for at in unquoted(text, opening):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("a bracket is not closed")
