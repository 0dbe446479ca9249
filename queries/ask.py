"""Turns a question's name into its SQL, and its rows into frozen dataclasses."""

import re
from functools import cache
from importlib import resources
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row

Row = TypeVar("Row")

_PSQL_PARAMETER = re.compile(r"(?<!:):'(\w+)'")
_HEADER = re.compile(r"\A(?:--.*\n)+")


@cache
def text(name: str) -> LiteralString:
    """The SQL of ``queries/NAME.sql`` as psql takes it."""
    return resources.files("queries").joinpath(f"{name}.sql").read_text(encoding="utf-8")


@cache
def _for_psycopg(name: str) -> LiteralString:
    escaped = text(name).replace("%", "%%")
    return _PSQL_PARAMETER.sub(r"%(\1)s", escaped)


def ask(
    conn: psycopg.Connection[Any], name: str, row: type[Row], /, **parameters: object
) -> list[Row]:
    """Every row that ``queries/NAME.sql`` answers, as ``row``.

    Raises what the server raises, with the file's name as a note.
    """
    with conn.cursor(row_factory=class_row(row)) as cursor:
        try:
            # Without parameters psycopg leaves "%" alone, so they are always given.
            return cursor.execute(_for_psycopg(name), parameters).fetchall()
        except psycopg.Error as error:
            error.add_note(f"queries/{name}.sql")
            raise


def ask_one(
    conn: psycopg.Connection[Any], name: str, row: type[Row], /, **parameters: object
) -> Row:
    """The one row that ``queries/NAME.sql`` answers. Raises ``ValueError`` for none or several."""
    (only,) = ask(conn, name, row, **parameters)
    return only


def compose(name: str, /, **parts: sql.Composable) -> sql.Composed:
    """``queries/NAME.sql`` with its ``{name}`` places filled by composed identifiers.

    To be executed with the parameters that it names, if it names any. Without the header: a name
    with a line's end in it would end a comment.
    """
    source = text(name)
    if _PSQL_PARAMETER.search(source):
        source = _for_psycopg(name)
    return sql.SQL(_HEADER.sub("", source)).format(**parts)


def pasted(name: str, /, **values: sql.Composable) -> str:
    """``queries/NAME.sql`` as a person pastes it into psql: its places and parameters filled in.

    Without the header, as with ``compose``.
    """
    source = _HEADER.sub("", text(name)).strip()
    if not values:
        return source
    return sql.SQL(_PSQL_PARAMETER.sub(r"{\1}", source)).format(**values).as_string(None)
