"""The table that Alembic keeps the revision in."""

from typing import Any

import psycopg
from psycopg import sql

from queries import compose
from recovery.words.names import TableName
from recovery.words.profile import AlembicSection


def version_table(section: AlembicSection | None) -> TableName:
    """The table that the revision is kept in."""
    section = section or AlembicSection(script_location="")
    return TableName(section.version_table_schema or "public", section.version_table)


def current_revisions(conn: psycopg.Connection[Any], table: TableName) -> tuple[str, ...]:
    """What the version table holds, sorted."""
    rows = conn.execute(compose("revisions", table=table.identifier)).fetchall()
    return tuple(row[0] for row in rows)


def create_version_table(table: TableName) -> sql.Composed:
    """The statement that makes the table as Alembic makes it."""
    constraint = sql.Identifier(f"{table.name}_pkc")
    return compose("version_table", table=table.identifier, constraint=constraint)
