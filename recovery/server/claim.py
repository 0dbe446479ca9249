"""Who may work on a database: one pg-rekey at a time, on the database that was confirmed."""

from typing import Any

import psycopg

from recovery.record.events import Identity
from recovery.server import target
from recovery.words.errors import Refused
from recovery.words.profile import Profile

# Two pg-rekeys on one database exclude each other by this advisory lock ("rekey" in ASCII).
ADVISORY_LOCK = 0x72656B6579


def claim(conn: psycopg.Connection[Any], profile: Profile, identity: Identity) -> None:
    """Keeps others out for as long as ``conn`` is connected.

    Raises ``Refused`` if somebody else is at work, or this is not the database of ``identity``.
    """
    if not try_lock(conn):
        raise Refused(
            "Another pg-rekey is converting or migrating this database.",
            "Wait for it to end, or decide there.",
            object=identity.database,
        )
    found = target.identify(conn)
    target.refuse_others(found, profile)
    target.refuse_strangers(found, identity)


def try_lock(conn: psycopg.Connection[Any]) -> bool:
    """Whether the advisory lock could be had. The session keeps it until it ends."""
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
    return row is not None and bool(row[0])
