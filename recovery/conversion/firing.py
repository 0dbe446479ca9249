"""Whether the triggers of recreated foreign keys fire as before: in which state and order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from queries.rows import ForeignKeyTriggerRow
from recovery.catalog.catalog import Catalog
from recovery.conversion.closure import Closure
from recovery.record.events import Refusal

# The foreign keys' triggers that only look whether something is violated, and write nothing.
_LOOKING = ("check", "noaction", "restrict")
ONLY_LOOKING = "both only look: it decides which one is named where several are violated"

# A table's triggers, the first to fire first.
Order = list[ForeignKeyTriggerRow]


def identity_of(trigger: ForeignKeyTriggerRow) -> tuple[str, str, str, str]:
    """What a trigger is known by: the name may have an oid in it, which is another afterwards."""
    return trigger.table_name, trigger.relation, trigger.constraint_name, trigger.function


def described(trigger: ForeignKeyTriggerRow) -> str:
    """A trigger in words: the constraint, and the function of PostgreSQL that it calls."""
    return f"{trigger.relation}.{trigger.constraint_name} {trigger.function}"


def orders(triggers: Iterable[ForeignKeyTriggerRow]) -> dict[str, Order]:
    """What fires, by table; ``triggers`` are in the order of their names."""
    found: dict[str, Order] = defaultdict(list)
    for trigger in triggers:
        if trigger.fires:
            found[trigger.table_name].append(trigger)
    return found


def changed(before: Mapping[str, Order], after: Mapping[str, Order]) -> Iterator[str]:
    """The tables where triggers that are there both times fire in another order."""
    for table in sorted(before.keys() & after.keys()):
        was, now = (list(map(identity_of, order[table])) for order in (before, after))
        if [one for one in was if one in now] != [one for one in now if one in was]:
            yield table


def is_as_good(before: Order, after: Order) -> bool:
    """Whether one order does the same as the other, but for which violated key is named."""
    return _steps(before) == _steps(after)


def _steps(order: Order) -> list[set[tuple[str, str, str, str]]]:
    """Each trigger that writes alone, and in between all that look at what there is then."""
    return [
        {identity_of(one) for one in group}
        for _, group in groupby(
            order, key=lambda one: "" if one.action in _LOOKING else identity_of(one)
        )
    ]


def _expected(
    triggers: Iterable[ForeignKeyTriggerRow], recreated: Collection[int]
) -> Iterator[ForeignKeyTriggerRow]:
    """The triggers afterwards: those of partitions are renamed with their parent's, from 15 on."""
    found = list(triggers)
    names = {(one.foreign_key_oid, one.function): one.name for one in found if not one.is_copy}
    renamed = (
        replace(one, name=names[one.foreign_key_oid, one.function])
        if one.is_copy and one.foreign_key_oid in recreated
        else one
        for one in found
    )
    yield from sorted(renamed, key=lambda one: one.name.encode())


def refusals(catalog: Catalog, closure: Closure, *, superuser: bool) -> Iterator[Refusal]:
    """What would fire otherwise after the conversion, and cannot be brought back."""
    recreated = {key.oid: key for key in closure.foreign_keys}
    if not superuser:
        yield from _states(catalog, closure)
    before = orders(catalog.key_triggers)
    after = orders(_expected(catalog.key_triggers, recreated.keys()))
    for table in changed(before, after):
        if not is_as_good(before[table], after[table]):
            yield Refusal(
                f"firing order on table {table}",
                "As a partition it has its foreign keys' triggers in another order than its "
                "partitioned table. Recreated, they have that table's: "
                f"{', '.join(map(described, after[table]))}.",
                "Detach the partition and attach it again before the conversion.",
            )


def _states(catalog: Catalog, closure: Closure) -> Iterator[Refusal]:
    for key in closure.foreign_keys:
        states = [
            f"{trigger.function} of {trigger.table_name} is {trigger.state}"
            for trigger in catalog.triggers_of(key.oid)
            if trigger.state != "O"
        ]
        if states:
            yield Refusal(
                f"constraint {key.name} on table {catalog.table_name(key.table_oid)}",
                f"Its own triggers are not in the normal state ({', '.join(states)}); only a "
                "superuser can bring them back to it after the foreign key is recreated.",
                "Connect as a superuser, or enable the triggers first.",
            )
