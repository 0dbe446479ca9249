"""Who may work on a database: one pg-rekey at a time."""

from typing import Any

import psycopg

from recovery.server.identity import identify
from recovery.server.target import refuse_others
from recovery.words.errors import Refused
from recovery.words.profile import Profile

# Two pg-rekeys on one database exclude each other by this advisory lock ("rekey" in ASCII).
ADVISORY_LOCK = 0x72656B6579


def claim(conn: psycopg.Connection[Any], profile: Profile) -> None:
    """Keeps others out for as long as ``conn`` is connected.

    Raises ``Refused`` if somebody else is at work, or the database cannot be worked on (any more).
    """
    if not try_lock(conn):
        raise Refused(
            "Another pg-rekey is converting or migrating this database.",
            "Wait for it to end, or decide there.",
            object=conn.info.dbname,
        )
    refuse_others(identify(conn), profile)


def try_lock(conn: psycopg.Connection[Any]) -> bool:
    """Whether the advisory lock could be had. The session keeps it until it ends."""
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
    return row is not None and bool(row[0])
