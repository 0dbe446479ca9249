"""Whether what is made again means what it meant: what it calls, and by which collations.

PostgreSQL takes another overload, or has two collations in conflict, without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import psycopg

from queries.rows import CallRow
from recovery.catalog import expressions
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.conversion import collations, overloads
from recovery.conversion.plan import Plan
from recovery.conversion.statements.rebuilt import described
from recovery.words import foreign

_RELATIONS = ("VIEW", "MATERIALIZED VIEW")
_ROUTINES = ("FUNCTION", "PROCEDURE")


@dataclass(frozen=True, slots=True)
class Difference:
    """Callees that are others than before, and calls whose collation could not be determined.

    Each with what it was, if it was there.
    """

    callees: tuple[tuple[str | None, str | None], ...]
    undetermined: tuple[tuple[CallRow | None, CallRow], ...]

    @property
    def size(self) -> int:
        """How many calls are not as before."""
        return len(self.callees) + len(self.undetermined)

    @property
    def serious(self) -> bool:
        """Whether it has another result, or fails when it is run."""
        return bool(self.callees) or any(collations.compares(now) for _, now in self.undetermined)

    @property
    def words(self) -> str:
        """What it would be, in a sentence."""
        if self.callees:
            was, now = self.callees[0]
            return (
                f"Made again after the conversion, it calls {now or 'nothing'} where it calls "
                f"{was or 'nothing'}."
            )
        name, _ = overloads.signature(self.undetermined[0][1].called)
        return (
            f"Made again after the conversion, it fails when it is run: {name} is given two "
            "collations, and takes neither (42P22)."
        )

    @property
    def remedy(self) -> str:
        if self.callees:
            return "Cast in its definition what is given there to the type that is taken now."
        return "Write into its definition by which collation it compares (COLLATE)."


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an object's expressions called before the conversion.

    ``types`` are those that converted columns had, ``collations`` those that others have, and no
    converted one gets.
    """

    object: CatalogObject
    statement: str
    calls: tuple[CallRow, ...]
    types: tuple[str, ...]
    collations: tuple[str, ...]

    def made_by(self, text: str) -> bool:
        """Whether it is this statement of a plan that makes the object again."""
        return text == self.statement

    def difference(self, conn: psycopg.Connection[Any]) -> Difference | None:
        """What is not as before in the object as it is now; None if nothing is."""
        with conn.transaction(force_rollback=True):
            conn.execute("SET LOCAL search_path = ''")
            now = _calls(conn, [self.object]).get(self.object.name, ())
        callees = zip_longest(expressions.own(self.calls), expressions.own(now))
        other = tuple((was, is_) for was, is_ in callees if was != is_)
        undetermined = tuple(_undetermined(self.calls, now))
        return Difference(other, undetermined) if other or undetermined else None

    def nearer(self, conn: psycopg.Connection[Any], text: str, than: Difference) -> str | None:
        """The definition with one of the calls repaired; None if that brings it no nearer."""
        for candidate in self._candidates(text, than):
            try:
                with conn.transaction(force_rollback=True):
                    conn.execute(candidate)
                    found = self.difference(conn)
            except psycopg.OperationalError:
                raise
            except psycopg.Error:
                # It was one of several ways to write it, and is none.
                continue
            if found is None or found.size < than.size:
                return candidate
        return None

    def _candidates(self, text: str, difference: Difference) -> Iterator[str]:
        for was, now in difference.callees:
            if was is not None:
                yield from overloads.candidates(text, was, now, self.types)
        known = dict.fromkeys(call.collation for call in self.calls if call.collation)
        for before, call in difference.undetermined:
            meant = known if before is None or not before.collation else [before.collation]
            for collation in meant:
                if collation:
                    yield from collations.candidates(text, call, collation)


def before(conn: psycopg.Connection[Any], catalog: Catalog, plan: Plan) -> dict[str, Meaning]:
    """By object, as the plan calls it, what its expressions call: of those that might change.

    For the catalog as it is before the conversion.
    """
    members = plan.closure.members.values()
    types = tuple(
        dict.fromkeys(m.column.type.removesuffix("[]").partition("(")[0] for m in members)
    )
    given = {name for member in members if (name := member.target.collation_name) is not None}
    others = tuple(sorted(_collations(catalog) - given))
    there = [
        (rebuild, found)
        for rebuild in plan.rebuilds
        if (found := catalog.named.get(rebuild.object.name)) is not None
        and (given or "calls" in found.properties)
    ]
    calls = _calls(conn, [found for _, found in there])
    return {
        described(rebuild): Meaning(
            found, foreign.statement(rebuild.create[0]), calls.get(found.name, ()), types, others
        )
        for rebuild, found in there
    }


def _collations(catalog: Catalog) -> set[str]:
    """The collations that columns have of their own."""
    columns = (column for of_one in catalog.columns_of.values() for column in of_one)
    return {each.properties["collation"] for each in columns if "collation" in each.properties}


def _calls(conn: psycopg.Connection[Any], objects: list[CatalogObject]) -> expressions.Calls:
    """All that the expressions of objects call."""
    routines = [one.identity for one in objects if one.kind in _ROUTINES]
    relations = {
        one.identity if one.kind in _RELATIONS else one.properties["table"]
        for one in objects
        if one.kind not in _ROUTINES
    }
    return expressions.calls_of(conn, relations, routines)


def _undetermined(
    before: tuple[CallRow, ...], now: tuple[CallRow, ...]
) -> Iterator[tuple[CallRow | None, CallRow]]:
    """The calls whose collation could not be determined, each with what it was, if it is known."""
    same = len(before) == len(now)
    known = {(call.called, call.place) for call in before if call.collation == ""}
    for was, call in zip(before if same else [None] * len(now), now, strict=True):
        if call.collation == "" and not (was.collation == "" if was else known):
            yield was, call
