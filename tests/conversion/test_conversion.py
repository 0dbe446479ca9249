"""The conversion on a real server: what is the same afterwards, and what stops it."""

import subprocess
import threading
from datetime import datetime, timedelta

import msgspec
import psycopg
import pytest

from recovery.conversion import watching
from recovery.record import events as e
from recovery.server.disk import free_bytes
from recovery.server.identity import instance_of
from tests.conftest import Database, incident_profile, profile_for
from tests.recovering import (
    ME,
    ROLL_BACK,
    Recovery,
    at_the_gate,
    contents_of,
    difference,
    schema_of,
)
from tests.waiting import until
from wizard.event_lines import lines

PARENT_AND_CHILD = """
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users (id) ON DELETE CASCADE);
INSERT INTO users SELECT md5(g::text)::uuid, 'user ' || g FROM generate_series(1, 20) g;
INSERT INTO notes SELECT g, md5(g::text)::uuid FROM generate_series(1, 20) g;
"""


def types_of(database: Database, *columns: str) -> list[str]:
    return [
        database.rows(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attname = %s",
            *column.rsplit(".", 1),
        )[0][0]
        for column in columns
    ]


def foreign_keys_of(database: Database) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated, "
        "obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2"
    )


def test_rolling_back_leaves_schema_and_rows_as_they_were(incident_database: Database) -> None:
    before = schema_of(incident_database), contents_of(incident_database)
    recovery = Recovery(incident_database, incident_profile(incident_database)).ready()
    assert recovery.convert(ROLL_BACK) == 0
    assert recovery.outcome() is e.Outcome.ROLLED_BACK
    assert recovery.ended.by == ME
    assert (schema_of(incident_database), contents_of(incident_database)) == before


def test_committing_changes_types_and_nothing_else(incident_database: Database) -> None:
    schema, rows = schema_of(incident_database), contents_of(incident_database)
    foreign_keys = foreign_keys_of(incident_database)
    recovery = Recovery(incident_database, incident_profile(incident_database)).ready()
    assert recovery.convert() == 0
    assert recovery.outcome() is e.Outcome.COMMITTED
    assert foreign_keys_of(incident_database) == foreign_keys
    assert contents_of(incident_database) == rows
    changed = difference(schema, schema_of(incident_database))
    undone = [
        line.replace("character varying(36)", "uuid").replace("::character varying", "")
        for line in changed
        if line.startswith("+")
    ]
    # gen_random_uuid() comes back in brackets, with the cast that PostgreSQL adds.
    undone = [line.replace("(gen_random_uuid())", "gen_random_uuid()") for line in undone]
    assert sorted(line[1:] for line in undone) == sorted(
        line[1:] for line in changed if line.startswith("-")
    )
    assert len(undone) == 99


def test_phases_count_what_the_incident_says(incident_database: Database) -> None:
    recovery = Recovery(incident_database, incident_profile(incident_database)).ready()
    recovery.convert(ROLL_BACK)
    phases = {p.number: p.counts for p in recovery.session.history().of(e.PhaseFinished)}
    expected = {p.number: p.expected for p in recovery.made.phases}
    assert phases == expected
    assert phases[2]["users.id"] == 42
    assert phases[2] == phases[5]
    assert sum(phases[2].values()) == recovery.made.foreign_keys
    compared = recovery.session.history().last(e.ParityChecked)
    assert compared is not None
    assert len(compared.foreign_keys) == len(foreign_keys_of(incident_database))
    assert compared.differences == 0
    assert {row.orphans_after for row in compared.foreign_keys if row.key} == {0}
    assert all(row.digests_before == row.digests_after for row in compared.tables)
    assert sum(row.rows_before for row in compared.tables) > 0


def _psql(database: Database, *arguments: str) -> None:
    psql = database.server.installation.program("psql")
    subprocess.run(
        [str(psql), "--no-psqlrc", "--dbname", database.dsn, *arguments],
        env=database.environment,
        check=True,
        capture_output=True,
    )


def test_plan_sql_by_hand_gives_the_same_catalog(
    incident_database: Database, incident_server: object
) -> None:
    recovery = Recovery(incident_database, incident_profile(incident_database)).planned()
    before = schema_of(incident_database)
    plan_file = str(recovery.session.plan_file)
    _psql(incident_database, "--file", plan_file)
    assert schema_of(incident_database) == before, "without COMMIT it must change nothing"

    twin = Database(incident_database.server, incident_database.name + "_twin")
    with incident_database.server.connect(autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {twin.name} TEMPLATE {incident_database.name}")
    _psql(incident_database, "--file", plan_file, "--command", "COMMIT")
    Recovery(twin, incident_profile(twin)).ready().convert()
    by_hand, by_wizard = schema_of(incident_database), schema_of(twin)
    contents = contents_of(incident_database) == contents_of(twin)
    with incident_database.server.connect(autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {twin.name} WITH (FORCE)")
    assert by_hand == by_wizard
    assert contents
    assert types_of(incident_database, "users.id") == ["character varying(36)"]


def test_values_that_are_no_uuid_are_found_beforehand_and_stop_the_way_back(
    database: Database,
) -> None:
    database.execute(
        """
        CREATE TABLE users (id varchar(36) PRIMARY KEY);
        INSERT INTO users VALUES ('root'), ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11');
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="uuid")).planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    (finding,) = (f for f in found.findings if f.code == "value-no-uuid")
    assert finding.severity is e.Severity.BLOCKER
    assert "'root'" in finding.evidence
    assert "A0EEBC99" in finding.evidence
    (refusal,) = recovery.made.refusals
    assert refusal.object == "users.id"
    assert "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'root'" in refusal.reason
    _, _, query = refusal.remedy.partition("This shows them: ")
    assert database.rows(query) == [("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",), ("root",)]

    database.execute("DELETE FROM users")
    recovery.planned().ready()
    database.execute("INSERT INTO users VALUES ('root')")
    assert recovery.convert() == 1
    assert recovery.problem.sqlstate == "22P02"
    assert recovery.outcome() is e.Outcome.ROLLED_BACK
    assert types_of(database, "users.id") == ["character varying(36)"]


def test_orphans_are_found_beforehand_and_refuse_the_plan(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    database.execute(
        "SET session_replication_role = replica; DELETE FROM users WHERE name = 'user 3'"
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert found.orphans == (e.Orphans("notes_user_id_fkey", "notes", 1),)
    assert "orphans" in {f.code for f in found.findings if f.severity is e.Severity.BLOCKER}
    (refusal,) = recovery.made.refusals
    assert refusal.object == "foreign key notes_user_id_fkey of notes"
    assert "1 rows refer to keys that are not there" in refusal.reason
    assert "NOT EXISTS" in refusal.remedy


def test_orphans_that_came_after_the_plan_stop_the_conversion(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    database.execute(
        "SET session_replication_role = replica; DELETE FROM users WHERE name = 'user 3'"
    )
    before = schema_of(database)
    assert recovery.convert() == 1
    assert recovery.problem.sqlstate == "23503"
    assert schema_of(database) == before


def test_drift_after_approval_is_refused_before_any_change(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    database.execute("CREATE TABLE later (user_id uuid REFERENCES users)")
    assert recovery.convert() == 4
    assert "not as it was when the plan was approved" in recovery.problem.what
    assert types_of(database, "users.id") == ["uuid"]


# What may fail afterwards: bodies that PostgreSQL does not look into, and columns without a foreign
# key.
BODIES = """
CREATE TABLE log (who uuid);
CREATE FUNCTION named(who uuid) RETURNS text LANGUAGE sql AS
  'SELECT name FROM public.users WHERE id = who';
CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO public.log VALUES (NEW.id); RETURN NULL; END';
CREATE TABLE days (at date, who uuid) PARTITION BY RANGE (at);
CREATE TRIGGER logged AFTER INSERT ON days FOR EACH ROW EXECUTE FUNCTION logged();
"""


def test_what_the_list_of_breaks_rests_on_is_part_of_the_plan(database: Database) -> None:
    database.execute(PARENT_AND_CHILD + BODIES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    database.execute(
        "CREATE FUNCTION new(who uuid) RETURNS bigint LANGUAGE sql AS "
        "'SELECT count(*) FROM public.users WHERE id = who';"
        "CREATE OR REPLACE FUNCTION named(who uuid) RETURNS text LANGUAGE sql AS "
        "'SELECT upper(name) FROM public.users WHERE id = who';"
        "CREATE TRIGGER logged AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION logged();"
        "ALTER TABLE log DROP COLUMN who"
    )
    assert recovery.convert() == 4
    assert "not as it was when the plan was approved" in recovery.problem.what
    assert recovery.problem.detail == (
        "column log.who is gone; function public.named(uuid) is another; "
        "function public.new(uuid) is new; trigger logged ON public.users is new"
    )
    assert types_of(database, "users.id") == ["uuid"]


def test_what_no_break_rests_on_asks_for_no_new_plan(database: Database) -> None:
    database.execute(PARENT_AND_CHILD + BODIES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    database.execute(
        "DROP FUNCTION named(uuid);"
        "CREATE FUNCTION named(who uuid) RETURNS text LANGUAGE sql AS "
        "'SELECT name FROM public.users WHERE id = who';"
        "COMMENT ON FUNCTION named(uuid) IS 'other';"
        "REVOKE ALL ON FUNCTION named(uuid) FROM public;"
        "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
        "ANALYZE"
    )
    with database.connect() as other:
        other.execute("CREATE TEMP TABLE passing (who uuid)")
        other.execute("CREATE FUNCTION pg_temp.passing() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        other.commit()
        assert recovery.convert() == 0
    assert recovery.outcome() is e.Outcome.COMMITTED


def test_an_edited_plan_sql_is_refused(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    with recovery.session.plan_file.open("a") as file:
        file.write("DROP TABLE users;\n")
    assert recovery.convert() == 4
    assert "plan.sql is not the file that was approved" in recovery.problem.what


def test_unexplained_differences_make_commit_impossible(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    database.execute(
        """
        CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'notes_user_id_fkey'
                       AND obj_description(oid, 'pg_constraint') IS NULL) THEN
            DELETE FROM public.notes WHERE id = 7;
            COMMENT ON CONSTRAINT notes_user_id_fkey ON public.notes IS 'meddled with';
            ALTER TABLE public.notes ADD CONSTRAINT meddled
              FOREIGN KEY (id) REFERENCES public.notes (id);
          END IF;
        END $$;
        CREATE EVENT TRIGGER meddling ON ddl_command_end WHEN TAG IN ('ALTER TABLE')
          EXECUTE FUNCTION meddle();
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert "event-trigger" in {finding.code for finding in found.findings}
    code = recovery.client.convert(database.name, commit=True, attested=None, gate_seconds=60)
    assert code == 1
    history = recovery.session.history()
    compared = history.last(e.ParityChecked)
    assert compared is not None
    assert compared.foreign_keys[0].state == "differs: comment"
    appeared = next(key for key in compared.foreign_keys if key.name == "meddled")
    assert (appeared.state, appeared.before) == ("not there before", "")
    assert appeared.after == "FOREIGN KEY (id) REFERENCES public.notes(id)"
    assert {row.table: row.state for row in compared.tables}["notes"] == "differs: rows"
    refused = history.last(e.CommandRefused)
    assert refused is not None
    assert "3 differences are unexplained" in refused.reason
    assert recovery.ended.reason == (
        "COMMIT was asked for and refused, because 3 differences are unexplained; then "
        "ROLLBACK was asked for"
    )
    assert recovery.outcome() is e.Outcome.ROLLED_BACK
    assert database.rows("SELECT count(*) FROM notes") == [(20,)]


def test_commit_needs_the_databases_name(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    wrong, right = e.Commit(by=ME, typed="production"), e.Commit(by=ME, typed=database.name)
    assert recovery.convert(at_the_gate(wrong, right)) == 0
    refused = recovery.session.history().last(e.CommandRefused)
    assert refused is not None
    assert "the name typed is 'production'" in refused.reason
    assert recovery.outcome() is e.Outcome.COMMITTED


def test_commit_before_the_gate_does_not_count(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()

    holder = database.connect()
    holder.execute("SELECT * FROM users")

    def too_early(session: object, event: e.AnyEvent) -> None:
        if isinstance(event, e.StepStarted):
            recovery.session.journal.command(e.Commit(by=ME, typed=database.name))
            while recovery.session.journal.commands():
                pass
            holder.rollback()

    assert recovery.convert(too_early, gate_seconds=1) == 0
    holder.close()
    refused = recovery.session.history().last(e.CommandRefused)
    assert refused is not None
    assert recovery.outcome() is e.Outcome.ROLLED_BACK


def test_silence_ends_in_roll_back(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    assert recovery.convert(at_the_gate(), gate_seconds=0.5) == 0
    assert recovery.ended == e.ConversionEnded(
        e.Outcome.ROLLED_BACK, "the gate's deadline passed and nobody decided", None
    )
    assert types_of(database, "users.id") == ["uuid"]


def test_the_gate_shows_who_is_blocked_and_can_be_extended(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    answers: list[object] = []
    deadlines: list[datetime] = []

    def read() -> None:
        with database.connect(autocommit=True, application_name="the shop") as conn:
            card = "SELECT count(*) FROM users WHERE name <> '4111 1111' AND 4111 > 0 -- 4111"
            answers.append(conn.execute(card).fetchone())

    reader = threading.Thread(target=read)

    def decide(session: object, event: e.AnyEvent) -> None:
        match event:
            case e.GateOpened():
                reader.start()
            case e.GatePrice(blocked=blocked) if blocked:
                recovery.session.journal.command(e.ExtendGate(by=ME, seconds=600))
            case e.GateExtended(deadline=deadline) if not deadlines:
                deadlines.append(deadline)
                recovery.session.journal.command(e.ExtendGate(by=ME, seconds=14_400))
            case e.CommandRefused() | e.GateExtended():
                recovery.session.journal.command(e.Commit(by=ME, typed=database.name))

    assert recovery.convert(decide, gate_seconds=60) == 0
    reader.join()
    history = recovery.session.history()
    refused = history.last(e.CommandRefused)
    assert refused is not None
    assert (refused.command, refused.by) == ("ExtendGate", ME)
    assert "4 hours" in refused.reason
    assert [extended.deadline for extended in history.of(e.GateExtended)] == deadlines
    price = next(p for p in recovery.session.history().of(e.GatePrice) if p.blocked)
    assert price.blocked[0].application == "the shop"
    assert price.blocked[0].query == "SELECT count(*) FROM users WHERE name <> ? AND ? > ?"
    assert b"4111" not in recovery.session.journal.path.read_bytes()
    assert answers == [(20,)]


def test_the_gate_waits_no_longer_than_its_limit_however_long_it_was_meant_to(
    database: Database,
) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    assert recovery.convert(ROLL_BACK, gate_seconds=1e6) == 0
    opened = recovery.session.history().last_entry(e.GateOpened)
    assert opened is not None
    assert isinstance(opened.event, e.GateOpened)
    assert opened.event.deadline - opened.at <= timedelta(hours=4)


def test_a_session_of_another_role_is_told_of_though_the_server_hides_most_of_it(
    database: Database,
) -> None:
    """The owner is no superuser: since when another role's query runs he is not told."""
    database.execute(
        f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'owner1') THEN
            CREATE ROLE owner1 LOGIN PASSWORD '{database.password}';
            CREATE ROLE app1 LOGIN PASSWORD '{database.password}';
          END IF;
        END $$;
        {PARENT_AND_CHILD};
        ALTER TABLE users OWNER TO owner1;
        ALTER TABLE notes OWNER TO owner1;
        GRANT SELECT ON users TO app1;
        GRANT CREATE ON SCHEMA public TO owner1;
        """
    )
    own = database.dsn.replace("user=postgres", "user=owner1")
    profile = profile_for(database, users__id="varchar(36)")
    target = msgspec.structs.replace(profile.target, dsn=own)
    recovery = Recovery(database, msgspec.structs.replace(profile, target=target)).ready()

    def read() -> None:
        dsn = database.dsn.replace("user=postgres", "user=app1")
        with psycopg.connect(dsn, password=database.password, autocommit=True) as conn:
            conn.execute("SELECT count(*) FROM users")

    reader = threading.Thread(target=read)

    def decide(session: object, event: e.AnyEvent) -> None:
        match event:
            case e.GateOpened():
                reader.start()
            case e.GatePrice(blocked=blocked) if blocked:
                recovery.session.journal.command(e.Commit(by=ME, typed=database.name))

    assert recovery.convert(decide, gate_seconds=60) == 0
    reader.join()
    assert recovery.outcome() is e.Outcome.COMMITTED
    price = next(p for p in recovery.session.history().of(e.GatePrice) if p.blocked)
    (blocked,) = price.blocked
    assert (blocked.role, blocked.seconds) == ("app1", None)
    told = [line for entry in recovery.session.history().entries for line in lines(entry.event)]
    assert "ROLLED BACK" not in "".join(told)
    assert recovery.client.report() == 0


def test_what_runs_and_what_it_costs_is_told_meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_EVERY", 0.05)
    database.execute(PARENT_AND_CHILD)
    # The rewrite waits until somebody has been seen waiting for it.
    database.execute(
        """
        CREATE FUNCTION wait_for_a_reader() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          WHILE NOT EXISTS (
            SELECT FROM pg_catalog.pg_stat_activity
            WHERE pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(pid))
          ) LOOP
            PERFORM pg_catalog.pg_sleep(0.1);
            PERFORM pg_catalog.pg_stat_clear_snapshot();
          END LOOP;
          PERFORM pg_catalog.pg_sleep(0.3);
        END $$;
        CREATE EVENT TRIGGER waiting ON table_rewrite EXECUTE FUNCTION wait_for_a_reader();
        """
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()

    def read() -> None:
        until(lambda: list(recovery.session.history().of(e.PhaseStarted)) or None)
        with database.connect(autocommit=True, application_name="the shop") as conn:
            conn.execute("SELECT count(*) FROM users")

    reader = threading.Thread(target=read)
    reader.start()
    assert recovery.convert_here(e.Commit(by=ME, typed=database.name)) is e.Outcome.COMMITTED
    reader.join()
    looks = [
        look
        for look in recovery.session.history().of(e.ConversionWatched)
        if look.statement.startswith('ALTER TABLE "public"."users"')
        if look.object == "table users" and look.cost is not None and look.cost.blocked
    ]
    assert looks
    cost = looks[-1].cost
    assert cost is not None
    assert cost.blocked[0].application == "the shop"
    assert cost.wal_bytes > 0
    assert cost.free_bytes is not None


def test_a_disk_of_another_server_is_not_this_ones(database: Database) -> None:
    with database.connect(autocommit=True) as conn:
        found = instance_of(conn)
    folder, mine = found.data_directory, found.system_identifier
    assert mine is not None
    assert free_bytes(folder, mine)
    assert free_bytes(folder, str(int(mine) + 1)) is None
    assert free_bytes("/nonexistent", mine) is None
    assert free_bytes(None, mine) is None


def test_locks_are_tried_again_and_the_blocker_is_named(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    holder = database.connect(application_name="a long report")
    holder.execute("SELECT * FROM users")

    def decide(session: object, event: e.AnyEvent) -> None:
        if isinstance(event, e.LockAttemptFailed):
            holder.rollback()
        if isinstance(event, e.GateOpened):
            recovery.session.journal.command(e.Commit(by=ME, typed=database.name))

    assert recovery.convert(decide) == 0
    holder.close()
    attempt = recovery.session.history().last(e.LockAttemptFailed)
    assert attempt is not None
    assert [b.application for b in attempt.blockers] == ["a long report"]
    assert recovery.outcome() is e.Outcome.COMMITTED


def test_a_second_conversion_of_one_database_is_refused(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    profile = profile_for(database, users__id="varchar(36)")
    first, second = Recovery(database, profile).ready(), Recovery(database, profile).ready()

    def decide(session: object, event: e.AnyEvent) -> None:
        if isinstance(event, e.GateOpened):
            assert second.convert() == 4
            first.session.journal.command(e.Commit(by=ME, typed=database.name))

    assert first.convert(decide) == 0
    assert "Another pg-rekey" in second.problem.what
    assert first.outcome() is e.Outcome.COMMITTED


def test_another_database_of_the_same_name_is_refused(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    with database.server.connect(autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {database.name}")
        conn.execute(f"CREATE DATABASE {database.name}")
    database.execute(PARENT_AND_CHILD)
    assert recovery.convert() == 4
    assert "not the database that was confirmed" in recovery.problem.what
    assert types_of(database, "users.id") == ["uuid"]


def test_everything_is_read_only_until_the_conversion(database: Database) -> None:
    database.execute(PARENT_AND_CHILD)
    before = contents_of(database), schema_of(database)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    assert recovery.client.back_up("custom") == 0
    assert (contents_of(database), schema_of(database)) == before
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        _delete_as_the_investigation_connects(recovery)


def _delete_as_the_investigation_connects(recovery: Recovery) -> None:
    with recovery.door.connect() as conn:
        conn.execute("DELETE FROM public.notes")
