"""What a plan has that an earlier one had not, and the other way round, in a few lines."""

from collections import Counter
from collections.abc import Iterable, Iterator

from recovery.record.events import PlanApproved, PlanMade
from recovery.record.history import History

# So many names are told of each kind; the rest is counted.
_TOLD = 5


def approved_before(history: History) -> PlanMade | None:
    """The plan of this session that was approved last; None if none was."""
    approval = history.last(PlanApproved)
    if approval is None:
        return None
    return next((plan for plan in history.of(PlanMade) if plan.sha256 == approval.sha256), None)


def changes(before: PlanMade, after: PlanMade) -> Iterator[str]:
    """What is other in ``after``, a line for each kind of thing that came or went."""
    told = [
        line
        for kind, was, now in (
            ("columns", _columns(before), _columns(after)),
            ("locked tables", before.locked, after.locked),
            ("made again", before.rebuilt, after.rebuilt),
            ("rewritten", _rewritten(before), _rewritten(after)),
            ("may fail at run time", _breaks(before), _breaks(after)),
            ("refused", _refused(before), _refused(after)),
            ("operators", before.compatibility, after.compatibility),
            ("statements", _statements(before), _statements(after)),
        )
        for line in _between(kind, was, now)
    ]
    if before.foreign_keys != after.foreign_keys:
        told.append(f"foreign keys: {after.foreign_keys}, were {before.foreign_keys}")
    yield from told or ["only the text of statements: no other object, and no other kind of change"]


def _between(kind: str, was: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    old, new = Counter(was), Counter(now)
    for word, some in (("new", new - old), ("gone", old - new)):
        if some:
            names = sorted(some.elements())
            more = f", and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
            yield f"{kind}, {word}: {', '.join(names[:_TOLD])}{more}"


def _columns(plan: PlanMade) -> list[str]:
    return [f"{table.name}.{column}" for table in plan.tables for column in table.columns]


def _rewritten(plan: PlanMade) -> list[str]:
    return [] if plan.proof is None else [one.object for one in plan.proof.rewrites]


def _breaks(plan: PlanMade) -> list[str]:
    functions = {one.function for one in plan.proof.breaks} if plan.proof is not None else ()
    return [*functions, *(one.column for one in plan.soft_references)]


def _refused(plan: PlanMade) -> list[str]:
    return [one.object for one in plan.refusals]


def _statements(plan: PlanMade) -> list[str]:
    return [f"{one.object} (phase {one.phase})" for one in plan.statements]
