"""The statements that give back what indexes lose that PostgreSQL makes again by itself."""

from collections import Counter
from collections.abc import Iterator

from psycopg import sql

from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.conversion.closure import Closure
from recovery.conversion.rebuilding import Rebuild, lost_by_index, lost_by_partition
from recovery.conversion.statements.statement import RECREATE, Statement, do
from recovery.words import foreign
from recovery.words.composing import composed, listed
from recovery.words.names import TableName

# With its table's name.
_Index = tuple[CatalogObject, TableName]


def as_before(
    catalog: Catalog, closure: Closure, rebuilds: tuple[Rebuild, ...]
) -> Iterator[Statement]:
    """What the indexes of converted tables had, but for those that the plan makes again."""
    made = {rebuild.object.id for rebuild in rebuilds}
    tables = {oid: catalog.table_name(oid) for oid in closure.tables() if oid in catalog.tables}
    kept = [
        (found, tables[found.relation_oid])
        for found in catalog.objects.values()
        if found.relation_oid in tables and found.id not in made
    ]
    named = [pair for pair in kept if pair[0].kind == "INDEX" and _is_of_partition(pair[0])]
    if named:
        yield _names(catalog, named)
    for found, table in kept:
        if _is_of_partition(found):
            texts = lost_by_partition(found)
        elif found.kind == "INDEX":
            texts = lost_by_index(found)
        else:
            continue
        for text in texts:
            yield Statement(
                RECREATE,
                text,
                f"{found.kind.lower()} {foreign.statement(found.identity)}",
                "PostgreSQL makes the index again without it",
                Counter(),
                (table,),
            )


def _is_of_partition(found: CatalogObject) -> bool:
    """Whether it is an index that comes with a partitioned table's, or the constraint of one."""
    have = found.properties
    if found.kind == "INDEX":
        return "parent" in have
    return found.kind == "CONSTRAINT" and have["type"] in "pux" and "inherited from" in have


def _names(catalog: Catalog, indexes: list[_Index]) -> Statement:
    """The names of partitions' indexes: PostgreSQL chooses new ones when it makes them again.

    Each is known by its table and by the index of the outermost table, which keeps its name. By way
    of names that no other has: two may have each other's.
    """
    rows = (
        (_root(catalog, index), index.properties["table"], index.properties["plain name"])
        for index, _ in indexes
    )
    return Statement(
        RECREATE,
        do(
            composed(
                """DECLARE
  it record;
BEGIN
  FOR it IN
    WITH RECURSIVE wanted (root, tab, name) AS (VALUES
      {rows}
    ), family AS (
      SELECT DISTINCT w.root, w.root::pg_catalog.regclass::oid AS oid FROM wanted w
      UNION ALL
      SELECT f.root, h.inhrelid
      FROM family f JOIN pg_catalog.pg_inherits h ON h.inhparent = f.oid
    )
    SELECT turn, n.nspname AS schema,
           CASE turn WHEN 1 THEN c.relname ELSE 'pg_rekey_' || c.oid END AS old,
           CASE turn WHEN 1 THEN 'pg_rekey_' || c.oid ELSE w.name END AS new
    FROM wanted w
    JOIN family f ON f.root = w.root
    JOIN pg_catalog.pg_index i ON i.indexrelid = f.oid
                              AND i.indrelid = w.tab::pg_catalog.regclass
    JOIN pg_catalog.pg_class c ON c.oid = f.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN (VALUES (1), (2)) AS turns (turn)
    WHERE c.relname <> w.name
    ORDER BY turn
  LOOP
    EXECUTE pg_catalog.format('ALTER INDEX %I.%I RENAME TO %I', it.schema, it.old, it.new);
  END LOOP;
END""",
                rows=listed(
                    (sql.SQL("({})").format(listed(map(sql.Literal, row))) for row in rows),
                    ",\n      ",
                ),
            )
        ),
        "indexes of partitions",
        "PostgreSQL makes them again from their parents', with names of its own choosing",
        Counter(),
        tuple(dict.fromkeys(table for _, table in indexes)),
    )


def _root(catalog: Catalog, index: CatalogObject) -> str:
    parent = index.properties.get("parent")
    return index.identity if parent is None else _root(catalog, catalog.named["INDEX", parent])
