"""Values that are an object's oid (regclass, regproc, regtype …), where it gets another one.

They are asked for when the plan is made, and not behind the locks: the plan that is approved is
made of the catalog alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

import psycopg
from psycopg import sql

from queries import ask, compose
from queries.rows import OidAliasRow, ReplacedOidRow
from recovery.conversion.plan import Plan
from recovery.record.events import Refusal
from recovery.words.composing import pasted, shown_by
from recovery.words.names import ColumnName, TableName

_RELATIONS = ("VIEW", "MATERIALIZED VIEW")
_FUNCTIONS = ("FUNCTION", "PROCEDURE")


def refusals(conn: psycopg.Connection[Any], plan: Plan) -> Iterator[Refusal]:
    """The columns with values that would point to nothing afterwards, or that cannot be read."""
    relations = _oids(plan, _RELATIONS)
    aliases = [
        alias for alias in ask(conn, "oid_aliases", OidAliasRow) if alias.table_oid not in relations
    ]
    if not aliases:
        return
    replaced: dict[str, list[int]] = defaultdict(list)
    for row in ask(
        conn,
        "replaced_oids",
        ReplacedOidRow,
        relations=relations,
        functions=_oids(plan, _FUNCTIONS),
        tables=[table for table, _ in plan.closure.members],
        numbers=[number for _, number in plan.closure.members],
    ):
        replaced[row.catalog].append(row.oid)
    for alias in aliases:
        if replaced[alias.catalog]:
            refusal = _refused(conn, alias, replaced[alias.catalog])
            if refusal is not None:
                yield refusal


def _oids(plan: Plan, kinds: Collection[str]) -> list[int]:
    return [rebuild.object.id[1] for rebuild in plan.rebuilds if rebuild.object.kind in kinds]


def _refused(conn: psycopg.Connection[Any], alias: OidAliasRow, oids: list[int]) -> Refusal | None:
    table = TableName(alias.schema, alias.table_name)
    named = str(ColumnName(table, alias.name))
    column = sql.Identifier(alias.name)
    value = sql.SQL("pg_catalog.unnest({})").format(column) if alias.is_array else column
    parts: dict[str, sql.Composable] = {"value": value, "table": table.identifier}
    try:
        with conn.transaction():
            # A row that a policy hides makes an error, and is not passed over.
            conn.execute("SET LOCAL row_security = off")
            held = conn.execute(compose("values_of_oids", **parts), {"oids": oids}).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return Refusal(
            named,
            "It may hold names of objects that are made again, and this role may not read all of "
            "it (42501).",
            "Connect as a role that may, or change the column's type to text for the conversion.",
        )
    if not held:
        return None
    query = pasted("values_of_oids", **parts, oids=sql.Literal([oid for oid, _ in held]))
    return Refusal(
        named,
        f"It holds names of what is made again: {', '.join(name for _, name in held)}. PostgreSQL "
        "stores them as numbers (oids), and the new object has another one: afterwards they would "
        "point to nothing.",
        "Change the column's type to text for the conversion, and back after it; then plan again. "
        + shown_by(query),
    )
