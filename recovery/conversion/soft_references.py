"""Columns that hold ids of a converted key, and that no foreign key ties to it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import compose
from queries.rows import ColumnRow
from recovery.catalog.catalog import Catalog, Place
from recovery.conversion.closure import Closure, Member
from recovery.record.events import SoftReference
from recovery.words.composing import listed, pasted

# A sample may not take longer than this, nor all of them together, in seconds.
_FOR_ONE = 2
_FOR_ALL = 20
_JSON = ("json", "jsonb")


def find(
    conn: psycopg.Connection[Any],
    catalog: Catalog,
    closure: Closure,
    check: Callable[[], None] = lambda: None,
) -> Iterator[SoftReference]:
    """Every column that may hold ids of a converted key, likeliest first. Only reads.

    Those of type uuid are told in any case; those of a character type, where the key is of it, and
    JSON only if a sampled value is a key or none could be sampled. An integer that is no key is
    most often no id either. ``check`` may raise, to cancel.
    """
    keys = [m for m in closure.members.values() if m.is_key and not m.target.is_bigint]
    sampling = _Sampling(conn, catalog, keys, time.monotonic() + _FOR_ALL, check)
    found = [
        reference
        for place, column in catalog.columns.items()
        if place not in closure.members and not column.inherited and place[0] in catalog.tables
        for reference in sampling.look(place, column)
    ]
    yield from sorted(found, key=lambda one: -one.contained)


@dataclass(frozen=True, slots=True)
class _Sample:
    """``contained`` counts, for each key, how many of ``sampled`` values it has; or why not."""

    sampled: int
    contained: list[int]
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class _Sampling:
    """``until`` is when it ends, by the monotonic clock."""

    conn: psycopg.Connection[Any]
    catalog: Catalog
    keys: list[Member]
    until: float
    check: Callable[[], None]

    def look(self, place: Place, column: ColumnRow) -> Iterator[SoftReference]:
        """What a column is, if it may be a soft reference."""
        base = "uuid" if column.type in _JSON else column.type.removesuffix("[]")
        keys = [key for key in self.keys if key.column.type == base]
        if not keys:
            return
        sample = self._sample(place, column, keys)
        most = max(sample.contained)
        best = keys[sample.contained.index(most)] if most else None
        if best is None and sample.why_not is None and "uuid" not in column.type:
            return
        yield SoftReference(
            column=str(self.catalog.column_name(place)),
            type=column.type,
            key=None if best is None else str(best.name),
            sampled=sample.sampled,
            contained=most,
            why=_why(sample) if best is None else "",
            becomes=_becomes(column, best or keys[0]),
            beside=self._beside(place),
            query=pasted(_question(column), **self._parts(place, column, keys)),
        )

    def _sample(self, place: Place, column: ColumnRow, keys: list[Member]) -> _Sample:
        nothing = [0] * len(keys)
        if time.monotonic() > self.until:
            return _Sample(0, nothing, "it took too long")
        try:
            return self._ask(place, column, keys)
        except psycopg.errors.QueryCanceled:
            self.check()
            return _Sample(0, nothing, "it took too long")
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            # A policy, a value or a collation that does not allow it: that is one column's matter.
            said = " ".join((error.diag.message_primary or str(error)).split())
            return _Sample(0, nothing, f"{said} [{error.sqlstate}]")

    def _parts(
        self, place: Place, column: ColumnRow, keys: list[Member]
    ) -> dict[str, sql.Composable]:
        """What the question about a column is composed of."""
        named = sql.Identifier("s", column.name)
        value: sql.Composable = named
        if column.type.endswith("[]"):
            value = sql.SQL("pg_catalog.unnest({})").format(named)
        found = (
            sql.SQL(
                "count(*) FILTER (WHERE EXISTS (SELECT FROM {} AS p "
                "WHERE p.{} OPERATOR(pg_catalog.=) sample.value))"
            ).format(key.name.table.identifier, sql.Identifier(key.name.name))
            for key in keys
        )
        return {
            "table": self.catalog.column_name(place).table.identifier,
            "column": named,
            "value": value,
            "found": listed(found),
        }

    def _ask(self, place: Place, column: ColumnRow, keys: list[Member]) -> _Sample:
        query = compose(_question(column), **self._parts(place, column, keys))
        with self.conn.transaction(force_rollback=True):
            limit = sql.Literal(f"{_FOR_ONE}s")
            self.conn.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(limit))
            row = self.conn.execute(query).fetchone()
        assert row is not None
        return _Sample(row[0], row[1])

    def _beside(self, place: Place) -> str | None:
        name = self.catalog.columns[place].name
        if not name.endswith("_id"):
            return None
        wanted = name.removesuffix("_id") + "_type"
        columns = self.catalog.columns.items()
        return next(
            (wanted for (oid, _), c in columns if oid == place[0] and c.name == wanted), None
        )


def _question(column: ColumnRow) -> str:
    return "contained_json" if column.type in _JSON else "contained"


def _becomes(column: ColumnRow, key: Member) -> str | None:
    """The type that a column is given together with a key; None if it is not converted."""
    if not column.type.endswith("[]"):
        return str(key.target) if key.target.takes(column.type) else None
    many = key.target.array
    return str(many) if many is not None and many.takes(column.type) else None


def _why(sample: _Sample) -> str:
    if sample.why_not is not None:
        return f"not sampled: {sample.why_not}"
    if sample.sampled:
        return f"none of {sample.sampled} sampled values is a converted key"
    return "it has no values"
