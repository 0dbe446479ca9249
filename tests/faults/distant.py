"""A small database at the other end of a line that can be cut, and what became of it."""

from recovery.record import events as e
from recovery.words.profile import parse
from tests.conftest import Database
from tests.faults.proxy import Proxy
from tests.recovering import Recovery

TABLES = """
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
INSERT INTO users SELECT md5(g::text)::uuid FROM generate_series(1, 20) g;
INSERT INTO notes SELECT g, md5(g::text)::uuid FROM generate_series(1, 20) g;
"""


def behind(proxy: Proxy, database: Database, *, ready: bool = True) -> Recovery:
    """A recovery that reaches the server only by the proxy, ready to convert if asked so."""
    profile = parse(
        f'environment = "test"\n[target]\ndsn = "host=127.0.0.1 port={proxy.port} user=postgres"\n'
        f'database = "{database.name}"\n[keys]\n"users.id" = "varchar(36)"\n'
    )
    recovery = Recovery(database, profile)
    return recovery.ready() if ready else recovery


def is_free(database: Database) -> bool:
    """Whether nobody has changed anything in it and not ended the transaction."""
    held = database.rows(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
    )
    return not held


def type_of_key(database: Database) -> str:
    (row,) = database.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 'users'::regclass AND attname = 'id'"
    )
    return str(row[0])


def is_after(database: Database, outcome: e.Outcome) -> None:
    """The database is entirely what the outcome says, and nobody holds anything in it."""
    expected = "character varying(36)" if outcome is e.Outcome.COMMITTED else "uuid"
    assert type_of_key(database) == expected
    assert is_free(database)
