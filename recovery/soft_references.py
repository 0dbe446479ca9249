"""Columns that hold ids of a converted key, and that no foreign key ties to it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import compose
from recovery.catalog import Catalog
from recovery.closure import Closure, Member
from recovery.names import ColumnName

# A sample may not take longer than this, nor all of them together, in seconds.
_FOR_ONE = 2
_FOR_ALL = 20


@dataclass(frozen=True, slots=True)
class SoftReference:
    """A column of a key's old type. ``contained`` of ``sampled`` values are values of ``key``.

    ``key`` is None if no key has any of them, or nothing was sampled: ``why`` then says so.
    ``beside`` is the column that says what the id is of, as in owner_type and owner_id.
    """

    column: ColumnName
    is_array: bool
    key: ColumnName | None
    sampled: int
    contained: int
    why: str
    beside: str | None

    def __str__(self) -> str:
        parts = [str(self.column) + ("[]" if self.is_array else "")]
        if self.key is not None:
            parts.append(f"{self.contained} of {self.sampled} sampled values are {self.key}")
        else:
            parts.append(self.why)
        if self.beside is not None:
            parts.append(f"{self.beside} says what it is of")
        return ": ".join([parts[0], "; ".join(parts[1:])])


def find(
    conn: psycopg.Connection[Any], catalog: Catalog, closure: Closure
) -> Iterator[SoftReference]:
    """Every column of a key's old type that is not converted, likeliest first. Only reads."""
    keys = [member for member in closure.members.values() if member.is_key]
    types = {member.column.type for member in keys}
    until = time.monotonic() + _FOR_ALL
    found = []
    for place, column in catalog.columns.items():
        base = column.type.removesuffix("[]")
        # Text columns hold anything; an integer that is no key is most often no id either.
        if base != "uuid" or base not in types or place in closure.members or column.inherited:
            continue
        table = catalog.tables.get(place[0])
        if table is None:
            continue
        best, why = _best(conn, catalog, place, keys, until)
        key, sampled, contained = best if best is not None else (None, 0, 0)
        found.append(
            SoftReference(
                catalog.column_name(place),
                column.type.endswith("[]"),
                key,
                sampled,
                contained,
                why,
                _beside(catalog, place),
            )
        )
    yield from sorted(found, key=lambda one: -one.contained)


def _best(
    conn: psycopg.Connection[Any],
    catalog: Catalog,
    place: tuple[int, int],
    keys: list[Member],
    until: float,
) -> tuple[tuple[ColumnName, int, int] | None, str]:
    best: tuple[ColumnName, int, int] | None = None
    seen, late = 0, False
    for member in keys:
        if time.monotonic() > until:
            late = True
            break
        try:
            sampled, contained = _sample(conn, catalog, place, member)
        except psycopg.errors.QueryCanceled:
            late = True
            continue
        seen = max(seen, sampled)
        if contained > (best[2] if best is not None else 0):
            best = member.name, sampled, contained
    if best is not None or seen:
        return best, f"none of {seen} sampled values is a converted key"
    return None, "not sampled: it took too long" if late else "it has no values"


def _sample(
    conn: psycopg.Connection[Any], catalog: Catalog, place: tuple[int, int], member: Member
) -> tuple[int, int]:
    column = catalog.columns[place]
    value: sql.Composable = sql.Identifier("s", column.name)
    if column.type.endswith("[]"):
        value = sql.SQL("pg_catalog.unnest({})").format(value)
    query = compose(
        "contained",
        table=catalog.column_name(place).table.identifier,
        value=value,
        parent=member.name.table.identifier,
        key=sql.Identifier(member.name.name),
    )
    with conn.transaction(force_rollback=True):
        conn.execute(
            sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{_FOR_ONE}s"))
        )
        row = conn.execute(query).fetchone()
    assert row is not None
    return row[0], row[1]


def _beside(catalog: Catalog, place: tuple[int, int]) -> str | None:
    name = catalog.columns[place].name
    if not name.endswith("_id"):
        return None
    wanted = name.removesuffix("_id") + "_type"
    there = (column.name for where, column in catalog.columns.items() if where[0] == place[0])
    return wanted if wanted in there else None
