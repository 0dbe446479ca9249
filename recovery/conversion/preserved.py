"""What PostgreSQL carries over by itself when it converts a column's type.

The whole catalog is compared before COMMIT: what is named here is among it.
"""

from collections import defaultdict
from collections.abc import Iterator

from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject, ObjectId
from recovery.conversion.closure import Closure
from recovery.conversion.rebuilding import Rebuild
from recovery.record.events import Kept

_CONSTRAINTS = {
    "p": "primary key",
    "u": "unique constraint",
    "c": "CHECK constraint",
    "x": "exclusion constraint",
}
_BELONGING = {
    "TRIGGER": "trigger",
    "RULE": "rule",
    "POLICY": "policy",
    "STATISTICS": "extended statistics",
    "PUBLISHED TABLE": "published table",
}
_OF_COLUMNS = {
    "not null": "NOT NULL",
    "default": "column's default",
    "identity": "identity column",
    "comment": "column's comment",
    "privileges": "column's grants",
    "statistics target": "column's statistics target",
    "options": "column's options",
}


def find(catalog: Catalog, closure: Closure, rebuilds: tuple[Rebuild, ...]) -> tuple[Kept, ...]:
    """What the converted tables have, and what their converted columns have, by kind and name."""
    found: dict[str, list[str]] = defaultdict(list)
    for kind, name in (
        *_of_tables(catalog, closure, {rebuild.object.id for rebuild in rebuilds}),
        *_foreign_keys(catalog, closure),
        *_of_columns(catalog, closure),
    ):
        found[kind].append(name)
    return tuple(Kept(kind, tuple(sorted(names))) for kind, names in found.items())


def _of_tables(
    catalog: Catalog, closure: Closure, rebuilt: set[ObjectId]
) -> Iterator[tuple[str, str]]:
    converted = set(closure.tables())
    for found in catalog.objects.values():
        table = catalog.named.get(("TABLE", found.properties.get("table", "")))
        if table is not None and table.id[1] in converted and found.id not in rebuilt:
            kind = _kind(found)
            if kind is not None:
                yield kind, found.identity


def _kind(found: CatalogObject) -> str | None:
    """What it is called; None for what is told as something else."""
    if found.kind == "CONSTRAINT":
        return _CONSTRAINTS.get(found.properties["type"])
    if found.kind == "INDEX":
        return "index" if "constraint" not in found.properties else None
    return _BELONGING.get(found.kind)


def _foreign_keys(catalog: Catalog, closure: Closure) -> Iterator[tuple[str, str]]:
    converted = set(closure.tables())
    recreated = {key.oid for key in closure.foreign_keys}
    for key in catalog.foreign_keys:
        if key.oid not in recreated and converted & {key.table_oid, key.referenced_oid}:
            yield "foreign key", f"{key.name} of {catalog.table_name(key.table_oid)}"


def _of_columns(catalog: Catalog, closure: Closure) -> Iterator[tuple[str, str]]:
    for (oid, _), member in closure.members.items():
        for column in catalog.columns_of.get(oid, []):
            if column.properties["plain name"] != member.name.name:
                continue
            for part, kind in _OF_COLUMNS.items():
                # A default that becomes a uuid is made again by the plan.
                if part in column.properties and not (part == "default" and member.target.is_uuid):
                    yield kind, str(member.name)
