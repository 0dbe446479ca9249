"""What migrations decide of a catalog, as parts that can be compared with another catalog's."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
import psycopg

from queries import ask
from queries.rows import ForeignKeyRow
from recovery.catalog import objects
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.words.names import TableName

# What migrations decide of each kind of object. Whatever differs between two databases that were
# migrated alike is left out: owners, privileges, storage, the order of columns.
_RELATION = (
    *("unlogged", "partition bound", "partition key", "row security", "forced row security"),
    *("parents", "definition", "sequence", "comment"),
)
_TYPE = ("domain over", "not null", "default", "labels", "range of", "comment")
_DECIDED = {
    "TABLE": _RELATION,
    "FOREIGN TABLE": _RELATION,
    "VIEW": _RELATION,
    "MATERIALIZED VIEW": _RELATION,
    "SEQUENCE": _RELATION,
    "COLUMN": ("type", "not null", "default", "identity", "generated", "collation", "comment"),
    "CONSTRAINT": ("definition", "comment"),
    "INDEX": ("definition", "invalid", "comment"),
    "TRIGGER": ("definition",),
    "RULE": ("definition",),
    "POLICY": ("command", "permissive", "using", "check"),
    "STATISTICS": ("definition",),
    "FUNCTION": ("definition", "comment"),
    "PROCEDURE": ("definition", "comment"),
    "AGGREGATE": ("comment",),
    "TYPE": _TYPE,
    "DOMAIN": _TYPE,
    "SCHEMA": (),
    "EXTENSION": (),
}

# A part's kind, and its name as SQL writes it.
PartName = tuple[str, str]


class Part(msgspec.Struct, frozen=True):
    """A table, a column, a constraint ... ``relation`` is the table or view that has it, if any."""

    kind: str
    identity: str
    relation: str | None
    properties: dict[str, Any]

    @property
    def name(self) -> PartName:
        return self.kind, self.identity

    @property
    def is_relation(self) -> bool:
        """Whether it is the table, or the view, and not a part of one."""
        return self.identity == self.relation

    @property
    def is_table(self) -> bool:
        """Whether it is a table, and has rows of its own."""
        return self.kind == "table"

    @property
    def group(self) -> str:
        """What it comes and goes with: its relation, or itself."""
        return self.relation or f"{self.kind} {self.identity}"


# All parts of a catalog, by relation (or by the part itself), then by name.
Structure = dict[str, dict[PartName, Part]]


def grouped(parts: Iterable[Part]) -> Structure:
    """Parts by what they come and go with."""
    structure: Structure = {}
    for part in parts:
        structure.setdefault(part.group, {})[part.name] = part
    return structure


def parts_of(
    objects: Iterable[CatalogObject], foreign_keys: Iterable[ForeignKeyRow] = ()
) -> Iterator[tuple[int, Part]]:
    """The parts of what was read, each with its relation's oid; 0 if it belongs to none.

    What an extension brought is none. ``objects`` have to have the relations of all they have.
    """
    found = list(objects)
    brought = {one.relation_oid for one in found if one.relation and "extension" in one.properties}
    views = {one.relation_oid for one in found if one.kind in ("VIEW", "MATERIALIZED VIEW")}
    checks = _checks_of_domains(found)
    for one in found:
        if one.kind not in _DECIDED or "extension" in one.properties:
            continue
        if one.relation_oid in brought or _is_told_by_another(one, views):
            continue
        decided = {key: one.properties[key] for key in one.properties if key in _DECIDED[one.kind]}
        if one.kind == "DOMAIN" and one.identity in checks:
            decided["checks"] = checks[one.identity]
        yield one.relation_oid or 0, Part(one.kind.lower(), one.identity, one.relation, decided)
    for key in foreign_keys:
        if key.table_oid not in brought:
            said = {"comment": key.comment, "definition": key.definition}
            decided = {name: text for name, text in said.items() if text is not None}
            yield key.table_oid, Part("foreign key", key.identity, key.relation, decided)


def _is_told_by_another(one: CatalogObject, views: Collection[int | None]) -> bool:
    """Whether another part has it in its own definition, or every database has it."""
    match one.kind:
        case "COLUMN":
            return one.relation_oid in views
        case "CONSTRAINT":
            # From PostgreSQL 18 on, NOT NULL is a constraint, too; the column says it already.
            return bool(one.properties["type"] == "n")
        case "INDEX":
            return "constraint" in one.properties
        case "SCHEMA":
            return one.identity == "public"
    return False


def _checks_of_domains(found: Iterable[CatalogObject]) -> dict[str, list[str]]:
    checks: dict[str, list[str]] = defaultdict(list)
    for one in found:
        if one.kind == "DOMAIN CONSTRAINT" and one.properties["type"] == "c":
            checks[one.properties["domain"]].append(one.properties["definition"])
    return {domain: sorted(definitions) for domain, definitions in checks.items()}


def read_relations(
    conn: psycopg.Connection[Any], relations: Collection[int] = ()
) -> Iterator[tuple[int, Part]]:
    """The parts of some relations, of all if none is named, each with its relation's oid.

    ``search_path`` has to be empty.
    """
    keys = ask(conn, "foreign_keys", ForeignKeyRow, relations=list(relations))
    return parts_of(objects.read_relations(conn, relations), keys)


def read_elsewhere(conn: psycopg.Connection[Any]) -> Iterator[Part]:
    """The parts that belong to no relation. ``search_path`` has to be empty."""
    return (part for _, part in parts_of(objects.read_elsewhere(conn)))


def read(conn: psycopg.Connection[Any], version_table: TableName) -> Structure:
    """Everything but the version table. ``search_path`` has to be empty."""
    parts = [*(part for _, part in read_relations(conn)), *read_elsewhere(conn)]
    return _without(version_table, parts)


def of_catalog(found: Catalog, version_table: TableName) -> Structure:
    """The same of a catalog that was read already."""
    parts = parts_of(found.named.values(), found.foreign_keys)
    return _without(version_table, (part for _, part in parts))


def _without(table: TableName, parts: Iterable[Part]) -> Structure:
    return grouped(p for p in parts if not p.relation or TableName.parse(p.relation) != table)
