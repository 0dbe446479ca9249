"""How far a database is from what a revision leaves: what is missing, other, or there besides.

Key types are counted apart: they are what pg-rekey is there for, and say nothing about a revision.
"""

from dataclasses import dataclass

from recovery.catalog.expressions import without_casts
from recovery.catalog.structure import Part, PartName
from recovery.words.names import KeyType

# What a table counts that is not there, and one that is there besides. Somebody makes a table by
# hand sooner than he drops one, so what is missing speaks louder against a revision.
_MISSING_TABLE, _EXTRA_TABLE = 30_000, 10_000
_MISSING_OBJECT, _EXTRA_OBJECT = 6_000, 2_000
# The same within a table; together less than a table that is there besides.
_MISSING_PART, _CHANGED_PART, _EXTRA_PART, _PARTS_AT_MOST = 3, 2, 1, 9
_TABLES = ("table", "foreign table", "view", "materialized view")
# PostgreSQL versions write these differently.
_WRITTEN_ANEW = ("view", "materialized view", "rule", "function", "procedure")


@dataclass(frozen=True, slots=True)
class Distance:
    """Objects that are not as expected, counted; ``weight`` is what they count together."""

    missing: int = 0
    changed: int = 0
    extra: int = 0
    key_types: int = 0
    weight: int = 0

    def plus(self, other: "Distance", sign: int = 1) -> "Distance":
        return Distance(
            self.missing + sign * other.missing,
            self.changed + sign * other.changed,
            self.extra + sign * other.extra,
            self.key_types + sign * other.key_types,
            self.weight + sign * other.weight,
        )


def distance(
    expected: dict[PartName, Part] | None, actual: dict[PartName, Part] | None, *, same_major: bool
) -> Distance:
    """How far the parts of one relation are from what is expected; None: it is not there."""
    if expected is None and actual is None:
        return Distance()
    if actual is None:
        table = is_table(expected or {})
        return Distance(missing=1, weight=_MISSING_TABLE if table else _MISSING_OBJECT)
    if expected is None:
        table = is_table(actual)
        return Distance(extra=1, weight=_EXTRA_TABLE if table else _EXTRA_OBJECT)
    missing = len(expected.keys() - actual.keys())
    extra = len(actual.keys() - expected.keys())
    changed = key_types = 0
    for name, part in expected.items():
        if name in actual and (differing := differing_in(part, actual[name], same_major)):
            if differs_by_key_type(part, actual[name], differing):
                key_types += 1
            else:
                changed += 1
    sum_ = missing * _MISSING_PART + changed * _CHANGED_PART + extra * _EXTRA_PART
    weight = 1000 * _PARTS_AT_MOST * sum_ // (_PARTS_AT_MOST + sum_)
    return Distance(missing, changed, extra, key_types, weight)


def is_table(parts: dict[PartName, Part]) -> bool:
    """Whether these are the parts of a table or a view."""
    return any(part.is_relation and part.kind in _TABLES for part in parts.values())


def differing_in(expected: Part, actual: Part, same_major: bool) -> list[str]:
    """The properties that are not the same."""
    return [
        key
        for key in {**expected.properties, **actual.properties}
        if expected.properties.get(key) != actual.properties.get(key)
        and (same_major or key != "definition" or expected.kind not in _WRITTEN_ANEW)
    ]


def differs_by_key_type(expected: Part, actual: Part, differing: list[str]) -> bool:
    """Whether a part differs for its key's type only, or for a cast to it."""
    if expected.kind == "column":
        return "type" in differing and is_key_type(expected, actual)
    wanted, there = expected.properties, actual.properties
    return differing == ["definition"] and (
        without_casts(wanted["definition"]) == without_casts(there["definition"])
    )


def is_key_type(expected: Part, actual: Part) -> bool:
    """Whether a column has the old type of a key, and pg-rekey can give it the new one."""
    try:
        wanted = KeyType.parse(expected.properties["type"])
    except (KeyError, ValueError):
        return False
    return wanted.takes(actual.properties.get("type", ""))
