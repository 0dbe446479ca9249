"""What the plan says of its statements is what PostgreSQL then does."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from recovery.catalog import catalog
from recovery.conversion import plan
from recovery.conversion.plan import Plan
from recovery.record import events as e
from recovery.server.identity import identify
from tests.conftest import ROLES, Database, profile_for
from tests.recovering import Recovery

SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text UNIQUE NOT NULL CHECK (email <> ''),
  parent uuid REFERENCES users CHECK (parent <> id));
COMMENT ON COLUMN users.id IS 'the user';
CREATE INDEX users_parent ON users (parent);
CREATE INDEX users_written ON users ((id::text));
CREATE TABLE mails (email text REFERENCES users (email));
CREATE TABLE notes (id serial PRIMARY KEY, number int GENERATED ALWAYS AS IDENTITY UNIQUE,
  user_id uuid NOT NULL REFERENCES users);
ALTER TABLE notes ADD CONSTRAINT late FOREIGN KEY (user_id) REFERENCES users NOT VALID;
COMMENT ON CONSTRAINT late ON notes IS 'not checked';
CREATE TRIGGER t BEFORE UPDATE ON notes FOR EACH ROW
  EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE lines (note_id int REFERENCES notes, number int REFERENCES notes (number));
CREATE TABLE visits (at date NOT NULL, user_id uuid REFERENCES users) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
CREATE TABLE others (body text);
CREATE POLICY p ON others USING (body IN (SELECT id::text FROM users));
CREATE VIEW v AS SELECT id FROM users;
CREATE RULE r AS ON INSERT TO v DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW m AS SELECT user_id FROM notes;
CREATE INDEX m_user ON m (user_id);
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(id) FROM users; END;
INSERT INTO users (email) SELECT i::text FROM generate_series(1, 100) AS i;
INSERT INTO notes (user_id) SELECT id FROM users;
INSERT INTO visits SELECT '2026-02-02', id FROM users;
ANALYZE;
"""
KEYS = {"users__id": "varchar(36)", "notes__id": "bigint", "notes__number": "bigint"}
RELATIONS = """
SELECT oid::bigint, relkind::text, oid::regclass::text FROM pg_class
WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'S')
"""
KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "S": "sequence"}
# What somebody else would wait for: also who only writes, or takes a sequence's next number.
HELD = """
SELECT relation::bigint, mode FROM pg_locks WHERE pid = pg_backend_pid()
AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""
MODES = {
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
}
FILES = "SELECT oid::regclass::text, relfilenode FROM pg_class WHERE relkind = 'r' AND oid >= 16384"


@pytest.fixture
def conn(database: Database) -> Iterator[psycopg.Connection[Any]]:
    database.execute(ROLES + ";" + SCHEMA)
    with database.door.connect(read_only=False) as connection:
        yield connection
        connection.rollback()


def _planned(database: Database, conn: psycopg.Connection[Any]) -> tuple[Plan, e.PlanMade]:
    found = catalog.read(conn)
    made = plan.build(found, profile_for(database, **KEYS), identify(conn))
    return made, plan.summary(made, found)


def test_what_is_told_of_locks_and_rewriting_is_so(
    database: Database, conn: psycopg.Connection[Any]
) -> None:
    made, told = _planned(database, conn)
    assert told.refusals == ()
    assert "mails" not in told.locked
    # Of what is made and dropped meanwhile, nobody else knows.
    there = {oid: f"{KINDS[kind]} {name}" for oid, kind, name in conn.execute(RELATIONS)}

    def held() -> set[str]:
        rows = conn.execute(HELD).fetchall()
        locks = {f"{MODES[mode]} on {there[oid]}" for oid, mode in rows if oid in there}
        # A table that nobody else can look at cannot be locked more than that.
        return {lock for lock in locks if lock.startswith("ACCESS") or " on table " not in lock}

    def files() -> dict[str, int]:
        return dict(conn.execute(FILES).fetchall())

    for text in made.preparation:
        conn.execute(text)
    assert held() == set()
    conn.execute(made.lock)
    assert held() == {
        *(f"ACCESS EXCLUSIVE on table public.{table}" for table in told.locked),
        *told.statements[1].locks.split(", "),
    }
    assert "ACCESS EXCLUSIVE on materialized view public.m" in held()
    for statement, planned in zip(made.statements, told.statements[2:], strict=True):
        locks, written = held(), files()
        conn.execute(statement.sql)
        assert all(lock in planned.locks for lock in held() - locks), planned
        if planned.locks:
            assert any(lock in planned.locks for lock in held()), planned
        now = files()
        rewritten = {name for name in written if name in now and written[name] != now[name]}
        assert rewritten <= {f"public.{table}" for table in planned.tables}, planned
        assert bool(rewritten) == (planned.effort is e.Effort.REWRITE), (planned, rewritten)


def test_each_statement_is_found_in_the_text(
    database: Database, conn: psycopg.Connection[Any]
) -> None:
    made, told = _planned(database, conn)
    lines = ["", *made.text.split("\n")]
    whole = [made.preparation[0], made.lock, *(statement.sql for statement in made.statements)]
    for planned, text in zip(told.statements, whole, strict=True):
        shown = lines[planned.line : planned.line + text.count("\n") + 1]
        assert "\n".join(shown) == f"{text};"
    assert [planned.phase for planned in told.statements[:3]] == [0, 0, 1]
    checked = [planned.object for planned in told.statements if planned.effort is e.Effort.LOOK_UP]
    assert "foreign key late of notes" not in checked
    assert "foreign key notes_user_id_fkey of notes" in checked
    assert {planned.effort for planned in told.statements} == set(e.Effort)


def test_what_postgresql_keeps_is_named(database: Database, conn: psycopg.Connection[Any]) -> None:
    _, told = _planned(database, conn)
    kept = {one.kind: set(one.names) for one in told.kept}
    rebuilt = set(told.rebuilt)
    assert kept["primary key"] == {"users_pkey ON public.users", "notes_pkey ON public.notes"}
    assert kept["index"] == {"public.users_parent"}
    assert "index public.users_written" in rebuilt
    assert kept["CHECK constraint"] == {"users_email_check ON public.users"}
    assert "constraint users_check ON public.users" in rebuilt
    assert kept["trigger"] == {"t ON public.notes"}
    assert kept["foreign key"] == {"mails_email_fkey of mails"}
    assert kept["column's default"] == {"users.id", "notes.id"}
    assert kept["column's comment"] == {"users.id"}
    assert "notes.user_id" in kept["NOT NULL"]
    assert kept["identity column"] == {"notes.number"}


def test_what_a_rewritten_statement_was_stays_a_comment(database: Database) -> None:
    database.execute(
        "CREATE TABLE users (id uuid PRIMARY KEY, name text);"
        "CREATE VIEW v AS SELECT id FROM users "
        "WHERE id <> '00000000-0000-0000-0000-000000000001' AND name <> E'\\rDROP TABLE users;--'"
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)"))
    recovery.planned(prove=True)
    text = recovery.session.plan_file.read_bytes().decode()
    begin = text.index("-- REWRITTEN")
    comment = text[begin : text.index("CREATE VIEW", text.index("CREATE VIEW", begin) + 1)]
    assert "DROP TABLE users" in comment
    assert all(line.startswith("--") for line in comment.splitlines())
