"""What is in the rows, asked exactly: how many there are, what they refer to, their digests."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import compose
from queries.rows import ForeignKeyRow
from recovery.words.composing import pasted, written
from recovery.words.names import TableName


@dataclass(frozen=True, slots=True)
class Contents:
    """Rows and digests of a table; digests are by column, of the columns that are converted."""

    rows: int
    digests: dict[str, str]


def orphans(conn: psycopg.Connection[Any], foreign_key: ForeignKeyRow) -> int:
    """How many rows refer by this foreign key to a row that is not there."""
    row = conn.execute(compose("orphans", **_of(foreign_key))).fetchone()
    assert row is not None
    return int(row[0])


def orphans_query(foreign_key: ForeignKeyRow) -> str:
    """The same question, for psql."""
    return pasted("orphans", **_of(foreign_key))


def _of(foreign_key: ForeignKeyRow) -> dict[str, sql.Composable]:
    present = [sql.Identifier("c", column) for column in foreign_key.columns]
    # MATCH SIMPLE ignores a row with any null, MATCH FULL only a row with nothing but nulls.
    joiner = sql.SQL(" OR " if foreign_key.match_full else " AND ")
    referring = joiner.join(sql.SQL("{} IS NOT NULL").format(column) for column in present)
    keys = [sql.Identifier("p", column) for column in foreign_key.referenced_columns]
    pairs: sql.Composable = sql.SQL(" AND ").join(
        # Its own operators: under another search_path "=" could be another one.
        sql.SQL("{} {} {}").format(key, written(operator), column)
        for key, operator, column in zip(keys, foreign_key.operators, present, strict=True)
    )
    if foreign_key.is_temporal:
        # The operator of the period is that it overlaps.
        pairs += sql.SQL(" HAVING pg_catalog.range_agg({}) OPERATOR(pg_catalog.@>) {}").format(
            keys[-1], present[-1]
        )
    return {
        "child": sql.Identifier(foreign_key.schema, foreign_key.table_name),
        "parent": sql.Identifier(foreign_key.referenced_schema, foreign_key.referenced_table),
        "pairs": pairs,
        "referring": sql.SQL("({})").format(referring),
    }


def count_rows(conn: psycopg.Connection[Any], table: TableName) -> int:
    """The exact number of rows of a table, with those of its partitions and children.

    Raises ``UndefinedTable`` if there is none.
    """
    return _counted(conn, table.identifier)


def count_own_rows(conn: psycopg.Connection[Any], table: TableName) -> int:
    """The number of rows that are in the table itself: over all tables, each is counted once."""
    return _counted(conn, sql.SQL("ONLY {}").format(table.identifier))


def _counted(conn: psycopg.Connection[Any], rows_of: sql.Composable) -> int:
    row = conn.execute(compose("row_count", table=rows_of)).fetchone()
    assert row is not None
    return int(row[0])


def of_table(conn: psycopg.Connection[Any], table: TableName, columns: list[str]) -> Contents:
    """The rows that are in a table itself and the digests of some columns, in one pass."""
    digests = sql.SQL(", ").join(
        sql.SQL('sum(pg_catalog.hashtextextended({}::text COLLATE "C", 0))').format(
            sql.Identifier(column)
        )
        for column in columns
    )
    row = conn.execute(compose("digest", table=table.identifier, digests=digests)).fetchone()
    assert row is not None
    return Contents(row[0], {c: d or "" for c, d in zip(columns, row[1], strict=True)})
