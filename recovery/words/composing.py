"""Statements as text: a template and its parts."""

from collections.abc import Iterable
from typing import LiteralString

from psycopg import sql

import queries
from recovery.words import foreign


def composed(template: LiteralString, /, **parts: sql.Composable) -> str:
    """The template with its ``{name}`` places filled, and escapes for what is not seen."""
    return foreign.statement(sql.SQL(template).format(**parts).as_string(None))


def pasted(name: str, /, **values: sql.Composable) -> str:
    """A question as a person pastes it into psql, with escapes for what is not seen."""
    return foreign.statement(queries.pasted(name, **values))


def shown_by(query: str) -> str:
    """The end of a remedy: a pasted question, in a line; the line ends of names are escaped."""
    return f"This shows them: {query.replace(chr(10), ' ')}"


def listed(parts: Iterable[sql.Composable], between: LiteralString = ", ") -> sql.Composed:
    """The parts in a row."""
    return sql.SQL(between).join(parts)


def written(text: str) -> sql.SQL:
    """A name, a keyword or an expression as the server writes it: quoted where it has to be."""
    return sql.SQL(text)
