"""How far a conversion is, from its events: each phase, the bytes, and what runs now."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from recovery.conversion.statements.statement import KEYS, REFERENCES
from recovery.record.events import (
    ConversionWatched,
    PhaseFinished,
    PhasePlan,
    PhaseStarted,
    PlanMade,
    StatementDone,
)
from recovery.record.history import History


@dataclass(frozen=True, slots=True)
class PhaseProgress:
    """One phase. ``word`` is its state; ``seconds`` is the time of what is done so far."""

    plan: PhasePlan
    word: str
    done: dict[str, int]
    seconds: float
    statements: int


def progress(plan: tuple[PhasePlan, ...], attempt: History) -> Iterator[PhaseProgress]:
    """Each phase of the plan as the events of one attempt leave it."""
    started = {event.number for event in attempt.of(PhaseStarted)}
    finished = {event.number: event for event in attempt.of(PhaseFinished)}
    counts: dict[int, Counter[str]] = {}
    statements: Counter[int] = Counter()
    spent: dict[int, float] = {}
    for event in attempt.of(StatementDone):
        counts.setdefault(event.phase, Counter()).update(event.counts)
        spent[event.phase] = spent.get(event.phase, 0.0) + event.seconds
        statements[event.phase] += 1
    for phase in plan:
        number = phase.number
        if (end := finished.get(number)) is not None:
            yield PhaseProgress(phase, "done", end.counts, end.seconds, statements[number])
        else:
            word = "not yet" if number not in started else "running"
            yield PhaseProgress(
                phase,
                word if attempt.running else "not yet" if word == "not yet" else "stopped",
                dict(counts.get(number, {})),
                spent.get(number, 0.0),
                statements[number],
            )


# A rate that is taken from less than this, in seconds, says nothing.
_ENOUGH = 1.0


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The tables that phases 3 and 4 rewrite, in bytes; seconds are those that it has taken."""

    done: int
    total: int
    tables: int
    seconds: float

    @property
    def rate(self) -> float | None:
        """Bytes in a second; None while too little was done to say."""
        return self.done / self.seconds if self.done and self.seconds >= _ENOUGH else None

    @property
    def left(self) -> float | None:
        """Seconds for the rest at the rate so far, if there is one."""
        return None if self.rate is None else (self.total - self.done) / self.rate


def rewriting(plan: PlanMade, attempt: History) -> Rewriting:
    """How much of the plan's tables one attempt has rewritten."""
    sizes = {f"table {table.name}": table.bytes for table in plan.tables}
    done = [e for e in attempt.of(StatementDone) if e.phase in (KEYS, REFERENCES)]
    return Rewriting(
        done=sum(sizes.get(event.object, 0) for event in done),
        total=sum(sizes.values()),
        tables=len(sizes),
        seconds=sum(event.seconds for event in done),
    )


@dataclass(frozen=True, slots=True)
class Running:
    """What an attempt is at, and since when. Phase 0 is before the first, 7 after the last."""

    phase: int
    object: str
    statement: str
    since: datetime


def running(attempt: History) -> Running | None:
    """The statement that takes its time; None if the latest that is known is done."""
    for entry in reversed(attempt.entries):
        match entry.event:
            case ConversionWatched() as seen:
                since = entry.at - timedelta(seconds=seen.seconds)
                return Running(seen.phase, seen.object, seen.statement, since)
            case StatementDone() | PhaseStarted() | PhaseFinished():
                return None
    return None
