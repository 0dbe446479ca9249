"""A journal without what no state depends on, which is most of it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from recovery.record.events import (
    BackupCompared,
    BackupProgress,
    CollisionCompared,
    CommandRefused,
    ConversionWatched,
    GateExtended,
    GatePrice,
    Investigated,
    LockAttemptFailed,
    LockAwaited,
    MigrationsForecast,
    ParityChecked,
    PhaseFinished,
    PhaseStarted,
    PlanMade,
    RevisionAdopted,
    RevisionIntended,
    RevisionStarted,
    StatementDone,
    TablesSetAside,
)
from recovery.record.history import History
from recovery.record.journal_file import entries_of, opened_to_read

# What is only of use while it is watched, or in a report.
_LEFT_OUT = (
    BackupCompared,
    BackupProgress,
    CollisionCompared,
    CommandRefused,
    ConversionWatched,
    GateExtended,
    GatePrice,
    LockAttemptFailed,
    LockAwaited,
    MigrationsForecast,
    ParityChecked,
    PhaseFinished,
    PhaseStarted,
    RevisionAdopted,
    RevisionIntended,
    RevisionStarted,
    StatementDone,
    TablesSetAside,
)
# Long, and overtaken by the next of their kind.
_ONLY_LATEST = (Investigated, PlanMade)

# msgspec writes the name of an event first: {"event":"PlanMade", ...
_QUERY = """
SELECT number, at, body, substr(body, 11, instr(substr(body, 11, 40), '"') - 1) AS kind
FROM events WHERE instr(?, '"' || kind || '"') = 0 ORDER BY number DESC
"""

Row = tuple[int, str, str, str]


def outline(path: Path) -> History:
    """What a session's state follows from: how far each step is, and what the transaction does.

    Raises ``JournalDamaged`` for what is read and cannot be, and ``Refused`` for a newer format.
    """
    left_out = " ".join(f'"{kind.__name__}"' for kind in _LEFT_OUT)
    with opened_to_read(path) as connection:
        rows = connection.execute(_QUERY, [left_out]).fetchall()
    latest = [row[:3] for row in _latest(rows)]
    return History(entries_of(reversed(latest), path))


def _latest(newest_first: Iterable[Row]) -> Iterator[Row]:
    """Without what the next of its kind has overtaken."""
    seen: set[str] = set()
    once = {kind.__name__ for kind in _ONLY_LATEST}
    for row in newest_first:
        if row[3] not in seen:
            yield row
        seen |= {row[3]} & once
