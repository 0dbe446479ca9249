"""Which revision a database is at: every revision of a branched history is found again."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from recovery.catalog import structure
from recovery.private import scratch
from recovery.record import decisions
from recovery.record import events as e
from recovery.record.events import Answer, RevisionMatch
from recovery.revision import matching, migration_scripts, replay
from recovery.revision.replay import Replay
from recovery.words.names import TableName
from tests import histories
from tests.conftest import Database, incident_profile, new_database
from tests.histories import History
from tests.recovering import ME, Recovery
from wizard.demo import incident

VERSIONS = TableName("public", "alembic_version")


def upgraded(database: Database, directory: ScriptDirectory, revision: str) -> Database:
    """The database at a revision, by the project's env.py, as Alembic's own command does it."""
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=database.connect, poolclass=sa.pool.NullPool
    )
    with engine.connect() as connection:
        config = Config()
        config.attributes["connection"] = connection
        with EnvironmentContext(
            config,
            directory,
            fn=lambda current, _: directory._upgrade_revs(revision, current),
            destination_rev=revision,
        ):
            directory.run_env()
    return database


def replayed(history: History, major: int) -> Replay:
    return replay.replay(migration_scripts.scripts(str(history.location)), major=major)


def matched(database: Database, known: Replay, claimed: str, by_hand: str = "") -> RevisionMatch:
    """The answer for a database, with changes made by hand that are taken back again."""
    with database.connect(options="-c search_path=") as conn:
        conn.execute(by_hand)
        answer = matching.match(
            structure.read(conn, VERSIONS),
            known,
            major=conn.info.server_version // 10_000,
            claimed=(claimed,),
        )
        conn.rollback()
        return answer


BY_HAND = """
CREATE TABLE public.made_by_hand (id int PRIMARY KEY, name text);
CREATE INDEX ix_made_by_hand ON public.made_by_hand (name);
DROP INDEX public.ix_first_name;
ALTER TABLE public.first ALTER COLUMN code TYPE varchar(30);
"""


def test_every_revision_of_a_branched_history_is_found(
    server: scratch.Server, tmp_path: Path
) -> None:
    history = histories.branched(tmp_path / "migrations", 40, seed=7)
    directory = ScriptDirectory(str(history.location))
    known = replayed(history, server.installation.major)
    assert sum(len(below) > 1 for below in history.below.values()) >= 2
    assert [each.problem for each in known.revisions] == [""] * 40

    begins = Counter(below[0] for below in history.below.values() if below)
    with ExitStack() as databases:
        at: dict[str, Database] = {}
        for revision, below in history.below.items():
            begins.subtract(below[:1])
            if below and not begins[below[0]]:
                made = at[below[0]]
            else:
                template = at[below[0]].name if below else "template0"
                made = databases.enter_context(new_database(server, template))
            at[revision] = upgraded(made, directory, revision)
            elsewhere = "r001" if revision != "r001" else "r040"

            found = matched(made, known, elsewhere)
            assert (found.answer, found.revisions) == (Answer.EXACT, (revision,)), revision
            assert found.candidates[0].differences == ()

            found = matched(made, known, elsewhere, BY_HAND)
            assert (found.answer, found.revisions) == (Answer.NEAREST, (revision,)), revision
            assert [(each.object, each.state) for each in found.candidates[0].differences] == [
                ("column first.code", "other type"),
                ("index ix_first_name", "missing index"),
                ("table made_by_hand", "extra table"),
            ]


@pytest.mark.parametrize("claimed", [incident.CLAIMED_REVISION, "f867c7e3d51c"])
def test_the_incidents_true_revision_and_keys(incident_database: Database, claimed: str) -> None:
    incident_database.execute(f"UPDATE alembic_version SET version_num = '{claimed}'")
    profile = msgspec.structs.replace(incident_profile(incident_database), keys={})
    recovery = Recovery(incident_database, profile)
    recovery.client.confirm(incident_database.name)
    found = recovery.again().session.history().last(e.Investigated)
    assert found is not None
    assert found.match is not None
    assert (found.claimed, found.match.revisions) == ((claimed,), (incident.TRUE_REVISION,))
    assert found.match.answer is Answer.NEAREST
    differences = found.match.candidates[0].differences
    by_hand = [each for each in differences if each.cause is e.Cause.BY_HAND]
    assert {each.object for each in by_hand} == {
        f"table {table}" for table in incident.HAND_MADE_TABLES
    }
    assert {each.note for each in by_hand} == {
        f"revision {incident.VALUATIONS_REVISION}, which has not run, makes it"
    }
    assert {each.cause for each in differences if each not in by_hand} == {e.Cause.KEY_TYPE}
    assert [(key.key, key.expected) for key in found.proposed_keys] == [
        (key, "varchar(36)") for key in ("documents.id", "organizations.id", "users.id")
    ]
    # Nobody named them: the plan waits until somebody takes or leaves each.
    assert recovery.session.history().waits_for(e.Step.PLAN) == (
        "a decision about documents.id, organizations.id, users.id: to convert it, or to leave it"
    )
    for key in ("documents.id", "organizations.id", "users.id"):
        decisions.decide_column(recovery.session, key, take=True, by=ME)
    recovery.planned()
    assert len(recovery.made.tables) == 68
    assert recovery.made.refusals == ()


def small(tmp_path: Path) -> History:
    """first, then two branches: data only, and a table."""
    history = histories.empty(tmp_path / "migrations")
    root = history.add((), "first", "op.create_table('t', sa.Column('id', sa.Integer()))")
    history.add((root,), "rows", "op.execute('DELETE FROM t')")
    return history


def test_what_differs_in_rows_only_cannot_be_told_apart(database: Database, tmp_path: Path) -> None:
    history = small(tmp_path)
    known = replayed(history, database.server.installation.major)
    upgraded(database, ScriptDirectory(str(history.location)), "r001")
    found = matched(database, known, "r001")
    assert (found.answer, found.revisions, found.alike) == (
        Answer.AMBIGUOUS,
        ("r001",),
        (("r002",),),
    )
    assert matched(database, known, "r002").revisions == ("r002",)


def test_another_applications_database_matches_nothing(database: Database, tmp_path: Path) -> None:
    known = replayed(small(tmp_path), database.server.installation.major)
    database.execute("CREATE TABLE something_else (id int)")
    found = matched(database, known, "r001")
    assert (found.answer, found.revisions) == (Answer.NONE, ())


def test_an_empty_database_is_before_all_migrations(database: Database, tmp_path: Path) -> None:
    known = replayed(small(tmp_path), database.server.installation.major)
    found = matched(database, known, "r001")
    assert (found.answer, found.revisions) == (Answer.EXACT, ())


def test_a_script_that_cannot_be_loaded_or_run_is_named(database: Database, tmp_path: Path) -> None:
    history = small(tmp_path)
    bad = history.add(("r001",), "imports", "pass")
    script = history.location / "versions" / f"{bad}.py"
    script.write_text(script.read_text().replace("import sqlalchemy", "import absent, sqlalchemy"))
    history.add((bad,), "behind it", "op.create_table('behind')")
    history.add(("r001",), "fails", "op.execute('SELECT 1/0')")
    last = history.add(("r001",), "works", "op.create_table('w', sa.Column('id', sa.Integer()))")
    known = replayed(history, database.server.installation.major)
    upgraded(database, ScriptDirectory(str(small(tmp_path / "b").location)), "r001")
    database.execute("CREATE TABLE w (id integer)")

    found = matched(database, known, "r001")
    assert {each.revision: each.why for each in found.not_replayed} == {
        "r003": "it cannot be loaded: ModuleNotFoundError: No module named 'absent'",
        "r004": "it comes after r003, which was not replayed",
        "r005": "division by zero [22012]",
    }
    assert last in found.revisions
    database.execute("CREATE TABLE unheard_of (id integer)")
    (extra,) = matched(database, known, "r001").candidates[0].differences
    assert extra.cause is e.Cause.UNKNOWN
    assert extra.note == "a script that was not replayed may have made it"


def test_what_was_replayed_is_not_replayed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = small(tmp_path)
    first = replayed(history, 18)

    def started(*_: object, **__: object) -> None:
        raise AssertionError("a server was started")

    monkeypatch.setattr(scratch, "start", started)
    assert replayed(history, 18) == first
    history.add(("r002",), "one more", "pass")
    with pytest.raises(AssertionError, match="a server was started"):
        replayed(history, 18)


def test_a_schema_of_its_own_and_a_search_path(database: Database, tmp_path: Path) -> None:
    history = small(tmp_path)
    known = replay.replay(
        migration_scripts.scripts(str(history.location)),
        major=database.server.installation.major,
        search_path="app",
    )
    database.execute("CREATE SCHEMA app; CREATE TABLE app.t (id integer)")
    found = matched(database, known, "r002")
    assert (found.answer, found.revisions) == (Answer.AMBIGUOUS, ("r002",))
