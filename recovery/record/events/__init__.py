"""The facts that a session consists of.

Everything that a screen or a report shows is a function of these events. They are written once and
never changed; a field that is added later needs a default, so that an older journal can be read.
Times are UTC, durations are seconds, sizes are bytes.
"""

from recovery.record.events.backup import (
    NOT_RESTORED_REMEDY,
    BackupAttested,
    BackupCompared,
    BackupFile,
    BackupFormat,
    BackupMade,
    BackupProgress,
    NotRestored,
    OldBackupAccepted,
    RowsSince,
)
from recovery.record.events.base import Event, Fact, Person, Unreadable
from recovery.record.events.commands import (
    AnyCommand,
    Cancel,
    Command,
    Commit,
    ExtendGate,
    RollBack,
)
from recovery.record.events.conversion import (
    CommandRefused,
    CommitIntended,
    CompatibilityRemoved,
    ConversionEnded,
    ConversionWatched,
    Cost,
    GateExtended,
    GateOpened,
    GatePrice,
    LockAttemptFailed,
    LockAwaited,
    Outcome,
    PhaseFinished,
    PhaseStarted,
    SessionInTheWay,
    StatementDone,
)
from recovery.record.events.investigation import (
    Collision,
    ColumnDecided,
    Finding,
    Investigated,
    KeyFact,
    Orphans,
    RevisionEvidence,
    Severity,
    SoftReference,
)
from recovery.record.events.migrations import (
    CollisionCompared,
    Forecasted,
    Migrated,
    MigrationsForecast,
    Outlook,
    RevisionAdopted,
    RevisionFinished,
    RevisionIntended,
    RevisionSet,
    RevisionStarted,
    TablesSetAside,
    Way,
)
from recovery.record.events.parity import (
    BY_OTHERS,
    SAME,
    CatalogDifference,
    ForeignKeyParity,
    ParityChecked,
    TableParity,
)
from recovery.record.events.plan import (
    Break,
    Effort,
    Kept,
    PhasePlan,
    PlanApproved,
    PlanMade,
    PlannedStatement,
    PlannedTable,
    Proof,
    ProofState,
    Refilled,
    Refusal,
    Rewrite,
)
from recovery.record.events.revision import (
    Answer,
    Candidate,
    Cause,
    NotReplayed,
    ProposedKey,
    RevisionConfirmed,
    RevisionDifference,
    RevisionMatch,
    Source,
)
from recovery.record.events.steps import Step, StepFailed, StepFinished, StepStarted
from recovery.record.events.target import Identity, OtherDatabase, SessionOpened, TargetConfirmed
from recovery.record.events.verification import Check, CheckState, Reported, Verified

__all__ = [
    "BY_OTHERS",
    "NOT_RESTORED_REMEDY",
    "SAME",
    "Answer",
    "AnyCommand",
    "AnyEvent",
    "BackupAttested",
    "BackupCompared",
    "BackupFile",
    "BackupFormat",
    "BackupMade",
    "BackupProgress",
    "Break",
    "Cancel",
    "Candidate",
    "CatalogDifference",
    "Cause",
    "Check",
    "CheckState",
    "Collision",
    "CollisionCompared",
    "ColumnDecided",
    "Command",
    "CommandRefused",
    "Commit",
    "CommitIntended",
    "CompatibilityRemoved",
    "ConversionEnded",
    "ConversionWatched",
    "Cost",
    "Effort",
    "Event",
    "ExtendGate",
    "Fact",
    "Finding",
    "Forecasted",
    "ForeignKeyParity",
    "GateExtended",
    "GateOpened",
    "GatePrice",
    "Identity",
    "Investigated",
    "Kept",
    "KeyFact",
    "LockAttemptFailed",
    "LockAwaited",
    "Migrated",
    "MigrationsForecast",
    "NotReplayed",
    "NotRestored",
    "OldBackupAccepted",
    "Orphans",
    "OtherDatabase",
    "Outcome",
    "Outlook",
    "ParityChecked",
    "Person",
    "PhaseFinished",
    "PhasePlan",
    "PhaseStarted",
    "PlanApproved",
    "PlanMade",
    "PlannedStatement",
    "PlannedTable",
    "Proof",
    "ProofState",
    "ProposedKey",
    "Refilled",
    "Refusal",
    "Reported",
    "RevisionAdopted",
    "RevisionConfirmed",
    "RevisionDifference",
    "RevisionEvidence",
    "RevisionFinished",
    "RevisionIntended",
    "RevisionMatch",
    "RevisionSet",
    "RevisionStarted",
    "Rewrite",
    "RollBack",
    "RowsSince",
    "SessionInTheWay",
    "SessionOpened",
    "Severity",
    "SoftReference",
    "Source",
    "StatementDone",
    "Step",
    "StepFailed",
    "StepFinished",
    "StepStarted",
    "TableParity",
    "TablesSetAside",
    "TargetConfirmed",
    "Unreadable",
    "Verified",
    "Way",
]

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
    | OldBackupAccepted
    | BackupCompared
    | LockAttemptFailed
    | LockAwaited
    | PhaseStarted
    | StatementDone
    | ConversionWatched
    | PhaseFinished
    | ParityChecked
    | GateOpened
    | GateExtended
    | GatePrice
    | CommandRefused
    | CommitIntended
    | ConversionEnded
    | CompatibilityRemoved
    | RevisionConfirmed
    | RevisionIntended
    | RevisionSet
    | MigrationsForecast
    | CollisionCompared
    | TablesSetAside
    | RevisionAdopted
    | RevisionStarted
    | RevisionFinished
    | Migrated
    | Verified
    | Reported
    | Unreadable
)
