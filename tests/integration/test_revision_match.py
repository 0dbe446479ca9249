"""Which revision a database is at: every revision of a branched history is found again."""

from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from recovery import matching, replay, revisions, scratch, structure
from recovery.events import Answer, RevisionMatch
from recovery.names import TableName
from recovery.replay import Replay
from tests import histories
from tests.conftest import Database, new_database
from tests.histories import History

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
    return replay.replay(revisions.scripts(str(history.location)), major=major)


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

    with ExitStack() as databases:
        at: dict[str, Database] = {}
        for revision, below in history.below.items():
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
