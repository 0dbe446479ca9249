"""Random schemas, converted as users do: each is as before afterwards, or refused by name.

It is graded by pg_dump, and by reading and writing as several roles beside a twin that was not
converted (``grading``), not by the product's own comparison. More examples, and how many of them
converted, and why the others were refused:

``EXAMPLES=2000 make test TESTS=tests/conversion/test_random_schemas.py``

``FIRST=1234`` begins with that one, and ``SMALLEST=1`` leaves out of an example that fails all that
it fails without.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from recovery.conversion.statements.statement import DROP
from recovery.private import scratch
from recovery.record import events as e
from recovery.words.names import KeyType
from recovery.words.profile import parse
from tests.conftest import ROLES, Database, kinds_of_servers, make_tablespace, new_database
from tests.conversion.grading import faults
from tests.conversion.random_schemas import TABLESPACE, RandomSchema, made
from tests.recovering import ME, Recovery, meanwhile

# What the suite has time for.
EXAMPLES = int(os.environ.get("EXAMPLES", "14"))
FIRST = int(os.environ.get("FIRST", "0"))
SMALLEST = "SMALLEST" in os.environ
# What of a refusal's reason is of one example only.
_NAMES = re.compile(r'"[^"]*"|\b(?:public\.)?[a-z]+\d+\w*\b(?:\.\w+)?|, in: .*', re.DOTALL)


@pytest.fixture
def server(server_of: Callable[[str], scratch.Server], number: int) -> scratch.Server:
    """The servers that are there, in turn, with a tablespace where it needs no folder."""
    kinds = kinds_of_servers()
    server = server_of(kinds[number % len(kinds)])
    if server.installation.major >= 15:
        make_tablespace(server, TABLESPACE)
    return server


@pytest.mark.parametrize("number", range(FIRST, FIRST + EXAMPLES))
def test_a_random_schema_is_as_before_or_refused_by_name(
    server: scratch.Server,
    pgpass: Callable[[str], None],
    record_property: Callable[[str, object], None],
    number: int,
) -> None:
    pgpass(server.password)
    schema = made(number, server.installation.major)
    fate, wrong = _fate(server, schema)
    record_property("random schema", fate)
    if wrong and SMALLEST:
        schema, wrong = _smallest(server, schema, wrong)
    assert not wrong, "\n".join([*wrong, "", *(f"{each};" for each in schema.statements)])


def _fate(server: scratch.Server, schema: RandomSchema) -> tuple[str, list[str]]:
    """What became of a schema in a few words, and what is wrong with that."""
    with new_database(server) as database:
        database.execute(ROLES)
        _make(database, schema)
        said = {
            "environment": "test",
            "target": {"dsn": database.dsn, "database": database.name},
            "keys": {"t0.id": schema.target},
            "proof": {"dsn": server.conninfo("postgres")},
        }
        recovery = Recovery(database, parse("", None, said)).planned(prove=True)
        if recovery.made.refusals:
            reasons = {_NAMES.sub("…", refusal.reason) for refusal in recovery.made.refusals}
            return f"refused: {'; '.join(sorted(reasons))}", list(_unfit(recovery))
        proof = recovery.made.proof
        if proof is None or proof.state is not e.ProofState.PASSED:
            return "not proved", [str(proof)]
        with new_database(server, database.name) as twin:
            recovery.ready()
            outcome = _convert(recovery, twin, schema)
            if outcome is not e.Outcome.COMMITTED:
                return "not committed", recovery.told()
            announced = {found.function.partition("(")[0] for found in proof.breaks}
            target = KeyType.parse(schema.target).name
            wrong = list(faults(database, twin, target, announced))
            return "converted" if not wrong else "converted, with faults", wrong


def _convert(recovery: Recovery, twin: Database, schema: RandomSchema) -> e.Outcome:
    """Converts, while others do what they do; once more if what they did is in the way."""
    commit = e.Commit(by=ME, typed=recovery.database.name)
    if schema.by_others is None:
        return recovery.convert_here(commit)

    def others() -> None:
        with recovery.database.connect(autocommit=True) as other:
            other.execute("SET lock_timeout = '50ms'")
            try:
                other.execute(str(schema.by_others))
            except psycopg.errors.LockNotAvailable:
                return
        twin.execute(str(schema.by_others))

    with pytest.MonkeyPatch.context() as patch:
        meanwhile(patch, lambda event: event == e.PhaseStarted(DROP), others)
        outcome = recovery.convert_here(commit)
    if outcome is e.Outcome.ROLLED_BACK and "Others changed something" in recovery.problem.what:
        outcome = recovery.planned(prove=True).ready().convert_here(commit)
    return outcome


def _unfit(recovery: Recovery) -> list[str]:
    """The refusals that are of no use: on a copy only what no cast repairs may fail."""
    return [
        str(refusal)
        for refusal in recovery.made.refusals
        if not (refusal.object and refusal.remedy)
        or (
            "On a copy" in refusal.reason
            and not ("[42883]" in refusal.reason or "[42804]" in refusal.reason)
        )
    ]


def _make(database: Database, schema: RandomSchema) -> None:
    """Runs what PostgreSQL accepts: chance also makes keys without an index and names twice."""
    with database.connect(autocommit=True) as conn:
        for statement in schema.statements:
            try:
                conn.execute(statement)
            except psycopg.Error:
                conn.execute("RESET ROLE")


def _smallest(
    server: scratch.Server, schema: RandomSchema, wrong: list[str]
) -> tuple[RandomSchema, list[str]]:
    """The schema without the statements that it is wrong without, and what is wrong then."""
    for statement in reversed(schema.statements):
        fewer = [each for each in schema.statements if each != statement]
        smaller = replace(schema, statements=fewer)
        fate, still = _fate(server, smaller)
        if still and fate != "not proved":
            schema, wrong = smaller, still
    return schema, wrong


def test_the_grading_sees_what_differs(server_of: Callable[[str], scratch.Server]) -> None:
    """All but the exchanged type is told: what pg_dump writes, what it does not, and rows."""
    with new_database(server_of("embedded")) as twin:
        twin.execute(
            f"""{ROLES};
            CREATE TABLE t (id uuid PRIMARY KEY, n int, other uuid, note text);
            INSERT INTO t SELECT gen_random_uuid(), 1;
            CREATE TABLE r (id uuid REFERENCES t);
            CREATE VIEW v AS SELECT id FROM t WHERE (n > 0 OR n < 9) AND n <> 5;
            CREATE MATERIALIZED VIEW m WITH (toast.autovacuum_enabled = off) AS SELECT note FROM t;
            GRANT SELECT ON v TO reader WITH GRANT OPTION;
            COMMENT ON VIEW v IS 'it is';
            CREATE FUNCTION told() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
            """
        )
        with new_database(twin.server, twin.name) as database:
            database.execute(
                """
                DROP VIEW v;
                ALTER TABLE r DROP CONSTRAINT r_id_fkey;
                ALTER TABLE t ALTER id TYPE varchar(36);
                ALTER TABLE r ALTER id TYPE varchar(36);
                ALTER TABLE r ADD FOREIGN KEY (id) REFERENCES t;
                CREATE VIEW v AS SELECT id FROM t WHERE (n > 0 OR n < 9) AND n <> 5;
                GRANT SELECT ON v TO reader WITH GRANT OPTION;
                COMMENT ON VIEW v IS 'it is';
                """
            )
            assert list(faults(database, twin, "character varying(36)", set())) == []
            for tampered, told in (
                ("COMMENT ON VIEW v IS 'it was'", "+COMMENT ON VIEW public.v IS 'it was'"),
                ("REVOKE GRANT OPTION FOR SELECT ON v FROM reader", "+GRANT SELECT ON"),
                ("ALTER TABLE r DISABLE TRIGGER ALL", "+trigger | r | r_id_fkey"),
                ("ALTER MATERIALIZED VIEW m RESET (toast.autovacuum_enabled)", "-relation | m"),
                ("REFRESH MATERIALIZED VIEW m WITH NO DATA", "public.m had"),
                (
                    "CREATE OR REPLACE VIEW v AS SELECT id FROM t WHERE n > 0 OR n < 9 AND n <> 5",
                    "+  WHERE ((n > 0)",
                ),
                ("UPDATE t SET note = 'y'", "public.t had"),
                ("ALTER TABLE t ALTER other TYPE text", "t.other was uuid and is text"),
                (
                    "CREATE OR REPLACE FUNCTION told() RETURNS text LANGUAGE sql AS $$SELECT 'y'$$",
                    "told()",
                ),
            ):
                database.execute(tampered)
                found = list(faults(database, twin, "character varying(36)", set()))
                assert any(told in fault for fault in found), tampered
