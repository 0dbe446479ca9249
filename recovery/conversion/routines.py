"""Which functions worked before the conversion and would fail after it.

PostgreSQL does not look into bodies that are strings. Those in SQL are checked by the server, by
making them again on a copy of the schema; those in PL/pgSQL by the extension plpgsql_check, where
the copy's server has it, and are else only read. How each was found is told with it.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from queries import ask, compose
from queries.rows import PlpgsqlErrorRow, PlpgsqlFunctionRow
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.conversion.closure import Closure
from recovery.record.events import Break
from recovery.words.composing import listed, written

CHECKED = "checked on a copy of the schema"
CHECKED_PLPGSQL = "checked by plpgsql_check on a copy of the schema"
READ = "read, not run"
_EXTENSION = "plpgsql_check"
_LOOKED_INTO = ("sql", "plpgsql")
# So many changes are told by name.
_MOST_TOLD = 10
_PARSED = re.compile(r"^(BEGIN ATOMIC|RETURN )", re.MULTILINE)
# How people write what the catalog calls otherwise.
_SPELLINGS = {
    "character varying": ("varchar",),
    "character": ("char", "bpchar"),
    "integer": ("int", "int4"),
    "smallint": ("int2",),
}
_BODY = re.compile(r"^AS \$", re.MULTILINE)


def install_check(conn: psycopg.Connection[Any]) -> str | None:
    """The schema of plpgsql_check, installed if the server has it; None if it has not.

    Only for a server of our own: a version of it took the whole server down with it. Raises
    psycopg's errors, for example if an event trigger of the schema refuses to create it.
    """
    found = conn.execute(
        "SELECT n.nspname FROM pg_catalog.pg_extension e "
        "JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = %s",
        [_EXTENSION],
    ).fetchone()
    if found is not None:
        return str(found[0])
    there = conn.execute(
        "SELECT FROM pg_catalog.pg_available_extensions WHERE name = %s", [_EXTENSION]
    ).fetchone()
    if there is None:
        return None
    schema = "rekey_plpgsql_check"
    named = sql.Identifier(schema)
    with conn.transaction():
        conn.execute(sql.SQL("CREATE SCHEMA {}").format(named))
        conn.execute(sql.SQL("CREATE EXTENSION plpgsql_check SCHEMA {}").format(named))
    return schema


def failing(
    conn: psycopg.Connection[Any], catalog: Catalog, check: str | None = None
) -> list[Break]:
    """What the server does not accept in functions, as the schema is now.

    ``check`` is the schema of plpgsql_check; without it only functions in SQL are looked at.
    """
    path = search_path(catalog)
    found = list(_failing_sql(conn, catalog, path))
    if check is not None:
        found += _failing_plpgsql(conn, catalog, path, check)
    # One function behind two triggers fails in the same way for both.
    return list(dict.fromkeys(found))


def search_path(catalog: Catalog) -> sql.Composed:
    """What lets bodies find what they name, whatever search_path they are run with: all schemas."""
    schemas = [each.identity for each in catalog.objects.values() if each.kind == "SCHEMA"]
    return sql.SQL("SET LOCAL search_path = {}").format(
        listed(map(written, dict.fromkeys(["public", *schemas])))
    )


def _failing_sql(
    conn: psycopg.Connection[Any], catalog: Catalog, path: sql.Composed
) -> Iterator[Break]:
    for routine in of_language(catalog, "sql"):
        text = routine.properties["definition"]
        if _PARSED.search(text):
            continue
        try:
            with conn.transaction(force_rollback=True):
                conn.execute(path)
                conn.execute("SET LOCAL check_function_bodies = on")
                conn.execute(text)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            said = " ".join((error.diag.message_primary or str(error)).split())
            place = error.diag.statement_position or error.diag.internal_position
            line = text.count("\n", 0, int(place) - 1) + 1 if place else None
            yield Break(routine.identity, line, f"{said} [{error.sqlstate}]", CHECKED)


def _failing_plpgsql(
    conn: psycopg.Connection[Any], catalog: Catalog, path: sql.Composed, check: str
) -> Iterator[Break]:
    query = compose("plpgsql_errors", schema=sql.Identifier(check))
    for function in ask(conn, "plpgsql_functions", PlpgsqlFunctionRow):
        asked = {
            "function": function.oid,
            "table": function.table_oid,
            "old_table": function.old_table,
            "new_table": function.new_table,
        }
        with conn.transaction(force_rollback=True):
            conn.execute(path)
            with conn.cursor(row_factory=class_row(PlpgsqlErrorRow)) as cursor:
                errors = cursor.execute(query, asked).fetchall()
        for error in errors:
            # The first line of a body is the one behind AS.
            head = _head(catalog, function.identity)
            cause = f"{' '.join(error.message.split())} [{error.sqlstate}]"
            line = None if error.line is None else head + error.line
            yield Break(function.identity, line, cause, CHECKED_PLPGSQL)


def _head(catalog: Catalog, identity: str) -> int:
    """How many lines of a function's definition come before its body."""
    found = catalog.named.get(("FUNCTION", identity)) or catalog.named["PROCEDURE", identity]
    text: str = found.properties["definition"]
    begins = _BODY.search(text)
    return text.count("\n", 0, begins.start()) if begins is not None else 0


def checkable(conn: psycopg.Connection[Any]) -> set[str]:
    """The PL/pgSQL functions that plpgsql_check can be asked about."""
    return {row.identity for row in ask(conn, "plpgsql_functions", PlpgsqlFunctionRow)}


def rests_on(catalog: Catalog, closure: Closure) -> dict[str, str]:
    """By object, a digest of what decides whether it is in the list of breaks.

    Comments, privileges and oids do not; nor do triggers and columns that came with a partition.
    Of other languages nothing is read, but SQL and PL/pgSQL may call what is written in them.
    """
    if not closure.members:
        return {}
    found: dict[str, object] = {}
    converted = {*closure.tables()}
    for one in catalog.objects.values():
        said = one.properties
        if one.kind in ("FUNCTION", "PROCEDURE", "AGGREGATE"):
            body = said.get("definition") if said["language"] in _LOOKED_INTO else None
            found[_named(one)] = said["language"], said.get("result"), body
        elif one.kind == "TRIGGER" and (
            one.relation_oid in converted or one.relation_oid not in catalog.parents
        ):
            found[_named(one)] = said["definition"]
    if any(_is_uuid(member.column.type) for member in closure.members.values()):
        # Whether they hold ids of a key was asked of their values.
        for place, column in catalog.columns.items():
            if place not in closure.members and not column.inherited and _is_uuid(column.type):
                found[f"column {catalog.column_name(place)}"] = column.type
    return {
        name: hashlib.sha256(repr(said).encode()).hexdigest()[:16] for name, said in found.items()
    }


def _named(one: CatalogObject) -> str:
    return f"{one.kind.lower()} {one.identity}"


def _is_uuid(type_: str) -> bool:
    return type_.removesuffix("[]") == "uuid"


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """In words, what is new, another or gone of what a list of breaks rests on."""
    told = [
        f"{name} is {'new' if name not in before else 'another' if name in now else 'gone'}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    more = len(told) - _MOST_TOLD
    return "; ".join(told[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")


def suspicious(
    catalog: Catalog, closure: Closure, checked: Collection[str] = ()
) -> Iterator[Break]:
    """Lines of PL/pgSQL that may fail: those that name an old type, or a table that still has it.

    Of functions that name a converted table or are triggers of one, and were not ``checked``.
    """
    types = {member.column.type.partition("(")[0] for member in closure.members.values()}
    if not types:
        return
    spellings = {other for type_ in types for other in (type_, *_SPELLINGS.get(type_, ()))}
    typed = re.compile(_any_of(spellings), re.IGNORECASE)
    remaining = _still_of(catalog, closure, types)
    others = re.compile(
        r"\b(?:INTO|UPDATE|FROM|JOIN|USING)\s+(?:[\w\"]+\.)?\"?" + _any_of(remaining),
        re.IGNORECASE,
    )
    for routine in touching(catalog, closure, "plpgsql"):
        if routine.identity in checked:
            continue
        for number, line in enumerate(routine.properties["definition"].splitlines(), start=1):
            shown = line.strip()[:200]
            if typed.search(line):
                yield Break(routine.identity, number, shown, READ)
            elif remaining and (other := others.search(line)) is not None:
                columns = ", ".join(remaining[other[1].lower()])
                yield Break(routine.identity, number, f"{shown} (not converted: {columns})", READ)


def _any_of(names: Iterable[str]) -> str:
    return r"\b(" + "|".join(map(re.escape, sorted(names))) + r")\b"


def _still_of(catalog: Catalog, closure: Closure, types: set[str]) -> dict[str, list[str]]:
    """By table, in lower case, the columns that keep a type which others lose."""
    found: dict[str, list[str]] = defaultdict(list)
    for place, column in catalog.columns.items():
        if place not in closure.members and column.type.partition("(")[0] in types:
            found[column.table_name.lower()].append(str(catalog.column_name(place)))
    return found


def touching(catalog: Catalog, closure: Closure, language: str) -> Iterator[CatalogObject]:
    """The functions that name a converted table, or that are triggers of one."""
    tables = {member.name.table.name for member in closure.members.values()}
    converted = re.compile(_any_of(tables), re.IGNORECASE)
    triggers = _trigger_functions(catalog, closure)
    for routine in of_language(catalog, language):
        name = routine.identity.partition("(")[0]
        if converted.search(routine.properties["definition"]) or name in triggers:
            yield routine


def _trigger_functions(catalog: Catalog, closure: Closure) -> set[str]:
    """The names of the functions that triggers of converted tables call."""
    tables = {catalog.table_name(oid) for oid in closure.tables() if oid in catalog.tables}
    named = {name.identifier.as_string(None).replace('"', "") for name in tables}
    calls = (
        re.search(r"EXECUTE FUNCTION ([^(]+)\(", trigger.properties["definition"])
        for trigger in catalog.objects.values()
        if trigger.kind == "TRIGGER" and trigger.properties["table"].replace('"', "") in named
    )
    return {call[1] for call in calls if call is not None}


def of_language(catalog: Catalog, language: str) -> Iterator[CatalogObject]:
    """The functions and procedures that are written in a language, with their definitions."""
    for found in catalog.objects.values():
        if (
            found.kind in ("FUNCTION", "PROCEDURE")
            and found.properties["language"] == language
            and "definition" in found.properties
        ):
            yield found
