"""Where the migrations begin: the version table is held against what was seen, and stamped.

Stamping is Alembic's word for setting the revision without running a script.
"""

from collections.abc import Callable
from typing import Any

import psycopg

from queries import compose
from recovery.catalog import catalog
from recovery.connection.interrupting import Watching
from recovery.record.events import (
    Investigated,
    Migrated,
    RevisionAdopted,
    RevisionConfirmed,
    RevisionFinished,
    RevisionIntended,
    RevisionSet,
    RevisionStarted,
)
from recovery.record.history import History
from recovery.record.journal import Journal
from recovery.revision.version_table import (
    create_version_table,
    current_revisions,
    version_table,
)
from recovery.server.control import Control
from recovery.server.door import Door
from recovery.words.errors import Refused
from recovery.words.profile import AlembicSection


def start(
    conn: psycopg.Connection[Any], journal: Journal, section: AlembicSection
) -> tuple[str, ...]:
    """The revisions to go on from. Refused if the version table holds what nobody has seen."""
    history = journal.history()
    told = _told(history)
    expected = told.claimed if isinstance(told, Investigated) else told.heads
    current = _held(conn, section)
    begun = _begun(history)
    if begun is not None and current == begun.heads:
        _say_what_was_done(journal, begun)
        return current
    if current != expected:
        raise Refused(
            f"alembic_version holds {', '.join(current) or 'nothing'} now; "
            f"{', '.join(expected) or 'nothing'} was seen.",
            "Somebody else is at work here. Investigate again before anything is migrated.",
            object=str(version_table(section)),
        )
    if not isinstance(told, Investigated):
        return current
    confirmed = history.start_revisions
    if confirmed is None:
        raise Refused(
            "Nobody has said which revision the schema is at.",
            "Read what the investigation found, and confirm the revision.",
        )
    return confirmed


def stamp(
    conn: psycopg.Connection[Any],
    door: Door,
    journal: Journal,
    section: AlembicSection,
    true: tuple[str, ...],
    log: Callable[[str], None],
    control: Control,
    watching: Watching,
) -> None:
    """Compares the version table with what was seen, and sets it, in one transaction.

    ``conn`` only reads; what is written is told to ``log`` before, and ``watching`` is on
    who writes it. Raises ``Refused`` if the table has changed meanwhile, ``Cancelled``.
    """
    table = version_table(section)
    before = _held(conn, section)
    if before == true:
        return
    there = table in catalog.read(conn).table_names()
    evidence = _evidence(journal.history())
    with door.connect(read_only=False) as writer, watching(writer):
        journal.append(RevisionIntended(before, true, evidence))
        lock = compose("lock_versions", table=table.identifier)
        for statement in (lock,) if there else (create_version_table(table), lock):
            log(statement.as_string(None))
            writer.execute(statement)
            control.check()
        setting = compose("set_revision", table=table.identifier)
        log(setting.as_string(None))
        parameters = {"before": list(before), "after": list(true)}
        if writer.execute(setting, parameters).fetchone() != (True,):
            writer.rollback()
            raise Refused(
                f"{table} was to be set to {', '.join(true)}, but does not hold exactly what "
                f"was seen: {', '.join(before) or 'nothing'}.",
                "Look at the table, then investigate again.",
                object=str(table),
            )
        control.check_before_commit()
        writer.commit()
    journal.append(RevisionSet(before, true, evidence))


def _held(conn: psycopg.Connection[Any], section: AlembicSection) -> tuple[str, ...]:
    """What the version table holds; nothing if it is not there."""
    table = version_table(section)
    there = table in catalog.read(conn).table_names()
    return current_revisions(conn, table) if there else ()


def _say_what_was_done(journal: Journal, begun: RevisionIntended | RevisionStarted) -> None:
    """Journals what was committed by a runner that was gone before it could say so."""
    match begun:
        case RevisionIntended(before=before, heads=heads, evidence=evidence):
            journal.append(RevisionSet(before, heads, evidence))
        case RevisionStarted(revision=revision, heads=heads):
            told = journal.history().of(RevisionAdopted)
            adopted = revision in {event.collision.revision for event in told}
            journal.append(RevisionFinished(revision, heads, 0.0, adopted))


def _evidence(history: History) -> str:
    """Who said that the schema is at the revision, and what spoke for it."""
    confirmed = history.last(RevisionConfirmed)
    if confirmed is None:
        return "the catalog matches exactly"
    return f"{confirmed.evidence}; confirmed by {confirmed.by}"


def _told(history: History) -> Investigated | RevisionSet | RevisionFinished | Migrated:
    """The latest event that says what the version table holds."""
    for entry in reversed(history.entries):
        if isinstance(entry.event, Investigated | RevisionSet | RevisionFinished | Migrated):
            return entry.event
    raise Refused("Nothing was investigated yet.", "Investigate first.")


def _begun(history: History) -> RevisionIntended | RevisionStarted | None:
    """What was to change the version table last, if nothing says what became of it."""
    for entry in reversed(history.entries):
        match entry.event:
            case RevisionIntended() | RevisionStarted() as begun:
                return begun
            case Investigated() | RevisionSet() | RevisionFinished() | Migrated():
                return None
    return None
