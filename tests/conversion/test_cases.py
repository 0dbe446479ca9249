"""Every folder of tests/cases: what converts is as before afterwards, the rest is refused."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from queries import ask
from queries.rows import ColumnRow
from recovery.private import scratch
from recovery.record import events as e
from recovery.words.names import ColumnName, KeyType, TableName
from recovery.words.profile import parse
from tests.conftest import (
    ROLES,
    Database,
    installation_of,
    kinds_of_servers,
    make_tablespace,
    new_database,
    roles,
)
from tests.conversion.behaviour import behaviour
from tests.recovering import ME, Recovery, contents_of, schema_of

CASES = sorted(path.parent for path in (Path(__file__).parents[1] / "cases").glob("*/case.toml"))


def _in_turn() -> Iterator[Any]:
    """Each case on one of the servers that are there, or on all; else those where there is time."""
    for number, case in enumerate(CASES):
        said = _read(case)
        kinds = [
            kind
            for kind in kinds_of_servers()
            if said.since <= installation_of(kind).major <= said.until
        ]
        for place, kind in enumerate(kinds):
            now = said.everywhere or number % len(kinds) == place
            marks = [] if now else [pytest.mark.slow]
            yield pytest.param(kind, case, marks=marks, id=f"{case.name}-{kind}")


@dataclass(frozen=True, slots=True)
class Case:
    """``since`` is the oldest major version whose SQL the set-up speaks, ``until`` the newest
    that accepts it. ``everywhere``: it is run on every server each time.

    ``dumped`` is what ``pg_dump`` says before and after.
    ``rewritten`` has, by object, what its new definition has to say; ``breaks`` has, by function,
    why it would fail when it is called. Such a case is proved. ``compatible``: with operators for
    what still has the old type. ``refilled`` are the materialized views that are stale, and how.
    ``role`` converts; else a superuser does. ``roles`` and ``tablespace`` are there before.
    ``answers`` has, by query, its answer after COMMIT.
    """

    setup: str
    keys: dict[str, str]
    why: str
    refused: dict[str, str] | None = None
    rebuilt: tuple[str, ...] = ()
    dumped: tuple[str, ...] = ()
    rewritten: dict[str, str] = field(default_factory=dict)
    breaks: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    proved: bool = False
    compatible: bool = False
    refilled: dict[str, str] = field(default_factory=dict)
    role: str | None = None
    roles: tuple[str, ...] = ()
    tablespace: str | None = None
    since: int = 13
    until: int = 99
    everywhere: bool = False
    scope: str = "closure"
    leave: tuple[str, ...] = ()


def _read(folder: Path) -> Case:
    said = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    said["rebuilt"] = tuple(said.get("rebuilt", ()))
    said.setdefault("proved", "rewritten" in said or "breaks" in said)
    return Case(setup=(folder / "setup.sql").read_text(encoding="utf-8"), **said)


def _recovery(database: Database, case: Case) -> Recovery:
    dsn = database.dsn
    if case.role is not None:
        signs_in = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(case.role), sql.Literal(database.password)
        )
        database.execute(signs_in.as_string(None))
        dsn = make_conninfo(dsn, user=case.role)
    said = {
        "environment": "test",
        "scope": case.scope,
        "leave": list(case.leave),
        "target": {"dsn": dsn, "database": database.name},
        "keys": case.keys,
        # The server is there already; a private one for each proof would take seconds.
        "proof": {"dsn": database.server.conninfo("postgres")},
    }
    profile = parse("", None, said)
    return Recovery(database, profile).planned(prove=case.proved, compatible=case.compatible)


@pytest.mark.parametrize(("kind", "folder"), _in_turn())
def test_case(
    server_of: Callable[[str], scratch.Server],
    pgpass: Callable[[str], None],
    kind: str,
    folder: Path,
) -> None:
    case = _read(folder)
    server = server_of(kind)
    pgpass(server.password)
    with new_database(server) as database:
        _walk(database, case)


def _walk(database: Database, case: Case) -> None:
    database.execute(ROLES)
    if case.roles:
        database.execute(roles(*case.roles))
    if case.tablespace is not None:
        make_tablespace(database.server, case.tablespace)
    database.execute(case.setup)
    recovery = _recovery(database, case)
    refusals = {refusal.object: refusal for refusal in recovery.made.refusals}
    if case.refused is not None:
        assert refusals.keys() == case.refused.keys()
        for named, words in case.refused.items():
            assert words in refusals[named].reason
            assert refusals[named].remedy
        history = recovery.session.history()
        assert history.waits_for(e.Step.CONVERSION) == "the plan's refusals to be resolved"
        return
    assert refusals == {}
    assert sorted(recovery.made.rebuilt) == sorted(case.rebuilt)
    refilled = {view.view: view.words for view in recovery.made.refilled}
    assert refilled.keys() == case.refilled.keys()
    for named, words in case.refilled.items():
        assert words in refilled[named]
    proof = recovery.made.proof
    if proof is not None:
        assert proof.state is e.ProofState.PASSED, proof.words
        rewrites = {rewrite.object: rewrite.after for rewrite in proof.rewrites}
        assert rewrites.keys() == case.rewritten.keys()
        for named, words in case.rewritten.items():
            assert words in rewrites[named]
        breaks = {found.function: found.cause for found in proof.breaks}
        assert breaks.keys() == case.breaks.keys()
        for named, words in case.breaks.items():
            assert words in breaks[named]
    schema, contents = schema_of(database), contents_of(database)
    assert _not_dumped(case, schema) == []
    recovery.ready()

    assert recovery.convert_here(None) is e.Outcome.ROLLED_BACK, recovery.told()
    assert recovery.told() == [], "\n".join(recovery.told())
    assert schema_of(database) == schema
    assert contents_of(database) == contents

    with new_database(database.server, database.name) as twin:
        commit = e.Commit(by=ME, typed=database.name)
        assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
        for view in case.refilled:
            twin.execute(f"REFRESH MATERIALIZED VIEW {view}")
        assert contents_of(database) == contents_of(twin)
        assert _not_dumped(case, schema_of(database)) == []
        assert _types(database, case) == {
            key: KeyType.parse(type_).name for key, type_ in case.keys.items()
        }
        assert foreign_keys_in_full(database) == foreign_keys_in_full(twin)
        assert behaviour(database) == behaviour(twin)
    for query, answer in case.answers.items():
        assert database.rows(query) == [(answer,)]


def _not_dumped(case: Case, schema: str) -> list[str]:
    return [text for text in case.dumped if text not in schema]


def _types(database: Database, case: Case) -> dict[str, str]:
    """The types of the case's keys, as the server spells them."""
    with database.connect() as conn:
        found = {
            ColumnName(TableName(column.schema, column.table_name), column.name): column.type
            for column in ask(conn, "columns", ColumnRow)
        }
    return {key: found[ColumnName.parse(key)] for key in case.keys}


def foreign_keys_in_full(database: Database) -> list[tuple[object, ...]]:
    """Every foreign key, each copy for a partition too, with its triggers in their firing order."""
    return database.rows("""
        WITH t AS (
          SELECT tgconstraint, tgenabled, tgfoid::regproc::text AS function,
                 rank() OVER (PARTITION BY tgrelid ORDER BY tgname) AS place
          FROM pg_trigger
          -- Those of a partitioned table itself fire only when rows change their partition.
          JOIN pg_class c ON c.oid = tgrelid AND (c.relkind = 'r' OR tgname ~ '_a_')
        )
        SELECT k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text,
               k.convalidated, k.conislocal, k.coninhcount,
               obj_description(k.oid, 'pg_constraint'),
               ARRAY(SELECT format('%s %s %s', function, place, tgenabled)
                     FROM t WHERE tgconstraint = k.oid ORDER BY 1)
        FROM pg_constraint k
        WHERE k.contype = 'f'
        ORDER BY 1, 2, 3""")
