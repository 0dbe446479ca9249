"""What the report for people says of the backup, and of what was written since it was made."""

from collections.abc import Iterator

from recovery.record import since_backup
from recovery.record.events import (
    NOT_RESTORED_REMEDY,
    BackupAttested,
    BackupCompared,
    BackupMade,
    OldBackupAccepted,
)
from recovery.record.history import History
from recovery.record.markdown import table, text
from recovery.words import moments


def backup(history: History) -> Iterator[str]:
    """The latest backup, and who went on with an old one."""
    match history.backup:
        case None:
            return
        case BackupAttested(statement=statement, by=by):
            yield from _titled(f"Attested by {text(by)}: {text(statement)}")
        case BackupMade() as made:
            yield from _titled(*_made(made))
            yield from table(
                ("file", "bytes", "SHA-256"), ((f.path, f.bytes, f.sha256) for f in made.files)
            )
            yield "Restore with:"
            yield ""
            yield f"    {made.restore_command}"
            yield ""
            for failing in made.not_restored:
                yield text(failing.words)
                yield ""
            if made.not_restored:
                yield text(NOT_RESTORED_REMEDY)
                yield ""
    for accepted in history.of(OldBackupAccepted):
        old = since_backup.age(accepted.seconds)
        yield f"The backup begun at {moments.full(accepted.begun)} was {old} old when that was "
        yield f"accepted by {text(accepted.by)}."
        yield ""


def _titled(*lines: str) -> Iterator[str]:
    yield "## Backup"
    yield ""
    yield from lines
    yield ""


def _made(made: BackupMade) -> Iterator[str]:
    tool = text(f"{made.tool} {made.tool_version}")
    yield f"{made.format} format by {tool}, "
    began, ended = moments.full(made.started), moments.full(made.finished)
    yield f"{began} to {ended}, read whole after it was written."
    yield f"{sum(made.row_counts.values()):,} rows in {len(made.row_counts)} tables."


def counted_since(counted: BackupCompared) -> Iterator[str]:
    """How old the backup was when the locks were held, and what was written since."""
    old = since_backup.age(counted.seconds)
    yield f"The backup was {old} old when the rows were counted under the locks. "
    yield f"{text(since_backup.told(counted))}"
    yield ""
