"""How far each phase of a conversion is, from its events."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from recovery.events import PhaseFinished, PhasePlan, PhaseStarted, StatementDone
from recovery.history import History


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
