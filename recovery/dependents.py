"""What hangs on converted columns and is not carried over: refused by name, before any lock."""

from collections.abc import Iterator

from queries.rows import DependentRow, ForeignKeyRow
from recovery.catalog import Catalog
from recovery.closure import Closure
from recovery.events import Refusal

# What PostgreSQL would say, or silently do, if the conversion met one.
_REASONS = {
    "view": "the view reads it (0A000)",
    "materialized view": "the materialized view reads it (0A000)",
    "rule": "a rule reads it (0A000)",
    "policy": "a policy reads it (0A000)",
    "trigger": "a trigger names it in UPDATE OF or WHEN (0A000)",
    "generated column": "a generated column is computed from it (0A000)",
    "function": "a function with a parsed body reads it (0A000)",
    "publication": "a publication filters by it or lists it (0A000)",
    "extended statistics": "extended statistics would lose their data",
    "constraint": "a constraint's expression may compare it with a uuid (42883)",
    "index": "an index uses it in an expression, or with an operator class of its own",
    "column of the row type": "a column has the table's row type",
    "object": "PostgreSQL records that it depends on the column",
}


def refusals(catalog: Catalog, closure: Closure, *, superuser: bool) -> Iterator[Refusal]:
    """Every object that the conversion would break, with what to do about it."""
    for place, member in sorted(closure.members.items()):
        for dependent in catalog.dependents.get(place, []):
            yield _refusal(dependent, str(member.name))
    for foreign_key in closure.foreign_keys:
        if foreign_key.trigger_states:
            yield from _trigger_states(catalog, foreign_key, superuser=superuser)


def _refusal(dependent: DependentRow, column: str) -> Refusal:
    # pg_describe_object starts with the kind for everything but what was identified by name.
    named = dependent.name
    if dependent.kind in ("view", "materialized view"):
        named = f"{dependent.kind} {named}"
    return Refusal(
        named,
        f"It hangs on {column}: {_REASONS[dependent.kind]}.",
        "pg-rekey does not rebuild it yet. Keep its definition, owner, grants and comment, drop it "
        "before the conversion and create it again after.",
    )


def _trigger_states(
    catalog: Catalog, foreign_key: ForeignKeyRow, *, superuser: bool
) -> Iterator[Refusal]:
    named = f"constraint {foreign_key.name} on table {catalog.table_name(foreign_key.table_oid)}"
    states = ", ".join(
        f"{function} is {state}" for state, function, _ in foreign_key.trigger_states
    )
    ends = (foreign_key.table_oid, foreign_key.referenced_oid)
    if not superuser:
        yield Refusal(
            named,
            f"Its own triggers are not in the normal state ({states}); only a superuser can bring "
            "them back to it after the foreign key is recreated.",
            "Connect as a superuser, or enable the triggers first.",
        )
    elif any(catalog.tables[end].kind == "p" for end in ends):
        yield Refusal(
            named,
            f"Its own triggers on a partitioned table are not in the normal state ({states}).",
            "Enable the triggers before the conversion, set their state again after.",
        )
