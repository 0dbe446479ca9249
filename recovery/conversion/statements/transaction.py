"""What the transaction begins with: its settings, a guard, and all of its locks at once."""

from collections import Counter
from collections.abc import Iterable, Iterator

from psycopg import sql

from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.conversion.closure import Closure
from recovery.conversion.rebuilding import Rebuild
from recovery.conversion.statements.rebuilt import VIEWS, table_of
from recovery.conversion.statements.statement import VALIDATE, Statement, do
from recovery.words.composing import composed, listed, written
from recovery.words.names import TableName

# Names in definitions are qualified where they are not PostgreSQL's own, so they mean one thing.
_NO_PATH = "SET LOCAL search_path = ''"
# How long an attempt at all locks may take, as a part of deadlock_timeout. Others wait meanwhile
# for those that were had, some with a snapshot that CREATE INDEX CONCURRENTLY waits for. Who has
# waited for deadlock_timeout and is in a circle then is ended: by that time we have given way.
ATTEMPT = 0.5
# Unless the server has a long one: in milliseconds.
LONGEST_ATTEMPT = 5_000
# At least so much memory, for making indexes and for comparing.
MEMORY = "256MB"
# Run when the locks are had.
LOCKED = "SET LOCAL statement_timeout = 0"


def preparation(database: str) -> Iterator[str]:
    """What the transaction begins with: its settings, and a guard against another database."""
    yield _NO_PATH
    yield "SET LOCAL lock_timeout = '5s'"
    yield "SET LOCAL statement_timeout = 0"
    yield "SET LOCAL idle_in_transaction_session_timeout = 0"
    # What policies would hide makes an error, never a wrong count.
    yield "SET LOCAL row_security = off"
    # In effect from 17 on; before, a name that PostgreSQL does not know would be an error.
    yield (
        "SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings "
        "WHERE name = 'transaction_timeout'"
    )
    # The bodies of functions that are made again name their tables by their own search_path.
    yield "SET LOCAL check_function_bodies = off"
    # What the server has may be more.
    yield _at_least("maintenance_work_mem")
    # For the comparison: it hashes every key once for each foreign key.
    yield _at_least("work_mem")
    yield "SET LOCAL jit = off"
    # The keys' indexes were just written and are in memory. With the default, a small referencing
    # table is checked by reading all of a large referenced one: three times slower, measured.
    yield "SET LOCAL random_page_cost = 1.1"
    yield (
        "SELECT pg_catalog.set_config('max_parallel_maintenance_workers', '2', true) "
        "WHERE pg_catalog.current_setting('max_parallel_maintenance_workers')::int < 2"
    )
    yield do(
        composed(
            """BEGIN
  IF pg_catalog.current_database() <> {database} THEN
    RAISE EXCEPTION 'pg-rekey: this plan is for another database';
  END IF;
END""",
            database=sql.Literal(database),
        )
    )
    # The time-out for locks counts for each table anew: this is for all of them together.
    yield composed(
        "SELECT pg_catalog.set_config('statement_timeout', pg_catalog.ceil(LEAST("
        "setting::numeric * {part}, {longest}))::text, true)\n"
        "FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'",
        part=sql.Literal(ATTEMPT),
        longest=sql.Literal(LONGEST_ATTEMPT),
    )


def _at_least(name: str) -> str:
    return composed(
        "SELECT pg_catalog.set_config({name}, {memory}, true) WHERE "
        "pg_catalog.pg_size_bytes(pg_catalog.current_setting({name}))"
        " < pg_catalog.pg_size_bytes({memory})",
        name=sql.Literal(name),
        memory=sql.Literal(MEMORY),
    )


def under_paths(statements: Iterable[Statement], search_path: str) -> Iterator[Statement]:
    """The statements, those that call functions of the database with this search_path.

    If it is empty, so is everybody's.
    """
    with_path = False
    for statement in statements:
        wanted = statement.evaluates and search_path != ""
        if wanted != with_path:
            with_path = wanted
            yield _path(statement.phase, search_path if wanted else None)
        yield statement
    if with_path:
        yield _path(VALIDATE, None)


def _path(phase: int, search_path: str | None) -> Statement:
    if search_path is None:
        return Statement(
            phase,
            _NO_PATH,
            "the transaction",
            "for definitions, whose names are all qualified: they shall mean what they meant",
            Counter(),
        )
    return Statement(
        phase,
        composed("SET LOCAL search_path = {path}", path=written(search_path)),
        "the transaction",
        "for functions that PostgreSQL calls by itself, in indexes, checks and views: it is the "
        "database's and the role's own, or the profile's",
        Counter(),
    )


def locked(
    catalog: Catalog, closure: Closure, rebuilds: tuple[Rebuild, ...]
) -> dict[TableName, int]:
    """The tables that are locked before anything else, by name, and their oids."""
    oids = {oid for oid in closure.tables() if oid in catalog.tables}
    # A policy or a trigger may be on a table of its own.
    tables = (table_of(catalog, rebuild) for rebuild in rebuilds)
    oids |= {table.id[1] for table in tables if table is not None}
    return dict(sorted((catalog.table_name(oid), oid) for oid in oids))


def locked_views(catalog: Catalog, rebuilds: tuple[Rebuild, ...]) -> tuple[CatalogObject, ...]:
    """The views that are dropped, those first that read others; then those that lose something."""
    dropped = [rebuild.object for rebuild in reversed(rebuilds)]
    on = [(kind, one.properties.get("table", "")) for one in dropped for kind in VIEWS]
    names = [*(one.name for one in dropped if one.kind in VIEWS), *on]
    return tuple(catalog.named[name] for name in dict.fromkeys(names) if name in catalog.named)


def locks_besides(view: CatalogObject) -> str:
    """How a view is locked, in words."""
    return f"ACCESS EXCLUSIVE on {view.kind.lower()} {view.identity}"


def lock(tables: Iterable[TableName], views: tuple[CatalogObject, ...]) -> str:
    """All locks in one statement: it can be tried again without anything being half done.

    Views come first, as for who reads them: a reader that had the view and waited for its tables
    would never let us have the view.
    """
    every_table = composed(
        "LOCK TABLE {tables}\n  IN ACCESS EXCLUSIVE MODE",
        tables=listed((name.identifier for name in tables), ",\n  "),
    )
    if not views:
        return every_table
    # LOCK TABLE takes no materialized view, and of a view it takes every table that it reads. An
    # owner who stays the same changes nothing, and takes this lock.
    each = (
        composed(
            "ALTER {kind} {view} OWNER TO {owner}",
            kind=written(view.kind),
            view=written(view.identity),
            owner=sql.Identifier(view.properties["owner"]),
        )
        for view in views
    )
    body = "".join(f"  {text};\n" for text in (*each, every_table))
    return do(f"BEGIN\n{body}END")
