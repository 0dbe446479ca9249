"""Whether the expected tables are there, and what fires when one is changed."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from queries import ask, pasted
from queries.rows import EventTriggerRow
from recovery.record.events import Finding
from recovery.steps.findings.evidence import which_exist
from recovery.steps.findings.kinds import EVENT_TRIGGER, TABLES_FEW, TABLES_MISSING
from recovery.words.names import TableName


def missing(tables: Sequence[TableName]) -> Iterator[Finding]:
    """Tables that should be there, by name."""
    if tables:
        yield TABLES_MISSING.found(
            f"{len(tables)} tables are missing",
            ", ".join(map(str, tables)),
            query=which_exist(tables),
        )


def few(count: int, *, least: int, missing: int) -> Iterator[Finding]:
    """Whether there are too few of them. ``missing`` are known by name."""
    if count < least:
        yield TABLES_FEW.found(
            f"There are {count} tables, at least {least} are expected",
            f"{missing} of them are known by name",
            query=pasted("tables"),
        )


def event_triggers(conn: psycopg.Connection[Any]) -> Iterator[Finding]:
    """What may refuse the conversion's statements, or record them."""
    for trigger in ask(conn, "event_triggers", EventTriggerRow):
        yield EVENT_TRIGGER.found(
            f"The event trigger {trigger.name} fires on {trigger.event}",
            f"event trigger {trigger.name}",
            query=pasted("event_triggers"),
        )
