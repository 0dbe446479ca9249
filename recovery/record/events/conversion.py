"""The conversion: locks, phases, the gate, and how it ended."""

from datetime import datetime
from enum import StrEnum

from recovery.record.events.base import Event, Fact, Person

# The phases of a conversion, in order.
PHASES = {
    1: "Current types checked",
    2: "Foreign keys and dependents dropped",
    3: "Keys converted, with the other columns of their tables",
    4: "Referencing columns converted",
    5: "Foreign keys and dependents recreated",
    6: "Validation",
}


class SessionInTheWay(Fact, frozen=True):
    """``seconds`` is None where the server does not tell it of another role's session."""

    pid: int
    application: str
    role: str
    query: str
    seconds: float | None

    @property
    def is_prepared(self) -> bool:
        """Whether it is a prepared transaction, without a session; ``query`` says what ends it."""
        return self.pid == 0

    @property
    def words(self) -> str:
        """Who it is."""
        if self.is_prepared:
            return f"a prepared transaction of {self.role}: {self.query}"
        return f"session {self.pid} ({self.application or self.role})"


class LockAwaited(Event, frozen=True):
    """Who a step waits for at a lock, as long as nothing else is told; nobody any more if empty."""

    sessions: tuple[SessionInTheWay, ...]


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


class Cost(Fact, frozen=True):
    """What the server pays: its log since the conversion began, by all sessions together, who
    waits, and the free space of its disk, None where that cannot be known."""

    wal_bytes: int
    blocked: tuple[SessionInTheWay, ...]
    free_bytes: int | None


class ConversionWatched(Event, frozen=True):
    """A look at the conversion while it runs: what it has been doing for so many seconds.

    Phase 0 is before the first, 7 after the last. ``cost`` is None if it could not be seen, and
    ``not_seen`` says why.
    """

    phase: int
    object: str
    statement: str
    seconds: float
    cost: Cost | None
    not_seen: str = ""


class PhaseFinished(Event, frozen=True):
    number: int
    counts: dict[str, int]
    seconds: float


class GateOpened(Event, frozen=True):
    """All phases are done; locks are held until somebody decides or the deadline passes."""

    deadline: datetime
    differences: int


class GateExtended(Event, frozen=True):
    deadline: datetime
    by: Person


class GatePrice(Event, frozen=True):
    """Who waits for the locks that are held; ``not_seen`` says why nobody could look."""

    held_seconds: float
    blocked: tuple[SessionInTheWay, ...]
    not_seen: str = ""

    def same_as(self, other: "GatePrice") -> bool:
        """Whether only time has passed."""
        return self._waiting() == other._waiting()

    def _waiting(self) -> tuple[object, ...]:
        return self.not_seen, *((session.pid, session.query) for session in self.blocked)


class CommandRefused(Event, frozen=True):
    """A command that a client gave and the runner did not carry out."""

    command: str
    reason: str
    by: Person | None

    @property
    def asked_for(self) -> str:
        """What was wanted, as people call it."""
        return _ASKED_FOR.get(self.command, self.command)


_ASKED_FOR = {
    "Commit": "COMMIT",
    "RollBack": "ROLLBACK",
    "ExtendGate": "More time",
    "Cancel": "Stopping",
}


class CommitIntended(Event, frozen=True):
    """Written before COMMIT is sent, so that a lost answer can be looked up by ``xid``."""

    xid: str
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


class CompatibilityRemoved(Event, frozen=True):
    """What had been made for code that still had the old type, and is dropped."""

    objects: tuple[str, ...]
    by: Person
