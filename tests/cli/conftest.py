"""A server on the network and small databases, for the command line as people use it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg import sql

from recovery.private import installations, scratch
from recovery.private.installations import Installation
from tests.cli.program import Shell
from tests.conftest import Database

TEMPLATE = "small"
TABLES = """
CREATE TABLE users (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE
);
CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders);
INSERT INTO users SELECT md5(g::text)::uuid, 'user ' || g FROM generate_series(1, 20) g;
INSERT INTO orders SELECT g, md5(g::text)::uuid FROM generate_series(1, 20) g;
INSERT INTO items SELECT g, g FROM generate_series(1, 20) g;
"""


def make_template(server: scratch.Server) -> None:
    """The small database, once for each server."""
    with server.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    with server.connect(TEMPLATE, autocommit=True) as conn:
        conn.execute(TABLES)


@pytest.fixture(scope="session")
def installation() -> Installation:
    """One is enough here: other tests do the work itself on each."""
    return installations.for_servers()[0]


@pytest.fixture(scope="session")
def here(installation: Installation) -> Iterator[scratch.Server]:
    """A server that also listens on the network."""
    with scratch.start(installation, tcp=True) as running:
        make_template(running)
        yield running


@pytest.fixture
def small(here: scratch.Server) -> Iterator[Database]:
    """users.id is uuid; orders reference it, items reference orders."""
    name = f"saas_{uuid4().hex[:8]}"
    with here.connect(autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
    yield Database(here, name)
    with here.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder to work in, and the program."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Shell(folder)
