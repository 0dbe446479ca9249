"""Operators that let old code go on comparing a converted key with a uuid (the operator's choice).

They are for functions that declare a key as uuid and would fail after the conversion. Nothing makes
them unasked; each is named in the plan, marked by a comment, and removed by a command.

The character side is ``text``, never ``varchar``: an operator ``varchar = uuid`` would be the best
match for ``varchar_column = 'any literal'``, in the whole database, and read the literal as a uuid.
The uuid side is the one that is cast, and the functions can be inlined: a look-up by key goes on
using the key's index. An implicit cast would do away with both.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from recovery.catalog import objects
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.conversion.closure import Closure, Member
from recovery.conversion.statements.statement import RECREATE, Statement
from recovery.record.events import Refusal
from recovery.words.composing import composed, written

MARK = "Made by pg-rekey for code that still has uuid; 'pg-rekey compatibility --remove' drops it."
_WHY = "asked for: functions that still have uuid go on working; removable by a command"
# In this order nothing is in the way of being dropped.
_DROPPED = ("OPERATOR", "CAST", "FUNCTION")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """``selectivity`` is what the planner's estimators of it are called by."""

    sign: str
    name: str
    commutator: str
    negator: str
    selectivity: str


_COMPARISONS = (
    _Comparison("=", "eq", "=", "<>", "eq"),
    _Comparison("<>", "ne", "<>", "=", "neq"),
    _Comparison("<", "lt", ">", ">=", "scalarlt"),
    _Comparison("<=", "le", ">=", ">", "scalarle"),
    _Comparison(">", "gt", "<", "<=", "scalargt"),
    _Comparison(">=", "ge", "<=", "<", "scalarge"),
)


def statements(catalog: Catalog, closure: Closure, *, superuser: bool) -> Iterator[Statement]:
    """What makes those that are not there yet; to be run when all else is made again.

    Nothing for a conversion to uuid or bigint. Only a superuser may make a cast between types.
    """
    known = {
        _plain(found.identity)
        for found in catalog.objects.values()
        if found.properties.get("comment") == MARK
    }
    for statement in _all(catalog, closure, superuser=superuser):
        if _plain(statement.object.partition(" ")[2]) not in known:
            yield statement


def refusals(catalog: Catalog, closure: Closure) -> Iterator[Refusal]:
    """The schemas in which they belong and cannot be made."""
    for schema in sorted(_schemas_of_keys(closure) - catalog.creatable):
        yield Refusal(
            f"schema {schema}",
            "Operators for code that still has uuid belong beside the key, and this role may not "
            "make anything there (42501).",
            "GRANT CREATE on the schema to the role, or plan without operators.",
        )


def _plain(identity: str) -> str:
    """An object's name as both the server and we spell it."""
    return identity.replace('"', "").replace(" ", "")


def _keys(closure: Closure) -> list[Member]:
    return [m for m in closure.members.values() if m.is_key and m.target.family == "character"]


def _schemas_of_keys(closure: Closure) -> set[str]:
    return {member.name.table.schema for member in _keys(closure)}


def _all(catalog: Catalog, closure: Closure, *, superuser: bool) -> Iterator[Statement]:
    keys = _keys(closure)
    schemas = _schemas_of_keys(closure)
    if keys and "public" in catalog.creatable:
        # An operator is found by the search_path of who uses it, and most have public on theirs.
        schemas.add("public")
    for schema in sorted(schemas):
        for type_ in sorted({_compared_as(m.target.name) for m in keys}):
            for comparison in _COMPARISONS:
                yield from _compared(schema, comparison, type_, "uuid")
                yield from _compared(schema, comparison, "uuid", type_)
    if superuser:
        for type_ in sorted({m.target.name.partition("(")[0].removesuffix("[]") for m in keys}):
            cast = composed("({type} AS uuid)", type=written(type_))
            create = composed("CREATE CAST {cast} WITH INOUT AS ASSIGNMENT", cast=written(cast))
            yield from _made("CAST", cast, create)


def _compared_as(type_: str) -> str:
    return "character" if type_.startswith("character(") else "text"


def _compared(schema: str, by: _Comparison, left: str, right: str) -> Iterator[Statement]:
    """A function, and the operator that calls it."""
    sides = [
        composed("${place}{cast}", place=written(str(place)), cast=written(_as(type_, other)))
        for place, type_, other in ((1, left, right), (2, right, left))
    ]
    parts: dict[str, sql.Composable] = {
        "schema": sql.Identifier(schema),
        "function": sql.Identifier(schema, f"pg_rekey_{by.name}"),
        "sign": written(by.sign),
        "commutator": written(by.commutator),
        "negator": written(by.negator),
        "left": written(left),
        "right": written(right),
        "restrict": written(f"{by.selectivity}sel"),
        "join": written(f"{by.selectivity}joinsel"),
    }
    body = composed(
        "SELECT {left} OPERATOR(pg_catalog.{sign}) {right}",
        left=written(sides[0]),
        right=written(sides[1]),
        sign=parts["sign"],
    )
    function = composed("{function}({left}, {right})", **parts)
    operator = composed("{schema}.{sign} ({left}, {right})", **parts)
    yield from _made(
        "FUNCTION",
        function,
        composed(
            "CREATE FUNCTION {function}({left}, {right}) RETURNS boolean\n"
            "  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS {body}",
            body=sql.Literal(body),
            **parts,
        ),
        composed("GRANT EXECUTE ON FUNCTION {function}({left}, {right}) TO PUBLIC", **parts),
    )
    yield from _made(
        "OPERATOR",
        operator,
        composed(
            "CREATE OPERATOR {schema}.{sign} (\n"
            "  FUNCTION = {function}, LEFTARG = {left}, RIGHTARG = {right},\n"
            "  COMMUTATOR = OPERATOR({schema}.{commutator}),\n"
            "  NEGATOR = OPERATOR({schema}.{negator}),\n"
            "  RESTRICT = {restrict}, JOIN = {join}\n)",
            **parts,
        ),
    )


def _as(type_: str, other: str) -> str:
    """The cast of one side: of the uuid, to the type of the other."""
    if type_ != "uuid":
        return ""
    return "::pg_catalog.text" + ("" if other == "text" else "::pg_catalog.bpchar")


def _made(kind: str, identity: str, *texts: str) -> Iterator[Statement]:
    """The statements that make an object, and mark it."""
    mark = composed(
        "COMMENT ON {kind} {object} IS {mark}",
        kind=written(kind),
        object=written(identity),
        mark=sql.Literal(MARK),
    )
    for text in (*texts, mark):
        yield Statement(RECREATE, text, f"{kind.lower()} {identity}", _WHY, Counter())


def there(conn: psycopg.Connection[Any]) -> list[CatalogObject]:
    """What is there of them, in the order in which it can be dropped. Wants no search_path."""
    found = [one for one in objects.read(conn) if one.properties.get("comment") == MARK]
    return sorted(found, key=lambda one: (_DROPPED.index(one.kind), one.identity))


def remove(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Drops what is there of them in one transaction, and answers what it was. No search_path.

    Raises psycopg's errors; ``DependentObjectsStillExist`` (2BP01) names what uses them.
    """
    with conn.transaction():
        conn.execute("SET LOCAL lock_timeout = '5s'")
        found = there(conn)
        for one in found:
            conn.execute(sql.SQL("DROP {} {}").format(written(one.kind), written(one.identity)))
    return tuple(map(named, found))


def named(one: CatalogObject) -> str:
    """An object in words."""
    return f"{one.kind.lower()} {one.identity}"
