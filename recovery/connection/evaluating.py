"""The search_path for what PostgreSQL evaluates by itself, and for nothing else.

Functions in indexes, checks and generated columns are called, and those in SQL written into a plan,
whenever a table is counted or rewritten. They look up what they call by the session's search_path,
which is empty in ours: it decides, too, what a definition means, and how it is spelled.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

# From this version on PostgreSQL has a search_path of its own when it builds an index or fills a
# materialized view, whatever is set.
RESTRICTED = 170000, "pg_catalog, pg_temp"
_SET = "SELECT pg_catalog.set_config('search_path', %s, true)"


@contextmanager
def evaluating(conn: psycopg.Connection[Any], search_path: str) -> Iterator[None]:
    """Where rows are only read: with this search_path, in a savepoint that is undone at the end.

    An empty one changes nothing.
    """
    if not search_path:
        yield
        return
    with conn.transaction(force_rollback=True):
        conn.execute(_SET, [search_path])
        yield
