"""pg_dump: which one on this machine can dump the target, and how it is tied to the target.

It connects by itself. A snapshot that a connection of ours has exported is known to that very
server only: anywhere else pg_dump ends with an error.
"""

from typing import Any

import psycopg

from recovery.connection.settings import LONGEST_WAIT
from recovery.private.installations import Installation
from recovery.record.events import Identity
from recovery.words.errors import Refused

# It sets lock_timeout to 0 itself, unless this is given: milliseconds.
WAITING = (f"--lock-wait-timeout={LONGEST_WAIT * 1000}",)


def choose(found: list[Installation], identity: Identity) -> Installation:
    """The oldest pg_dump that is not older than the server. Raises ``Refused`` if there is none.

    pg_dump refuses a newer server, and pg_restore an archive of a newer pg_dump: the oldest that
    works leaves the most servers to restore on.
    """
    major = identity.server_version // 10_000
    usable = [i for i in found if i.major >= major and (i.tls or not identity.tls)]
    if usable:
        return min(usable, key=lambda installation: installation.major)
    there = ", ".join(sorted({f"{i.version} ({i.bin})" for i in found})) or "none"
    no_tls = [i for i in found if i.major >= major]
    raise Refused(
        f"No pg_dump here can dump PostgreSQL {identity.server_version_text}"
        + (" over TLS." if no_tls else "."),
        f"Found: {there}. Install the client programs of PostgreSQL {major} or newer"
        f"{' with TLS' if no_tls else ''}, or attest a provider's backup.",
        object="pg_dump",
    )


def exported_snapshot(conn: psycopg.Connection[Any]) -> str:
    """A snapshot for ``pg_dump --snapshot``, as long as the transaction lasts that begins here."""
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return str(conn.execute("SELECT pg_catalog.pg_export_snapshot()").fetchall()[0][0])
