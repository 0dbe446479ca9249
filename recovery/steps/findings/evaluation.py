"""What PostgreSQL calls while it rewrites a table, called now for one row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from queries import ask, compose
from queries.rows import CalledRow, TableRow
from recovery.connection.evaluating import RESTRICTED, evaluating
from recovery.record.events import Finding
from recovery.steps.findings.kinds import CALL_FAILS
from recovery.words.composing import written
from recovery.words.errors import in_a_line


@dataclass(frozen=True, slots=True)
class FailingCall:
    """What fails, and how, with which search_path."""

    called: CalledRow
    failure: str
    search_path: str

    @property
    def words(self) -> str:
        """How it fails."""
        path = self.search_path or "that is empty"
        return f"{self.failure}, with the search_path {path}: {self.called.value}"


def calls(
    conn: psycopg.Connection[Any], converted: Sequence[TableRow], search_path: str
) -> Iterator[Finding]:
    """Indexes and checks of tables that would fail when these are rewritten."""
    for one in failing(conn, converted, search_path):
        row = one.called
        yield CALL_FAILS.found(
            f"The {row.kind} {row.name} of {row.relation} fails when it is made again", one.words
        )


def failing(
    conn: psycopg.Connection[Any], converted: Sequence[TableRow], search_path: str
) -> Iterator[FailingCall]:
    """What would fail when tables are rewritten.

    A copy of the schema has no rows, and so cannot tell. Raises what the server raises where it is
    not the function's own failure: a cancelled question, a lost connection.
    """
    since, restricted = RESTRICTED
    for row in ask(conn, "called", CalledRow, relations=[table.oid for table in converted]):
        if row.kind == "generated column":
            # Its values are carried over: of a converted column none may be generated.
            continue
        by_postgresql = row.kind == "index" and conn.info.server_version >= since
        path = restricted if by_postgresql else search_path
        query = compose("evaluate", value=written(row.value), table=written(row.relation))
        try:
            with conn.transaction(), evaluating(conn, path):
                conn.execute(query)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            yield FailingCall(row, in_a_line(error), path)
