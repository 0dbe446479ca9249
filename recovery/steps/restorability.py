"""What of a dump pg_restore would not restore: tried as it would, without a search_path."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from queries import ask, compose
from queries.rows import CalledRow
from recovery.record.events import NotRestored
from recovery.words.composing import written
from recovery.words.errors import in_a_line

# What is looked up by a bare name, and not found.
_NOT_FOUND = (
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedObject,
    psycopg.errors.UndefinedColumn,
)


def not_restored(conn: psycopg.Connection[Any], check: Callable[[], None]) -> Iterator[NotRestored]:
    """Indexes, checks and generated columns that call what is not found, by one row of each table.

    Our sessions have no search_path, as pg_dump gives none to a restore. What fails otherwise here
    may well be restored, and is not told.
    """
    for row in ask(conn, "called", CalledRow, relations=None):
        check()
        query = compose("evaluate", value=written(row.value), table=written(row.relation))
        try:
            with conn.transaction(force_rollback=True):
                conn.execute(query)
        except _NOT_FOUND as error:
            yield NotRestored(row.kind, row.name, row.relation, in_a_line(error))
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            # Another role, or a session that may write, can succeed with it.
            continue
