"""The record of a recovery, written from its journal: for people (Markdown) and programs (JSON)."""

from typing import Any

import msgspec

from recovery.record.events import (
    BackupAttested,
    BackupCompared,
    BackupMade,
    BackupProgress,
    ConversionEnded,
    ConversionWatched,
    GatePrice,
    Investigated,
    Migrated,
    OldBackupAccepted,
    ParityChecked,
    PhaseFinished,
    PlanApproved,
    PlanMade,
    Reported,
    RevisionConfirmed,
    RevisionFinished,
    RevisionSet,
    SessionOpened,
    StatementDone,
    Step,
    TargetConfirmed,
    Verified,
)
from recovery.record.history import History
from recovery.record.report_markdown import as_markdown
from recovery.record.session import Session
from recovery.words import foreign

# What is of use only while it happens.
_PASSING = (BackupProgress, StatementDone, ConversionWatched, GatePrice, Reported)


def write(session: Session) -> Reported:
    """Writes report.md and report.json into the session's folder."""
    history = session.history()
    data = foreign.as_json(msgspec.to_builtins(as_data(session.id, history)), indent=2)
    json = session.write("report.json", data)
    markdown = session.write("report.md", as_markdown(session.id, history))
    return Reported(str(markdown), str(json))


def as_data(session_id: str, history: History) -> dict[str, Any]:
    """The report as plain data: the latest of each kind of fact, and the events in order."""
    kinds = (
        SessionOpened,
        TargetConfirmed,
        Investigated,
        PlanMade,
        PlanApproved,
        BackupMade,
        BackupAttested,
        OldBackupAccepted,
        BackupCompared,
        ParityChecked,
        ConversionEnded,
        RevisionConfirmed,
        RevisionSet,
        Migrated,
        Verified,
    )
    phases = history.since_start_of(Step.CONVERSION).of(PhaseFinished)
    latest = {kind.__name__: history.last(kind) for kind in kinds}
    return {
        "session": session_id,
        **{name: msgspec.to_builtins(event) for name, event in latest.items()},
        "phases": [msgspec.to_builtins(event) for event in phases],
        "revisions": [msgspec.to_builtins(event) for event in history.of(RevisionFinished)],
        "events": [
            {"number": e.number, "at": e.at.isoformat(), **msgspec.to_builtins(e.event)}
            for e in history.entries
            if not isinstance(e.event, _PASSING)
        ],
    }
