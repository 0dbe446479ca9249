"""How a database differs from what a revision leaves, object by object, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from recovery.catalog.structure import Part, PartName, Structure
from recovery.record.events import Cause, RevisionDifference
from recovery.revision.distance import differing_in, differs_by_key_type
from recovery.revision.replay import Replay, with_below
from recovery.revision.search import State

# So many differences from one state are listed.
_MOST_DIFFERENCES = 400


@dataclass(frozen=True, slots=True)
class Comparing:
    """Lists how the database differs from a state."""

    live: Structure
    replay: Replay
    same_major: bool
    incomplete: bool

    def listed(self, heads: State, *, key_types: bool) -> tuple[RevisionDifference, ...]:
        """The differences from a state, not too many; key types last, if they are wanted."""
        found = (each for each in self._all(heads) if key_types or each.cause is not Cause.KEY_TYPE)
        return tuple(islice(found, _MOST_DIFFERENCES))

    def _all(self, heads: State) -> Iterator[RevisionDifference]:
        expected = self.replay.state(heads)
        pending = self._made_by({*self.replay.by_id()} - with_below(self.replay.by_id(), heads))
        found: list[RevisionDifference] = []
        for group in sorted({*expected, *self.live}):
            wanted, there = expected.get(group), self.live.get(group)
            if wanted is None or there is None:
                whole = _whole(group, wanted or there or {})
                found.append(self._one_sided(whole, there is not None, pending.get(group)))
                continue
            for name in sorted({*wanted, *there}):
                part, actual = wanted.get(name), there.get(name)
                if part is None or actual is None:
                    only = part or actual
                    assert only is not None
                    maker = pending.get(f"{only.kind} {only.identity}")
                    found.append(self._one_sided(only, part is None, maker))
                elif differing := differing_in(part, actual, self.same_major):
                    found.append(_changed(part, actual, differing))
        yield from sorted(found, key=lambda each: each.cause is Cause.KEY_TYPE)

    def _made_by(self, revisions: set[str]) -> dict[str, str]:
        """What pending revisions make, by its group or by its kind and name."""
        made: dict[str, str] = {}
        for each in self.replay.revisions:
            if each.revision in revisions:
                for part in each.changed:
                    if part.is_relation or part.relation is None:
                        made.setdefault(part.group, each.revision)
                    made.setdefault(f"{part.kind} {part.identity}", each.revision)
        return made

    def _one_sided(self, part: Part, is_there: bool, maker: str | None) -> RevisionDifference:
        said = _described(part)
        if not is_there:
            return RevisionDifference(
                part_name(part),
                f"missing {part.kind}",
                said,
                "",
                Cause.BY_HAND,
                "a script made it: it was dropped or renamed since",
            )
        if maker is not None:
            note = f"revision {maker}, which has not run, makes it"
        elif self.incomplete:
            note = "a script that was not replayed may have made it"
        else:
            note = "no script makes it"
        cause = Cause.UNKNOWN if maker is None and self.incomplete else Cause.BY_HAND
        return RevisionDifference(part_name(part), f"extra {part.kind}", "", said, cause, note)


def difference(
    expected: Part | None, actual: Part | None, *, same_major: bool
) -> RevisionDifference | None:
    """How a part differs from what is expected; None if it does not."""
    if expected is not None and actual is not None:
        differing = differing_in(expected, actual, same_major)
        return _changed(expected, actual, differing) if differing else None
    only = expected or actual
    if only is None:
        return None
    said = _described(only)
    if actual is None:
        return RevisionDifference(part_name(only), f"missing {only.kind}", said, "", Cause.BY_HAND)
    return RevisionDifference(part_name(only), f"extra {only.kind}", "", said, Cause.BY_HAND)


def _whole(group: str, parts: dict[PartName, Part]) -> Part:
    """The part that stands for a group."""
    whole = next((p for p in parts.values() if p.is_relation), None)
    return whole or next(iter(parts.values()), Part("table", group, group, {}))


def _changed(part: Part, actual: Part, differing: list[str]) -> RevisionDifference:
    key_type = differs_by_key_type(part, actual, differing)
    what = differing[0] if len(differing) == 1 else part.kind
    if part.kind == "column" and "type" in differing:
        what = "type"
    elif what == "definition":
        what = part.kind
    return RevisionDifference(
        part_name(part),
        f"other {what}",
        _in_words(part, differing),
        _in_words(actual, differing),
        Cause.KEY_TYPE if key_type else Cause.BY_HAND,
        "",
    )


def part_name(part: Part) -> str:
    """A part as people name it."""
    shown = part.identity.removeprefix("public.").replace(" ON public.", " on ")
    return f"{part.kind} {shown}"


def _described(part: Part) -> str:
    properties = part.properties
    return str(properties.get("definition") or properties.get("type") or "there")


def _in_words(part: Part, keys: list[str]) -> str:
    return "; ".join(f"{key}: {_value(part.properties.get(key))}" for key in keys)


def _value(value: Any) -> str:
    match value:
        case None:
            return "none"
        case True:
            return "yes"
        case list():
            return ", ".join(map(str, value))
    return str(value)
