"""From the true revision to head: nothing is skipped, nothing is run twice, nothing is guessed."""

from pathlib import Path

import msgspec
import pytest

from recovery import events as e
from recovery.launch import Options
from recovery.profile import AlembicSection
from recovery.runner import perform
from tests.conftest import Database, incident_profile, profile_for
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


def recovery_on(database: Database, location: str, claimed: str) -> Recovery:
    """A session past the conversion: there was nothing to convert."""
    database.execute(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32) PRIMARY KEY);"
        f"TRUNCATE alembic_version; INSERT INTO alembic_version VALUES ('{claimed}')"
    )
    profile = msgspec.structs.replace(profile_for(database), alembic=AlembicSection(location))
    return Recovery(database, profile).planned()


def migrate(recovery: Recovery, *adopt: str) -> int:
    options = Options(by=ME, password=recovery.database.password, adopt=adopt)
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
    assert recovery.session.history().last(e.RevisionSet) == e.RevisionSet(("cc",), ("aa",))
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
    assert list(history.of(e.RevisionSet)) == [e.RevisionSet(("cc",), ("aa",))]
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
    ("by_hand", "said"),
    [
        (BY_HAND, "tags lacks index ix_tags_name"),
        ("CREATE TABLE tags (id bigint PRIMARY KEY, name text NOT NULL)", "tags.name: type is"),
        ("CREATE TABLE tags (id bigint PRIMARY KEY, name varchar(40))", "tags.name: nullable is"),
        ("CREATE TABLE tags (id bigint PRIMARY KEY)", "tags lacks column name"),
        (BY_HAND + "; ALTER TABLE tags ADD extra int", "tags has beyond the script column extra"),
    ],
)
def test_a_table_that_differs_is_not_adopted(
    database: Database, tmp_path: Path, by_hand: str, said: str
) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("cc", TAGS))
    database.execute("CREATE TABLE a (id int PRIMARY KEY); " + by_hand)
    recovery = recovery_on(database, location, "aa")
    assert migrate(recovery, "cc") == 4
    assert said in recovery.problem.what
    assert version_of(database) == [("aa",)]


def test_a_revision_that_does_more_than_create_its_tables_is_not_adopted(
    database: Database, tmp_path: Path
) -> None:
    location = write_history(
        tmp_path, ("aa", created("a")), ("cc", created("c") + '; op.execute("SELECT 1")')
    )
    database.execute("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY)")
    recovery = recovery_on(database, location, "aa")
    assert migrate(recovery, "cc") == 4
    assert "the script also does ExecuteSQL" in recovery.problem.what


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
    assert "revision-unread" in {finding.code for finding in found.findings}
    assert found.true_revision == "aa"
    assert migrate(recovery) == 0
    assert version_of(database) == [("bb",)]


def test_an_unknown_true_revision_is_refused(database: Database, tmp_path: Path) -> None:
    location = write_history(tmp_path, ("aa", created("a")), ("bb", created("b")))
    recovery = recovery_on(database, location, "bb")
    assert migrate(recovery) == 4
    assert "not known which revision" in recovery.problem.what


def test_the_incidents_later_variant_comes_to_the_same_end(
    incident_database: Database,
) -> None:
    incident_database.execute("UPDATE alembic_version SET version_num = 'f867c7e3d51c'")
    recovery = Recovery(incident_database, incident_profile(incident_database)).ready()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert (found.claimed, found.true_revision) == (("f867c7e3d51c",), incident.TRUE_REVISION)
    assert set(found.missing_tables) == set(incident.MISSING_TABLES)
    assert [set(c.tables) for c in found.collisions] == [set(incident.HAND_MADE_TABLES)]
    assert recovery.convert() == 0
    assert migrate(recovery, incident.VALUATIONS_REVISION) == 0
    assert version_of(incident_database) == [(incident.HEAD_REVISION,)]
    assert (
        perform(
            recovery.session,
            e.Step.VERIFICATION,
            Options(by=ME, password=incident_database.password),
        )
        == 0
    )
    verified = recovery.session.history().last(e.Verified)
    assert verified is not None
    assert {check.state for check in verified.checks} == {e.CheckState.PASSED}


def test_verification_tells_what_is_not_so(incident_database: Database) -> None:
    recovery = Recovery(incident_database, incident_profile(incident_database)).planned()
    incident_database.execute("DELETE FROM user_profiles; ALTER TABLE countries RENAME TO lands")
    options = Options(by=ME, password=incident_database.password)
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
