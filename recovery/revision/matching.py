"""Which revision a database is at: its catalog held against what every revision leaves behind.

Owners, privileges and storage are not looked at, data neither.
"""

from collections.abc import Collection, Iterator

from queries.rows import ForeignKeyRow
from recovery.catalog.structure import Structure
from recovery.record.events import (
    Answer,
    Candidate,
    NotReplayed,
    ProposedKey,
    RevisionMatch,
    Source,
)
from recovery.revision.differences import Comparing
from recovery.revision.distance import Distance, is_key_type, is_table
from recovery.revision.replay import Replay, Replayed, with_below
from recovery.revision.search import Found, State, Walk
from recovery.words.names import ColumnName, KeyType, TableName

# Of so many candidates the differences are listed, and so many candidates are kept at all.
_DETAILED, _MOST_CANDIDATES = 5, 600


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
    walk = Walk(live, replay, same_major)
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
    comparing = Comparing(live, replay, same_major, bool(not_replayed))
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


def _answer(live: Structure, expected: Structure, chosen: Found, alike: list[Found]) -> Answer:
    tables = [group for group, parts in expected.items() if is_table(parts)]
    there = [group for group in tables if group in live]
    if not chosen.heads and any(is_table(parts) for parts in live.values()):
        return Answer.NONE
    if len(there) * 2 < len(tables):
        return Answer.NONE
    if alike:
        return Answer.AMBIGUOUS
    exact = chosen.distance == Distance()
    return Answer.EXACT if exact else Answer.NEAREST


def _only_silent(known: dict[str, Replayed], one: State, other: State) -> bool:
    """Whether nothing at all runs between two states, as at a merge."""
    between = with_below(known, one) ^ with_below(known, other)
    return all(known[revision].silent for revision in between)


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
