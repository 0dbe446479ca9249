"""Values that the new type does not take, or would write in another way."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from queries import compose
from recovery.conversion.closure import Member
from recovery.record.events import Finding
from recovery.steps.findings.kinds import VALUE_NO_UUID
from recovery.words.composing import pasted

# So many values are told.
_MOST_TOLD = 20


def not_uuid(conn: psycopg.Connection[Any], member: Member) -> Iterator[Finding]:
    """What is no uuid in a column that becomes one."""
    if not member.target.is_uuid:
        return
    parts = {
        "table": member.name.table.identifier,
        "column": sql.Identifier(member.name.name),
    }
    values = [row[0] for row in conn.execute(compose("not_uuid", **parts))]
    if values:
        shown = ", ".join(repr(value) for value in values[:_MOST_TOLD])
        more = " and more" if len(values) > _MOST_TOLD else ""
        yield VALUE_NO_UUID.found(
            f"{member.name} holds values that are no canonical uuid",
            f"{shown}{more}",
            query=pasted("not_uuid", **parts),
        )
