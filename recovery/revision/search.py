"""Every state that a history can leave a database in, each with how far a database is from it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from recovery.catalog.structure import Part, PartName, Structure
from recovery.revision.distance import Distance, distance
from recovery.revision.replay import Replay, Replayed, apply, with_below

# So many states of branches that stand side by side are tried.
_MOST_STATES = 20_000

# The latest revisions of each branch, sorted; none before all migrations.
State = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A state and how far the database is from it; ``height`` counts the revisions below."""

    heads: State
    height: int
    distance: Distance
    signature: int


class Walk:
    """Goes through every set of revisions that a database can be at, one revision at a time."""

    def __init__(self, live: Structure, replay: Replay, same_major: bool) -> None:
        self.live = live
        self.same_major = same_major
        self.revisions = [each for each in replay.revisions if not each.problem]
        self.known = {each.revision: each for each in self.revisions}
        self.replay = replay
        self.above: dict[str, list[str]] = {}
        for each in self.revisions:
            for below in each.below:
                self.above.setdefault(below, []).append(each.revision)
        roots = [each for each in self.revisions if not each.below]
        # Without branches only what comes next can run next.
        self.is_line = len(roots) < 2 and all(len(each) < 2 for each in self.above.values())
        self.standing: Structure = {}
        self.costs = {group: self._distance(group) for group in live}
        self.distance = Distance()
        for cost in self.costs.values():
            self.distance = self.distance.plus(cost)
        self.signature = 0
        self.found: list[Found] = []

    def run(self, wanted: Collection[State]) -> bool:
        """Fills ``found``. Whether every state was tried; the ``wanted`` ones always are."""
        complete = self._all()
        if not complete:
            singles = {(each.revision,) for each in self.revisions}
            tried = {each.heads for each in self.found}
            for heads in sorted({(), *singles, *wanted, self._heads()} - tried):
                if set(heads) <= self.known.keys():
                    self._one(heads)
        return complete

    def _heads(self) -> State:
        return tuple(sorted(each for each in self.known if not self.above.get(each)))

    def _all(self) -> bool:
        """Depth first, with a stack of our own: a long history is deeper than Python's."""
        applied: set[str] = set()
        self._note((), 0)
        seen: set[State] = {()}
        ways: list[tuple[_Step | None, Iterator[tuple[str, State]]]] = [
            (None, self._next((), set()))
        ]
        while ways:
            step, nexts = ways[-1]
            revision, heads = next(nexts, ("", ()))
            if not revision:
                ways.pop()
                if step is not None:
                    self._undo(step)
                    applied.discard(step.revision)
                continue
            if heads in seen:
                continue
            if len(seen) > _MOST_STATES:
                for step, _ in reversed(ways):
                    if step is not None:
                        self._undo(step)
                return False
            seen.add(heads)
            applied.add(revision)
            step = self._do(self.known[revision])
            self._note(heads, len(applied))
            ways.append((step, self._next(heads, applied)))
        return True

    def _next(self, heads: State, applied: set[str]) -> Iterator[tuple[str, State]]:
        """The revisions that can run now, and the heads then."""
        ready: Collection[str] = self.known.keys()
        if self.is_line and heads:
            ready = self.above.get(heads[0], [])
        for revision in ready:
            below = self.known[revision].below
            if revision not in applied and {*below} <= applied:
                yield revision, tuple(sorted({*heads} - {*below} | {revision}))

    def _one(self, heads: State) -> None:
        wanted = with_below(self.known, heads)
        steps = [self._do(each) for each in self.revisions if each.revision in wanted]
        self._note(heads, len(steps))
        for step in reversed(steps):
            self._undo(step)

    def _note(self, heads: State, height: int) -> None:
        self.found.append(Found(heads, height, self.distance, self.signature))

    def _do(self, revision: Replayed) -> "_Step":
        step = _Step(revision.revision, self.distance, self.signature)
        groups = {part.group for part in (*revision.gone, *revision.changed)}
        for group in groups:
            parts = self.standing.get(group)
            step.groups[group] = None if parts is None else dict(parts)
            step.costs[group] = self.costs.get(group, Distance())
            self.signature ^= _signature(parts)
        apply(self.standing, revision)
        for group in groups:
            cost = self._distance(group)
            self.distance = self.distance.plus(step.costs[group], -1).plus(cost)
            self.costs[group] = cost
            self.signature ^= _signature(self.standing.get(group))
        return step

    def _undo(self, step: "_Step") -> None:
        for group, parts in step.groups.items():
            if parts is None:
                self.standing.pop(group, None)
            else:
                self.standing[group] = parts
        self.costs.update(step.costs)
        self.distance, self.signature = step.distance, step.signature

    def _distance(self, group: str) -> Distance:
        expected, actual = self.standing.get(group), self.live.get(group)
        return distance(expected, actual, same_major=self.same_major)


@dataclass
class _Step:
    """What has to be put back when a revision is taken away again."""

    revision: str
    distance: Distance
    signature: int
    groups: dict[str, dict[PartName, Part] | None] = field(default_factory=dict)
    costs: dict[str, Distance] = field(default_factory=dict)


def _signature(parts: dict[PartName, Part] | None) -> int:
    """A number for some parts, the same for the same parts in any order."""
    number = 0
    for part in (parts or {}).values():
        said = msgspec.json.encode(part, order="deterministic")
        number ^= int.from_bytes(blake2b(said, digest_size=16).digest())
    return number
