"""The materialized views of a copy, filled as they are in the database that it is a copy of."""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from recovery.catalog.catalog import Catalog
from recovery.words.composing import written


def fill(conn: psycopg.Connection[Any], original: Catalog, search_path: str) -> None:
    """Fills, without rows, those that are filled in the original: others may read them.

    One that cannot be filled stays empty; if the plan makes it again, that will be told then.
    """
    waiting = [one.identity for one in original.objects.values() if one.properties.get("populated")]
    conn.execute("SELECT pg_catalog.set_config('search_path', %s, true)", [search_path])
    # One that reads another one comes after it, and only trying tells.
    while waiting and len(left := _left(conn, waiting)) < len(waiting):
        waiting = left
    conn.execute("SET LOCAL search_path = ''")


def _left(conn: psycopg.Connection[Any], views: Iterable[str]) -> list[str]:
    """Those of some views that could not be filled."""
    left = []
    for view in views:
        try:
            with conn.transaction():
                conn.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(written(view)))
        except psycopg.Error:
            if conn.closed:
                raise
            left.append(view)
    return left
