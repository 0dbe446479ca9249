"""Which differences a conversion has to make: the type itself, and what follows from it."""

from dataclasses import dataclass
from typing import Any

from recovery.catalog.catalog import Catalog
from recovery.catalog.expressions import without_casts
from recovery.catalog.objects import CatalogObject, ObjectName
from recovery.conversion import sequences
from recovery.conversion.closure import Member
from recovery.conversion.compatibility import MARK
from recovery.conversion.plan import Plan

# Properties that are expressions, into which PostgreSQL writes casts.
_EXPRESSIONS = ("definition", "default", "using", "check", "where")
# What a column has only for the sake of a type of variable length.
_OF_TEXT = ("collation", "storage", "compression")
_WITHOUT_LENGTH = {"character": ("character varying", "bpchar", "text")}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a plan will make of the catalog it was made for, or of a copy of that: by name."""

    converted: dict[ObjectName, Member]
    rebuilt_relations: frozenset[str]
    rewritten: frozenset[ObjectName]
    sequences: frozenset[ObjectName]
    compatible: bool
    # Old types and new ones, also of arrays.
    types: dict[str, frozenset[str]]

    @classmethod
    def of(cls, catalog: Catalog, plan: Plan) -> "Expectation":
        """What this plan will make of this catalog."""
        members = plan.closure.members.values()
        by_name = {(member.place[0], member.name.name): member for member in members}
        types: dict[str, set[str]] = {}
        for member in members:
            # What a UNION or a CASE makes of the new type and its like has no length.
            new = member.target.name.removesuffix("[]")
            family = {new, *_WITHOUT_LENGTH.get(member.target.family, ())}
            for suffix in ("", "[]"):
                types.setdefault(member.column.type.removesuffix("[]") + suffix, set()).update(
                    type_ + suffix for type_ in family
                )
        return cls(
            {
                column.name: by_name[oid, column.properties["plain name"]]
                for oid in plan.closure.tables()
                for column in catalog.columns_of.get(oid, [])
                if (oid, column.properties["plain name"]) in by_name
            },
            frozenset(
                rebuild.object.identity
                for rebuild in plan.rebuilds
                if rebuild.object.kind in ("VIEW", "MATERIALIZED VIEW")
            ),
            plan.rewritten,
            sequences.changed(catalog, plan.closure),
            plan.compatible,
            {was: frozenset(now) for was, now in types.items()},
        )

    def explains(
        self, before: CatalogObject, after: CatalogObject, differing: list[str]
    ) -> str | None:
        """Why an object has to differ in these properties; None if any has no reason."""
        reasons = [
            self._reason(before, key, before.properties.get(key), after.properties.get(key))
            for key in differing
        ]
        if any(reason is None for reason in reasons):
            return None
        return "; ".join(dict.fromkeys(reason for reason in reasons if reason is not None))

    def explains_new(self, after: CatalogObject) -> str | None:
        """Why an object has to be there that was not; None if there is no reason."""
        if self.compatible and after.properties.get("comment") == MARK:
            return "the plan makes it for code that still has the old type"
        return self._named_as_the_parents(after)

    def explains_gone(self, before: CatalogObject) -> str | None:
        """Why an object cannot be there any more; None if there is no reason."""
        return self._named_as_the_parents(before)

    def _named_as_the_parents(self, found: CatalogObject) -> str | None:
        """Of a partition's NOT NULL, which ALTER TYPE makes again; it cannot be renamed then."""
        have = found.properties
        if found.kind != "CONSTRAINT" or have["type"] != "n" or "comment" in have:
            return None
        converted = any(name.startswith(f"{have['table']}.") for _, name in self.converted)
        if converted and "not its own" in have:
            return "PostgreSQL gives a partition's NOT NULL the name of its parent's"
        return None

    def _reason(self, found: CatalogObject, key: str, was: Any, now: Any) -> str | None:
        if key in _EXPRESSIONS and found.name in self.rewritten:
            return "the plan writes it so that it means what it meant"
        if key == "sequence" and found.name in self.sequences:
            return "it feeds a column that the plan converts"
        member = self.converted.get(found.name)
        if member is not None:
            if key == "type" and now == member.target.name:
                return "the plan converts it"
            if key == "collation" and now == member.target.collation_name:
                return "the profile asks for this collation"
            if key in _OF_TEXT and now is None and member.target.is_uuid:
                return f"a {member.target} has no {key} of its own"
        if found.kind == "COLUMN" and found.relation in self.rebuilt_relations:
            collations = {member.target.collation_name for member in self.converted.values()}
            if (key == "type" and now in self.types.get(was, ())) or (
                key == "collation" and now is not None and now in collations
            ):
                return "it shows a column that the plan converts"
        if (
            key in _EXPRESSIONS
            and was is not None
            and now is not None
            and without_casts(was) == without_casts(now)
        ):
            return "the same but for casts, which follow the type"
        return None
