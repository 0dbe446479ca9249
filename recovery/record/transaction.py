"""What the target's transaction is doing, in the words that are always in sight."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from recovery.record.events import (
    CommitIntended,
    GateExtended,
    GateOpened,
    GatePrice,
    Outcome,
    PhaseStarted,
    SessionInTheWay,
    Step,
    TargetConfirmed,
)
from recovery.record.history import History
from recovery.words import moments


class TransactionState(StrEnum):
    """The state of the target as one word or a few."""

    READ_ONLY = "READ ONLY"
    IN_TRANSACTION = "IN TRANSACTION"
    AT_THE_GATE = "WAITING AT THE GATE"
    COMMITTING = "COMMITTING"
    COMMITTED = "COMMITTED"
    ROLLED_BACK = "ROLLED BACK"
    UNKNOWN = "OUTCOME UNKNOWN"
    MIGRATING = "MIGRATING"

    @property
    def open(self) -> bool:
        """Whether a transaction is open, and with it locks are held."""
        return self in (
            TransactionState.IN_TRANSACTION,
            TransactionState.AT_THE_GATE,
            TransactionState.COMMITTING,
        )


# What PostgreSQL says to a session that still has the old types in a cached plan: "cached plan must
# not change result type". To a snapshot from before the rewrite the new table has no rows.
AFTER_COMMIT = (
    "Reconnect the application's pools: plans that old sessions have cached fail, and transactions "
    "that began before see the converted tables empty."
)

_ENDED = {
    Outcome.COMMITTED: TransactionState.COMMITTED,
    Outcome.ROLLED_BACK: TransactionState.ROLLED_BACK,
    Outcome.UNKNOWN: TransactionState.UNKNOWN,
}


def transaction_state(history: History) -> TransactionState:
    """What the transaction is doing, as far as the journal knows."""
    if history.running is Step.MIGRATIONS:
        return TransactionState.MIGRATING
    if history.outcome is not None:
        return _ENDED[history.outcome]
    if history.running is not Step.CONVERSION:
        return TransactionState.READ_ONLY
    attempt = history.since_start_of(Step.CONVERSION)
    if attempt.last(CommitIntended) is not None:
        return TransactionState.COMMITTING
    if attempt.last(GateOpened) is not None:
        return TransactionState.AT_THE_GATE
    return TransactionState.IN_TRANSACTION


def target_words(history: History) -> str:
    """Which database on which host; until somebody confirmed it, that nobody has."""
    confirmed = history.last(TargetConfirmed)
    if confirmed is None:
        return f"{history.profile.target.database} (target not confirmed)"
    identity = confirmed.identity
    return f"{identity.database} on {identity.host}:{identity.port}"


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate while it is open: since when locks are held, until when, at what price."""

    locked: datetime
    deadline: datetime
    differences: int
    # Who waits for the locks, and when that was seen; or why it could not be.
    blocked: tuple[SessionInTheWay, ...]
    looked: datetime | None
    not_seen: str


def gate(history: History) -> Gate | None:
    """The gate of the running conversion; None before it opens and after it closes."""
    if transaction_state(history) is not TransactionState.AT_THE_GATE:
        return None
    attempt = history.since_start_of(Step.CONVERSION)
    opened = attempt.last(GateOpened)
    if opened is None:
        return None
    locked = (entry.at for entry in attempt.entries if isinstance(entry.event, PhaseStarted))
    extended = attempt.last(GateExtended)
    price, looked = attempt.last(GatePrice), attempt.last_entry(GatePrice)
    return Gate(
        locked=next(locked, attempt.entries[0].at),
        deadline=opened.deadline if extended is None else extended.deadline,
        differences=opened.differences,
        blocked=() if price is None else price.blocked,
        looked=None if looked is None else looked.at,
        not_seen="" if price is None else price.not_seen,
    )


def until_when(history: History, now: datetime) -> str:
    """How long the runner keeps the transaction open if nobody decides."""
    open_gate = gate(history)
    if open_gate is not None:
        return f"It rolls back by itself at {moments.clock(open_gate.deadline, now)}."
    if transaction_state(history) is TransactionState.COMMITTING:
        return "COMMIT has been sent and cannot be taken back."
    return "It goes on to the gate, waits there for a decision, and then rolls back by itself."
