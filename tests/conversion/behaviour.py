"""What a database does when it is written to: asked of one that was converted, and of its twin."""

from typing import Any

import psycopg
from psycopg import sql

from queries import ask
from queries.rows import ForeignKeyRow, TableRow
from tests.conftest import Database
from tests.recovering import contents_query

# A key that no row has.
STRANGER = "'ffffffff-ffff-4fff-8fff-ffffffffffff'"


def behaviour(database: Database) -> list[tuple[str, object]]:
    """What comes of writing to every table in turn, each time undone: an error, or all contents."""
    with database.connect() as conn:
        contents = contents_query(conn)
        return [(text, outcome(conn, text, contents)) for text in _writes(conn)]


def _writes(conn: psycopg.Connection[Any]) -> list[str]:
    def identifiers(names: list[str]) -> str:
        return ", ".join(sql.Identifier(name).as_string(None) for name in names)

    writes = []
    for table in ask(conn, "tables", TableRow):
        named = sql.Identifier(table.schema, table.name).as_string(None)
        writes += [
            f"DELETE FROM {named}",
            f"DELETE FROM {named} WHERE ctid = (SELECT min(ctid) FROM {named})",
            f"INSERT INTO {named} SELECT * FROM {named}",
        ]
    # By name: those that are recreated come after the others in the catalog.
    foreign_keys = ask(conn, "foreign_keys", ForeignKeyRow, relations=[])
    for key in sorted(foreign_keys, key=lambda key: (key.schema, key.table_name, key.name)):
        child = sql.Identifier(key.schema, key.table_name).as_string(None)
        parent = sql.Identifier(key.referenced_schema, key.referenced_table).as_string(None)
        columns, referenced = identifiers(key.columns), identifiers(key.referenced_columns)
        last = sql.Identifier(key.columns[-1]).as_string(None)
        last_referenced = sql.Identifier(key.referenced_columns[-1]).as_string(None)
        writes += [
            f"UPDATE {child} SET ({columns}) = "
            f"(SELECT {referenced} FROM {parent} ORDER BY {last_referenced}::text LIMIT 1)",
            f"UPDATE {child} SET {last} = {STRANGER}",
            f"UPDATE {parent} SET {last_referenced} = {STRANGER} "
            f"WHERE ctid = (SELECT min(ctid) FROM {parent})",
        ]
    return writes


def outcome(
    conn: psycopg.Connection[Any], text: str, contents: str, role: str = "postgres"
) -> object:
    """What comes of a statement, as a role: how many rows or which, and the contents; or an error.

    It is undone.
    """
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            done = conn.execute(text)
            answered = done.fetchall() if done.description else done.rowcount
            conn.execute("RESET ROLE")
            conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
            return answered, sorted(conn.execute(contents).fetchall())
    except psycopg.Error as error:
        return error.sqlstate
