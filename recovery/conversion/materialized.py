"""What materialized views hold, beside what their queries give: filling them anew may change it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import compose
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject, ObjectName
from recovery.connection.evaluating import RESTRICTED, evaluating
from recovery.conversion.rebuilding import Rebuild
from recovery.record.events import CatalogDifference, Refilled, Refusal
from recovery.words.composing import composed, written
from recovery.words.errors import in_a_line

# A query that takes longer is not asked whether it gives what its view holds: seconds.
_LONGEST = 60
# It was interrupted, or could not have a lock.
_NOT_THE_QUERYS = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)


@dataclass(frozen=True, slots=True)
class Rows:
    """How many, and their digest."""

    count: int
    digest: str

    def __str__(self) -> str:
        return f"{self.count} rows with the digest {self.digest or 'of none'}"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a view holds, and what its query gives; None: it takes longer than is waited for."""

    held: Rows
    given: Rows | None


def filled(rebuilds: Iterable[Rebuild]) -> list[CatalogObject]:
    """The materialized views that a plan fills anew, in that order."""
    return [one.object for one in rebuilds if one.object.properties.get("populated")]


def contents(
    conn: psycopg.Connection[Any],
    views: Iterable[CatalogObject],
    search_path: str,
    check: Callable[[], None] = lambda: None,
) -> dict[ObjectName, Contents]:
    """What views hold and their queries give, with what is in their tables now.

    Raises psycopg's errors where a query fails, as filling the view would. ``check`` may raise, to
    cancel.
    """
    found = {}
    for view in views:
        check()
        found[view.name] = Contents(_held(conn, view), _given(conn, view, search_path, check))
    return found


def _held(conn: psycopg.Connection[Any], view: CatalogObject) -> Rows:
    return _rows(conn, written(view.identity))


def _given(
    conn: psycopg.Connection[Any],
    view: CatalogObject,
    search_path: str,
    check: Callable[[], None],
) -> Rows | None:
    """What a view's query gives, asked as PostgreSQL would fill the view: as its owner."""
    query = view.properties["definition"].rstrip().removesuffix(";")
    since, restricted = RESTRICTED
    path = restricted if conn.info.server_version >= since else search_path
    try:
        with _as_owner(conn, view), evaluating(conn, path):
            return _rows(conn, sql.SQL("({})").format(written(query)))
    except psycopg.errors.QueryCanceled:
        check()
        return None


@contextmanager
def _as_owner(conn: psycopg.Connection[Any], view: CatalogObject) -> Iterator[None]:
    owner = sql.Identifier(view.properties["owner"])
    with conn.transaction(force_rollback=True):
        conn.execute(sql.SQL("SET LOCAL ROLE {}").format(owner))
        conn.execute("SET LOCAL row_security = off")
        conn.execute(composed("SET LOCAL statement_timeout = {s}", s=sql.Literal(f"{_LONGEST}s")))
        yield


def _rows(conn: psycopg.Connection[Any], source: sql.Composable) -> Rows:
    row = conn.execute(compose("rows_digest", source=source)).fetchone()
    assert row is not None
    return Rows(row[0], row[1])


def looked_at(
    conn: psycopg.Connection[Any],
    views: Iterable[CatalogObject],
    search_path: str,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Refilled | Refusal]:
    """The views that would not be as they are when they are filled anew, or cannot be filled."""
    for view in views:
        check()
        named = f"materialized view {view.identity}"
        try:
            now = contents(conn, [view], search_path, check)[view.name]
        except psycopg.Error as error:
            # That another view is empty (55000) counts among the operational errors.
            if conn.closed or isinstance(error, _NOT_THE_QUERYS):
                raise
            yield Refusal(
                named,
                f"It is filled anew, and its query fails now: {in_a_line(error)}.",
                "Mend what the message names (rows, rights or the query itself), or empty the view "
                "(REFRESH MATERIALIZED VIEW … WITH NO DATA), then plan again.",
            )
            continue
        if now.given != now.held:
            count = None if now.given is None else now.given.count
            yield Refilled(view.identity, now.held.count, count)


def differences(
    conn: psycopg.Connection[Any],
    before: Mapping[ObjectName, Contents],
    catalogs: tuple[Catalog, Catalog],
    search_path: str,
    check: Callable[[], None] = lambda: None,
) -> Iterator[CatalogDifference]:
    """The views that hold other rows now than ``before``, in the order in which they are filled.

    ``catalogs`` are the one from before, and the one of now.
    """
    was_there, is_there = catalogs
    other: list[ObjectName] = []
    for name, was in before.items():
        view = is_there.named.get(name)
        if view is None or (now := _held(conn, view)) == was.held:
            continue
        if any(_hangs_on(was_there, name, each) for each in other):
            why: str | None = "a materialized view that it reads was stale"
        elif was.given is None:
            why = f"filled anew; its query takes over {_LONGEST} s and was not asked before"
        elif now == was.given:
            why = "it was stale: its query gave these rows before the conversion, too"
        elif was.held != was.given and _given(conn, view, search_path, check) != now:
            why = "its query does not give the same rows twice"
        else:
            why = None
        other.append(name)
        yield CatalogDifference(
            "rows of materialized view", name[1], str(was.held), str(now), explained=why
        )


def _hangs_on(catalog: Catalog, name: ObjectName, other: ObjectName) -> bool:
    wanted, waiting = catalog.named[name].id, [catalog.named[other].id]
    seen = set(waiting)
    while waiting:
        for row in catalog.dependents_of_object.get(waiting.pop(), []):
            known = (row.class_oid, row.oid)
            if known not in seen:
                seen.add(known)
                waiting.append(known)
    return wanted in seen
