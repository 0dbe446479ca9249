"""What migrations decide of a catalog, as parts that can be compared with another catalog's."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import psycopg

from queries import ask
from queries.rows import StructureRow
from recovery.words.names import TableName

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


def read_relations(
    conn: psycopg.Connection[Any], relations: Collection[int] = ()
) -> list[tuple[int, Part]]:
    """The parts of some relations, of all if none is named, each with its relation's oid.

    ``search_path`` has to be empty.
    """
    rows = ask(conn, "structure", StructureRow, relations=list(relations))
    return [(row.relation_oid or 0, _part(row)) for row in rows]


def read_elsewhere(conn: psycopg.Connection[Any]) -> list[Part]:
    """The parts that belong to no relation. ``search_path`` has to be empty."""
    return [_part(row) for row in ask(conn, "structure_elsewhere", StructureRow)]


def read(conn: psycopg.Connection[Any], version_table: TableName) -> Structure:
    """Everything but the version table. ``search_path`` has to be empty."""
    parts = [part for _, part in read_relations(conn)] + read_elsewhere(conn)
    kept = (p for p in parts if not p.relation or TableName.parse(p.relation) != version_table)
    return grouped(kept)


def _part(row: StructureRow) -> Part:
    return Part(row.kind, row.identity, row.relation, msgspec.json.decode(row.properties))
