"""From the true revision to head: nothing is skipped, nothing is run twice, nothing is guessed."""

import sys
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import sqlalchemy as sa

from recovery.private import scratch
from recovery.record import decisions
from recovery.record import events as e
from recovery.steps.runner import perform
from recovery.words.profile import AlembicSection
from tests.conftest import Database, incident_profile, new_database, profile_for
from tests.recovering import ME, Recovery, fails_once, schema_of
from wizard.demo import incident

SCRIPT = '''"""{title}"""
from alembic import op
import sqlalchemy as sa

revision = "{id}"
down_revision = {down!r}


def upgrade() -> None:
    {upgrade}
'''
TAGS = (
    'op.create_table("tags", sa.Column("id", sa.BigInteger(), primary_key=True), '
    'sa.Column("name", sa.String(40), nullable=False)); '
    'op.create_index("ix_tags_name", "tags", ["name"], unique=True)'
)
BY_HAND = "CREATE TABLE tags (id bigserial PRIMARY KEY, name varchar(40) NOT NULL)"


def write_history(folder: Path, *scripts: tuple[str, str]) -> str:
    """A script directory: pairs of a revision and what its upgrade does, one after another."""
    versions = folder / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    down: str | None = None
    for number, (revision, upgrade) in enumerate(scripts):
        text = SCRIPT.format(title=f"step {number}", id=revision, down=down, upgrade=upgrade)
        (versions / f"{revision}.py").write_text(text)
        down = revision
    return str(folder)


def created(table: str) -> str:
    return f'op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True))'


def recovery_on(
    database: Database,
    location: str,
    claimed: str,
    section: AlembicSection | None = None,
    *,
    backed_up: bool = True,
) -> Recovery:
    """A session past the conversion: there was nothing to convert."""
    database.execute(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32) PRIMARY KEY);"
        f"TRUNCATE alembic_version; INSERT INTO alembic_version VALUES ('{claimed}')"
    )
    section = section or AlembicSection(location)
    profile = msgspec.structs.replace(profile_for(database), alembic=section)
    recovery = Recovery(database, profile).planned()
    if backed_up:
        decisions.attest_backup(recovery.session, "the test's own copy", ME)
    return recovery


def migrate(recovery: Recovery, *adopt: str, prove: bool = False, **more: Any) -> int:
    """Runs the migrations; on a copy of the schema first only if asked so, for it takes time."""
    ways = {**dict.fromkeys(adopt, e.Way.ADOPT), **more.pop("ways", {})}
    options = recovery.options(ways=ways, prove=prove, **more)
    return perform(recovery.session, e.Step.MIGRATIONS, options)


def version_of(database: Database) -> list[tuple[object, ...]]:
    return database.rows("SELECT version_num FROM alembic_version")


def finished(recovery: Recovery) -> list[tuple[str, bool]]:
    return [(r.revision, r.adopted) for r in recovery.session.history().of(e.RevisionFinished)]


def test_a_claim_ahead_of_the_schema_is_put_right_and_nothing_is_skipped(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(
        tmp_path, ("aa", created("a")), ("bb", created("b")), ("cc", created("c"))
    )
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "cc")
    assert migrate(recovery) == 0
    moved = recovery.session.history().last(e.RevisionSet)
    assert moved is not None
    assert (moved.before, moved.heads) == (("cc",), ("aa",))
    assert moved.evidence == f"nearest with differences: 1 missing, 1 other; confirmed by {ME}"
    assert finished(recovery) == [("bb", False), ("cc", False)]
    assert version_of(database) == [("cc",)]
    assert database.rows("SELECT to_regclass('b')::text, to_regclass('c')::text") == [("b", "c")]


def test_a_truthful_claim_is_left_alone(database: Database, tmp_path: Path) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa")
    assert migrate(recovery) == 0
    assert recovery.session.history().last(e.RevisionSet) is None
    assert finished(recovery) == [("bb", False)]


def test_without_a_backup_nothing_is_written(database: Database, tmp_path: Path) -> None:
    location = write_history(tmp_path, ("aa", created("a")))
    recovery = recovery_on(database, location, "aa", backed_up=False)
    assert migrate(recovery) == 4
    assert "waits for a backup" in recovery.problem.what
    assert database.rows("SELECT to_regclass('a')") == [(None,)]

    # Nothing was pending when it was investigated.
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa", backed_up=False)
    write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    assert migrate(recovery) == 4
    assert "There is no backup, and migrations are pending" in recovery.problem.what
    assert version_of(database) == [("aa",)]
    assert database.rows("SELECT to_regclass('b')") == [(None,)]


def test_somebody_elses_change_of_the_revision_is_refused(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "bb")
    database.execute("UPDATE alembic_version SET version_num = 'aa'")
    assert migrate(recovery) == 4
    assert recovery.problem.what == "alembic_version holds aa now; bb was seen."
    assert database.rows("SELECT to_regclass('b')") == [(None,)]


@pytest.mark.parametrize("unsaid", [e.RevisionSet, e.RevisionFinished])
def test_what_was_committed_and_not_journaled_is_gone_on_from(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unsaid: type[e.Event]
) -> None:
    location = write_history(
        tmp_path, ("aa", created("a")), ("bb", created("b")), ("cc", created("c"))
    )
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "cc")
    fails_once(monkeypatch, unsaid)
    assert migrate(recovery) != 0
    assert version_of(database) == [("aa" if unsaid is e.RevisionSet else "bb",)]

    assert migrate(recovery) == 0, recovery.problem
    history = recovery.session.history()
    assert [(m.before, m.heads) for m in history.of(e.RevisionSet)] == [(("cc",), ("aa",))]
    assert finished(recovery) == [("bb", False), ("cc", False)]
    assert version_of(database) == [("cc",)]


def test_a_collision_is_found_before_anything_changes_and_can_be_adopted(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(
        tmp_path, ("aa", created("a")), ("bb", created("b")), ("cc", TAGS), ("dd", created("d"))
    )
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    database.execute(BY_HAND + "; CREATE UNIQUE INDEX ix_tags_name ON tags (name)")
    recovery = recovery_on(database, location, "bb")
    before = schema_of(database), version_of(database)
    assert migrate(recovery) == 4
    assert "would create tables that exist: tags" in recovery.problem.what
    assert "--adopt cc" in recovery.problem.remedy
    assert (schema_of(database), version_of(database)) == before
    assert migrate(recovery, "cc") == 0
    assert finished(recovery) == [("bb", False), ("cc", True), ("dd", False)]
    adopted = recovery.session.history().last(e.RevisionAdopted)
    assert adopted is not None
    assert adopted.by == ME
    assert version_of(database) == [("dd",)]


@pytest.mark.parametrize(
    ("by_hand", "said", "repair"),
    [
        (
            BY_HAND,
            "missing index: ix_tags_name",
            ["CREATE UNIQUE INDEX ix_tags_name ON public.tags USING btree (name)"],
        ),
        (
            BY_HAND.replace("varchar(40) NOT NULL", "text") + "; COMMENT ON TABLE tags IS 'x'",
            "other type: tags.name, type: text; not null: none and not type: "
            "character varying(40); not null: yes",
            [
                "ALTER TABLE public.tags ALTER COLUMN name SET NOT NULL",
                "ALTER TABLE public.tags ALTER COLUMN name TYPE character varying(40) "
                "USING name::character varying(40)",
                "CREATE UNIQUE INDEX ix_tags_name ON public.tags USING btree (name)",
                "COMMENT ON TABLE public.tags IS NULL",
            ],
        ),
        (
            "CREATE TABLE tags (id bigserial PRIMARY KEY)",
            "missing column: tags.name",
            [
                "ALTER TABLE public.tags ADD COLUMN name character varying(40) NOT NULL",
                "CREATE UNIQUE INDEX ix_tags_name ON public.tags USING btree (name)",
            ],
        ),
        (BY_HAND + "; ALTER TABLE tags ADD extra int", "extra column: tags.extra", []),
    ],
)
def test_a_table_that_differs_is_repaired_or_set_aside(
    database: Database, tmp_path: Path, by_hand: str, said: str, repair: list[str]
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("cc", TAGS))
    database.execute("CREATE TABLE a (id serial PRIMARY KEY); " + by_hand)
    recovery = recovery_on(database, location, "aa")
    recovery.confirm_revision("aa")
    assert migrate(recovery, "cc") == 4
    assert said in recovery.problem.what
    assert version_of(database) == [("aa",)]
    compared = recovery.session.history().last(e.CollisionCompared)
    assert compared is not None
    assert list(compared.repair) == repair

    if repair:
        assert migrate(recovery, ways={"cc": e.Way.REPAIR}) == 0, recovery.problem
        assert finished(recovery) == [("cc", True)]
        assert recovery.again().agrees("cc")
    else:
        assert "--repair" not in recovery.problem.remedy
        assert migrate(recovery, ways={"cc": e.Way.REPAIR}) == 4


def test_a_table_set_aside_keeps_its_rows_and_makes_room(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("cc", TAGS), ("dd", created("d")))
    database.execute(
        f"CREATE TABLE a (id serial PRIMARY KEY); {BY_HAND}; ALTER TABLE tags ADD extra int;"
        "CREATE UNIQUE INDEX ix_tags_name ON tags (name); INSERT INTO tags (name) VALUES ('kept');"
        "CREATE TABLE tagged (tag_id bigint REFERENCES tags)"
    )
    recovery = recovery_on(database, location, "aa")
    recovery.confirm_revision("aa")
    assert migrate(recovery, ways={"cc": e.Way.ASIDE}, prove=True) == 0, recovery.problem
    assert finished(recovery) == [("cc", False), ("dd", False)]
    assert database.rows("SELECT name FROM tags_by_hand") == [("kept",)]
    assert database.rows("SELECT count(*) FROM tags") == [(0,)]
    moved = recovery.session.history().last(e.TablesSetAside)
    assert moved is not None
    assert 'ALTER TABLE public.tags RENAME TO "tags_by_hand"' in moved.statements


def test_a_revision_that_does_more_than_create_its_tables_is_not_adopted(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(
        tmp_path, ("aa", created("a")), ("cc", created("c") + '; op.execute("SELECT 1")')
    )
    database.execute(
        "CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE c (id serial PRIMARY KEY)"
    )
    recovery = recovery_on(database, location, "aa")
    recovery.confirm_revision("aa")
    assert migrate(recovery, "cc") == 4
    assert "the script also runs: SELECT 1" in recovery.problem.what


FAILS_ON = {
    "a type that does not fit": (
        'op.create_table("e", sa.Column("a_id", sa.String(36), sa.ForeignKey("a.id")))',
        "42804",
    ),
    "a column that is there": ('op.add_column("a", sa.Column("extra", sa.Integer()))', "42701"),
    "a table that is gone": ('op.drop_table("vanished")', "42P01"),
}


@pytest.mark.parametrize(
    "what",
    [
        "a type that does not fit",
        pytest.param("a column that is there", marks=pytest.mark.slow),
        pytest.param("a table that is gone", marks=pytest.mark.slow),
    ],
)
def test_what_would_fail_is_told_before_anything_changes(
    database: Database, tmp_path: Path, what: str
) -> None:
    failing, sqlstate = FAILS_ON[what]
    location = write_history(
        tmp_path,
        ("aa", created("a") + "; " + created("vanished")),
        ("bb", created("b")),
        ("cc", failing),
        ("dd", created("d")),
    )
    database.execute("CREATE TABLE a (id serial PRIMARY KEY, extra int)")
    recovery = recovery_on(database, location, "aa")
    recovery.confirm_revision("aa")
    before = schema_of(database)
    assert migrate(recovery, prove=True) == 4
    assert sqlstate in recovery.problem.what
    assert schema_of(database) == before
    told = recovery.session.history().last(e.MigrationsForecast)
    assert told is not None
    assert [(each.revision, each.outlook) for each in told.revisions] == [
        ("bb", e.Outlook.RUNS),
        ("cc", e.Outlook.FAILS),
        ("dd", e.Outlook.NOT_TRIED),
    ]
    assert migrate(recovery, prove=True, despite_forecast=True) == 1
    assert recovery.problem.sqlstate == sqlstate
    assert finished(recovery) == [("bb", False)]


def test_a_failing_migration_keeps_those_before_it_and_can_be_gone_on_from(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(
        tmp_path,
        ("aa", created("a")),
        ("bb", created("b")),
        ("cc", created("c") + '; op.execute("SELECT 1/0")'),
        ("dd", created("d")),
    )
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "dd")
    assert migrate(recovery) == 1
    assert recovery.problem.sqlstate == "22012"
    assert recovery.problem.statement == "SELECT 1/0"
    assert recovery.problem.stays == "the version table, set to aa; revision bb"
    assert "Nothing was committed" not in recovery.problem.remedy
    assert version_of(database) == [("bb",)]
    assert database.rows("SELECT to_regclass('b')::text, to_regclass('c')") == [("b", None)]
    write_history(
        tmp_path,
        ("aa", created("a")),
        ("bb", created("b")),
        ("cc", created("c")),
        ("dd", created("d")),
    )
    assert migrate(recovery) == 0
    assert finished(recovery) == [("bb", False), ("cc", False), ("dd", False)]
    assert version_of(database) == [("dd",)]


def test_an_autocommit_block_keeps_version_and_work_together(
    database: Database, tmp_path: Path
) -> None:
    block = (
        "context = op.get_context()\n    with context.autocommit_block():\n"
        '        op.execute("CREATE INDEX CONCURRENTLY ix_a ON a (id)")'
    )
    location = write_history(tmp_path, ("aa", created("a")), ("bb", block), ("cc", created("c")))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa")
    assert migrate(recovery) == 0
    assert version_of(database) == [("cc",)]
    assert database.rows("SELECT to_regclass('ix_a')::text") == [("ix_a",)]


def test_a_script_that_asks_the_database_is_named_and_still_runs(
    database: Database, tmp_path: Path
) -> None:
    asking = 'op.get_bind().execute(sa.text("SELECT 1")).one(); ' + created("b")
    location = write_history(tmp_path, ("aa", created("a")), ("bb", asking))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa")
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert found.found_revisions == ("aa",)
    assert migrate(recovery) == 0
    assert version_of(database) == [("bb",)]


def test_a_revision_that_nobody_confirmed_is_not_set(database: Database, tmp_path: Path) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "bb")
    options = recovery.options()
    assert perform(recovery.session, e.Step.INVESTIGATION, options) == 0
    assert migrate(recovery) == 4
    assert recovery.problem.what == "The migrations waits for the revision to be confirmed."
    assert version_of(database) == [("bb",)]


def test_several_heads_are_set_and_gone_on_from(database: Database, tmp_path: Path) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    versions = tmp_path / "versions"
    other = SCRIPT.format(title="branch", id="xx", down="aa", upgrade=created("x"))
    (versions / "xx.py").write_text(other)
    last = SCRIPT.format(title="end", id="yy", down="xx", upgrade=created("y"))
    (versions / "yy.py").write_text(last)
    for table in ("a", "b", "x"):
        database.execute(f"CREATE TABLE {table} (id serial PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa")
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert found.found_revisions == ("bb", "xx")
    assert migrate(recovery) == 0, recovery.problem
    assert finished(recovery) == [("yy", False)]
    assert sorted(version_of(database)) == [("bb",), ("yy",)]


def test_the_incidents_later_variant_comes_to_the_same_end(
    incident_database: Database,
) -> None:
    incident_database.execute("UPDATE alembic_version SET version_num = 'f867c7e3d51c'")
    recovery = Recovery(incident_database, incident_profile(incident_database)).ready()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert (found.claimed, found.found_revisions) == (
        ("f867c7e3d51c",),
        (incident.TRUE_REVISION,),
    )
    assert set(found.missing_tables) == set(incident.MISSING_TABLES)
    assert [set(c.tables) for c in found.collisions] == [set(incident.HAND_MADE_TABLES)]
    assert recovery.convert() == 0
    assert migrate(recovery, incident.VALUATIONS_REVISION) == 0
    assert version_of(incident_database) == [(incident.HEAD_REVISION,)]
    assert (
        perform(
            recovery.session,
            e.Step.VERIFICATION,
            recovery.options(),
        )
        == 0
    )
    verified = recovery.session.history().last(e.Verified)
    assert verified is not None
    assert [c for c in verified.checks if c.state is not e.CheckState.PASSED] == []


def test_verification_tells_what_is_not_so(incident_database: Database) -> None:
    recovery = Recovery(incident_database, incident_profile(incident_database)).planned()
    incident_database.execute("DELETE FROM user_profiles; ALTER TABLE countries RENAME TO lands")
    options = recovery.options()
    assert perform(recovery.session, e.Step.VERIFICATION, options) == 0
    verified = recovery.session.history().last(e.Verified)
    assert verified is not None
    state = {check.name: check.state for check in verified.checks}
    assert state["alembic revision"] is e.CheckState.FAILED
    assert state["type of users.id"] is e.CheckState.FAILED
    assert state["table folders"] is e.CheckState.FAILED
    assert state["tables in all"] is e.CheckState.FAILED
    assert state["rows of users"] is e.CheckState.PASSED
    assert state["foreign keys"] is e.CheckState.NOT_CHECKED


def test_verification_does_not_believe_a_version_table_that_was_set_by_hand(
    incident_database: Database,
) -> None:
    """The very lie that the incident began with, at head this time."""
    recovery = Recovery(incident_database, incident_profile(incident_database)).planned()
    incident_database.execute(
        f"UPDATE alembic_version SET version_num = '{incident.HEAD_REVISION}'"
    )
    assert perform(recovery.session, e.Step.VERIFICATION, recovery.options()) == 0
    checks = _checks(recovery)
    assert checks["alembic revision"].state is e.CheckState.PASSED
    schema = checks["schema of the revision"]
    assert schema.state is e.CheckState.FAILED
    assert "missing table folders" in schema.evidence


def test_verification_tells_what_is_there_besides_and_fails_for_an_invalid_index(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(tmp_path, ("aa", created("a")))
    database.execute("CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE by_hand (n int)")
    recovery = recovery_on(database, location, "aa")
    assert perform(recovery.session, e.Step.VERIFICATION, recovery.options()) == 0
    checks = _checks(recovery)
    assert checks["schema of the revision"].state is e.CheckState.PASSED
    assert "1 objects besides: extra table by_hand" in checks["schema of the revision"].evidence
    assert checks["indexes"].state is e.CheckState.PASSED

    database.execute("INSERT INTO by_hand VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("CREATE UNIQUE INDEX CONCURRENTLY once ON by_hand (n)")
    assert perform(recovery.session, e.Step.VERIFICATION, recovery.options()) == 0
    indexes = _checks(recovery)["indexes"]
    assert (indexes.state, indexes.evidence) == (e.CheckState.FAILED, "invalid: public.once")


def _checks(recovery: Recovery) -> dict[str, e.Check]:
    verified = recovery.session.history().last(e.Verified)
    assert verified is not None
    return {check.name: check for check in verified.checks}


APPLICATION = """
import sqlalchemy as sa
from alembic import context

# What the application sets up besides, and pg-rekey's own way would not.
print("env.py of the application")
engine = sa.create_engine({url!r}, poolclass=sa.pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""


def application(folder: Path, database: Database) -> AlembicSection:
    """The scripts' env.py, an alembic.ini, and the command that runs them."""
    url = sa.URL.create(
        "postgresql+psycopg",
        username=database.server.user,
        password=database.password,
        database=database.name,
        query={"host": str(database.server.folder), "port": str(database.server.port)},
    ).render_as_string(hide_password=False)
    (folder / "env.py").write_text(APPLICATION.format(url=url))
    (folder / "alembic.ini").write_text(f"[alembic]\nscript_location = {folder}\n")
    command = (sys.executable, "-m", "alembic", "-c", "alembic.ini")
    return AlembicSection(str(folder), command=command, folder=str(folder))


def test_the_applications_own_alembic_migrates(database: Database, tmp_path: Path) -> None:
    failing = created("cc") + '; op.execute("SELECT 1/0")'
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")), ("cc", failing))
    database.execute("CREATE TABLE a (id serial PRIMARY KEY)")
    recovery = recovery_on(database, location, "cc", application(tmp_path, database))
    assert migrate(recovery) == 1
    assert "failed at revision cc" in recovery.problem.what
    assert "division by zero" in str(recovery.problem.detail)
    assert finished(recovery) == [("bb", False)]
    assert version_of(database) == [("bb",)]
    assert "env.py of the application" in (recovery.session.folder / "alembic.log").read_text()

    write_history(tmp_path, ("aa", created("a")), ("bb", created("b")), ("cc", created("c")))
    assert migrate(recovery) == 0, recovery.problem
    assert finished(recovery) == [("bb", False), ("cc", False)]
    assert version_of(database) == [("cc",)]


def test_an_application_that_goes_to_another_database_is_stopped_before(
    database: Database, server: scratch.Server, tmp_path: Path
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    database.execute("CREATE TABLE a (id serial PRIMARY KEY)")
    with new_database(server, database.name) as other:
        recovery = recovery_on(database, location, "bb", application(tmp_path, other))
        assert migrate(recovery) == 4
        assert "does not come to this database" in recovery.problem.what
        assert other.rows("SELECT to_regclass('alembic_version')") == [(None,)]
    assert version_of(database) == [("bb",)]
    assert database.rows("SELECT to_regclass('b')") == [(None,)]


@pytest.mark.parametrize("own", [False, True], ids=["built in", "the application's own"])
def test_a_database_without_a_version_table_is_migrated_from_the_beginning(
    database: Database, tmp_path: Path, own: bool
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    section = application(tmp_path, database) if own else AlembicSection(location)
    profile = msgspec.structs.replace(profile_for(database), alembic=section)
    recovery = Recovery(database, profile).planned()
    decisions.attest_backup(recovery.session, "the test's own copy", ME)
    assert migrate(recovery) == 0, recovery.problem
    assert finished(recovery) == [("aa", False), ("bb", False)]
    assert version_of(database) == [("bb",)]


def test_what_is_to_be_adopted_though_nothing_is_in_its_way_is_refused(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    database.execute("CREATE TABLE a (id serial PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa")
    assert migrate(recovery, "bb") == 4
    assert "--adopt bb applies to nothing" in recovery.problem.what
    assert finished(recovery) == []
    assert migrate(recovery) == 0, recovery.problem
    assert finished(recovery) == [("bb", False)]
