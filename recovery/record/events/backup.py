"""The backup, made or attested."""

from datetime import datetime
from typing import Literal

from recovery.record.events.base import Event, Fact, Person

BackupFormat = Literal["custom", "directory"]


class BackupProgress(Event, frozen=True):
    """``done`` of ``total`` tables are dumped; ``bytes`` is what is on disk by now."""

    done: int
    total: int
    object: str
    bytes: int


class BackupFile(Fact, frozen=True):
    path: str
    bytes: int
    sha256: str


class NotRestored(Fact, frozen=True):
    """An index, a check or a generated column that fails in a restore, and so what hangs on it."""

    kind: str
    name: str
    table: str
    problem: str

    @property
    def words(self) -> str:
        """What is not restored, and why."""
        what = "it" if self.kind == "index" else f"the rows of {self.table}"
        return (
            f"The {self.kind} {self.name} of {self.table} fails in a restore, so {what} will not "
            f"be restored: {self.problem}"
        )


NOT_RESTORED_REMEDY = (
    "pg_dump sets no search_path for a restore. Give the function that calls by a bare name its "
    "own (ALTER FUNCTION ... SET search_path = ...), then back up again; or restore this by hand."
)


class BackupMade(Event, frozen=True):
    """A dump that was read whole after it was written. ``folder`` is where manifest.json lies."""

    folder: str
    format: str
    tool: str
    tool_version: str
    server_version: str
    database: str
    files: tuple[BackupFile, ...]
    row_counts: dict[str, int]
    restore_command: str
    started: datetime
    finished: datetime
    not_restored: tuple[NotRestored, ...] = ()


class OldBackupAccepted(Event, frozen=True):
    """The operator goes on though a backup is older than the profile allows: that one, no other.

    ``begun`` says which it is; it was ``seconds`` old then.
    """

    begun: datetime
    seconds: float
    by: Person


class RowsSince(Fact, frozen=True):
    """How many rows a table has; ``in_backup`` is None if the backup has no such table."""

    table: str
    in_backup: int | None
    now: int


class BackupCompared(Event, frozen=True):
    """The converted tables under their locks, counted, and held against the backup's counts.

    ``begun`` says which backup; it was ``seconds`` old then. ``tables`` were counted, and
    ``differing`` have another number of rows. Rows that were changed are not seen by that.
    """

    begun: datetime
    seconds: float
    tables: int
    differing: tuple[RowsSince, ...]


class BackupAttested(Event, frozen=True):
    """The operator's word that another backup exists, for example a provider's snapshot."""

    statement: str
    by: Person
