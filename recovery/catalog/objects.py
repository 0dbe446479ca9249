"""Everything of a catalog that could be lost: each object, and what it is like.

The same reading serves twice: what is dropped is made again from it, and what there is afterwards
is compared with it. So nothing is made again that is not compared, and the other way round.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg

from queries import ask
from queries.rows import ObjectRow

_QUESTIONS = (
    "objects_relations",
    "objects_columns",
    "objects_constraints",
    "objects_indexes",
    "objects_rules",
    "objects_routines",
    "objects_others",
)
# Publications have filters and column lists from this version on.
_FILTERED_PUBLICATIONS = 150000

# A catalog's oid and the object's in it.
ObjectId = tuple[int, int]
# Its kind, as a SQL keyword, and its name, as SQL writes it after that keyword.
ObjectName = tuple[str, str]


@dataclass(frozen=True)
class CatalogObject:
    """One object. Of a column, the oid is its relation's. ``text`` is JSON, to be compared."""

    id: ObjectId
    kind: str
    identity: str
    text: str

    @property
    def name(self) -> ObjectName:
        return self.kind, self.identity

    @cached_property
    def properties(self) -> dict[str, Any]:
        """What it is like; a property that it does not have is not there."""
        found: dict[str, Any] = json.loads(self.text)
        return found


def read(conn: psycopg.Connection[Any]) -> list[CatalogObject]:
    """Every object outside the system's schemas. ``search_path`` has to be empty."""
    filtered = conn.info.server_version >= _FILTERED_PUBLICATIONS
    published = "objects_published" if filtered else "objects_published_14"
    return [
        CatalogObject((row.class_oid, row.oid), row.kind, row.identity, row.properties)
        for question in (*_QUESTIONS, published)
        for row in ask(conn, question, ObjectRow)
    ]
