"""Fills a database's tables with rows that every constraint accepts, and that are always the same.

Every value is a formula of its row's number, so a reference can be computed where it is needed:
the value of the referenced column for the referenced row's number.

Rows of one organization belong together: the rows of a tenant's table are dealt to the
organizations in turn, and a row refers only to rows whose number is the same modulo the number of
organizations. Composite foreign keys that share ``organization_id`` then agree by themselves.
"""

import re
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from queries import ask
from queries.rows import ColumnRow, ForeignKeyRow

# How many rows a table has for each organization, where that is not one.
ROWS_PER_ORGANIZATION = {
    "audit_events": 60,
    "conversation_members": 5,
    "conversations": 2,
    "crm_accounts": 5,
    "crm_activities": 20,
    "crm_contacts": 10,
    "crm_deals": 10,
    "document_comments": 30,
    "document_files": 20,
    "document_shares": 10,
    "document_tag_links": 20,
    "document_versions": 40,
    "document_views": 60,
    "documents": 20,
    "email_queue": 10,
    "invoice_lines": 20,
    "invoices": 10,
    "job_runs": 10,
    "login_sessions": 20,
    "membership_roles": 10,
    "memberships": 10,
    "messages": 40,
    "notifications": 40,
    "payments": 10,
    "projects": 2,
    "sign_in_attempts": 20,
    "tasks": 20,
    "team_members": 5,
    "time_entries": 20,
    "usage_records": 20,
    "user_preferences": 20,
    "user_profiles": 10,
    "users": 10,
    "webhook_deliveries": 20,
}
REFERENCE_ROWS = 12
"""The most rows that a table without tenants, such as currencies, gets."""


@dataclass(frozen=True, slots=True)
class _Table:
    columns: list[ColumnRow]
    foreign_keys: list[ForeignKeyRow]


_Tables = dict[str, _Table]


def fill(conn: psycopg.Connection[Any], *, seed: str, rows: int) -> int:
    """Insert about ``rows`` rows in all into the empty tables, in one transaction.

    Every table gets at least one row, whatever ``rows`` says. ``seed`` goes into the keys of users,
    organizations and documents, so that two databases have none in common. Returns the number of
    rows inserted. Raises ``psycopg.Error`` as the server does.
    """
    tables = _read_tables(conn)
    counts = _row_counts(tables, rows)
    formulas = _Formulas(tables, counts, seed)
    with conn.transaction():
        for name in _in_foreign_key_order(tables):
            conn.execute(formulas.insert(name))
    return sum(counts.values())


def _read_tables(conn: psycopg.Connection[Any]) -> _Tables:
    tables: _Tables = {}
    for column in ask(conn, "columns", ColumnRow):
        if column.table_name != "alembic_version":
            tables.setdefault(column.table_name, _Table([], [])).columns.append(column)
    for foreign_key in ask(conn, "foreign_keys", ForeignKeyRow, relations=[]):
        tables[foreign_key.table_name].foreign_keys.append(foreign_key)
    return tables


def _in_foreign_key_order(tables: _Tables) -> list[str]:
    # A deferred foreign key is checked at commit, one to the own table when its statement ends.
    graph = {
        name: {
            foreign_key.referenced_table
            for foreign_key in table.foreign_keys
            if not foreign_key.is_deferred and foreign_key.referenced_table != name
        }
        for name, table in tables.items()
    }
    return list(TopologicalSorter(graph).static_order())


def _row_counts(tables: _Tables, rows: int) -> dict[str, int]:
    shares = dict.fromkeys(_of_tenants(tables), 1) | ROWS_PER_ORGANIZATION
    reference_rows = max(1, min(REFERENCE_ROWS, rows // 1000))
    left = rows - reference_rows * (len(tables) - len(shares))
    organizations = max(1, left // sum(shares.values()))
    return {
        name: shares[name] * organizations if name in shares else reference_rows for name in tables
    }


def _of_tenants(tables: _Tables) -> set[str]:
    found = {"organizations"}
    grown = True
    while grown:
        more = {
            name
            for name, table in tables.items()
            if any(key.referenced_table in found for key in table.foreign_keys)
        }
        grown = not more <= found
        found |= more
    return found


class _Formulas:
    """The value of any column in any row, as an SQL expression of the row's number."""

    def __init__(self, tables: _Tables, counts: dict[str, int], seed: str) -> None:
        self._tables = tables
        self._counts = counts
        self._seed = seed

    def insert(self, table: str) -> sql.Composed:
        """The statement that fills ``table``."""
        number = sql.Identifier("n")
        columns = {
            column.name: self._value(table, column, number)
            for column in self._tables[table].columns
            if self._is_given(table, column)
        }
        return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {}) AS n").format(
            sql.Identifier("public", table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(columns.values()),
            sql.Literal(self._counts[table]),
        )

    def _is_given(self, table: str, column: ColumnRow) -> bool:
        if column.is_identity:
            return False
        if column.default_expression is None or self._foreign_key(table, column.name):
            return True
        # These defaults give another value each time.
        return column.type in ("uuid", "timestamp with time zone")

    def _foreign_key(self, table: str, column: str) -> ForeignKeyRow | None:
        candidates = [key for key in self._tables[table].foreign_keys if column in key.columns]
        # The widest decides for the others; a column shared with a self-reference is not its own.
        return min(
            candidates,
            key=lambda key: (key.referenced_table == table, -len(key.columns)),
            default=None,
        )

    def _value(self, table: str, column: ColumnRow, number: sql.Composable) -> sql.Composable:
        key = self._foreign_key(table, column.name)
        if key is None:
            return self._own_value(column, number)
        referenced = key.referenced_columns[key.columns.index(column.name)]
        parent = next(
            candidate
            for candidate in self._tables[key.referenced_table].columns
            if candidate.name == referenced
        )
        if key.referenced_table == table:
            return self._value(table, parent, self._parent_in_tree(table, number))
        value = self._value(key.referenced_table, parent, self._referenced_row(key, number))
        if column.not_null:
            return value
        return sql.SQL("CASE WHEN {} % 5 > 0 THEN {} END").format(number, value)

    def _referenced_row(self, key: ForeignKeyRow, number: sql.Composable) -> sql.Composable:
        # Different foreign keys of a table find different rows, of the same organization.
        place = self._tables[key.table_name].foreign_keys.index(key)
        return sql.SQL("(({} + {}) % {} + 1)").format(
            number,
            sql.Literal(place * self._counts["organizations"] - 1),
            sql.Literal(self._counts[key.referenced_table]),
        )

    def _parent_in_tree(self, table: str, number: sql.Composable) -> sql.Composable:
        # A binary tree within each organization, and one over the organizations themselves.
        organizations = self._counts["organizations"]
        step = organizations if self._counts[table] > organizations else 1
        return sql.SQL(
            "CASE WHEN {n} > {step}"
            " THEN (({n} - 1) / {step} - 1) / 2 * {step} + ({n} - 1) % {step} + 1 END"
        ).format(n=number, step=sql.Literal(step))

    def _own_value(self, column: ColumnRow, number: sql.Composable) -> sql.Composable:
        if column.is_identity or (column.default_expression or "").startswith("nextval("):
            return number
        if column.type == "uuid":
            return sql.SQL("md5({} || {})::uuid").format(
                sql.Literal(f"{self._seed}.{column.table_name}."), number
            )
        return _value_of_type(column, number)


_BY_TYPE: dict[str, LiteralString] = {
    "bigint": "1 + {n} % 100",
    "boolean": "{n} % 2 = 0",
    "date": "date '2024-01-01' + {n} % 700",
    "inet": "inet '10.0.0.0' + {n}",
    "integer": "1 + {n} % 100",
    "jsonb": "jsonb_build_object('number', {n})",
    "numeric": "{n} % 90 / 10.0",
    "smallint": "1 + {n} % 100",
    "text[]": "ARRAY['https://app.example.com/' || {n}]",
    "timestamp with time zone": "timestamptz '2024-01-01 00:00:00+00' + {n} * interval '1 minute'",
}
_TEXT = re.compile(r"text|(?:character varying|character)\((?P<length>\d+)\)")


def _value_of_type(column: ColumnRow, number: sql.Composable) -> sql.Composable:
    text = _TEXT.fullmatch(column.type)
    if text is None:
        return sql.SQL(_BY_TYPE[column.type.partition("(")[0]]).format(n=number)
    length = text["length"]
    if length is not None and int(length) <= 20:
        return sql.SQL("right(lpad(upper(to_hex({})), 8, '0'), {})").format(
            number, sql.Literal(int(length))
        )
    if column.name.endswith("email"):
        return sql.SQL("'user' || {} || '@example.com'").format(number)
    words = column.name.replace("_", " ").capitalize()
    return sql.SQL("{} || {}").format(sql.Literal(f"{words} "), number)
