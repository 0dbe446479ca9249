"""Which transactions wrote what the catalog has about an object: whether anybody changed it since.

No definition is read for that, so it waits for nobody's lock.
"""

from collections.abc import Collection
from typing import Any

import psycopg

from queries import ask
from queries.rows import ForeignKeyRow, RowVersionsRow
from recovery.catalog.objects import ObjectId

# The oids of pg_class and pg_constraint, the same in every version.
RELATIONS = 1259
_CONSTRAINTS = 2606

# By object, what is equal only if nobody wrote a row about it; empty if it is not there.
RowVersions = dict[ObjectId, str]


def read(conn: psycopg.Connection[Any], objects: Collection[ObjectId]) -> RowVersions:
    """The versions that this connection sees. Not in it is what belongs to an unknown catalog."""
    found = ask(
        conn,
        "row_versions",
        RowVersionsRow,
        class_oids=[class_oid for class_oid, _ in objects],
        oids=[oid for _, oid in objects],
    )
    return {(row.class_oid, row.oid): row.versions for row in found}


def id_of(foreign_key: ForeignKeyRow) -> ObjectId:
    """What a foreign key is asked for by."""
    return _CONSTRAINTS, foreign_key.oid
