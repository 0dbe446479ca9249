"""Which revision a database is at: its catalog held against what every revision leaves behind.

Owners, privileges and storage are not looked at, data neither. Key types are set apart: they are
what pg-rekey is there for, and say nothing about the revision.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any

import msgspec

from queries.rows import ForeignKeyRow
from recovery import revisions
from recovery.errors import Refused
from recovery.events import (
    Answer,
    Candidate,
    Cause,
    Investigated,
    NotReplayed,
    Person,
    ProposedKey,
    RevisionConfirmed,
    RevisionDifference,
    RevisionMatch,
    Source,
)
from recovery.names import ColumnName, KeyType, TableName
from recovery.replay import Replay, Replayed, apply, with_below
from recovery.session import Session
from recovery.structure import Part, PartName, Structure

# What a table counts that is not there, and one that is there besides. Somebody makes a table by
# hand sooner than he drops one, so what is missing speaks louder against a revision.
_MISSING_TABLE, _EXTRA_TABLE = 30_000, 10_000
_MISSING_OBJECT, _EXTRA_OBJECT = 6_000, 2_000
# The same within a table; together less than a table that is there besides.
_MISSING_PART, _CHANGED_PART, _EXTRA_PART, _PARTS_AT_MOST = 3, 2, 1, 9
_TABLES = ("table", "foreign table", "view", "materialized view")
# PostgreSQL versions write these differently.
_WRITTEN_ANEW = ("view", "materialized view", "rule", "function", "procedure")
# So many states of branches that stand side by side are tried.
_MOST_STATES = 20_000
# Of so many candidates the differences are listed, and so many of each; so many are kept at all.
_DETAILED, _MOST_DIFFERENCES, _MOST_CANDIDATES = 5, 400, 600
_CAST = re.compile(r"::(text|uuid|bpchar|bigint|integer|character varying(\(\d+\))?)(\[\])?")

State = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Distance:
    missing: int = 0
    changed: int = 0
    extra: int = 0
    key_types: int = 0
    weight: int = 0

    def plus(self, other: "_Distance", sign: int = 1) -> "_Distance":
        return _Distance(
            self.missing + sign * other.missing,
            self.changed + sign * other.changed,
            self.extra + sign * other.extra,
            self.key_types + sign * other.key_types,
            self.weight + sign * other.weight,
        )


def confirm(session: Session, heads: Collection[str], by: Person) -> None:
    """Journals the operator's word that the schema is at these revisions.

    Raises ``Refused`` if nothing was investigated, no script has them, or it is not the time;
    ``ProfileError`` if the scripts cannot be loaded.
    """
    history = session.history()
    investigated, section = history.last(Investigated), history.profile.alembic
    if investigated is None or section is None:
        raise Refused(
            "No revision was looked for.", "Investigate with the application's migration scripts."
        )
    if history.running is not None:
        raise Refused(f"The {history.running} is running.", "Confirm when it has ended.")
    known = revisions.read(revisions.scripts(section.script_location))
    ids = {revision.id for revision in known}
    wanted = tuple(sorted({*heads}))
    for revision in wanted:
        if revision not in ids:
            raise Refused(
                f"No script has the revision {revision}.",
                "Choose one of those that 'pg-rekey revision' lists.",
                object=revision,
            )
        below = revisions.with_ancestors(known, revision) - {revision}
        if contained := below & {*wanted}:
            raise Refused(
                f"{', '.join(sorted(contained))} comes before {revision}, and is in it.",
                "Name the latest revision of each branch only.",
                object=revision,
            )
    match = investigated.match
    evidence = "the operator's word" if match is None else match.evidence(wanted)
    session.journal.append(RevisionConfirmed(wanted, evidence, by))


def match(
    live: Structure,
    replay: Replay,
    *,
    major: int,
    claimed: State,
) -> RevisionMatch:
    """The answer, with its evidence. ``major`` is the live server's, ``claimed`` sorted."""
    same_major = major == replay.major
    known = replay.by_id()
    not_replayed = tuple(
        NotReplayed(each.revision, each.title, each.problem)
        for each in replay.revisions
        if each.problem
    )
    walk = _Walk(live, replay, same_major)
    complete = walk.run({claimed})
    ranked = sorted(walk.found, key=lambda each: (each.distance.weight, -each.height))
    best = ranked[0]
    twins = [each for each in ranked if each.signature == best.signature]
    chosen = next((each for each in twins if each.heads == claimed), twins[0])
    alike = [
        each
        for each in ranked
        if each.distance.weight == best.distance.weight
        and not _only_silent(known, chosen.heads, each.heads)
    ]
    detailed = {each.heads for each in [chosen, *alike, *ranked[:_DETAILED]][: 2 * _DETAILED]}
    detailed.add(claimed)
    comparing = _Comparing(live, replay, same_major, bool(not_replayed))
    kept = [chosen, *(each for each in ranked if each is not chosen)]
    candidates = tuple(
        Candidate(
            each.heads,
            ", ".join(known[head].title for head in each.heads) or "before all migrations",
            each.distance.missing,
            each.distance.changed,
            each.distance.extra,
            each.distance.key_types,
            each.distance.weight / 1000,
            comparing.listed(each.heads, key_types=each is chosen)
            if each.heads in detailed
            else (),
        )
        for number, each in enumerate(kept)
        if number < _MOST_CANDIDATES or each.heads in detailed
    )
    expected = replay.state(chosen.heads)
    answer = _answer(live, expected, chosen, alike)
    found = answer is not Answer.NONE
    return RevisionMatch(
        answer,
        chosen.heads if found else (),
        tuple(each.heads for each in alike) if found else (),
        candidates,
        not_replayed,
        _where(replay.major, major),
        "" if complete else "The branches stand side by side in more ways than were tried.",
    )


def _where(scratch: int, live: int) -> str:
    where = f"replayed on PostgreSQL {scratch}"
    if scratch != live:
        where += f"; definitions of views and functions are not compared with version {live}"
    return where


def _answer(
    live: Structure, expected: Structure, chosen: "_Found", alike: list["_Found"]
) -> Answer:
    tables = [group for group, parts in expected.items() if _is_table(parts)]
    there = [group for group in tables if group in live]
    if not chosen.heads and any(_is_table(parts) for parts in live.values()):
        return Answer.NONE
    if len(there) * 2 < len(tables):
        return Answer.NONE
    if alike:
        return Answer.AMBIGUOUS
    exact = chosen.distance == _Distance()
    return Answer.EXACT if exact else Answer.NEAREST


def _only_silent(known: dict[str, Replayed], one: State, other: State) -> bool:
    """Whether nothing at all runs between two states, as at a merge."""
    between = with_below(known, one) ^ with_below(known, other)
    return all(known[revision].silent for revision in between)


# --- the way through all states ---


@dataclass(frozen=True, slots=True)
class _Found:
    """A state and how far the database is from it; ``height`` counts the revisions below."""

    heads: State
    height: int
    distance: _Distance
    signature: int


class _Walk:
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
        self.costs = {group: self._cost(group) for group in live}
        self.distance = _Distance()
        for cost in self.costs.values():
            self.distance = self.distance.plus(cost)
        self.signature = 0
        self.found: list[_Found] = []

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
        self.found.append(_Found(heads, height, self.distance, self.signature))

    def _do(self, revision: Replayed) -> "_Step":
        step = _Step(revision.revision, self.distance, self.signature)
        groups = {part.group for part in (*revision.gone, *revision.changed)}
        for group in groups:
            parts = self.standing.get(group)
            step.groups[group] = None if parts is None else dict(parts)
            step.costs[group] = self.costs.get(group, _Distance())
            self.signature ^= _signature(parts)
        apply(self.standing, revision)
        for group in groups:
            cost = self._cost(group)
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

    def _cost(self, group: str) -> _Distance:
        expected, actual = self.standing.get(group), self.live.get(group)
        if expected is None and actual is None:
            return _Distance()
        if actual is None:
            table = _is_table(expected or {})
            return _Distance(missing=1, weight=_MISSING_TABLE if table else _MISSING_OBJECT)
        if expected is None:
            table = _is_table(actual)
            return _Distance(extra=1, weight=_EXTRA_TABLE if table else _EXTRA_OBJECT)
        missing = len(expected.keys() - actual.keys())
        extra = len(actual.keys() - expected.keys())
        changed = key_types = 0
        for name, part in expected.items():
            if name in actual and (differing := _differing(part, actual[name], self.same_major)):
                if _is_key_type(part, actual[name], differing):
                    key_types += 1
                else:
                    changed += 1
        sum_ = missing * _MISSING_PART + changed * _CHANGED_PART + extra * _EXTRA_PART
        weight = 1000 * _PARTS_AT_MOST * sum_ // (_PARTS_AT_MOST + sum_)
        return _Distance(missing, changed, extra, key_types, weight)


@dataclass
class _Step:
    """What has to be put back when a revision is taken away again."""

    revision: str
    distance: _Distance
    signature: int
    groups: dict[str, dict[PartName, Part] | None] = field(default_factory=dict)
    costs: dict[str, _Distance] = field(default_factory=dict)


def _signature(parts: dict[PartName, Part] | None) -> int:
    """A number for some parts, the same for the same parts in any order."""
    number = 0
    for part in (parts or {}).values():
        said = msgspec.json.encode(part, order="deterministic")
        number ^= int.from_bytes(blake2b(said, digest_size=16).digest())
    return number


# --- comparing ---


def _is_table(parts: dict[PartName, Part]) -> bool:
    return any(part.is_relation and part.kind in _TABLES for part in parts.values())


def _differing(expected: Part, actual: Part, same_major: bool) -> list[str]:
    """The properties that are not the same."""
    return [
        key
        for key in {**expected.properties, **actual.properties}
        if expected.properties.get(key) != actual.properties.get(key)
        and (same_major or key != "definition" or expected.kind not in _WRITTEN_ANEW)
    ]


def _is_key_type(expected: Part, actual: Part, differing: list[str]) -> bool:
    """Whether a part differs for its key's type only, or for a cast to it."""
    if expected.kind == "column":
        return "type" in differing and is_key_type(expected, actual)
    return differing == ["definition"] and _without_casts(expected) == _without_casts(actual)


def is_key_type(expected: Part, actual: Part) -> bool:
    """Whether a column has the old type of a key, and pg-rekey can give it the new one."""
    try:
        wanted = KeyType.parse(expected.properties["type"])
    except (KeyError, ValueError):
        return False
    return wanted.takes(actual.properties.get("type", ""))


def _without_casts(part: Part) -> str:
    return re.sub(r"[()\s]", "", _CAST.sub("", part.properties["definition"]))


@dataclass(frozen=True, slots=True)
class _Comparing:
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
                elif differing := _differing(part, actual, self.same_major):
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


def _whole(group: str, parts: dict[PartName, Part]) -> Part:
    """The part that stands for a group."""
    whole = next((p for p in parts.values() if p.is_relation), None)
    return whole or next(iter(parts.values()), Part("table", group, group, {}))


def _changed(part: Part, actual: Part, differing: list[str]) -> RevisionDifference:
    key_type = _is_key_type(part, actual, differing)
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


# --- keys ---


def proposed_keys(
    live: Structure,
    expected: Structure,
    foreign_keys: Collection[ForeignKeyRow],
    source: Source = Source.MIGRATIONS,
) -> Iterator[ProposedKey]:
    """Key columns of another type than expected that refer to no other such column."""
    wrong: dict[ColumnName, tuple[str, str]] = {}
    primary: set[ColumnName] = set()
    for group, parts in expected.items():
        for name, part in parts.items():
            actual = live.get(group, {}).get(name)
            if part.kind == "column" and actual is not None and is_key_type(part, actual):
                column = ColumnName.parse(part.identity)
                wrong[column] = (actual.properties["type"], part.properties["type"])
                only = part.identity.removeprefix(f"{part.relation}.")
                if any(
                    p.properties.get("definition") == f"PRIMARY KEY ({only})"
                    for p in parts.values()
                ):
                    primary.add(column)
    referenced: dict[ColumnName, int] = {}
    referring: set[ColumnName] = set()
    for key in foreign_keys:
        for own, parent in zip(key.columns, key.referenced_columns, strict=True):
            child = ColumnName(TableName(key.schema, key.table_name), own)
            to = ColumnName(TableName(key.referenced_schema, key.referenced_table), parent)
            if to in wrong and child != to:
                referring.add(child)
                referenced[to] = referenced.get(to, 0) + 1
    for column in sorted((primary | referenced.keys()) & wrong.keys() - referring):
        actual_type, expected_type = wrong[column]
        yield ProposedKey(
            str(column),
            actual_type,
            str(KeyType.parse(expected_type)),
            referenced.get(column, 0),
            source,
        )
