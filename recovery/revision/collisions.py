"""Tables made by hand beside what a pending revision would create, and what can be done about it.

They are adopted as they are, made the same and then adopted, or renamed aside.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from alembic.operations import ops
from psycopg import sql

from recovery.catalog.structure import Part, PartName, Structure
from recovery.record.events import Collision, CollisionCompared
from recovery.revision.differences import difference
from recovery.revision.migration_scripts import Revision
from recovery.revision.replay import Replayed
from recovery.words.composing import composed, written
from recovery.words.names import TableName

_SUFFIX = "_by_hand"
# PostgreSQL cuts a name off behind so many bytes.
_LONGEST_NAME = 63
# What somebody can see in the catalog; everything else may be about rows.
_SEEN_IN_CATALOG = ("COMMENT ", "CREATE ", "ALTER ", "DROP ", "GRANT ", "REVOKE ")
_ALTERED = ("type", "default", "not null", "comment")


def compare(
    live: Structure, revision: Revision, did: Replayed, collision: Collision, *, same_major: bool
) -> CollisionCompared:
    """How the tables differ from the script's, and the statements for each way out."""
    names = set(collision.tables)
    groups = [group for group, parts in live.items() if _table_of(parts) in names]
    beside = tuple(_not_comparable(revision, did))
    if did.problem:
        return CollisionCompared(collision, beside, adoptable=False, aside=_aside(live, groups))
    expected: dict[str, dict[PartName, Part]] = {}
    for part in did.changed:
        expected.setdefault(part.group, {})[part.name] = part
    differences: list[str] = []
    repairs: list[_Repair] | None = []
    for group in sorted({*expected, *groups}):
        wanted, there = expected.get(group, {}), live.get(group, {})
        # Of a table that the revision only changes, the other parts are not its business.
        if group not in groups:
            there = {name: part for name, part in there.items() if name in wanted}
        for name in sorted({*wanted, *there}):
            told = difference(wanted.get(name), there.get(name), same_major=same_major)
            if told is None:
                continue
            differences.append(told.words)
            made = _repair(wanted.get(name), there.get(name)) if group in groups else None
            repairs = None if made is None or repairs is None else repairs + made
    repair = () if repairs is None or beside else tuple(each.sql for each in sorted(repairs))
    return CollisionCompared(
        collision,
        (*differences, *beside),
        adoptable=not differences and not beside,
        repair=repair,
        aside=_aside(live, groups),
    )


def _table_of(parts: dict[PartName, Part]) -> str | None:
    table = next((part for part in parts.values() if part.is_table and part.is_relation), None)
    return None if table is None else str(TableName.parse(table.identity))


def _not_comparable(revision: Revision, did: Replayed) -> Iterator[str]:
    """What the script does besides, that cannot be seen in the catalog afterwards."""
    if did.problem:
        yield f"the script was not replayed: {did.problem}"
    if revision.unreadable is not None:
        yield f"the script asks the database while it runs: {revision.unreadable}"
    for operation in revision.operations:
        match operation:
            case ops.ExecuteSQLOp(sqltext=text):
                said = " ".join(str(text).split())
                if not said.upper().startswith(_SEEN_IN_CATALOG):
                    yield f"the script also runs: {said[:200]}"
            case ops.BulkInsertOp():
                yield "the script also inserts rows"


@dataclass(frozen=True, slots=True, order=True)
class _Repair:
    """A statement, and its place among the others: what goes, columns, what comes."""

    place: int
    sql: str


def _repair(wanted: Part | None, there: Part | None) -> list[_Repair] | None:
    """The statements that make a part the script's; None if that takes a person."""
    part = wanted or there
    assert part is not None
    match part.kind:
        case "constraint" | "foreign key" | "index" | "trigger" | "policy" | "rule" | "statistics":
            repairs = [] if there is None else [_Repair(0, _dropped(there))]
            if wanted is not None:
                if "definition" not in wanted.properties:
                    return None
                repairs.append(_Repair(_place(wanted), _made(wanted)))
                repairs += _commented(wanted, there)
            return repairs
        case "column" if wanted is not None:
            return _column(wanted, there)
        case "table" if wanted is not None and there is not None:
            differing = {
                key
                for key in {*wanted.properties, *there.properties}
                if wanted.properties.get(key) != there.properties.get(key)
            }
            return _commented(wanted, there) if differing == {"comment"} else None
    return None


def _place(part: Part) -> int:
    if part.kind == "foreign key":
        return 4
    return 2 if part.kind == "constraint" else 3


def _own_name(part: Part) -> str:
    """The name without its relation, as SQL writes it."""
    if part.kind == "column":
        return part.identity.removeprefix(f"{part.relation}.")
    return part.identity.removesuffix(f" ON {part.relation}")


def _dropped(part: Part) -> str:
    name, table = written(_own_name(part)), written(part.relation or "")
    match part.kind:
        case "constraint" | "foreign key":
            return composed("ALTER TABLE {table} DROP CONSTRAINT {name}", table=table, name=name)
        case "index" | "statistics":
            kind = written(part.kind.upper())
            return composed("DROP {kind} {name}", kind=kind, name=written(part.identity))
    kind = written(part.kind.upper())
    return composed("DROP {kind} {name} ON {table}", kind=kind, name=name, table=table)


def _made(part: Part) -> str:
    definition = written(part.properties["definition"])
    if part.kind in ("constraint", "foreign key"):
        return composed(
            "ALTER TABLE {table} ADD CONSTRAINT {name} {definition}",
            table=written(part.relation or ""),
            name=written(_own_name(part)),
            definition=definition,
        )
    return composed("{definition}", definition=definition)


def _column(wanted: Part, there: Part | None) -> list[_Repair] | None:
    new = wanted.properties
    old = {} if there is None else there.properties
    places = {"table": written(wanted.relation or ""), "column": written(_own_name(wanted))}
    if there is None:
        if any(key not in _ALTERED for key in new):
            return None
        default = written(f" DEFAULT {new['default']}" if "default" in new else "")
        needed = written(" NOT NULL" if "not null" in new else "")
        statement = composed(
            "ALTER TABLE {table} ADD COLUMN {column} {type}{default}{needed}",
            **places,
            type=written(new["type"]),
            default=default,
            needed=needed,
        )
        return [_Repair(1, statement), *_commented(wanted, None)]
    repairs: list[_Repair] = []
    for key in {**new, **old}:
        if new.get(key) == old.get(key):
            continue
        if key not in _ALTERED:
            return None
        if key == "comment":
            repairs += _commented(wanted, there)
            continue
        value = written(str(new.get(key)))
        change = {
            "type": "ALTER TABLE {table} ALTER COLUMN {column} TYPE {value} "
            "USING {column}::{value}",
            "default": "ALTER TABLE {table} ALTER COLUMN {column} "
            + ("SET DEFAULT {value}" if key in new else "DROP DEFAULT"),
            "not null": "ALTER TABLE {table} ALTER COLUMN {column} "
            + ("SET NOT NULL" if key in new else "DROP NOT NULL"),
        }[key]
        repairs.append(_Repair(1, composed(change, **places, value=value)))
    return repairs


def _commented(wanted: Part, there: Part | None) -> list[_Repair]:
    comment = wanted.properties.get("comment")
    if comment == (None if there is None else there.properties.get("comment")):
        return []
    kind = "constraint" if wanted.kind == "foreign key" else wanted.kind
    statement = composed(
        "COMMENT ON {kind} {name} IS {comment}",
        kind=written(kind.upper()),
        name=written(wanted.identity),
        comment=sql.Literal(comment),
    )
    return [_Repair(5, statement)]


def _aside(live: Structure, groups: list[str]) -> tuple[str, ...]:
    """Renames tables, with what else has a name of its own in their schema."""
    return tuple(statement for group in groups for statement in _renamed(group, live[group]))


def _renamed(table: str, parts: dict[PartName, Part]) -> Iterator[str]:
    for part in parts.values():
        match part.kind:
            case "constraint" if "CHECK" not in part.properties["definition"][:5]:
                yield composed(
                    "ALTER TABLE {table} RENAME CONSTRAINT {name} TO {new}",
                    table=written(table),
                    name=written(_own_name(part)),
                    new=_new_name(f"public.{_own_name(part)}"),
                )
            case "index" | "sequence" | "statistics":
                yield composed(
                    "ALTER {kind} {name} RENAME TO {new}",
                    kind=written(part.kind.upper()),
                    name=written(part.identity),
                    new=_new_name(part.identity),
                )
    yield composed(
        "ALTER TABLE {table} RENAME TO {new}", table=written(table), new=_new_name(table)
    )


def _new_name(identity: str) -> sql.Identifier:
    own = TableName.parse(identity).name.encode()[: _LONGEST_NAME - len(_SUFFIX)]
    return sql.Identifier(own.decode(errors="ignore") + _SUFFIX)
