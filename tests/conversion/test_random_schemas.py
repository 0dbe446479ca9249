"""Random schemas: each converts with clean parity, and rolling back leaves the catalog as it was.

More examples: ``EXAMPLES=5000 make test TESTS=tests/conversion/test_random_schemas.py``.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.catalog import catalog
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import ObjectName
from recovery.conversion.plan import build
from recovery.private import scratch
from recovery.record.events import Identity, ProofState
from recovery.server.identity import identify
from recovery.trial import proof
from recovery.words.profile import Profile, parse
from tests.conftest import ROLES, kinds_of_servers, new_database

EXAMPLES = int(os.environ.get("EXAMPLES", "200")) // len(kinds_of_servers())
ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")
DEFERRAL = ("", "NOT DEFERRABLE", "DEFERRABLE INITIALLY IMMEDIATE", "DEFERRABLE INITIALLY DEFERRED")
KEYS = ("varchar(36)", "text", "char(36)", "varchar")


@st.composite
def schemas(draw: st.DrawFn) -> list[str]:
    """The statements of a schema; every table has a uuid key, its name is t0 to t4."""
    count = draw(st.integers(2, 5))
    tables = [f"t{number}" for number in range(count)]
    made = []
    for table in tables:
        kind = draw(st.sampled_from(("plain", "composite", "partitioned", "quoted")))
        columns = "id uuid NOT NULL, n int, a uuid, b uuid, note text, many uuid[]"
        match kind:
            case "composite":
                key = "PRIMARY KEY (id, tenant), UNIQUE (id)"
                columns += ", tenant int NOT NULL DEFAULT 1"
            case _:
                key = "PRIMARY KEY (id)"
        if kind == "partitioned":
            made.append(f"CREATE TABLE {table} ({columns}) PARTITION BY RANGE (n)")
            made.append(f"CREATE TABLE {table}_p PARTITION OF {table} FOR VALUES FROM (0) TO (9)")
            made.append(f"CREATE TABLE {table}_d PARTITION OF {table} DEFAULT")
        else:
            made.append(f"CREATE TABLE {table} ({columns}, {key})")
        made.append(
            f"INSERT INTO {table} (id, n, note) SELECT gen_random_uuid(), g, 'x' "
            "FROM generate_series(1, 3) g"
        )
    referenced = [
        t for t in tables if not any(f"CREATE TABLE {t} " in m and "PARTITION" in m for m in made)
    ]
    if referenced:
        for number in range(draw(st.integers(1, 6))):
            child = draw(st.sampled_from(tables))
            parent = draw(st.sampled_from(referenced))
            column = draw(st.sampled_from(("a", "b")))
            composite = any(f"CREATE TABLE {parent} " in m and "tenant" in m for m in made)
            columns, key = f"({column})", "(id)"
            if composite and draw(st.booleans()):
                columns, key = draw(
                    st.sampled_from(
                        ((f"({column}, n)", "(id, tenant)"), (f"(n, {column})", "(tenant, id)"))
                    )
                )
            match = draw(st.sampled_from(("", "MATCH FULL ")))
            made.append(
                f"ALTER TABLE {child} ADD CONSTRAINT fk{number} FOREIGN KEY {columns} "
                f"REFERENCES {parent} {key} {match}ON DELETE {draw(st.sampled_from(ACTIONS))} "
                f"ON UPDATE {draw(st.sampled_from(ACTIONS))} {draw(st.sampled_from(DEFERRAL))}"
            )
            if draw(st.booleans()):
                made.append(f"COMMENT ON CONSTRAINT fk{number} ON {child} IS 'number {number}'")
    made += draw(st.lists(dependents(tables), max_size=6, unique=True))
    made += _views(draw, tables)
    return made


def dependents(tables: list[str]) -> st.SearchStrategy[str]:
    """Statements that hang something on a column; each works on any table."""
    table, column = st.sampled_from(tables), st.sampled_from(("id", "a", "b"))
    number = st.integers(0, 99)
    templates = (
        "CREATE POLICY p{2} ON {0} USING ({1} IS NOT NULL)",
        "CREATE POLICY p{2} ON {0} FOR SELECT TO reader USING ({1} <> "
        "'00000000-0000-0000-0000-00000000000a')",
        "CREATE TRIGGER g{2} BEFORE UPDATE OF {1} ON {0} FOR EACH ROW EXECUTE FUNCTION nothing()",
        "CREATE TRIGGER g{2} AFTER UPDATE ON {0} FOR EACH ROW "
        "WHEN (OLD.{1} IS DISTINCT FROM NEW.{1}) EXECUTE FUNCTION nothing()",
        "ALTER TABLE {0} ADD CONSTRAINT c{2} CHECK ({1} IS NOT NULL OR n > -1)",
        "ALTER TABLE {0} ADD CONSTRAINT c{2} CHECK "
        "({1} <> '00000000-0000-0000-0000-00000000000b') NOT VALID",
        "CREATE INDEX i{2} ON {0} ({1})",
        "CREATE STATISTICS s{2} ON {1}, n FROM {0}",
        "COMMENT ON COLUMN {0}.{1} IS 'column {2}'",
        "GRANT SELECT ({1}), UPDATE (n) ON {0} TO reader",
        "GRANT INSERT, DELETE ON {0} TO writer WITH GRANT OPTION",
        "ALTER TABLE {0} ALTER {1} SET STATISTICS {2}",
        "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE {0} ALTER {1} SET DEFAULT gen_random_uuid()",
        "CREATE VIEW w{2} AS SELECT {1}, many FROM {0} WHERE {1} = ANY (many)",
        "CREATE RULE r{2} AS ON UPDATE TO {0} WHERE OLD.{1} <> NEW.{1} DO ALSO NOTHING",
    )
    return st.builds(
        lambda text, *parts: text.format(*parts), st.sampled_from(templates), table, column, number
    )


def _views(draw: st.DrawFn, tables: list[str]) -> Iterator[str]:
    sources: list[tuple[str, tuple[str, ...]]] = [(table, ("id", "a", "b")) for table in tables]
    for number in range(draw(st.integers(0, 5))):
        source, columns = draw(st.sampled_from(sources))
        other, others = draw(st.sampled_from(sources))
        x, y = draw(st.sampled_from(columns)), draw(st.sampled_from(others))
        stored = draw(st.booleans())
        kind = "MATERIALIZED VIEW" if stored else "VIEW"
        shape = draw(st.sampled_from(("one", "join", "union", "coalesce", "in")))
        query = {
            "one": f"SELECT {x} AS id, {x} AS a FROM {source}",
            "join": f"SELECT l.{x} AS id, r.{y} AS a FROM {source} l JOIN {other} r "
            f"ON l.{x} = r.{y}",
            "union": f"SELECT {x} AS id, {x} AS a FROM {source} UNION SELECT {y}, {y} FROM {other}",
            "coalesce": f"SELECT coalesce(l.{x}, r.{y}) AS id, l.{x} AS a "
            f"FROM {source} l, {other} r",
            "in": f"SELECT {x} AS id, {x} AS a FROM {source} WHERE {x} IN "
            f"(SELECT {y} FROM {other})",
        }[shape]
        yield f"CREATE {kind} v{number} AS {query}"
        if stored and draw(st.booleans()):
            yield f"CREATE INDEX vi{number} ON v{number} (id)"
        if draw(st.booleans()):
            yield f"COMMENT ON {kind} v{number} IS 'view {number}'"
            yield f"GRANT SELECT ON v{number} TO reader"
        sources.append((f"v{number}", ("id", "a")))


@pytest.fixture(scope="module", params=kinds_of_servers())
def place(
    request: pytest.FixtureRequest, server_of: Callable[[str], scratch.Server]
) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database with nothing in it; each example is undone."""
    server = server_of(request.param)
    with new_database(server) as database:
        database.execute(ROLES)
        with database.connect(options="-c search_path=") as conn:
            conn.prepare_threshold = None
            yield conn


@given(statements=schemas(), type_=st.sampled_from(KEYS))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_random_schema_converts_or_is_refused_by_name(
    place: psycopg.Connection[Any], statements: list[str], type_: str
) -> None:
    conn = place
    with conn.transaction(force_rollback=True):
        _make(conn, statements)
        identity = identify(conn)
        profile = _profile(identity, type_)
        before = catalog.read(conn)
        plan = build(before, profile, identity)
        with conn.transaction(force_rollback=True):
            proved = proof.run(conn, plan, before)
        after = catalog.read(conn)
    assert _texts(after) == _texts(before)
    refusals = plan.refusals + proved.failures
    assert (proved.proof.state is ProofState.PASSED) == (not proved.failures)
    for refusal in refusals:
        assert refusal.object
        if "On a copy" in refusal.reason:
            # Some comparisons cannot be repaired with a cast. Nothing else may fail.
            assert "[42883]" in refusal.reason or "[42804]" in refusal.reason


def _make(conn: psycopg.Connection[Any], statements: list[str]) -> None:
    """Runs what PostgreSQL accepts: chance also makes keys without defaults and names twice."""
    conn.execute("SET LOCAL search_path = public")
    for statement in (
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        *statements,
    ):
        with suppress(psycopg.Error), conn.transaction():
            conn.execute(statement)
    # What was inserted leaves events behind, and ALTER TABLE refuses to overtake them (55006).
    conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    conn.execute("SET LOCAL search_path = ''")


def _profile(identity: Identity, type_: str) -> Profile:
    return parse(
        f'environment = "test"\n[target]\ndsn = "dbname={identity.database}"\n'
        f'database = "{identity.database}"\n[keys]\n"t0.id" = "{type_}"\n'
    )


def _texts(found: Catalog) -> dict[ObjectName, str]:
    return {name: one.text for name, one in found.named.items()}
