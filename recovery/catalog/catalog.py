"""The catalog of a database as one reading of it: tables, columns, keys, what hangs on what."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import psycopg

from queries import ask, ask_one, compose
from queries.rows import (
    ColumnRow,
    DependentRow,
    EvaluatedRow,
    ForeignKeyCopyRow,
    ForeignKeyRow,
    ForeignKeyTriggerRow,
    InheritanceRow,
    RoleRow,
    SchemaRow,
    SearchPathRow,
    SerialRow,
    TableRow,
)
from recovery.catalog import objects
from recovery.catalog.objects import CatalogObject, ObjectId, ObjectName
from recovery.connection.evaluating import evaluating
from recovery.words.names import ColumnName, TableName

# A column's place: its table's oid and its number in it.
Place = tuple[int, int]
# The oid of pg_proc, the same in every version.
_FUNCTIONS = 1255


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the catalog said at one moment. Foreign keys are in the order of their creation.

    ``key_copies`` are those for partitions, by the foreign key's oid. ``key_triggers`` are in the
    order in which they fire on their table.
    ``objects`` has everything but columns, ``columns_of`` the columns by their relation's oid;
    ``named`` has both. ``identities`` are the sequences of identity columns, ``serials`` all others
    that feed a column. Default privileges give something to ``favoured_roles``.
    In the ``creatable`` schemas this role may make something. By ``search_path`` functions look up
    names that PostgreSQL calls by itself; it is empty if there are none.
    """

    tables: dict[int, TableRow]
    columns: dict[Place, ColumnRow]
    parents: dict[int, list[int]]
    foreign_keys: list[ForeignKeyRow]
    key_copies: dict[int, list[ForeignKeyCopyRow]]
    key_triggers: list[ForeignKeyTriggerRow]
    dependents_of_column: dict[Place, list[DependentRow]]
    dependents_of_object: dict[ObjectId, list[DependentRow]]
    objects: dict[ObjectId, CatalogObject]
    columns_of: dict[int, list[CatalogObject]]
    named: dict[ObjectName, CatalogObject]
    identities: dict[Place, CatalogObject]
    serials: dict[Place, list[CatalogObject]]
    own_roles: frozenset[str]
    favoured_roles: tuple[str, ...]
    creatable: frozenset[str]
    search_path: str

    @property
    def calling(self) -> frozenset[ObjectId]:
        """What calls functions that are not PostgreSQL's own."""
        return frozenset(
            (row.class_oid, row.oid)
            for (class_oid, _), rows in self.dependents_of_object.items()
            if class_oid == _FUNCTIONS
            for row in rows
        )

    def triggers_of(self, foreign_key: int) -> list[ForeignKeyTriggerRow]:
        """The triggers of a foreign key and of its copies."""
        return [one for one in self.key_triggers if one.foreign_key_oid == foreign_key]

    def table_name(self, oid: int) -> TableName:
        """The name of an ordinary or partitioned table."""
        table = self.tables[oid]
        return TableName(table.schema, table.name)

    def column_name(self, place: Place) -> ColumnName:
        """The name of a column."""
        column = self.columns[place]
        return ColumnName(TableName(column.schema, column.table_name), column.name)

    def find(self, name: ColumnName) -> Place | None:
        """Where a column is; None if there is none of this name."""
        return next((p for p in self.columns if self.column_name(p) == name), None)

    def table_names(self) -> set[TableName]:
        """The names of all tables."""
        return {self.table_name(oid) for oid in self.tables}

    def tables_with_rows(self) -> list[TableName]:
        """The tables that have rows of their own, in order: partitioned ones have none."""
        return sorted(self.table_name(oid) for oid, table in self.tables.items() if table.has_rows)

    def ancestors(self, oid: int) -> list[TableName]:
        """What a table is a partition or a child of, what that is one of, and so on."""
        found: list[int] = []
        waiting = [*self.parents.get(oid, [])]
        while waiting:
            parent = waiting.pop()
            if parent not in found and parent in self.tables:
                found.append(parent)
                waiting += self.parents.get(parent, [])
        return [self.table_name(parent) for parent in found]


def roles(conn: psycopg.Connection[Any]) -> list[str]:
    """The names of the server's roles, but for those that every server has."""
    return [row[0] for row in conn.execute(compose("role_names"))]


def search_path(conn: psycopg.Connection[Any]) -> str:
    """What functions look up names by that PostgreSQL calls by itself; empty if there are none.

    It is the database's and the role's own, whatever is set for the session.
    """
    begun = ask_one(conn, "evaluated", EvaluatedRow)
    if not begun.asked or not begun.search_path:
        return ""
    with evaluating(conn, begun.search_path):
        return ask_one(conn, "search_path", SearchPathRow).search_path


def read(conn: psycopg.Connection[Any]) -> Catalog:
    """Reads the catalog. For a consistent reading the caller holds a snapshot or the locks."""
    parents: dict[int, list[int]] = defaultdict(list)
    for pair in ask(conn, "inheritance", InheritanceRow):
        parents[pair.child_oid].append(pair.parent_oid)
    of_column: dict[Place, list[DependentRow]] = defaultdict(list)
    of_object: dict[ObjectId, list[DependentRow]] = defaultdict(list)
    for dependent in ask(conn, "dependents", DependentRow):
        of_column[dependent.on_oid, dependent.on_number].append(dependent)
        of_object[dependent.on_class_oid, dependent.on_oid].append(dependent)
    key_copies: dict[int, list[ForeignKeyCopyRow]] = defaultdict(list)
    for copied in ask(conn, "foreign_key_copies", ForeignKeyCopyRow):
        key_copies[copied.foreign_key_oid].append(copied)
    everything = objects.read(conn)
    columns_of: dict[int, list[CatalogObject]] = defaultdict(list)
    for found in everything:
        if found.kind == "COLUMN":
            columns_of[found.id[1]].append(found)
    known_roles = ask(conn, "roles", RoleRow)
    by_id = {found.id: found for found in everything if found.kind != "COLUMN"}
    relations = {found.id[1]: found for found in everything if found.kind == "SEQUENCE"}
    identities: dict[Place, CatalogObject] = {}
    serials: dict[Place, list[CatalogObject]] = defaultdict(list)
    for feeding in ask(conn, "serials", SerialRow):
        place, sequence = (feeding.table_oid, feeding.column_number), feeding.sequence_oid
        if sequence in relations and feeding.is_identity:
            identities[place] = relations[sequence]
        elif sequence in relations:
            serials[place].append(relations[sequence])
    return Catalog(
        tables={row.oid: row for row in ask(conn, "tables", TableRow)},
        columns={(row.table_oid, row.number): row for row in ask(conn, "columns", ColumnRow)},
        parents=dict(parents),
        foreign_keys=ask(conn, "foreign_keys", ForeignKeyRow, relations=[]),
        key_copies=dict(key_copies),
        key_triggers=ask(conn, "foreign_key_triggers", ForeignKeyTriggerRow),
        dependents_of_column=dict(of_column),
        dependents_of_object=dict(of_object),
        objects=by_id,
        columns_of=dict(columns_of),
        named={found.name: found for found in everything},
        identities=identities,
        serials=dict(serials),
        own_roles=frozenset(role.name for role in known_roles if role.mine),
        favoured_roles=tuple(role.name for role in known_roles if role.favoured),
        creatable=frozenset(s.name for s in ask(conn, "schemas", SchemaRow) if s.creatable),
        search_path=search_path(conn),
    )
