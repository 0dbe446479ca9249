"""Columns that hold ids of a converted key, and that no foreign key ties to it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import compose
from queries.rows import ColumnRow
from recovery.catalog import Catalog, Place
from recovery.closure import Closure, Member
from recovery.composing import listed
from recovery.errors import Refused
from recovery.events import ColumnDecided, Investigated, Person, SoftReference
from recovery.session import Session

# A sample may not take longer than this, nor all of them together, in seconds.
_FOR_ONE = 2
_FOR_ALL = 20
_JSON = ("json", "jsonb")


def find(
    conn: psycopg.Connection[Any], catalog: Catalog, closure: Closure
) -> Iterator[SoftReference]:
    """Every column that may hold ids of a converted key, likeliest first. Only reads.

    Those of type uuid are told in any case; those of a character type, where the key is of it, and
    JSON only if a sampled value is a key. An integer that is no key is most often no id either.
    """
    keys = [m for m in closure.members.values() if m.is_key and not m.target.is_bigint]
    sampling = _Sampling(conn, catalog, keys, time.monotonic() + _FOR_ALL)
    found = [
        reference
        for place, column in catalog.columns.items()
        if place not in closure.members and not column.inherited and place[0] in catalog.tables
        for reference in sampling.look(place, column)
    ]
    yield from sorted(found, key=lambda one: -one.contained)


@dataclass(frozen=True, slots=True)
class _Sampling:
    """``until`` is when it ends, by the monotonic clock."""

    conn: psycopg.Connection[Any]
    catalog: Catalog
    keys: list[Member]
    until: float

    def look(self, place: Place, column: ColumnRow) -> Iterator[SoftReference]:
        """What a column is, if it may be a soft reference."""
        base = column.type.removesuffix("[]")
        alike = [key for key in self.keys if key.column.type == base]
        if column.type in _JSON:
            alike = [key for key in self.keys if key.column.type == "uuid"]
        if not alike:
            return
        sampled, best, contained, why = self._sampled(place, column, alike)
        if best is None and base != "uuid":
            return
        yield SoftReference(
            column=str(self.catalog.column_name(place)),
            type=column.type,
            key=None if best is None else str(best.name),
            sampled=sampled,
            contained=contained,
            why=why,
            becomes=_becomes(column, best or alike[0]),
            beside=self._beside(place),
        )

    def _sampled(
        self, place: Place, column: ColumnRow, keys: list[Member]
    ) -> tuple[int, Member | None, int, str]:
        """How many values were looked at; of which key most are, and how many; else why of none."""
        if time.monotonic() > self.until:
            return 0, None, 0, "not sampled: it took too long"
        try:
            sampled, contained = self._ask(place, column, keys)
        except psycopg.errors.QueryCanceled:
            return 0, None, 0, "not sampled: it took too long"
        most = max(contained)
        if most:
            return sampled, keys[contained.index(most)], most, ""
        if sampled:
            return sampled, None, 0, f"none of {sampled} sampled values is a converted key"
        return 0, None, 0, "it has no values"

    def _ask(self, place: Place, column: ColumnRow, keys: list[Member]) -> tuple[int, list[int]]:
        value: sql.Composable = sql.Identifier("s", column.name)
        if column.type.endswith("[]"):
            value = sql.SQL("pg_catalog.unnest({})").format(value)
        found = (
            sql.SQL(
                "count(*) FILTER (WHERE EXISTS (SELECT FROM {} AS p WHERE p.{} = sample.value))"
            ).format(key.name.table.identifier, sql.Identifier(key.name.name))
            for key in keys
        )
        query = compose(
            "contained_json" if column.type in _JSON else "contained",
            table=self.catalog.column_name(place).table.identifier,
            value=value,
            found=listed(found),
        )
        with self.conn.transaction(force_rollback=True):
            limit = sql.Literal(f"{_FOR_ONE}s")
            self.conn.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(limit))
            row = self.conn.execute(query).fetchone()
        assert row is not None
        return row[0], row[1]

    def _beside(self, place: Place) -> str | None:
        name = self.catalog.columns[place].name
        if not name.endswith("_id"):
            return None
        wanted = name.removesuffix("_id") + "_type"
        columns = self.catalog.columns.items()
        return next(
            (wanted for (oid, _), c in columns if oid == place[0] and c.name == wanted), None
        )


def _becomes(column: ColumnRow, key: Member) -> str | None:
    """The type that a column is given together with a key; None if it is not converted."""
    if not column.type.endswith("[]"):
        return str(key.target) if key.target.takes(column.type) else None
    many = key.target.array
    return str(many) if many is not None and many.takes(column.type) else None


def in_words(reference: SoftReference) -> str:
    """What was seen, in a line."""
    parts = [f"{reference.column} ({reference.type})"]
    if reference.key is not None:
        parts.append(
            f"{reference.contained} of {reference.sampled} sampled values are {reference.key}"
        )
    else:
        parts.append(reference.why)
    if reference.beside is not None:
        parts.append(f"{reference.beside} says what it is of")
    return ": ".join([parts[0], "; ".join(parts[1:])])


def decide(session: Session, column: str, *, take: bool, by: Person) -> None:
    """Journals what is to be done with a column: converted with its key, or left as it is.

    Raises ``Refused`` if the investigation did not find it, or it cannot be converted.
    """
    investigated = session.history().last(Investigated)
    known = () if investigated is None else investigated.soft_references
    reference = next((one for one in known if one.column == column), None)
    if reference is None:
        raise Refused(
            f"The investigation did not find a soft reference {column}.",
            "Investigate again, or name the column in the profile under [keys] or 'leave'.",
            object=column,
        )
    if take and reference.becomes is None:
        raise Refused(
            f"A column of the type {reference.type} is not converted.",
            "Leave it as it is: it stays in the list of what may fail afterwards.",
            object=column,
        )
    session.journal.append(ColumnDecided(column, reference.becomes if take else None, by))
