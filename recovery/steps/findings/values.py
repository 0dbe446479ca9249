"""Values that the new type does not take, or would write in another way."""

from collections.abc import Iterator
from typing import Any

import psycopg

from recovery.conversion.closure import Member
from recovery.conversion.values import no_uuids
from recovery.record.events import Finding
from recovery.steps.findings.kinds import VALUE_NO_UUID


def not_uuid(conn: psycopg.Connection[Any], member: Member) -> Iterator[Finding]:
    """What is no uuid in a column that becomes one."""
    found = no_uuids(conn, member)
    if found is not None:
        yield VALUE_NO_UUID.found(
            f"{member.name} holds values that are no canonical uuid", found.words, query=found.query
        )
