"""What the events of a session say: the latest of a kind, and how far each step has come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from recovery.record.events import (
    AnyEvent,
    BackupAttested,
    BackupMade,
    CheckState,
    ColumnDecided,
    CommitIntended,
    CompatibilityRemoved,
    ConversionEnded,
    Event,
    GateOpened,
    Identity,
    Investigated,
    Migrated,
    Outcome,
    PhaseStarted,
    PlanApproved,
    PlanMade,
    Reported,
    RevisionConfirmed,
    RevisionFinished,
    RevisionSet,
    SessionOpened,
    SoftReference,
    Step,
    StepFailed,
    StepFinished,
    StepStarted,
    TargetConfirmed,
    Unreadable,
    Verified,
)
from recovery.words.names import ColumnName
from recovery.words.profile import Profile

E = TypeVar("E", bound=Event)

# What may have changed the database.
_CHANGES = (ConversionEnded, RevisionSet, RevisionFinished, Migrated, CompatibilityRemoved)
# What the migrations wait for, in words: to know where they start, and for a way back.
REVISION = "the revision to be confirmed"
BACKUP = "a backup, made and verified or attested"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. ``number`` rises by one from 1; ``at`` is UTC."""

    number: int
    at: datetime
    event: AnyEvent


class StepState(StrEnum):
    """How far a step is, in the words that the screens show."""

    NOT_YET = "not yet"
    READY = "ready"
    RUNNING = "running"
    FAILED = "failed"
    SKIPPED = "skipped"
    DONE = "done"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done."""
        return self in (StepState.DONE, StepState.SKIPPED)


@dataclass(frozen=True, slots=True)
class History:
    """All events of a session, oldest first."""

    entries: tuple[Entry, ...] = ()

    def of(self, kind: type[E]) -> Iterator[E]:
        """Every event of a kind, oldest first."""
        return (entry.event for entry in self.entries if isinstance(entry.event, kind))

    def last(self, kind: type[E]) -> E | None:
        """The latest event of a kind."""
        for entry in reversed(self.entries):
            if isinstance(entry.event, kind):
                return entry.event
        return None

    def last_entry(self, kind: type[Event]) -> Entry | None:
        """The journal's line of the latest event of a kind."""
        for entry in reversed(self.entries):
            if isinstance(entry.event, kind):
                return entry
        return None

    @property
    def unreadable(self) -> tuple[Entry, ...]:
        """The entries that cannot be read: what they said is not known, and not guessed."""
        return tuple(entry for entry in self.entries if isinstance(entry.event, Unreadable))

    def since_start_of(self, step: Step) -> "History":
        """The events from the latest start of a step on; none if it never started."""
        for index in range(len(self.entries) - 1, -1, -1):
            event = self.entries[index].event
            if isinstance(event, StepStarted) and event.step is step:
                return History(self.entries[index:])
        return History()

    @property
    def profile(self) -> Profile:
        """What the session was opened with, and what was decided about single columns since.

        Raises ``ValueError`` for an empty journal.
        """
        profile = self.opened_with
        for decided in self.of(ColumnDecided):
            profile = profile.with_column(decided.column, decided.becomes)
        return profile

    @property
    def opened_with(self) -> Profile:
        """The profile as it was given. Raises ``ValueError`` for an empty journal."""
        opened = self.last(SessionOpened)
        if opened is None:
            raise ValueError("the journal has no beginning")
        return opened.profile

    @property
    def open_soft_references(self) -> tuple[SoftReference, ...]:
        """Those that hold ids of a key and stay as they are, and that nobody has decided."""
        investigated = self.last(Investigated)
        profile = self.profile
        decided = {*profile.left, *profile.key_types}
        return tuple(
            one
            for one in (() if investigated is None else investigated.soft_references)
            if one.key is not None and ColumnName.parse(one.column) not in decided
        )

    @property
    def open_keys(self) -> tuple[str, ...]:
        """The keys that the migrations make otherwise, and that nobody has decided."""
        investigated = self.last(Investigated)
        profile = self.profile
        decided = {*profile.left, *profile.key_types}
        proposed = () if investigated is None else investigated.proposed_keys
        return tuple(one.key for one in proposed if ColumnName.parse(one.key) not in decided)

    @property
    def running(self) -> Step | None:
        """The step that was started and has not ended, as far as the journal knows."""
        for entry in reversed(self.entries):
            match entry.event:
                case StepFinished() | StepFailed():
                    return None
                case Unreadable(kind="StepFinished" | "StepFailed" | "StepStarted"):
                    return None
                case StepStarted(step=step):
                    return step
        return None

    @property
    def identity(self) -> Identity | None:
        """The database that the operator confirmed; None before that."""
        confirmed = self.last(TargetConfirmed)
        return None if confirmed is None else confirmed.identity

    @property
    def name_typed(self) -> bool:
        """Whether the operator typed the name of the database that was identified last."""
        return any(event.typed for event in self.of(TargetConfirmed))

    @property
    def revision_confirmed(self) -> RevisionConfirmed | None:
        """The operator's word about the revision, unless it was investigated again since."""
        for entry in reversed(self.entries):
            match entry.event:
                case RevisionConfirmed() as confirmed:
                    return confirmed
                case Investigated():
                    return None
                case Unreadable() as lost if lost.may_be(RevisionConfirmed, Investigated):
                    return None
        return None

    @property
    def start_revisions(self) -> tuple[str, ...] | None:
        """Which revisions the migrations go on from; None while the operator has to say it.

        Nobody has to where the catalog matches the claimed revision exactly.
        """
        for entry in reversed(self.entries):
            match entry.event:
                case RevisionConfirmed(revisions=revisions):
                    return revisions
                case Investigated(claimed=claimed, match=match):
                    settled = match is not None and match.agrees and match.revisions == claimed
                    return claimed if settled else None
                case Unreadable() as lost if lost.may_be(RevisionConfirmed, Investigated):
                    return None
        return None

    @property
    def nothing_to_migrate(self) -> bool:
        """Whether the migrations would write nothing, as far as was seen."""
        found, start = self.last(Investigated), self.start_revisions
        return self.profile.alembic is None or (found is not None and found.is_at_head(start))

    @property
    def plan(self) -> PlanMade | None:
        """The latest plan, unless something else is to be converted since."""
        for entry in reversed(self.entries):
            match entry.event:
                case PlanMade() as plan:
                    return plan
                case ColumnDecided():
                    return None
                case Unreadable() as lost if lost.may_be(PlanMade, ColumnDecided):
                    return None
        return None

    @property
    def plan_approved(self) -> bool:
        """Whether the latest plan, and no other, was approved."""
        plan, approval = self.plan, self.last(PlanApproved)
        return plan is not None and approval is not None and approval.sha256 == plan.sha256

    @property
    def backup(self) -> BackupMade | BackupAttested | None:
        """The latest backup, made or attested."""
        for entry in reversed(self.entries):
            match entry.event:
                case BackupMade() | BackupAttested() as backup:
                    return backup
                case Unreadable() as lost if lost.may_be(BackupMade, BackupAttested):
                    return None
        return None

    @property
    def outcome(self) -> Outcome | None:
        """How the latest attempt at a conversion ended; None before and while it runs.

        Unknown, too, where an entry that cannot be read may say it.
        """
        converting = doubtful = False
        for entry in reversed(self.entries):
            match entry.event:
                case PhaseStarted() | GateOpened():
                    converting = True
                case Unreadable(kind="ConversionEnded" | "CommitIntended"):
                    return Outcome.UNKNOWN
                case Unreadable(kind="" | "StepStarted") if converting:
                    # The start of it may be what cannot be read; or how it ended, and this is
                    # another.
                    return Outcome.UNKNOWN
                case Unreadable(kind=""):
                    doubtful = True
                case ConversionEnded(outcome=outcome):
                    return outcome
                case CommitIntended() if doubtful or self.running is not Step.CONVERSION:
                    # Its end could not be journaled, or cannot be read.
                    return Outcome.UNKNOWN
                case StepStarted(step=Step.CONVERSION):
                    return Outcome.UNKNOWN if doubtful else None
        return None

    @property
    def committed(self) -> bool:
        """Whether a conversion of this session was committed."""
        return any(e.outcome is Outcome.COMMITTED for e in self.of(ConversionEnded))

    @property
    def verified(self) -> Verified | None:
        """The latest check-list, unless the database was changed after it."""
        return self._since_change(Verified)

    @property
    def recovered(self) -> bool:
        """Whether the check-list was passed in every point, and nothing was changed since."""
        verified = self.verified
        return verified is not None and all(c.state is CheckState.PASSED for c in verified.checks)

    @property
    def finished(self) -> bool:
        """Whether the session is at its end: every step is settled, the report the last of them."""
        return all(self.state_of(step).settled for step in Step)

    @property
    def _reported(self) -> bool:
        """Whether the latest report tells of all that was done."""
        for entry in reversed(self.entries):
            match entry.event:
                case Reported():
                    return self._since_change(Reported) is not None
                case StepStarted(step=step) if step is not Step.REPORT:
                    return False
        return False

    def _since_change(self, kind: type[E]) -> E | None:
        """The latest event of a kind that no change of the database has overtaken."""
        for entry in reversed(self.entries):
            if isinstance(entry.event, kind):
                return entry.event
            match entry.event:
                case ConversionEnded(outcome=Outcome.COMMITTED):
                    return None
                case RevisionSet() | RevisionFinished() | Migrated() | CompatibilityRemoved():
                    return None
                case Unreadable() as lost if lost.may_be(*_CHANGES, kind):
                    return None
        return None

    def state_of(self, step: Step) -> StepState:
        """How far a step is. One that may be started at any time is ready when its turn comes."""
        if self.running is step:
            return StepState.RUNNING
        if self.skipped_because(step) is not None:
            return StepState.SKIPPED
        if self._is_done(step):
            return StepState.DONE
        if any(failed.step is step for failed in self.since_start_of(step).of(StepFailed)):
            return StepState.FAILED
        may_start = self.running is None and self.waits_for(step) is None
        before = tuple(Step)[: tuple(Step).index(step)]
        its_turn = may_start and all(self.state_of(each).settled for each in before)
        return StepState.READY if its_turn else StepState.NOT_YET

    def skipped_because(self, step: Step) -> str | None:
        """Why a step has nothing to do, in words; None if it has, or may have."""
        nothing = self.plan is not None and self.plan.nothing_to_do and not self.committed
        idle = (Step.BACKUP, Step.CONVERSION) if self.nothing_to_migrate else (Step.CONVERSION,)
        if nothing and step in idle:
            return "the keys have the expected types already"
        if step is Step.MIGRATIONS and self.profile.alembic is None:
            return "the profile names no migration scripts"
        return None

    def _is_done(self, step: Step) -> bool:
        plan = self.plan
        match step:
            case Step.TARGET:
                return self.last(TargetConfirmed) is not None
            case Step.INVESTIGATION:
                return self.last(Investigated) is not None
            case Step.PLAN:
                return plan is not None and (plan.nothing_to_do or self.plan_approved)
            case Step.BACKUP:
                return self.backup is not None
            case Step.CONVERSION:
                return self.converted
            case Step.MIGRATIONS:
                return self.last(Migrated) is not None
            case Step.VERIFICATION:
                return self.verified is not None
            case Step.REPORT:
                return self._reported

    @property
    def converted(self) -> bool:
        """Whether the key columns have the expected types: committed here, or so from the start."""
        plan = self.plan
        return self.committed or (plan is not None and plan.nothing_to_do)

    def waits_for(self, step: Step) -> str | None:
        """What has to happen before a step may start, in words; None if nothing."""
        plan = self.plan
        if step is not Step.TARGET and self.last(TargetConfirmed) is None:
            return "the target to be confirmed"
        if step in (Step.CONVERSION, Step.MIGRATIONS) and not self.name_typed:
            return "the database's name to be typed"
        if step in (Step.PLAN, Step.MIGRATIONS) and self.last(Investigated) is None:
            return "the investigation"
        if step is Step.PLAN and (keys := self.open_keys):
            return f"a decision about {', '.join(keys)}: to convert it, or to leave it"
        if step in (Step.BACKUP, Step.CONVERSION) and plan is None:
            return "a plan"
        if step is Step.CONVERSION:
            return self._conversion_waits_for(plan)
        if step is Step.MIGRATIONS and not self.converted:
            return "the conversion to be committed"
        if step is Step.MIGRATIONS and self.profile.alembic and self.start_revisions is None:
            return REVISION
        if step is Step.MIGRATIONS and self.backup is None and not self.nothing_to_migrate:
            return BACKUP
        return None

    def _conversion_waits_for(self, plan: PlanMade | None) -> str | None:
        if self.outcome is Outcome.UNKNOWN:
            return "the server to say what became of the last conversion"
        if plan is not None and plan.refusals:
            return "the plan's refusals to be resolved"
        if not self.plan_approved:
            return "the plan to be approved"
        return BACKUP if self.backup is None else None
