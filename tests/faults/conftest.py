"""Faults are the same on every version: one server is enough for them."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from psycopg import sql

from recovery import installations, scratch
from recovery.installations import Installation
from tests.conftest import Database
from tests.faults.lines import TABLES


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The first that is found."""
    return installations.for_servers()[0]


@pytest.fixture(scope="session")
def listening(installation: Installation) -> Iterator[scratch.Server]:
    """A server on the network, with a template of the database."""
    with scratch.start(installation, tcp=True) as server:
        with server.connect(autocommit=True) as conn:
            conn.execute("CREATE DATABASE original")
        Database(server, "original").execute(TABLES)
        yield server


@pytest.fixture
def distant(listening: scratch.Server) -> Database:
    """A database of that server, to be reached through a proxy."""
    name = f"app_{uuid4().hex[:8]}"
    with listening.connect(autocommit=True) as conn:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE original")
        conn.execute(make.format(sql.Identifier(name)))
    return Database(listening, name)
