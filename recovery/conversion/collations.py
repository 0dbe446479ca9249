"""Repairs a definition that, made again, does not know any more by which collation to compare.

Two columns of different collations of their own are not compared: PostgreSQL makes the definition,
and raises 42P22 when it is run. The collation that the comparison had before is written into it.
"""

import re
from collections.abc import Collection, Iterator

import psycopg

from queries.rows import CallRow
from recovery.conversion.definitions import (
    Span,
    arguments,
    expression,
    followed,
    operands,
    written_at,
)
from recovery.conversion.overloads import signature

_MISMATCH = re.compile(r'collation mismatch between implicit collations "(.+)" and "(.+)"')
# Other forms in which the server writes "=".
_EQUALITY = ("IS DISTINCT FROM", "IN (")
# They do not compare, and work without a collation.
_HARMLESS = frozenset({"||", "length", "char_length", "octet_length", "md5", "concat"})


def compares(call: CallRow) -> bool:
    """Whether a call fails if its collation could not be determined; of some it is known not to."""
    return signature(call.called)[0] not in _HARMLESS


def candidates(text: str, call: CallRow, collation: str) -> Iterator[str]:
    """Texts in which one of the calls of a callee has this collation."""
    name, _ = signature(call.called)
    for span in _given(text, name, operator=call.operator, own=call.own):
        yield followed(text, span, f" COLLATE {collation}")


def repaired(text: str, error: psycopg.Error, others: Collection[str]) -> str | None:
    """The text with the collation that was meant where the server says that two are in conflict.

    ``others`` are those that columns have and no converted one gets: what was no conflict before
    was one of them. None if that is no way out.
    """
    match = _MISMATCH.fullmatch(error.diag.message_primary or "")
    position = error.diag.statement_position
    if match is None or position is None:
        return None
    for name in match.groups():
        quoted = '"' + name.replace('"', '""') + '"'
        for known in others:
            if known.rpartition(".")[2] in (name, quoted):
                place = expression(text, int(position) - 1)
                return followed(text, place, f" COLLATE {known}")
    return None


def _given(text: str, name: str, *, operator: bool, own: bool) -> Iterator[Span]:
    """What is given in each call that may be one of a function's, or of an operator's."""
    if not operator:
        for written in ("GREATEST", "LEAST") if name == "GREATEST" else (name,):
            yield from _arguments(text, written)
        return
    for sign in [f"OPERATOR({name})"] if own else [f" {name} "]:
        for at in written_at(text, sign):
            place = at + len(sign) - len(sign.lstrip())
            yield from _operands(text, place, name)
    if name == "=" and not own:
        yield from _arguments(text, "NULLIF")
        for sign in _EQUALITY:
            for at in written_at(text, sign):
                yield from _operands(text, at, sign)


def _arguments(text: str, name: str) -> Iterator[Span]:
    for at in written_at(text, name):
        if text.startswith("(", at + len(name)):
            yield from arguments(text, at + len(name))


def _operands(text: str, place: int, sign: str) -> Iterator[Span]:
    """The left one; of an operator that stands before its operand, that."""
    sides = operands(text, place, sign)
    if sides is not None:
        left, right = sides
        yield left if text[left.start : left.end].strip() else right
