"""What an investigation calls a blocker, asked again when the plan is made: such a plan is refused.

A copy of the schema has no rows: what fails because of them fails behind the locks, or here.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from recovery.catalog.catalog import Catalog
from recovery.connection.evaluating import evaluating
from recovery.conversion import contents, oid_aliases, values
from recovery.conversion.plan import Plan
from recovery.conversion.statements.foreign_keys import described
from recovery.record.events import Refusal
from recovery.steps.findings import evaluation
from recovery.steps.findings.kinds import CALL_FAILS, ORPHANS
from recovery.words.composing import shown_by
from recovery.words.errors import in_a_line


def refusals(
    conn: psycopg.Connection[Any],
    catalog: Catalog,
    plan: Plan,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Refusal]:
    """Why the rows that are there now cannot be converted. ``check`` may raise, to cancel."""
    closure, search_path = plan.closure, plan.search_path
    yield from values.refusals(conn, closure, search_path)
    yield from oid_aliases.refusals(conn, plan)
    for key in closure.foreign_keys:
        if not key.is_validated:
            continue
        check()
        named = described(catalog, key)
        try:
            with conn.transaction(), evaluating(conn, search_path):
                count = contents.orphans(conn, key)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            yield Refusal(named, f"Its rows cannot be read: {in_a_line(error)}.", CALL_FAILS.remedy)
            continue
        if count:
            yield Refusal(
                named,
                f"{count} rows refer to keys that are not there, though it counts as validated.",
                f"{ORPHANS.remedy} {shown_by(contents.orphans_query(key))}",
            )
    converted = [catalog.tables[oid] for oid in closure.tables() if oid in catalog.tables]
    for one in evaluation.failing(conn, converted, search_path):
        named = f"{one.called.kind} {one.called.name} of {one.called.relation}"
        yield Refusal(named, f"It fails when it is made again: {one.words}", CALL_FAILS.remedy)
