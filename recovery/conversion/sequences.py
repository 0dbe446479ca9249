"""Which sequences have to count as far as the columns that they feed."""

from collections.abc import Iterator

from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject, ObjectId, ObjectName
from recovery.conversion.closure import Closure, Member
from recovery.record.events import Refusal

_SMALLER = ("smallint", "integer")


def widened(catalog: Catalog, closure: Closure) -> Iterator[tuple[Member, CatalogObject]]:
    """The sequences that the plan makes bigint, each once, with a column that it feeds.

    One that starts again at its end, and also feeds a column that stays smaller, is left as it is:
    it would leave that column's range.
    """
    members = closure.members
    staying = {
        sequence.id
        for place, column in catalog.columns.items()
        if place not in members and column.type in _SMALLER
        for sequence in catalog.serials.get(place, ())
    }
    seen: set[ObjectId] = set()
    for place in sorted(members):
        for sequence in catalog.serials.get(place, ()) if members[place].target.is_bigint else ():
            type_, *counting = sequence.properties["sequence"].split()
            kept = "cycle" in counting and sequence.id in staying
            if type_ in _SMALLER and not kept and sequence.id not in seen:
                seen.add(sequence.id)
                yield members[place], sequence


def changed(catalog: Catalog, closure: Closure) -> frozenset[ObjectName]:
    """The same by name, and those of identity columns, which change with their columns."""
    identities = {
        sequence.name for place, sequence in catalog.identities.items() if place in closure.members
    }
    return frozenset(identities | {sequence.name for _, sequence in widened(catalog, closure)})


def refusals(catalog: Catalog, closure: Closure, *, superuser: bool) -> Iterator[Refusal]:
    """The sequences that this role may not alter."""
    for member, sequence in widened(catalog, closure):
        owner = sequence.properties["owner"]
        if not superuser and owner not in catalog.own_roles:
            yield Refusal(
                f"sequence {sequence.identity}",
                f"It feeds {member.name}, would end where the smaller type ends, and belongs to "
                f"{owner}, as whom this role may not act.",
                f"Connect as a superuser or as a member of {owner}.",
            )
