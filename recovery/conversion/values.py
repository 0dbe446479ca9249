"""Values that the new type does not take, or would write in another way."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import compose
from recovery.connection.evaluating import evaluating
from recovery.conversion.closure import Closure, Member
from recovery.record.events import Refusal
from recovery.words.composing import pasted, shown_by

# So many values are told.
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class NoUuids:
    """What a column holds that becomes uuid and is none, in words, and the SQL that shows it."""

    words: str
    query: str


def no_uuids(conn: psycopg.Connection[Any], member: Member) -> NoUuids | None:
    """What is no canonical uuid in a column that becomes one; None if nothing is.

    All other conversions take every value: a uuid has 36 characters, an integer fits into bigint.
    """
    if not member.target.is_uuid:
        return None
    parts = {
        "table": member.name.table.identifier,
        "column": sql.Identifier(member.name.name),
    }
    values = [row[0] for row in conn.execute(compose("not_uuid", **parts))]
    if not values:
        return None
    more = " and more" if len(values) > _MOST_TOLD else ""
    return NoUuids(", ".join(map(repr, values[:_MOST_TOLD])) + more, pasted("not_uuid", **parts))


def refusals(
    conn: psycopg.Connection[Any], closure: Closure, search_path: str
) -> Iterator[Refusal]:
    """The columns whose values stand in the way: found now, and not behind the locks.

    A column whose type is not converted at all is refused already.
    """
    for member in closure.members.values():
        if not member.target.takes(member.column.type):
            continue
        with evaluating(conn, search_path):
            found = no_uuids(conn, member)
        if found is not None:
            yield Refusal(
                str(member.name),
                f"It holds values that are no canonical uuid: {found.words}. The cast fails at "
                "them (22P02), or changes how they are written, and then COMMIT is refused.",
                f"Repair these rows, then plan again. {shown_by(found.query)}",
            )
