"""The catalog of a database as one reading of it: tables, columns, foreign keys, dependents."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import psycopg

from queries import ask
from queries.rows import ColumnRow, DependentRow, ForeignKeyRow, InheritanceRow, TableRow
from recovery.names import ColumnName, TableName

# A column's place: its table's oid and its number in it.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the catalog said at one moment. Foreign keys are in the order of their creation."""

    tables: dict[int, TableRow]
    columns: dict[Place, ColumnRow]
    parents: dict[int, list[int]]
    foreign_keys: list[ForeignKeyRow]
    dependents: dict[Place, list[DependentRow]]

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


def read(conn: psycopg.Connection[Any]) -> Catalog:
    """Reads the catalog. For a consistent reading the caller holds a snapshot or the locks."""
    parents: dict[int, list[int]] = defaultdict(list)
    for pair in ask(conn, "inheritance", InheritanceRow):
        parents[pair.child_oid].append(pair.parent_oid)
    dependents: dict[Place, list[DependentRow]] = defaultdict(list)
    for dependent in ask(conn, "dependents", DependentRow):
        dependents[dependent.table_oid, dependent.column_number].append(dependent)
    return Catalog(
        tables={row.oid: row for row in ask(conn, "tables", TableRow)},
        columns={(row.table_oid, row.number): row for row in ask(conn, "columns", ColumnRow)},
        parents=dict(parents),
        foreign_keys=ask(conn, "foreign_keys", ForeignKeyRow),
        dependents=dict(dependents),
    )
