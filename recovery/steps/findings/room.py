"""Whether the server has room and time for the conversion, as far as it can be known."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from queries import ask, ask_one, pasted
from queries.rows import LockCapacityRow, TableRow, TimeOutRow
from recovery.record.events import Finding
from recovery.steps.findings.evidence import which_exist
from recovery.steps.findings.kinds import DISK, LOCKS, TIME_OUTS
from recovery.words.names import TableName

# Lock entries that a conversion held for each converted table: 31 and 45 were measured.
_LOCKS_FOR_A_TABLE = 45
# What a rewritten table and its indexes took in comparison: uuid to varchar(36), 500,000 rows.
_GROWTH = 1.75


def time_outs(conn: psycopg.Connection[Any]) -> Iterator[Finding]:
    """What would end a session of this role by itself."""
    if limits := ask(conn, "time_outs", TimeOutRow):
        yield TIME_OUTS.found(
            "The server's time-outs are off for pg-rekey's own sessions",
            ", ".join(f"{limit.name} is {limit.milliseconds:,} ms" for limit in limits),
            query=pasted("time_outs"),
        )


def locks(conn: psycopg.Connection[Any], converted: Sequence[TableRow]) -> Iterator[Finding]:
    """Whether the server's lock table may become full."""
    if not converted:
        return
    capacity = ask_one(conn, "lock_capacity", LockCapacityRow).locks
    likely = len(converted) * _LOCKS_FOR_A_TABLE
    if likely > capacity:
        yield LOCKS.found(
            f"The conversion may need {likely} locks, the server has room for {capacity}",
            f"{len(converted)} tables; max_locks_per_transaction and max_connections",
            query=pasted("lock_capacity"),
        )


def disk(converted: Sequence[TableRow]) -> Iterator[Finding]:
    """How much the converted tables need besides, until the old files are gone."""
    if converted:
        size = sum(table.bytes for table in converted)
        yield DISK.found(
            f"The server needs about {size * _GROWTH / 1e6:,.0f} MB of free disk until COMMIT",
            f"{len(converted)} tables of {size / 1e6:,.0f} MB are written anew; the old files stay "
            "until then",
            query=which_exist(TableName(table.schema, table.name) for table in converted),
        )
