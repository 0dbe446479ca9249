"""Which columns have to be converted together.

A foreign key compares its columns with the referenced ones, so both change or neither. The closure
is the connected component of these pairs, in both directions: from a key down to what references
it, and up from there to other keys that the same column references. Partitions and children go with
their parents.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from queries.rows import ColumnRow, ForeignKeyRow
from recovery.catalog.catalog import Catalog, Place
from recovery.record.events import Refusal
from recovery.words.names import ColumnName, KeyType, spelled
from recovery.words.profile import Scope


@dataclass(frozen=True, slots=True)
class Member:
    """A column that is converted, and ``key``, the key for whose sake it is; maybe itself."""

    place: Place
    column: ColumnRow
    name: ColumnName
    key: ColumnName
    target: KeyType

    @property
    def is_key(self) -> bool:
        return self.name == self.key


@dataclass(frozen=True, slots=True)
class Closure:
    """The columns that change, the foreign keys to recreate, and why some of it cannot be done.

    ``settled`` are the keys that have the expected type already, ``unknown`` are not there at all.
    """

    members: dict[Place, Member]
    foreign_keys: list[ForeignKeyRow]
    settled: list[ColumnName]
    unknown: list[ColumnName]
    refusals: list[Refusal]

    def key_of(self, foreign_key: ForeignKeyRow) -> str:
        """What a foreign key is counted under: the key that it references, or else the columns."""
        referenced = [
            self.members[foreign_key.referenced_oid, number]
            for number in foreign_key.referenced_numbers
            if (foreign_key.referenced_oid, number) in self.members
        ]
        keys = [member.name for member in referenced if member.is_key]
        return ", ".join(str(name) for name in keys or [member.name for member in referenced])

    def tables(self) -> list[int]:
        """The oids of the tables that have converted columns, in the order of their names."""
        named = {m.place[0]: m.name.table for m in self.members.values()}
        return sorted(named, key=lambda oid: named[oid])

    def members_of(self, table: int) -> list[Member]:
        """The converted columns of a table, in the table's order."""
        return [self.members[place] for place in sorted(self.members) if place[0] == table]


def find(
    catalog: Catalog,
    keys: Mapping[ColumnName, KeyType],
    scope: Scope = "closure",
    leave: Collection[ColumnName] = (),
) -> Closure:
    """The closure of some keys, each with the type it is to have.

    With the scope ``type``, every column of a key's old type is converted with them. ``leave``
    names columns that are not converted; one that a foreign key ties to a key is refused.
    """
    neighbours = _neighbours(catalog)
    members: dict[Place, Member] = {}
    settled: list[ColumnName] = []
    unknown: list[ColumnName] = []
    refusals: list[Refusal] = []
    # Breadth first from all keys at once: a column is counted under the key that is nearest to it.
    waiting: deque[tuple[Place, ColumnName, KeyType]] = deque()
    for name, target in keys.items():
        place = catalog.find(name)
        if place is None:
            unknown.append(name)
        elif target.is_met_by(catalog.columns[place].type, catalog.columns[place].collation):
            settled.append(name)
        else:
            waiting.append((place, name, target))
    if scope == "type":
        targets = {catalog.columns[place].type: target for place, _, target in waiting}
        waiting.extend(
            (place, catalog.column_name(place), targets[column.type])
            for place, column in catalog.columns.items()
            if column.type in targets
            and column.inherited == 0
            and catalog.column_name(place) not in leave
        )
    while waiting:
        place, key, target = waiting.popleft()
        known = members.get(place)
        if known is not None:
            if known.target != target:
                refusals.append(
                    Refusal(
                        str(known.name),
                        f"It belongs to {known.key}, which is to be {known.target}, and to {key}, "
                        f"which is to be {target}.",
                        "Give both keys the same type in the profile.",
                    )
                )
            continue
        member = Member(place, catalog.columns[place], catalog.column_name(place), key, target)
        members[place] = member
        if member.name in leave:
            refusals.append(
                Refusal(
                    str(member.name),
                    f"It is to be left as it is, but a foreign key ties it to {key}.",
                    "Take it out of 'leave' in the profile, or drop the foreign key.",
                )
            )
        refusals += _obstacles(catalog, member)
        waiting.extend((neighbour, key, target) for neighbour in neighbours[place])
    return Closure(
        members,
        [key for key in catalog.foreign_keys if any(c in members for c, _ in _pairs(key))],
        settled,
        unknown,
        list(dict.fromkeys(refusals)),
    )


def _pairs(foreign_key: ForeignKeyRow) -> Iterator[tuple[Place, Place]]:
    """The column pairs that a foreign key compares: referencing, referenced."""
    for number, referenced in zip(
        foreign_key.column_numbers, foreign_key.referenced_numbers, strict=True
    ):
        yield (foreign_key.table_oid, number), (foreign_key.referenced_oid, referenced)


def _neighbours(catalog: Catalog) -> dict[Place, list[Place]]:
    edges: dict[Place, list[Place]] = defaultdict(list)
    for foreign_key in catalog.foreign_keys:
        for child, parent in _pairs(foreign_key):
            edges[parent].append(child)
            edges[child].append(parent)
    by_name = {
        (oid, column.name): (oid, number) for (oid, number), column in catalog.columns.items()
    }
    for place, column in catalog.columns.items():
        if column.inherited == 0:
            continue
        for parent_oid in catalog.parents.get(place[0], []):
            inherited_from = by_name.get((parent_oid, column.name))
            if inherited_from is not None:
                edges[inherited_from].append(place)
                edges[place].append(inherited_from)
    return edges


def _obstacles(catalog: Catalog, member: Member) -> Iterator[Refusal]:
    """Why a column's type cannot be altered here."""
    column, name = member.column, str(member.name)
    table = catalog.tables.get(member.place[0])
    if column.domain_over is not None:
        yield Refusal(
            name,
            f"Its type is the domain {column.type}; converting it would drop the domain's checks.",
            "Give the column the domain's base type first, with the checks as its own.",
        )
    elif not member.target.takes(column.type):
        yield Refusal(
            name,
            f"It would change from {spelled(column.type, column.collation)} to {member.target}. "
            "Conversions are between uuid "
            "and the character types, and from the smaller integers to bigint.",
            "Correct the key's type in the profile, or take the key out of it.",
        )
    if table is None:
        yield Refusal(
            name, "It is a column of a foreign table.", "Detach the foreign table, attach it after."
        )
    if column.is_partition_key:
        yield Refusal(
            name,
            "It is part of a partition key, whose type PostgreSQL never changes (42P16).",
            "Rebuild the partitioned table with the new type.",
        )
    if column.is_generated:
        yield Refusal(
            name, "It is a generated column.", "Drop it before the conversion, add it again after."
        )
    if column.inherited > 1:
        yield Refusal(
            name, "It is inherited from several parents.", "Leave all parents but one (NO INHERIT)."
        )
    if table is not None and table.is_typed:
        yield Refusal(
            name, "Its table is a typed table (OF).", "ALTER TABLE … NOT OF, then plan again."
        )
    if table is not None and table.hides_rows:
        yield Refusal(
            str(member.name.table),
            "Row security hides rows of it from this role, as FORCE ROW LEVEL SECURITY does even "
            "from the owner: a recreated foreign key would not find its keys (23503).",
            "Connect as a superuser, or as a role with BYPASSRLS that may act as the owner; or "
            "ALTER TABLE … NO FORCE ROW LEVEL SECURITY for the conversion, FORCE it again after.",
        )
