"""What hangs on converted columns: made again with all it had, or refused before any lock."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from queries.rows import DependentRow
from recovery.catalog.catalog import Catalog, Place
from recovery.catalog.objects import CatalogObject, ObjectId
from recovery.conversion import firing
from recovery.conversion.closure import Closure
from recovery.conversion.rebuilding import Rebuild, Surroundings, rebuild
from recovery.record.events import Refusal

# What cannot be made again, and what to do about it.
_REFUSED = {
    "generated column": (
        "a generated column is computed from it (0A000)",
        "Drop the column before the conversion, add it again after: it then comes last.",
    ),
    "operator class": (
        "an index names an operator class that does not take the new type",
        "Drop the index (its constraint) before the conversion; create it after, for the new type.",
    ),
    "column of the row type": (
        "a column has the table's row type, which PostgreSQL does not change (0A000)",
        "Give the column another type, or drop it, before the conversion.",
    ),
    "default": (
        "a column's default calls it",
        "Drop the default before the conversion, set it again after.",
    ),
}
_UNKNOWN = (
    "PostgreSQL records that it depends on the column, and pg-rekey does not know how to make it "
    "again",
    "Keep its definition, owner, grants and comment, drop it before the conversion and create it "
    "again after.",
)


@dataclass(frozen=True, slots=True)
class Dependents:
    """``rebuilds`` are in the order in which they are made again; dropped in the reverse order."""

    rebuilds: tuple[Rebuild, ...]
    refusals: tuple[Refusal, ...]


def find(catalog: Catalog, closure: Closure, *, superuser: bool) -> Dependents:
    """Everything that hangs on the converted columns, also by way of others."""
    hanging = _hanging(catalog, sorted(closure.members))
    refusals: list[Refusal] = []
    rebuilds: dict[ObjectId, Rebuild] = {}
    calling = catalog.calling
    for known, (row, because) in hanging.items():
        refusal, made = _fate(catalog, row, because, calling, superuser=superuser)
        if refusal is not None:
            refusals.append(refusal)
        elif made is not None:
            rebuilds[known] = made
    refusals += _hidden(catalog, closure, rebuilds)
    refusals += firing.refusals(catalog, closure, superuser=superuser)
    return Dependents(_in_order(catalog, rebuilds), tuple(refusals))


def _hidden(
    catalog: Catalog, closure: Closure, rebuilds: Mapping[ObjectId, Rebuild]
) -> Iterator[Refusal]:
    """What is filled anew from rows that this role does not see."""
    # Of converted tables the closure says so itself.
    hiding = {oid for oid, table in catalog.tables.items() if table.hides_rows}
    hiding -= set(closure.tables())
    reason = "row security hides rows of {} from this role (42501)"
    remedy = "Connect as a superuser, or as a role with BYPASSRLS that may act as the owner."
    reading = _hanging(catalog, [place for place in sorted(catalog.columns) if place[0] in hiding])
    for known, (row, because) in reading.items():
        made = rebuilds.get(known)
        if made is not None and made.object.properties.get("populated"):
            why = reason.format(because)
            yield Refusal(_named(row), f"It is filled anew, and {why}.", remedy)


def _hanging(catalog: Catalog, places: Iterable[Place]) -> dict[ObjectId, tuple[DependentRow, str]]:
    """What hangs on columns, each with on what in words; in the order of the catalog."""
    found: dict[ObjectId, tuple[DependentRow, str]] = {}
    waiting: list[tuple[DependentRow, str]] = [
        (row, str(catalog.column_name(place)))
        for place in places
        for row in catalog.dependents_of_column.get(place, [])
    ]
    while waiting:
        row, because = waiting.pop(0)
        known = (row.class_oid, row.oid)
        if known in found or row.inherited:
            continue
        found[known] = (row, because)
        waiting += [(other, _named(row)) for other in catalog.dependents_of_object.get(known, [])]
    return found


def _named(row: DependentRow) -> str:
    # pg_describe_object starts with the kind for everything but what was identified by name.
    return f"{row.kind} {row.name}" if "view" in row.kind else row.name


def _fate(
    catalog: Catalog,
    row: DependentRow,
    because: str,
    calling: Collection[ObjectId],
    *,
    superuser: bool,
) -> tuple[Refusal | None, Rebuild | None]:
    named = _named(row)
    if row.extension is not None:
        return Refusal(
            named,
            f"It hangs on {because} and belongs to the extension {row.extension}.",
            "Drop the extension before the conversion, create it again after.",
        ), None
    if row.kind in _REFUSED:
        reason, remedy = _REFUSED[row.kind]
        return Refusal(named, f"It hangs on {because}: {reason}.", remedy), None
    found = catalog.objects.get((row.class_oid, row.oid))
    made = None if found is None else rebuild(found, _surroundings(catalog, found, calling))
    if found is None or made is None or "partitioned" in found.properties:
        reason, remedy = _UNKNOWN
        return Refusal(named, f"It hangs on {because}: {reason}.", remedy), None
    owner = _owner(catalog, found)
    if owner is not None and not superuser and owner not in catalog.own_roles:
        return Refusal(
            named,
            f"It hangs on {because} and belongs to {owner}, as whom this role may not act.",
            f"Connect as a superuser or as a member of {owner}.",
        ), None
    return None, made


def _owner(catalog: Catalog, found: CatalogObject) -> str | None:
    if found.kind == "PUBLISHED TABLE":
        named = catalog.named.get(("PUBLICATION", found.properties["publication"]))
        return None if named is None else str(named.properties["owner"])
    owner: str | None = found.properties.get("owner")
    return owner


def _surroundings(
    catalog: Catalog, found: CatalogObject, calling: Collection[ObjectId]
) -> Surroundings:
    index = None
    if found.kind == "CONSTRAINT":
        schema = found.properties["table"].rpartition(".")[0]
        index = catalog.named.get(("INDEX", f"{schema}.{found.properties['name']}"))
    return Surroundings(
        tuple(catalog.columns_of.get(found.id[1], [])),
        index,
        catalog.favoured_roles,
        found.id in calling or (index is not None and index.id in calling),
        tuple(_copies(catalog, found)) if found.kind == "TRIGGER" else (),
    )


def _copies(catalog: Catalog, trigger: CatalogObject) -> Iterator[CatalogObject]:
    """What PostgreSQL made of a trigger for partitions, and for theirs."""
    for one in catalog.objects.values():
        if one.kind == "TRIGGER" and one.properties.get("parent") == trigger.identity:
            yield one
            yield from _copies(catalog, one)


def _in_order(catalog: Catalog, rebuilds: dict[ObjectId, Rebuild]) -> tuple[Rebuild, ...]:
    """Those first that others hang on; else in the order of their creation."""
    before: dict[ObjectId, set[ObjectId]] = defaultdict(set)
    for known in sorted(rebuilds, key=lambda pair: pair[1]):
        before[known] = set()
    for known in rebuilds:
        for row in catalog.dependents_of_object.get(known, []):
            other = (row.class_oid, row.oid)
            if other in rebuilds and other != known:
                before[other].add(known)
    try:
        return tuple(rebuilds[known] for known in TopologicalSorter(before).static_order())
    except CycleError as error:
        raise AssertionError("views cannot depend on each other in a circle") from error
