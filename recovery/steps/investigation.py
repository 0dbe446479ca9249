"""What is wrong with the database: read in one read-only transaction, told as findings."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg

from queries import ask_one
from queries.rows import ForeignKeyRow, IdentityRow, TableRow
from recovery.catalog import catalog, structure
from recovery.catalog.catalog import Catalog
from recovery.connection.interrupting import Watching, unwatched
from recovery.conversion import closure, contents, soft_references
from recovery.conversion.closure import Closure
from recovery.record.events import (
    Answer,
    Investigated,
    KeyFact,
    Orphans,
    ProposedKey,
    RevisionMatch,
    SessionInTheWay,
    Severity,
    SoftReference,
    Source,
)
from recovery.revision import matching, metadata, migration_scripts, replay
from recovery.revision.metadata import Models
from recovery.revision.migration_scripts import Revision
from recovery.revision.replay import Replay
from recovery.revision.version_table import current_revisions, version_table
from recovery.steps.findings import (
    code,
    evaluation,
    keys,
    references,
    revision,
    room,
    tables,
    values,
)
from recovery.steps.findings.unknown import Asking, nobody
from recovery.words.errors import Problem, Refused, in_a_line
from recovery.words.names import TableName, spelled
from recovery.words.profile import AlembicSection, MetadataSection, Profile

_GRAVEST_FIRST = list(Severity)


def investigate(
    conn: psycopg.Connection[Any],
    profile: Profile,
    check: Callable[[], None] = lambda: None,
    watching: Watching = unwatched,
    awaited: Callable[[], tuple[SessionInTheWay, ...]] = nobody,
) -> Investigated:
    """Looks at everything, over a connection that is not in a transaction.

    What the server refuses to answer is a finding of its own, and the rest is told all the same.
    ``check`` may raise, to cancel, and ``watching`` interrupts what runs on a private server.
    ``awaited`` says whom ``conn`` has waited for. Raises ``ProfileError`` if the migration scripts
    cannot be loaded.
    """
    scripts = (
        None
        if profile.alembic is None
        else migration_scripts.scripts(profile.alembic.script_location)
    )
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    conn.read_only = True
    replayed = None if scripts is None else _replayed(conn, profile, scripts, check, watching)
    models = None if scripts is not None else _models(conn, profile.metadata, check)
    with conn.transaction():
        found = catalog.read(conn)
        asking = Asking(conn, profile.target.search_path or found.search_path, awaited)
        there = found.table_names()
        closed = closure.find(found, profile.key_types, profile.scope, profile.left)
        identity = ask_one(conn, "identity", IdentityRow)
        claimed = asking.answer(
            "what the version table claims", None, _claimed, conn, found, profile.alembic
        )
        script_revisions = [] if scripts is None else migration_scripts.read(scripts)
        match = None
        proposed: tuple[ProposedKey, ...] = ()
        if isinstance(replayed, Replay):
            script_revisions = replay.certain(script_revisions, replayed)
            live = structure.of_catalog(found, version_table(profile.alembic))
            major = conn.info.server_version // 10_000
            match = matching.match(live, replayed, major=major, claimed=claimed or ())
            expected = replayed.state(match.revisions)
            proposed = tuple(matching.proposed_keys(live, expected, found.foreign_keys))
        elif isinstance(models, Models):
            live = structure.of_catalog(found, version_table(profile.alembic))
            made = models.structure
            proposed = tuple(matching.proposed_keys(live, made, found.foreign_keys, Source.MODELS))
        elif replayed is not None:
            match = RevisionMatch(Answer.NONE, (), (), (), (), "", why=replayed)
        reading = migration_scripts.compare(script_revisions, there, claimed or (), match)
        key_facts = tuple(_keys(found, closed, profile))
        missing = _missing_tables(profile, script_revisions, there)
        converted = [found.tables[oid] for oid in closed.tables() if oid in found.tables]
        orphans = list(_orphans(asking, found))
        none: list[SoftReference] = []
        soft = asking.answer(
            "which columns hold ids of a converted key",
            none,
            lambda: list(soft_references.find(conn, found, closed, check)),
        )
        findings = [
            *keys.types(key_facts),
            *keys.models(models, there),
            *keys.proposed(proposed, profile),
        ]
        if scripts is not None and claimed is not None:
            table = version_table(profile.alembic)
            findings += revision.findings(
                revision.Standing(
                    claimed, table, script_revisions, scripts.missing, reading, match, there
                )
            )
        for member in closed.members.values():
            findings += asking.findings(
                f"whether {member.name} holds uuids only", values.not_uuid, conn, member
            )
        findings += [
            *tables.missing(missing),
            *tables.few(len(found.tables), least=profile.expect.least_tables, missing=len(missing)),
            *asking.findings(
                "whether indexes and checks can be made again",
                evaluation.calls,
                conn,
                converted,
                asking.search_path,
            ),
            *asking.findings("which event triggers there are", tables.event_triggers, conn),
            *asking.findings("the server's time-outs", room.time_outs, conn),
            *asking.findings("whether there is room for the locks", room.locks, conn, converted),
            *room.disk(converted),
            *code.compared_as_text(closed),
            *asking.findings("which functions may name the old type", code.routines, conn, closed),
            *references.orphans(orphans),
            *references.soft(soft, profile.left),
        ]
        row_counts = dict(_row_counts(asking, converted, profile, there))
        findings += asking.unknown
        findings.sort(key=lambda finding: _GRAVEST_FIRST.index(finding.severity))
        return Investigated(
            findings=tuple(findings),
            keys=key_facts,
            claimed=claimed or (),
            true_revision=reading.true,
            heads=() if scripts is None else tuple(scripts.get_heads()),
            evidence=reading.evidence,
            collisions=reading.collisions,
            missing_tables=tuple(map(str, missing)),
            tables=len(found.tables),
            foreign_keys=len(found.foreign_keys),
            orphans=tuple(counted for _, counted in orphans),
            row_counts=row_counts,
            sizes=_sizes(converted),
            size_bytes=identity.size_bytes,
            server_time=conn.execute("SELECT now()").fetchall()[0][0],
            soft_references=tuple(soft),
            match=match,
            proposed_keys=proposed,
        )


def _replayed(
    conn: psycopg.Connection[Any],
    profile: Profile,
    scripts: migration_scripts.Scripts,
    check: Callable[[], None],
    watching: Watching,
) -> Replay | str:
    """The scripts' replay, or why there is none."""
    section = profile.alembic
    major, roles = conn.info.server_version // 10_000, _roles(conn)
    try:
        return replay.replay(
            scripts,
            major=major,
            roles=roles,
            search_path="" if section is None else section.search_path,
            check=check,
            watching=watching,
        )
    except Refused as error:
        return f"{error.problem.what} {error.problem.remedy}"
    except psycopg.Error as error:
        return f"On the private server: {in_a_line(error)}"


def _models(
    conn: psycopg.Connection[Any], section: MetadataSection | None, check: Callable[[], None]
) -> Models | Problem | None:
    """What the application's models make, or why that is not known; None if none are named."""
    if section is None:
        return None
    with conn.transaction():
        parts = structure.read_elsewhere(conn)
    try:
        return metadata.read(
            section,
            major=conn.info.server_version // 10_000,
            roles=_roles(conn),
            extensions=[part.identity for part in parts if part.kind == "extension"],
            check=check,
        )
    except Refused as error:
        return error.problem


def _roles(conn: psycopg.Connection[Any]) -> list[str]:
    """The roles that scripts and models may name, without the system's own."""
    with conn.transaction():
        return catalog.roles(conn)


def _claimed(
    conn: psycopg.Connection[Any], found: Catalog, section: AlembicSection | None
) -> tuple[str, ...]:
    table = version_table(section)
    if section is None or table not in found.table_names():
        return ()
    return current_revisions(conn, table)


def _keys(found: Catalog, closed: Closure, profile: Profile) -> Iterator[KeyFact]:
    for name, target in profile.key_types.items():
        place = found.find(name)
        members = [m for m in closed.members.values() if m.key == name and not m.is_key]
        foreign_keys = sum(closed.key_of(k) == str(name) for k in closed.foreign_keys)
        column = found.columns[place] if place else None
        actual = spelled(column.type, column.collation) if column else "not there"
        met = column is not None and target.is_met_by(column.type, column.collation)
        # What the key has besides, and nobody asked for, is as expected.
        expected = actual if met else target.spelled
        yield KeyFact(str(name), place is not None, actual, expected, foreign_keys, len(members))


def _missing_tables(
    profile: Profile, revisions: Iterable[Revision], there: set[TableName]
) -> list[TableName]:
    """The tables that the profile or the scripts name, and that are not there."""
    expected = {TableName.parse(table) for table in profile.expect.tables}
    for made in revisions:
        expected |= set(made.created)
        expected -= set(made.removed)
    return sorted(expected - there)


def _orphans(asking: Asking, found: Catalog) -> Iterator[tuple[ForeignKeyRow, Orphans]]:
    for key in found.foreign_keys:
        table = str(found.table_name(key.table_oid))
        about = f"whether rows of {table} refer to keys that are not there, by {key.name}"
        count = asking.answer(about, 0, contents.orphans, asking.conn, key)
        if count:
            yield key, Orphans(key.name, table, count)


def _row_counts(
    asking: Asking, converted: Iterable[TableRow], profile: Profile, there: set[TableName]
) -> Iterator[tuple[str, int]]:
    own = {TableName(table.schema, table.name) for table in converted if table.has_rows}
    named = {TableName.parse(table) for table in profile.expect.row_counts} & there
    for table in sorted(own | named):
        about = f"how many rows {table} has"
        count_rows = contents.count_rows if table in named else contents.count_own_rows
        count = asking.answer(about, None, count_rows, asking.conn, table)
        if count is not None:
            yield str(table), count


def _sizes(converted: Iterable[TableRow]) -> dict[str, int]:
    """Bytes of each converted table with its indexes, the largest first."""
    by_size = sorted(converted, key=lambda table: -table.bytes)
    return {str(TableName(table.schema, table.name)): table.bytes for table in by_size}
