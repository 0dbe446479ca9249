"""How old the backup is, what is known to have been written since, and who goes on all the same."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from recovery.record.events import BackupCompared, BackupMade, OldBackupAccepted, RowsSince, Step
from recovery.record.history import History
from recovery.words.errors import Refused

# What the operator types to go on with a backup that is older than the profile allows.
WORD = "old backup"
# The steps that write to the database.
_WRITING = (Step.CONVERSION, Step.MIGRATIONS)
_HOUR = 3600
_UNITS = (("minute", 60, 2 * _HOUR), ("hour", _HOUR, 48 * _HOUR), ("day", 24 * _HOUR, None))


def seconds_old(backup: BackupMade, now: datetime) -> float:
    """How old a backup is. What is in it is of the moment when it was begun."""
    return (now - backup.started).total_seconds()


def age(seconds: float) -> str:
    """``3 hours``, ``400 days``."""
    for unit, length, up_to in _UNITS:
        if seconds < length:
            break
        if up_to is None or seconds < up_to:
            many = int(seconds // length)
            return f"{many} {unit}" if many == 1 else f"{many} {unit}s"
    return "less than a minute"


def ago(backup: BackupMade, now: datetime) -> str:
    """When a backup was made, as a person says it."""
    return f"made {age(seconds_old(backup, now))} ago"


def allowed(history: History) -> str:
    """The profile's limit in words."""
    hours = history.profile.backup.max_age_hours
    return f"{hours} hour" if hours == 1 else f"{hours} hours"


def too_old(history: History, now: datetime) -> BackupMade | None:
    """The backup, if it is older than the profile allows and nobody has accepted that of it.

    An attested one has no time that is known.
    """
    backup = history.backup
    if not isinstance(backup, BackupMade):
        return None
    if seconds_old(backup, now) <= history.profile.backup.max_age_hours * _HOUR:
        return None
    accepted = any(each.begun == backup.started for each in history.of(OldBackupAccepted))
    return None if accepted else backup


def refuse_old(history: History, step: Step, now: datetime) -> None:
    """Raises ``Refused`` if a step writes, and the backup is too old for that."""
    backup = too_old(history, now) if step in _WRITING else None
    if backup is not None:
        raise Refused(
            f"The backup was {ago(backup, now)}; the profile allows {allowed(history)}.",
            "Back up again; or go on with it: the wizard asks for a typed word, commands take "
            "--accept-old-backup. What was written since is not in it.",
            object=backup.folder,
        )


def compared(backup: BackupMade, rows: Mapping[str, int], now: datetime) -> BackupCompared:
    """What is known to have been written since: tables whose number of rows is another one."""
    found = ((table, backup.row_counts.get(table), count) for table, count in rows.items())
    differing = tuple(RowsSince(*row) for row in found if row[1] != row[2])
    return BackupCompared(backup.started, seconds_old(backup, now), len(rows), differing)


def differing(counted: BackupCompared) -> Iterator[str]:
    """Each table that has another number of rows than in the backup, in words."""
    for row in counted.differing:
        if row.in_backup is None:
            yield f"{row.table}, with {_rows(row.now)}, is not in the backup"
        elif row.now > row.in_backup:
            yield f"{_rows(row.now - row.in_backup)} more in {row.table} than in the backup"
        else:
            yield f"{_rows(row.in_backup - row.now)} fewer in {row.table} than in the backup"


def told(counted: BackupCompared, at_most: int | None = None) -> str:
    """The same in a sentence, of so many tables at most, with what the counts cannot say."""
    lines = list(differing(counted))
    if not lines:
        tables = "the converted table" if counted.tables == 1 else "the converted tables"
        return f"As many rows in {tables} as in the backup; rows that were changed are not seen."
    several = lines[:at_most]
    more = len(lines) - len(several)
    others = f"; and {more} more of {counted.tables} tables" if more else ""
    return f"{'; '.join(several)}{others}. That at least was written since."


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
