"""The database before and after, compared inside the open transaction: what COMMIT waits for."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import psycopg

from queries.rows import ForeignKeyRow
from recovery.catalog import row_versions
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject, ObjectId
from recovery.catalog.row_versions import RELATIONS
from recovery.connection.evaluating import evaluating
from recovery.conversion import contents, firing
from recovery.conversion.closure import Closure
from recovery.conversion.contents import Contents
from recovery.conversion.expectation import Expectation
from recovery.conversion.meanwhile import NotOurs
from recovery.conversion.plan import Plan
from recovery.record.events import (
    SAME,
    CatalogDifference,
    ForeignKeyParity,
    ParityChecked,
    TableParity,
)
from recovery.words.names import ColumnName, TableName


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is compared. Orphans are by foreign key (schema, table, name)."""

    catalog: Catalog
    orphans: dict[tuple[str, str, str], int]
    contents: dict[TableName, Contents]


def identity_of(foreign_key: ForeignKeyRow) -> tuple[str, str, str]:
    """What a foreign key is known by; its oid changes when it is recreated."""
    return foreign_key.schema, foreign_key.table_name, foreign_key.name


def snapshot(
    conn: psycopg.Connection[Any],
    catalog: Catalog,
    plan: Plan,
    check: Callable[[], None] = lambda: None,
) -> Snapshot:
    """Everything that is compared; ``check`` is called between the queries and may raise.

    ``plan`` is always the one from before: it says which columns and foreign keys are looked at.
    Rows are counted with its search_path, for what PostgreSQL evaluates meanwhile.
    """
    with evaluating(conn, plan.search_path):
        return _snapshot(conn, catalog, plan, check)


def _snapshot(
    conn: psycopg.Connection[Any],
    catalog: Catalog,
    plan: Plan,
    check: Callable[[], None],
) -> Snapshot:
    closure = plan.closure
    concerned = {identity_of(foreign_key) for foreign_key in closure.foreign_keys}
    counted: dict[tuple[str, str, str], int] = {}
    for foreign_key in catalog.foreign_keys:
        if identity_of(foreign_key) in concerned:
            check()
            counted[identity_of(foreign_key)] = contents.orphans(conn, foreign_key)
    digests: dict[TableName, Contents] = {}
    for oid in closure.tables():
        # One that moves to another partition is seen there.
        if not catalog.tables[oid].has_rows:
            continue
        check()
        members = closure.members_of(oid)
        table = members[0].name.table
        digests[table] = contents.of_table(conn, table, [member.name.name for member in members])
    return Snapshot(catalog, counted, digests)


def compare(
    before: Snapshot,
    after: Snapshot,
    plan: Plan,
    not_ours: NotOurs,
    refilled: Iterable[CatalogDifference] = (),
) -> ParityChecked:
    """Every foreign key, every converted table, and every other object of the catalog.

    ``refilled`` are the materialized views that hold other rows than before.
    """
    found = _foreign_keys(before, after, plan.closure)
    foreign_keys = sorted(
        _by_others(found, before, after, not_ours),
        key=lambda row: (not row.counts, row.state == SAME),
    )
    tables = sorted(_tables(before, after), key=lambda row: row.state == SAME)
    catalog = [
        *compare_objects(
            before.catalog, after.catalog, Expectation.of(before.catalog, plan), not_ours
        ),
        *_firing_order(before, after),
        *refilled,
    ]
    catalog.sort(key=lambda row: (not row.counts, row.explained is not None))
    compared = len(foreign_keys) + len(tables) + len(before.catalog.named)
    return ParityChecked(tuple(foreign_keys), tuple(tables), tuple(catalog), compared)


def _foreign_keys(
    before: Snapshot, after: Snapshot, closure: Closure
) -> Iterator[ForeignKeyParity]:
    concerned = {identity_of(key): closure.key_of(key) for key in closure.foreign_keys}
    now = {identity_of(key): key for key in after.catalog.foreign_keys}
    for key in before.catalog.foreign_keys:
        known = identity_of(key)
        found = now.pop(known, None)
        orphans_now = after.orphans.get(known)
        state = _state(before, key, after, found)
        yield _row(
            key, concerned.get(known, ""), before.orphans.get(known), orphans_now, state, found
        )
    for known, key in now.items():
        new = _row(
            key,
            concerned.get(known, ""),
            None,
            after.orphans.get(known),
            "not there before",
            key,
        )
        yield msgspec.structs.replace(new, before="")


def _state(
    before: Snapshot, key: ForeignKeyRow, after: Snapshot, found: ForeignKeyRow | None
) -> str:
    if found is None:
        return "missing"
    was, now = _facts(before, key), _facts(after, found)
    differing = [word for word in was if was[word] != now[word]]
    return f"differs: {', '.join(differing)}" if differing else SAME


def _facts(moment: Snapshot, key: ForeignKeyRow) -> dict[str, object]:
    """What has to be as before, in the words in which a difference is told."""
    copies = moment.catalog.key_copies.get(key.oid, [])
    return {
        "definition": key.definition,
        "columns": key.columns,
        "validation": (key.is_validated, key.is_enforced),
        "deferrability": key.is_deferrable,
        "initial deferral": key.is_deferred,
        "comment": key.comment,
        "copies for partitions": {replace(copy, foreign_key_oid=0) for copy in copies},
        "trigger states": {
            (*firing.identity_of(trigger), trigger.state)
            for trigger in moment.catalog.triggers_of(key.oid)
        },
        "orphans": moment.orphans.get(identity_of(key)),
    }


def _row(
    row: ForeignKeyRow,
    key: str,
    orphans_before: int | None,
    orphans_after: int | None,
    state: str,
    there_now: ForeignKeyRow | None,
) -> ForeignKeyParity:
    referenced = TableName(row.referenced_schema, row.referenced_table)
    return ForeignKeyParity(
        key=key,
        table=str(TableName(row.schema, row.table_name)),
        name=row.name,
        columns=tuple(row.columns),
        references=", ".join(str(ColumnName(referenced, c)) for c in row.referenced_columns),
        on_delete=row.on_delete,
        on_update=row.on_update,
        before=row.definition,
        after=None if there_now is None else there_now.definition,
        validated=there_now is not None and there_now.is_validated,
        orphans_before=orphans_before,
        orphans_after=orphans_after,
        state=state,
    )


def _tables(before: Snapshot, after: Snapshot) -> Iterator[TableParity]:
    oids = {before.catalog.table_name(oid): oid for oid in before.catalog.tables}
    for table, was in before.contents.items():
        now = after.contents[table]
        differing = [
            column for column, digest in was.digests.items() if digest != now.digests[column]
        ]
        state = SAME
        if was.rows != now.rows:
            state = "differs: rows"
        elif differing:
            state = f"differs: {', '.join(differing)}"
        yield TableParity(
            str(table),
            was.rows,
            now.rows,
            was.digests,
            now.digests,
            state,
            tuple(map(str, before.catalog.ancestors(oids[table]))),
        )


def _by_others(
    rows: Iterable[ForeignKeyParity], before: Snapshot, after: Snapshot, not_ours: NotOurs
) -> Iterator[ForeignKeyParity]:
    """The same rows, each with whether it differs by what others did."""
    known: dict[tuple[str, str], set[ObjectId]] = defaultdict(set)
    for key in (*before.catalog.foreign_keys, *after.catalog.foreign_keys):
        ends = {(RELATIONS, key.table_oid), (RELATIONS, key.referenced_oid)}
        named = str(TableName(key.schema, key.table_name)), key.name
        known[named] |= {row_versions.id_of(key), *ends}
    compared = list(rows)
    differing = [known[row.table, row.name] for row in compared if row.state != SAME]
    others = not_ours(set().union(*differing))
    for row in compared:
        theirs = row.state != SAME and known[row.table, row.name] <= set(others)
        yield msgspec.structs.replace(row, by_others=theirs)


def compare_objects(
    before: Catalog,
    after: Catalog,
    expectation: Expectation,
    not_ours: NotOurs = lambda _objects: (),
) -> Iterator[CatalogDifference]:
    """Every object that is not as it was, with the properties that differ."""
    pairs = [
        (before.named.get(name), after.named.get(name))
        for name in sorted({*before.named, *after.named})
    ]
    differing = [
        (was, now) for was, now in pairs if was is None or now is None or was.text != now.text
    ]
    others = set(not_ours(set().union(*(_ids(*pair) for pair in differing))))
    for was, now in differing:
        found = _difference(was, now, expectation)
        yield msgspec.structs.replace(found, by_others=_ids(was, now) <= others)


def _ids(*found: CatalogObject | None) -> set[ObjectId]:
    """An object as it was and as it is, with the relation that has it."""
    there = [each for each in found if each is not None]
    relations = {each.relation_oid for each in there if each.relation_oid is not None}
    return {*(each.id for each in there), *((RELATIONS, oid) for oid in relations)}


def _difference(
    was: CatalogObject | None, now: CatalogObject | None, expectation: Expectation
) -> CatalogDifference:
    if was is None:
        assert now is not None
        reason = expectation.explains_new(now)
        return CatalogDifference(now.kind.lower(), now.identity, None, "there", reason)
    if now is None:
        reason = expectation.explains_gone(was)
        return CatalogDifference(was.kind.lower(), was.identity, "there", None, reason)
    differing = [
        key
        for key in {**was.properties, **now.properties}
        if was.properties.get(key) != now.properties.get(key)
    ]
    return CatalogDifference(
        was.kind.lower(),
        was.identity,
        _in_words({key: was.properties.get(key) for key in differing}),
        _in_words({key: now.properties.get(key) for key in differing}),
        expectation.explains(was, now, differing),
    )


def _in_words(properties: dict[str, Any]) -> str:
    return "; ".join(
        f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in properties.items()
    )


def _firing_order(before: Snapshot, after: Snapshot) -> Iterator[CatalogDifference]:
    """Of the triggers of foreign keys on one table, also on a partition, which one fires first."""
    was, now = (firing.orders(moment.catalog.key_triggers) for moment in (before, after))
    for table in firing.changed(was, now):
        yield CatalogDifference(
            "firing order of foreign keys on",
            table,
            ", ".join(map(firing.described, was[table])),
            ", ".join(map(firing.described, now[table])),
            firing.ONLY_LOOKING if firing.is_as_good(was[table], now[table]) else None,
        )
