"""The database before and after, compared inside the open transaction: what COMMIT waits for."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import ask, compose
from queries.rows import ColumnRow, DefinitionRow, ForeignKeyRow
from recovery.catalog import Catalog, Place
from recovery.closure import Closure
from recovery.events import (
    SAME,
    CatalogDifference,
    ForeignKeyParity,
    ParityChecked,
    TableParity,
)
from recovery.names import ColumnName, TableName

_CAST = re.compile(r"[a-z ]+(\(\d+\))?")


@dataclass(frozen=True, slots=True)
class Contents:
    """Rows and digests of a table; digests are by column, of the columns that are converted."""

    rows: int
    digests: dict[str, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is compared. Orphans are by foreign key (schema, table, name)."""

    catalog: Catalog
    definitions: dict[tuple[str, str], str]
    orphans: dict[tuple[str, str, str], int]
    contents: dict[TableName, Contents]


def identity_of(foreign_key: ForeignKeyRow) -> tuple[str, str, str]:
    """What a foreign key is known by; its oid changes when it is recreated."""
    return foreign_key.schema, foreign_key.table_name, foreign_key.name


def orphans(conn: psycopg.Connection[Any], foreign_key: ForeignKeyRow) -> int:
    """How many rows refer by this foreign key to a row that is not there."""
    present = [sql.Identifier("c", column) for column in foreign_key.columns]
    # MATCH SIMPLE ignores a row with any null, MATCH FULL only a row with nothing but nulls.
    joiner = sql.SQL(" OR " if foreign_key.match_full else " AND ")
    referring = joiner.join(sql.SQL("{} IS NOT NULL").format(column) for column in present)
    pairs = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("p", referenced), column)
        for referenced, column in zip(foreign_key.referenced_columns, present, strict=True)
    )
    query = compose(
        "orphans",
        child=sql.Identifier(foreign_key.schema, foreign_key.table_name),
        parent=sql.Identifier(foreign_key.referenced_schema, foreign_key.referenced_table),
        pairs=pairs,
        referring=sql.SQL("({})").format(referring),
    )
    row = conn.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def count_rows(conn: psycopg.Connection[Any], table: TableName) -> int:
    """The exact number of rows of a table. Raises ``UndefinedTable`` if there is none."""
    row = conn.execute(compose("row_count", table=table.identifier)).fetchone()
    assert row is not None
    return int(row[0])


def contents(conn: psycopg.Connection[Any], table: TableName, columns: list[str]) -> Contents:
    """The rows of a table and the digests of some columns, in one pass."""
    digests = sql.SQL(", ").join(
        sql.SQL('sum(pg_catalog.hashtextextended({}::text COLLATE "C", 0))').format(
            sql.Identifier(column)
        )
        for column in columns
    )
    row = conn.execute(compose("digest", table=table.identifier, digests=digests)).fetchone()
    assert row is not None
    return Contents(row[0], {c: d or "" for c, d in zip(columns, row[1], strict=True)})


def snapshot(
    conn: psycopg.Connection[Any],
    catalog: Catalog,
    closure: Closure,
    check: Callable[[], None] = lambda: None,
) -> Snapshot:
    """Everything that is compared; ``check`` is called between the queries and may raise.

    ``closure`` is always the one from before: it says which columns and foreign keys are looked at.
    """
    concerned = {identity_of(foreign_key) for foreign_key in closure.foreign_keys}
    counted: dict[tuple[str, str, str], int] = {}
    for foreign_key in catalog.foreign_keys:
        if identity_of(foreign_key) in concerned:
            check()
            counted[identity_of(foreign_key)] = orphans(conn, foreign_key)
    digests: dict[TableName, Contents] = {}
    for oid in closure.tables():
        check()
        members = closure.members_of(oid)
        table = members[0].name.table
        digests[table] = contents(conn, table, [member.name.name for member in members])
    return Snapshot(
        catalog,
        {
            (row.kind, row.name): row.definition
            for row in ask(conn, "definitions", DefinitionRow, tables=closure.tables())
        },
        counted,
        digests,
    )


def compare(before: Snapshot, after: Snapshot, closure: Closure) -> ParityChecked:
    """Every foreign key, every converted table, and the rest of what the plan touches."""
    foreign_keys = sorted(_foreign_keys(before, after, closure), key=lambda row: row.state == SAME)
    tables = sorted(_tables(before, after), key=lambda row: row.state == SAME)
    catalog = [
        *_mapping("definition", before.definitions, after.definitions),
        *_mapping(
            "column",
            _columns(before.catalog, closure, expected=True),
            _columns(after.catalog, closure, expected=False),
        ),
        *_firing_order(before, after),
    ]
    compared = (
        len(foreign_keys) + len(tables) + len(before.definitions) + len(before.catalog.columns)
    )
    return ParityChecked(tuple(foreign_keys), tuple(tables), tuple(catalog), compared)


def _foreign_keys(
    before: Snapshot, after: Snapshot, closure: Closure
) -> Iterator[ForeignKeyParity]:
    concerned = {identity_of(key): closure.key_of(key) for key in closure.foreign_keys}
    now = {identity_of(key): key for key in after.catalog.foreign_keys}
    for key in before.catalog.foreign_keys:
        known = identity_of(key)
        found = now.pop(known, None)
        yield _pair(
            key,
            found,
            concerned.get(known, ""),
            before.orphans.get(known),
            after.orphans.get(known),
        )
    for known, key in now.items():
        yield _row(
            key, concerned.get(known, ""), None, after.orphans.get(known), "not there before"
        )


def _pair(
    before: ForeignKeyRow,
    after: ForeignKeyRow | None,
    key: str,
    orphans_before: int | None,
    orphans_after: int | None,
) -> ForeignKeyParity:
    if after is None:
        return _row(before, key, orphans_before, orphans_after, "missing", there_now=None)
    differing = [
        word
        for word, attribute in (
            ("definition", "definition"),
            ("columns", "columns"),
            ("validation", "is_validated"),
            ("deferrability", "is_deferrable"),
            ("initial deferral", "is_deferred"),
            ("comment", "comment"),
            ("trigger states", "trigger_states"),
        )
        if getattr(before, attribute) != getattr(after, attribute)
    ]
    if orphans_before != orphans_after:
        differing.append("orphans")
    state = f"differs: {', '.join(differing)}" if differing else SAME
    return _row(before, key, orphans_before, orphans_after, state, there_now=after)


def _row(
    row: ForeignKeyRow,
    key: str,
    orphans_before: int | None,
    orphans_after: int | None,
    state: str,
    *,
    there_now: ForeignKeyRow | None = None,
) -> ForeignKeyParity:
    referenced = TableName(row.referenced_schema, row.referenced_table)
    return ForeignKeyParity(
        key=key,
        table=str(TableName(row.schema, row.table_name)),
        name=row.name,
        columns=tuple(row.columns),
        references=", ".join(str(ColumnName(referenced, c)) for c in row.referenced_columns),
        on_delete=row.on_delete,
        on_update=row.on_update,
        before=row.definition,
        after=None if there_now is None else there_now.definition,
        validated=there_now is not None and there_now.is_validated,
        orphans_before=orphans_before,
        orphans_after=orphans_after,
        state=state,
    )


def _tables(before: Snapshot, after: Snapshot) -> Iterator[TableParity]:
    for table, was in before.contents.items():
        now = after.contents[table]
        differing = [
            column for column, digest in was.digests.items() if digest != now.digests[column]
        ]
        state = SAME
        if was.rows != now.rows:
            state = "differs: rows"
        elif differing:
            state = f"differs: {', '.join(differing)}"
        yield TableParity(str(table), was.rows, now.rows, was.digests, now.digests, state)


def _columns(catalog: Catalog, closure: Closure, *, expected: bool) -> dict[str, str]:
    """Every column in words; with ``expected``, as it should be after the conversion."""
    return {
        str(catalog.column_name(place)): _in_words(column, place, closure, expected=expected)
        for place, column in catalog.columns.items()
    }


def _in_words(column: ColumnRow, place: Place, closure: Closure, *, expected: bool) -> str:
    member = closure.members.get(place)
    type_, default = column.type, column.default_expression
    if member is not None:
        if expected:
            type_ = member.target.name
        # PostgreSQL writes the new type's cast into a default that it carries over.
        default = None if default is None else _without_casts(default)
    parts = [
        type_,
        "NOT NULL" if column.not_null else "",
        f"DEFAULT {default}" if default is not None else "",
        "IDENTITY" if column.is_identity else "",
        "GENERATED" if column.is_generated else "",
    ]
    return " ".join(part for part in parts if part)


def _without_casts(expression: str) -> str:
    while True:
        inner, found, cast = expression.rpartition("::")
        if not found or not _CAST.fullmatch(cast):
            return expression
        expression = inner[1:-1] if inner.startswith("(") and inner.endswith(")") else inner


def _firing_order(before: Snapshot, after: Snapshot) -> Iterator[CatalogDifference]:
    """Of the recreated foreign keys that reference one table, which one fires first."""
    ranked: list[dict[str, str]] = []
    for moment in (before, after):
        order: dict[str, list[str]] = {}
        for key in moment.catalog.foreign_keys:
            if identity_of(key) in before.orphans:
                referenced = str(TableName(key.referenced_schema, key.referenced_table))
                order.setdefault(referenced, []).append(f"{key.schema}.{key.table_name}.{key.name}")
        ranked.append({table: ", ".join(names) for table, names in order.items()})
    return _mapping("firing order of foreign keys on", *ranked)


def _mapping(
    kind: str, before: dict[Any, str], after: dict[Any, str]
) -> Iterator[CatalogDifference]:
    for name in sorted({*before, *after}, key=str):
        was, now = before.get(name), after.get(name)
        if was != now:
            shown = " ".join(name) if isinstance(name, tuple) else str(name)
            yield CatalogDifference(kind, shown, was, now)
