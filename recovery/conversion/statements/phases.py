"""The statements of the six phases, in order."""

from collections import Counter
from collections.abc import Iterator

from recovery.catalog.catalog import Catalog
from recovery.conversion.closure import Closure
from recovery.conversion.rebuilding import Rebuild
from recovery.conversion.statements import columns, foreign_keys, indexes, rebuilt
from recovery.conversion.statements.statement import (
    CHECK,
    KEYS,
    REFERENCES,
    VALIDATE,
    Statement,
)
from recovery.record.events import Effort
from recovery.words.composing import composed


def statements(
    catalog: Catalog,
    closure: Closure,
    rebuilds: tuple[Rebuild, ...],
    more: tuple[Statement, ...] = (),
) -> Iterator[Statement]:
    """The statements of the six phases, in order; ``more`` comes when all is made again."""
    everything = Counter(str(member.key) for member in closure.members.values())
    yield Statement(
        CHECK,
        columns.types_are([(m, m.column.type) for m in closure.members.values()]),
        "all converted columns",
        "every column still has the type that the plan was made for",
        everything,
    )
    for rebuild in reversed(rebuilds):
        yield from rebuilt.dropped(catalog, rebuild)
    for foreign_key in closure.foreign_keys:
        yield foreign_keys.dropped(catalog, closure, foreign_key)
    altered = list(columns.altered(catalog, closure))
    yield from (s for s in altered if s.phase == KEYS)
    yield from (s for s in altered if s.phase == REFERENCES)
    for foreign_key in closure.foreign_keys:
        yield from foreign_keys.recreated(catalog, closure, foreign_key)
    # When all are there: no new trigger then takes a name that one of these had.
    for foreign_key in closure.foreign_keys:
        yield from foreign_keys.firing_as_before(catalog, foreign_key)
    for rebuild in rebuilds:
        yield from rebuilt.recreated(catalog, rebuild)
    yield from indexes.as_before(catalog, closure, rebuilds)
    yield from more
    yield Statement(
        VALIDATE,
        columns.types_are([(m, m.target.name) for m in closure.members.values()]),
        "all converted columns",
        "every column has its new type",
        everything,
    )
    yield Statement(
        VALIDATE,
        foreign_keys.are_there(closure.foreign_keys),
        "all recreated foreign keys",
        "every foreign key is there, validated as before",
        Counter(),
    )
    for oid in closure.tables():
        name = catalog.table_name(oid)
        yield Statement(
            VALIDATE,
            composed("ANALYZE {table}", table=name.identifier),
            f"table {name}",
            "the rewrite loses the planner's statistics",
            Counter(),
            (name,),
            effort=Effort.SAMPLE,
            evaluates=True,
        )
