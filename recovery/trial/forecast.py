"""Which pending migrations would fail: they are run on a copy of the schema, without rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from alembic.runtime.migration import RevisionStep

from queries import compose
from recovery.catalog import catalog, structure
from recovery.connection.interrupting import Watching, unwatched
from recovery.record.events import CollisionCompared, Forecasted, MigrationsForecast, Outlook, Way
from recovery.revision import migration_scripts, replay, upgrading
from recovery.revision.collisions import compare
from recovery.revision.migration_scripts import Scripts
from recovery.revision.replay import Replay, certain, reason
from recovery.revision.version_table import create_version_table, version_table
from recovery.trial.schema_copy import Copy
from recovery.words.errors import RecoveryError, Refused
from recovery.words.names import TableName
from recovery.words.profile import Profile


@dataclass(frozen=True, slots=True)
class Pending:
    """What is to be run, from which revisions on, and what is done with tables made by hand."""

    directory: Scripts
    replay: Replay
    version_table: TableName
    search_path: str
    start: tuple[str, ...]
    ways: Mapping[str, Way]

    def steps(self, current: tuple[str, ...]) -> list[RevisionStep]:
        """The steps to all heads."""
        return self.directory._upgrade_revs("heads", current)  # type: ignore[arg-type]


def pending(
    conn: psycopg.Connection[Any],
    profile: Profile,
    start: tuple[str, ...],
    ways: Mapping[str, Way],
    check: Callable[[], None] = lambda: None,
    watching: Watching = unwatched,
) -> Pending:
    """What a profile's scripts would run from these revisions on. ``conn`` is to the target.

    Raises ``ProfileError`` if the scripts cannot be loaded, ``Refused`` if none are named.
    """
    section = profile.alembic
    if section is None:
        raise Refused(
            "The profile names no migration scripts.", "Add [alembic] script_location to it."
        )
    directory = migration_scripts.scripts(section.script_location)
    major = conn.info.server_version // 10_000
    try:
        known = replay.replay(
            directory,
            major=major,
            roles=catalog.roles(conn),
            search_path=section.search_path,
            check=check,
            watching=watching,
        )
    except Refused as error:
        known = replay.not_made(directory, error.problem.what, major)
    table = version_table(section)
    return Pending(directory, known, table, section.search_path, start, ways)


def collisions(conn: psycopg.Connection[Any], pending: Pending) -> Iterator[CollisionCompared]:
    """The tables that pending revisions would create, each compared. ``search_path`` is empty."""
    live = structure.read(conn, pending.version_table)
    steps = [step.revision.revision for step in pending.steps(pending.start)]
    known = pending.replay.by_id()
    read = {revision.id: revision for revision in migration_scripts.read(pending.directory)}
    creating = {each.id: each for each in certain([*read.values()], pending.replay)}
    there = {
        TableName.parse(part.identity)
        for parts in live.values()
        for part in parts.values()
        if part.is_table and part.is_relation
    }
    same_major = conn.info.server_version // 10_000 == pending.replay.major
    for found in migration_scripts.collisions([creating[revision] for revision in steps], there):
        revision = found.revision
        yield compare(live, read[revision], known[revision], found, same_major=same_major)


def forecast(
    copy: Copy,
    pending: Pending,
    check: Callable[[], None] = lambda: None,
    watching: Watching = unwatched,
) -> MigrationsForecast:
    """Runs what is pending on a copy. ``check`` may raise, to cancel, and ``watching`` interrupts.

    Tables made by hand about which nothing is decided are adopted where they are the same, and
    renamed aside where not, so that what comes behind is seen, too.
    """
    found = {each.collision.revision: each for each in collisions(copy.conn, pending)}
    copy.conn.rollback()
    _stand_at(copy, pending)
    steps = pending.steps(pending.start)
    told: dict[str, Forecasted] = {}

    def one_by_one(_current: tuple[str, ...]) -> Iterator[RevisionStep]:
        for step in steps:
            check()
            revision = step.revision.revision
            compared = found.get(revision)
            if compared is not None:
                decided = pending.ways.get(revision)
                carry_out(step, compared, decided or (*compared.ways, Way.ASIDE)[0])
            # Alembic asks for the next step when this one is committed.
            told[revision] = _told(step, Outlook.FAILS)
            yield step
            told[revision] = _told(step, Outlook.RUNS)
            if compared is not None and revision not in pending.ways:
                tables = ", ".join(compared.collision.tables)
                told[revision] = _told(step, Outlook.COLLIDES, f"{tables}: there already [42P07]")

    try:
        with (
            upgrading.engine(lambda: copy.connect(pending.search_path), _unheard) as engine,
            engine.connect() as connection,
            watching(upgrading.driver_of(connection)),
        ):
            upgrading.upgrade(pending.directory, connection, pending.version_table, one_by_one)
    except RecoveryError:
        raise
    except Exception as error:
        # What somebody interrupted has not failed.
        check()
        failed = next((r for r, each in told.items() if each.outlook is Outlook.FAILS), None)
        if failed is None:
            raise
        told[failed] = msgspec.structs.replace(told[failed], problem=reason(error))
    outlook = (told.get(step.revision.revision) or _told(step, Outlook.NOT_TRIED) for step in steps)
    return MigrationsForecast(tuple(outlook), copy.where)


def carry_out(step: RevisionStep, compared: CollisionCompared, way: Way) -> None:
    """Makes a step do what was decided about the tables that it would create."""
    match way:
        case Way.ADOPT:
            upgrading.decided(step, (), run=False)
        case Way.REPAIR:
            upgrading.decided(step, compared.repair, run=False)
        case Way.ASIDE:
            upgrading.decided(step, compared.aside, run=True)


def _told(step: RevisionStep, outlook: Outlook, problem: str = "") -> Forecasted:
    script = step.revision
    return Forecasted(script.revision, migration_scripts.title(script), outlook, problem)


def _stand_at(copy: Copy, pending: Pending) -> None:
    """Sets the copy's version table, which came without rows."""
    table = pending.version_table
    there = copy.conn.execute(
        "SELECT pg_catalog.to_regclass(%s) IS NOT NULL", [table.identifier.as_string(None)]
    ).fetchone()
    if there != (True,):
        copy.conn.execute(create_version_table(table))
    copy.conn.execute(
        compose("set_revision", table=table.identifier),
        {"before": [], "after": list(pending.start)},
    )
    copy.conn.commit()


def _unheard(_statement: str) -> None:
    """Nobody reads what runs on a copy."""
