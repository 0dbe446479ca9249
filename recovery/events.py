"""The facts that a session consists of.

Everything that a screen or a report shows is a function of these events. They are written once and
never changed; a field that is added later needs a default, so that an older journal can be read.
Times are UTC, durations are seconds, sizes are bytes.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from recovery.errors import Problem
from recovery.profile import Profile


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of an event."""


class Event(Fact, frozen=True, tag_field="event", tag=True):
    """Something that happened. Its kind is the class's name."""


class Step(StrEnum):
    """The steps of a recovery, in their order."""

    TARGET = "target"
    INVESTIGATION = "investigation"
    PLAN = "plan"
    BACKUP = "backup"
    CONVERSION = "conversion"
    MIGRATIONS = "migrations"
    VERIFICATION = "verification"
    REPORT = "report"


class Person(Fact, frozen=True):
    """Who decided: the operating system's user, on the host where the client ran."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


# --- the session and its target -------------------------------------------------------------


class OtherDatabase(Fact, frozen=True):
    name: str
    size_bytes: int | None


class Identity(Fact, frozen=True):
    """Which database this is, as the server sees it. ``address`` is None on a Unix socket."""

    database: str
    database_oid: int
    system_identifier: str | None
    role: str
    superuser: bool
    host: str
    port: int
    server_address: str | None
    server_port: int
    server_version: int
    server_version_text: str
    size_bytes: int
    tables: int
    owned_tables: int
    started: datetime
    in_recovery: bool
    tls: bool
    pooled: bool
    other_databases: tuple[OtherDatabase, ...]


class SessionOpened(Event, frozen=True):
    program: str
    profile: Profile
    by: Person


class TargetConfirmed(Event, frozen=True):
    """``identity`` is what was shown. ``typed``: the operator typed the database's name.

    Without that, the profile or the command line named it; that is enough for looking, not for
    changing anything.
    """

    identity: Identity
    password_from: str
    typed: bool
    by: Person


# --- steps ----------------------------------------------------------------------------------


class StepStarted(Event, frozen=True):
    step: Step
    pid: int
    by: Person


class StepFinished(Event, frozen=True):
    step: Step
    seconds: float


class StepFailed(Event, frozen=True):
    step: Step
    problem: Problem


# --- investigation --------------------------------------------------------------------------


class Severity(StrEnum):
    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


class Finding(Fact, frozen=True):
    """``code`` is stable and names the kind of finding; ``evidence`` is what was seen."""

    severity: Severity
    code: str
    title: str
    evidence: str
    remedy: str


class KeyFact(Fact, frozen=True):
    """A key column: its type, the expected one, and what references it."""

    key: str
    exists: bool
    actual: str
    expected: str
    foreign_keys: int
    referencing_columns: int


class RevisionEvidence(Fact, frozen=True):
    """A revision and the tables that it creates, divided into present and missing."""

    revision: str
    title: str
    present: tuple[str, ...]
    missing: tuple[str, ...]
    claimed: bool
    holds: bool | None


class Collision(Fact, frozen=True):
    """Tables that a pending revision would create, but that exist already."""

    revision: str
    title: str
    tables: tuple[str, ...]


class Orphans(Fact, frozen=True):
    foreign_key: str
    table: str
    count: int


class SoftReference(Fact, frozen=True):
    """A column that holds ids, and that no foreign key ties to a converted key.

    ``contained`` of ``sampled`` values are values of ``key``. ``key`` is None if no key has any of
    them or nothing was sampled: ``why`` then says so. ``becomes`` is the type that the column would
    be given; None if it cannot be converted. ``beside`` is the column that says what the id is of,
    as in owner_type and owner_id.
    """

    column: str
    type: str
    key: str | None
    sampled: int
    contained: int
    why: str
    becomes: str | None
    beside: str | None


class Investigated(Event, frozen=True):
    """``claimed`` is what alembic_version holds, ``true_revision`` what the tables imply."""

    findings: tuple[Finding, ...]
    keys: tuple[KeyFact, ...]
    claimed: tuple[str, ...]
    true_revision: str | None
    heads: tuple[str, ...]
    evidence: tuple[RevisionEvidence, ...]
    collisions: tuple[Collision, ...]
    missing_tables: tuple[str, ...]
    tables: int
    foreign_keys: int
    orphans: tuple[Orphans, ...]
    row_counts: dict[str, int]
    size_bytes: int
    server_time: datetime
    sizes: dict[str, int] = {}
    soft_references: tuple[SoftReference, ...] = ()


class ColumnDecided(Event, frozen=True):
    """What is to be done with a soft reference; ``becomes`` is its new type, None if it stays."""

    column: str
    becomes: str | None
    by: Person


# --- plan -----------------------------------------------------------------------------------


class Refusal(Fact, frozen=True):
    """Something that the conversion cannot carry over, by name."""

    object: str
    reason: str
    remedy: str


class PhasePlan(Fact, frozen=True):
    """``expected`` counts by key what the phase will drop, convert, recreate or check."""

    number: int
    title: str
    statements: int
    expected: dict[str, int]


class PlannedTable(Fact, frozen=True):
    name: str
    columns: tuple[str, ...]
    rows_estimated: int
    bytes: int


class ProofState(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_MADE = "not made"


class Rewrite(Fact, frozen=True):
    """A statement that no longer compares after the conversion, and how it is repaired."""

    object: str
    before: str
    after: str


class Break(Fact, frozen=True):
    """A function that would fail, or may, when it is called after the conversion.

    ``line`` is of its definition; ``found`` says how it was found: checked, or only read.
    """

    function: str
    line: int | None
    cause: str
    found: str


class Proof(Fact, frozen=True):
    """What came of running the plan on a copy of the schema; ``words`` say how, or why not."""

    state: ProofState
    words: str
    rewrites: tuple[Rewrite, ...] = ()
    breaks: tuple[Break, ...] = ()


class PlanMade(Event, frozen=True):
    """``sha256`` is of plan.sql, ``fingerprint`` of the catalog that it was made for.

    ``rebuilt`` names what is dropped and made again because it hangs on a converted column.
    ``proof`` is None if it was not asked for. ``compatibility`` names what was asked for so that
    code with the old type goes on working. ``soft_references`` are those that nobody has decided.
    """

    sha256: str
    fingerprint: str
    database: str
    phases: tuple[PhasePlan, ...]
    tables: tuple[PlannedTable, ...]
    foreign_keys: int
    refusals: tuple[Refusal, ...]
    nothing_to_do: bool
    rebuilt: tuple[str, ...] = ()
    proof: Proof | None = None
    compatibility: tuple[str, ...] = ()
    soft_references: tuple[SoftReference, ...] = ()

    @property
    def breaks(self) -> int:
        """How many things that worked before are known to fail at run time afterwards, or may."""
        return len(self.soft_references) + (len(self.proof.breaks) if self.proof else 0)


class PlanApproved(Event, frozen=True):
    sha256: str
    by: Person


# --- backup ---------------------------------------------------------------------------------


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


class BackupAttested(Event, frozen=True):
    """The operator's word that another backup exists, for example a provider's snapshot."""

    statement: str
    by: Person


# --- conversion -----------------------------------------------------------------------------


class SessionInTheWay(Fact, frozen=True):
    pid: int
    application: str
    role: str
    query: str
    seconds: float


class LockAttemptFailed(Event, frozen=True):
    attempt: int
    attempts: int
    blockers: tuple[SessionInTheWay, ...]


class PhaseStarted(Event, frozen=True):
    number: int


class StatementDone(Event, frozen=True):
    """``counts`` is what this statement adds to its phase, by key."""

    phase: int
    object: str
    counts: dict[str, int]
    seconds: float


class PhaseFinished(Event, frozen=True):
    number: int
    counts: dict[str, int]
    seconds: float


class ForeignKeyParity(Fact, frozen=True):
    """One foreign key before and after. ``state`` is "same" or says what differs.

    ``key`` is empty and the orphans are None where no column of it is converted.
    """

    key: str
    table: str
    name: str
    columns: tuple[str, ...]
    references: str
    on_delete: str
    on_update: str
    before: str
    after: str | None
    validated: bool
    orphans_before: int | None
    orphans_after: int | None
    state: str


class TableParity(Fact, frozen=True):
    """Rows and digests of one converted table before and after; digests are by column."""

    table: str
    rows_before: int
    rows_after: int
    digests_before: dict[str, str]
    digests_after: dict[str, str]
    state: str


class CatalogDifference(Fact, frozen=True):
    """Anything else of the catalog that is not as it was: the properties that differ.

    ``explained`` says why it has to be so after the conversion; None: nothing explains it.
    """

    kind: str
    name: str
    before: str | None
    after: str | None
    explained: str | None = None


class ParityChecked(Event, frozen=True):
    foreign_keys: tuple[ForeignKeyParity, ...]
    tables: tuple[TableParity, ...]
    catalog: tuple[CatalogDifference, ...]
    compared: int

    @property
    def unexplained(self) -> tuple[CatalogDifference, ...]:
        """What nothing explains."""
        return tuple(row for row in self.catalog if row.explained is None)

    @property
    def differences(self) -> int:
        """How many rows of the three tables are not as they should be."""
        return (
            sum(row.state != SAME for row in self.foreign_keys)
            + sum(row.state != SAME for row in self.tables)
            + len(self.unexplained)
        )


SAME = "same"


class GateOpened(Event, frozen=True):
    """All phases are done; locks are held until somebody decides or the deadline passes."""

    deadline: datetime
    differences: int


class GateExtended(Event, frozen=True):
    deadline: datetime
    by: Person


class GatePrice(Event, frozen=True):
    """Who waits for the locks that are held."""

    held_seconds: float
    blocked: tuple[SessionInTheWay, ...]


class CommandRefused(Event, frozen=True):
    """A command that a client gave and the runner did not carry out."""

    command: str
    reason: str
    by: Person


class CommitIntended(Event, frozen=True):
    """Written before COMMIT is sent, so that a lost answer can be looked up by ``xid``."""

    xid: str
    by: Person


class CompatibilityRemoved(Event, frozen=True):
    """What had been made for code that still had the old type, and is dropped."""

    objects: tuple[str, ...]
    by: Person


class Outcome(StrEnum):
    COMMITTED = "committed"
    ROLLED_BACK = "rolled back"
    UNKNOWN = "unknown"


class ConversionEnded(Event, frozen=True):
    """``by`` is None where no person decided: a deadline, a fault, a lost runner."""

    outcome: Outcome
    reason: str
    by: Person | None


# --- migrations, verification, report -------------------------------------------------------


class RevisionSet(Event, frozen=True):
    """The version table was set, without running anything, to ``heads``."""

    before: tuple[str, ...]
    heads: tuple[str, ...]


class CollisionCompared(Event, frozen=True):
    """Tables made by hand beside what the pending revision would create."""

    collision: Collision
    differences: tuple[str, ...]
    adoptable: bool


class RevisionAdopted(Event, frozen=True):
    collision: Collision
    by: Person


class RevisionStarted(Event, frozen=True):
    revision: str
    title: str


class RevisionFinished(Event, frozen=True):
    """``adopted``: marked as done because its tables were there, nothing was run.

    ``heads`` is what the version table holds after it.
    """

    revision: str
    heads: tuple[str, ...]
    seconds: float
    adopted: bool


class Migrated(Event, frozen=True):
    """``heads`` are read back over another connection."""

    heads: tuple[str, ...]


class CheckState(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


class Check(Fact, frozen=True):
    name: str
    expected: str
    state: CheckState
    evidence: str


class Verified(Event, frozen=True):
    checks: tuple[Check, ...]


class Reported(Event, frozen=True):
    markdown: str
    json: str


AnyEvent = (
    SessionOpened
    | TargetConfirmed
    | StepStarted
    | StepFinished
    | StepFailed
    | Investigated
    | ColumnDecided
    | PlanMade
    | PlanApproved
    | BackupProgress
    | BackupMade
    | BackupAttested
    | LockAttemptFailed
    | PhaseStarted
    | StatementDone
    | PhaseFinished
    | ParityChecked
    | GateOpened
    | GateExtended
    | GatePrice
    | CommandRefused
    | CommitIntended
    | ConversionEnded
    | CompatibilityRemoved
    | RevisionSet
    | CollisionCompared
    | RevisionAdopted
    | RevisionStarted
    | RevisionFinished
    | Migrated
    | Verified
    | Reported
)


# --- commands -------------------------------------------------------------------------------


class Command(msgspec.Struct, frozen=True, tag_field="command", tag=True):
    """What a client asks of the runner. ``by`` is journaled with the decision."""

    by: Person


class Commit(Command, frozen=True):
    """``typed`` has to be the database's name."""

    typed: str


class RollBack(Command, frozen=True):
    """End the conversion and leave the database as it was."""


class Cancel(Command, frozen=True):
    """End whatever the runner is doing; with a transaction open, roll it back."""


class ExtendGate(Command, frozen=True):
    """Move the gate's deadline by ``seconds``."""

    seconds: float


AnyCommand = Commit | RollBack | Cancel | ExtendGate
