"""Which functions worked before the conversion and would fail after it.

PostgreSQL does not look into bodies that are strings. Those in SQL are checked by the server, by
making them again on a copy of the schema; those in PL/pgSQL are only read, and labelled as such.
"""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from recovery.catalog import Catalog
from recovery.closure import Closure
from recovery.events import Break
from recovery.objects import CatalogObject, ObjectName

CHECKED, READ = "checked on a copy of the schema", "read, not run"
_PARSED = re.compile(r"^(BEGIN ATOMIC|RETURN )", re.MULTILINE)


def failing(conn: psycopg.Connection[Any], catalog: Catalog) -> dict[ObjectName, Break]:
    """The SQL functions whose bodies the server does not accept as the schema is now."""
    found: dict[ObjectName, Break] = {}
    schemas = [each.identity for each in catalog.objects.values() if each.kind == "SCHEMA"]
    path = sql.SQL("SET LOCAL search_path = public, ") + sql.SQL(", ".join(schemas))
    for routine in _routines(catalog, "sql"):
        text = routine.properties["definition"]
        if _PARSED.search(text):
            continue
        try:
            with conn.transaction(force_rollback=True):
                conn.execute(path)
                conn.execute("SET LOCAL check_function_bodies = on")
                conn.execute(text)
        except psycopg.Error as error:
            said = " ".join((error.diag.message_primary or str(error)).split())
            place = error.diag.statement_position or error.diag.internal_position
            line = text.count("\n", 0, int(place) - 1) + 1 if place else None
            found[routine.name] = Break(
                routine.identity, line, f"{said} [{error.sqlstate}]", CHECKED
            )
    return found


def suspicious(catalog: Catalog, closure: Closure) -> Iterator[Break]:
    """The lines of PL/pgSQL functions that name an old type, if they name a converted table."""
    tables = {member.name.table.name for member in closure.members.values()}
    named = re.compile(r"\b(" + "|".join(map(re.escape, sorted(tables))) + r")\b")
    types = {member.column.type.partition("(")[0] for member in closure.members.values()}
    typed = re.compile(r"\b(" + "|".join(map(re.escape, sorted(types))) + r")\b", re.IGNORECASE)
    for routine in _routines(catalog, "plpgsql"):
        text = routine.properties["definition"]
        if not named.search(text):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if typed.search(line):
                yield Break(routine.identity, number, line.strip()[:200], READ)


def _routines(catalog: Catalog, language: str) -> Iterator[CatalogObject]:
    for found in catalog.objects.values():
        if (
            found.kind in ("FUNCTION", "PROCEDURE")
            and found.properties["language"] == language
            and "definition" in found.properties
        ):
            yield found
