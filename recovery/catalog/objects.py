"""Everything of a catalog that could be lost: each object, and what it is like.

The same reading serves three times: what is dropped is made again from it, what there is
afterwards is compared with it, and what migrations decide is a part of it (``structure``). So
nothing is made again that is not compared, and the other way round.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
import psycopg

from queries import ask
from queries.rows import CallRow, ObjectRow
from recovery.catalog import expressions

# Publications have filters and column lists from this version on.
_FILTERED_PUBLICATIONS = 150000

# A catalog's oid and the object's in it.
ObjectId = tuple[int, int]
# Its kind, as a SQL keyword, and its name, as SQL writes it after that keyword.
ObjectName = tuple[str, str]


@dataclass(frozen=True)
class CatalogObject:
    """One object. Of a column, the oid is its relation's. ``text`` is JSON, to be compared.

    ``relation`` is the table or view that has it, or is it; ``relation_oid`` is None if none does.
    """

    id: ObjectId
    kind: str
    identity: str
    text: str
    relation_oid: int | None
    relation: str | None

    @property
    def name(self) -> ObjectName:
        return self.kind, self.identity

    @cached_property
    def properties(self) -> dict[str, Any]:
        """What it is like; a property that it does not have is not there."""
        found: dict[str, Any] = msgspec.json.decode(self.text)
        return found


def read(conn: psycopg.Connection[Any]) -> list[CatalogObject]:
    """Every object outside the system's schemas, in the order of their creation where it is kept.

    The same database is always read in the same order: a plan's text is made in it.
    ``search_path`` has to be empty.
    """
    filtered = conn.info.server_version >= _FILTERED_PUBLICATIONS
    published = "objects_published" if filtered else "objects_published_14"
    found = [*read_relations(conn), *read_elsewhere(conn), *_read(conn, published)]
    found.sort(key=lambda each: (each.id, each.identity))
    calls = expressions.calls(conn)
    return [_calling(each, calls.get(each.name, ())) for each in found]


def _calling(found: CatalogObject, calls: tuple[CallRow, ...]) -> CatalogObject:
    """The object with what its expressions call, if they call what is not PostgreSQL's own."""
    if not calls:
        return found
    told = {**found.properties, "calls": [call.called for call in calls]}
    return replace(found, text=msgspec.json.encode(told).decode())


def read_relations(
    conn: psycopg.Connection[Any], relations: Collection[int] = ()
) -> Iterator[CatalogObject]:
    """Some relations, all if none is named, with what they have but foreign keys.

    ``search_path`` has to be empty.
    """
    return _read(conn, "objects_relations", relations=list(relations))


def read_elsewhere(conn: psycopg.Connection[Any]) -> Iterator[CatalogObject]:
    """What belongs to no relation. ``search_path`` has to be empty."""
    yield from _read(conn, "objects_routines")
    yield from _read(conn, "objects_others")


def _read(
    conn: psycopg.Connection[Any], question: str, **parameters: object
) -> Iterator[CatalogObject]:
    for row in ask(conn, question, ObjectRow, **parameters):
        yield CatalogObject(
            (row.class_oid, row.oid),
            row.kind,
            row.identity,
            row.properties,
            row.relation_oid,
            row.relation,
        )
