"""What others do while the conversion runs: never undone, and not ours to answer for."""

import threading

import psycopg
import pytest

from recovery.catalog import catalog, row_versions
from recovery.conversion.statements.statement import DROP
from recovery.record import events as e
from tests.conftest import ROLES, Database, profile_for
from tests.recovering import ME, Recovery, meanwhile
from tests.waiting import until

SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid CONSTRAINT of_user REFERENCES users);
CREATE VIEW shown AS SELECT id, name FROM users;
GRANT SELECT ON shown TO reader;
CREATE MATERIALIZED VIEW kept AS SELECT id FROM users;
CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(id) FROM users; END;
CREATE POLICY own ON users USING (id IS NOT NULL);
CREATE SCHEMA other;
CREATE TABLE other.log (id bigint PRIMARY KEY, said text);
CREATE TABLE other.old (id bigint);
CREATE FUNCTION other.unrelated() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""


def recovery_on(database: Database) -> Recovery:
    if database.server.installation.major < 14:
        pytest.skip("the set-up has a function with a parsed body")
    database.execute(ROLES)
    database.execute(SCHEMA)
    return Recovery(database, profile_for(database, users__id="varchar(36)")).ready()


def committing(database: Database) -> e.Commit:
    return e.Commit(by=ME, typed=database.name)


def before_dropping(event: e.AnyEvent) -> bool:
    return event == e.PhaseStarted(DROP)


def grants(database: Database) -> list[tuple[object, ...]]:
    """Who may do what, and every comment."""
    return database.rows(
        "SELECT relname::text, relacl::text FROM pg_class WHERE relname IN ('shown', 'kept') "
        "UNION ALL SELECT attname::text, attacl::text FROM pg_attribute WHERE attacl IS NOT NULL "
        "AND attrelid >= 16384 "
        "UNION ALL SELECT proname::text, proacl::text FROM pg_proc WHERE proname = 'counted' "
        "UNION ALL SELECT 'comment', description FROM pg_description WHERE objoid >= 16384 "
        "ORDER BY 1, 2"
    )


@pytest.mark.parametrize(
    ("change", "object_"),
    [
        ("REVOKE SELECT ON shown FROM reader", "view public.shown"),
        ("GRANT SELECT (name) ON shown TO writer", "view public.shown"),
        ("COMMENT ON VIEW shown IS 'new'", "view public.shown"),
        ("REVOKE USAGE ON TYPE shown FROM public", "view public.shown"),
        ("GRANT SELECT ON kept TO reader", "materialized view public.kept"),
        ("REVOKE ALL ON FUNCTION counted() FROM public", "function public.counted()"),
        ("GRANT EXECUTE ON FUNCTION counted() TO reader", "function public.counted()"),
        ("COMMENT ON FUNCTION counted() IS 'new'", "function public.counted()"),
        ("COMMENT ON POLICY own ON users IS 'new'", "policy own ON public.users"),
        ("COMMENT ON CONSTRAINT of_user ON notes IS 'new'", "foreign key of_user of notes"),
    ],
)
def test_what_others_change_before_it_is_dropped_is_not_undone(
    database: Database, monkeypatch: pytest.MonkeyPatch, change: str, object_: str
) -> None:
    recovery = recovery_on(database)
    as_others_left_it: list[object] = []

    def others() -> None:
        with database.connect(autocommit=True) as other:
            other.execute("SET lock_timeout = '50ms'")
            try:
                other.execute(change)
            except psycopg.errors.LockNotAvailable:
                # Our lock keeps them out, and they know it.
                return
        as_others_left_it.append(grants(database))

    meanwhile(monkeypatch, before_dropping, others)
    outcome = recovery.convert_here(committing(database))
    if not as_others_left_it:
        assert outcome is e.Outcome.COMMITTED, recovery.told()
        return
    assert outcome is e.Outcome.ROLLED_BACK
    assert recovery.code == 4
    assert recovery.problem.object == object_
    assert grants(database) == as_others_left_it[0]
    monkeypatch.undo()


def test_what_others_are_changing_when_it_is_dropped_is_not_undone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery = recovery_on(database)
    with database.connect() as other:

        def commit() -> None:
            until(lambda: database.rows(WAITS, other.info.backend_pid) or None)
            other.commit()

        ending = threading.Thread(target=commit)

        def others() -> None:
            other.execute("REVOKE ALL ON FUNCTION counted() FROM public")
            ending.start()

        meanwhile(monkeypatch, before_dropping, others)
        assert recovery.convert_here(None) is e.Outcome.ROLLED_BACK
        ending.join()
    assert recovery.code == 4
    assert recovery.problem.object == "function public.counted()"
    assert "Others changed" in recovery.problem.what


WAITS = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"


def test_of_every_object_it_is_known_who_wrote_it(database: Database) -> None:
    """A new kind of object in the catalog's reading needs its catalog in the question."""
    recovery_on(database)
    database.execute(EVERYTHING)
    with database.door.connect() as conn:
        found = catalog.read(conn)
        ids = {one.id for one in found.named.values()}
        versions = row_versions.read(conn, ids)
    assert {one.kind for one in found.named.values() if not versions.get(one.id)} == set()


EVERYTHING = """
CREATE SEQUENCE other.numbers;
CREATE TYPE other.state AS ENUM ('on');
CREATE TYPE other.pair AS (a int, b int);
CREATE TYPE other.span AS RANGE (subtype = int);
CREATE DOMAIN other.short AS text CHECK (length(value) < 9);
CREATE FUNCTION other.less(text, int) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE PROCEDURE other.nothing() LANGUAGE sql AS '';
CREATE AGGREGATE other.total(int) (sfunc = int4pl, stype = int);
CREATE OPERATOR other.< (leftarg = text, rightarg = int, function = other.less);
CREATE CAST (other.pair AS text) WITH INOUT;
CREATE RULE nothing AS ON DELETE TO other.log DO INSTEAD NOTHING;
CREATE TRIGGER t BEFORE UPDATE ON other.log FOR EACH ROW
  EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE STATISTICS other.both ON id, said FROM other.log;
CREATE PUBLICATION news FOR TABLE other.log;
CREATE EXTENSION pg_trgm;
"""


# What a partition job, a migration elsewhere or an administrator may do at any time.
OTHERS = """
CREATE TABLE other.log_2026_11 (id bigint PRIMARY KEY, said text CHECK (said <> ''));
COMMENT ON TABLE other.log IS 'new';
ALTER TABLE other.log ADD COLUMN at date;
CREATE INDEX log_said ON other.log (said);
GRANT SELECT ON other.log TO reader;
DROP TABLE other.old;
CREATE FUNCTION other.later() RETURNS int LANGUAGE sql AS 'SELECT 2';
DROP FUNCTION other.unrelated();
CREATE TABLE other.lines (log_id bigint CONSTRAINT of_log REFERENCES other.log);
CREATE TYPE other.state AS ENUM ('on');
CREATE SCHEMA third;
"""


def test_what_others_do_elsewhere_is_shown_apart_and_does_not_count(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery = recovery_on(database)
    meanwhile(monkeypatch, before_dropping, lambda: database.execute(OTHERS))
    assert recovery.convert_here(committing(database), gate_seconds=20) is e.Outcome.COMMITTED, (
        recovery.told()
    )
    compared = recovery.session.history().last(e.ParityChecked)
    assert compared is not None
    assert compared.differences == 0
    theirs = {f"{row.kind} {row.name}" for row in compared.catalog if row.by_others}
    assert theirs >= {
        "table other.log",
        "column other.log.at",
        "index other.log_said",
        "table other.log_2026_11",
        "column other.log_2026_11.said",
        "constraint log_2026_11_said_check ON other.log_2026_11",
        "table other.old",
        "column other.old.id",
        "function other.later()",
        "function other.unrelated()",
        "type other.state",
        "schema third",
    }
    keys = {row.name: row for row in compared.foreign_keys}
    assert keys["of_log"].by_others
    assert not keys["of_user"].by_others
    assert all(row.explained for row in compared.catalog if not row.by_others)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("COMMENT ON TABLE other.log IS 'new'", "table other.log"),
        ("CREATE TABLE other.new (id bigint)", "table other.new"),
        ("DROP TABLE other.old", "table other.old"),
        ("DROP FUNCTION other.unrelated()", "function other.unrelated()"),
    ],
)
def test_what_is_done_inside_our_transaction_counts_whoever_wrote_it(
    database: Database, change: str, found: str
) -> None:
    recovery = recovery_on(database)
    # With a subtransaction, whose rows have another xmin than the transaction's.
    database.execute(
        f"""
        CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          BEGIN
            {change};
          EXCEPTION WHEN undefined_table OR duplicate_table OR undefined_function THEN NULL;
          END;
        END $$;
        CREATE EVENT TRIGGER meddling ON ddl_command_end WHEN TAG IN ('ALTER TABLE')
          EXECUTE FUNCTION meddle();
        """
    )
    assert recovery.planned().ready().convert_here(None) is e.Outcome.ROLLED_BACK
    compared = recovery.session.history().last(e.ParityChecked)
    assert compared is not None
    assert found in {f"{row.kind} {row.name}" for row in compared.unexplained}


def test_a_foreign_key_that_ours_lost_counts(
    database: Database,
) -> None:
    recovery = recovery_on(database)
    database.execute(
        """
        CREATE TABLE other.lines (log_id bigint CONSTRAINT of_log REFERENCES other.log);
        CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'of_log') THEN
            ALTER TABLE other.lines DROP CONSTRAINT of_log;
          END IF;
        END $$;
        CREATE EVENT TRIGGER meddling ON ddl_command_end WHEN TAG IN ('ALTER TABLE')
          EXECUTE FUNCTION meddle();
        """
    )
    assert recovery.planned().ready().convert_here(None) is e.Outcome.ROLLED_BACK
    compared = recovery.session.history().last(e.ParityChecked)
    assert compared is not None
    lost = next(row for row in compared.foreign_keys if row.name == "of_log")
    assert (lost.state, lost.by_others) == ("missing", False)
    assert compared.differences == 1
