"""Opening a connection: the settings that everything depends on are made before it is used."""

from collections.abc import Mapping
from typing import Any

import psycopg

from queries import compose
from recovery.connection.address import Address
from recovery.connection.settings import PINNED

PROGRAM = "pg-rekey"


def open_at(
    address: Address,
    password: str | None,
    *,
    settings: Mapping[str, str] = PINNED,
    autocommit: bool = False,
) -> psycopg.Connection[Any]:
    """A connection with these settings. Raises ``psycopg.OperationalError``."""
    return opened(address.conninfo, password, settings=settings, autocommit=autocommit)


def opened(
    conninfo: str,
    password: str | None,
    *,
    settings: Mapping[str, str] = PINNED,
    autocommit: bool = False,
) -> psycopg.Connection[Any]:
    """The same for a connection string, which libpq completes with all that it knows.

    The settings are made by a statement, not by the string: so the options that somebody gives in
    it, or in ``PGOPTIONS``, are there, too, and libpq finds a server that can be written to though
    the session is only to read. Raises ``psycopg.OperationalError``.
    """
    conn = psycopg.connect(conninfo, password=password, application_name=PROGRAM, autocommit=True)
    try:
        conn.prepare_threshold = None
        conn.execute(
            compose("session_settings"),
            {"names": list(settings), "values": list(settings.values())},
        )
        conn.autocommit = autocommit
    except BaseException:
        conn.close()
        raise
    return conn
