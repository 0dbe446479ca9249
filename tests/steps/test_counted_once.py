"""Each row is counted once, where it is: in the partition, in the child, or in the table itself."""

from collections.abc import Callable

from recovery.record import events as e
from recovery.words.profile import parse
from tests.conftest import Database
from tests.recovering import ME, Recovery

SETUP = """
CREATE TABLE users (id uuid PRIMARY KEY);
INSERT INTO users SELECT md5(g::text)::uuid FROM generate_series(1, 3) g;
CREATE TABLE logs (at int, u uuid REFERENCES users) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (at);
CREATE TABLE logs_1_1 PARTITION OF logs_1 FOR VALUES FROM (0) TO (5);
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (10) TO (20);
INSERT INTO logs SELECT at, md5('1')::uuid FROM unnest(ARRAY[1, 2, 3, 11, 12]) at;
CREATE TABLE base (u uuid REFERENCES users);
CREATE TABLE derived () INHERITS (base);
INSERT INTO base SELECT id FROM users LIMIT 1;
INSERT INTO derived SELECT id FROM users LIMIT 2;
"""
COUNTED = {"users": 3, "logs_1_1": 3, "logs_2": 2, "base": 1, "derived": 2}


def _recovery(database: Database) -> Recovery:
    profile = parse(
        f'environment = "test"\n[target]\ndsn = "{database.dsn}"\n'
        f'database = "{database.name}"\n[keys]\n"users.id" = "varchar(36)"\n'
        '[expect]\nrow_counts = ["logs", "logs_1", "logs_2", "base", "derived"]\n'
    )
    return Recovery(database, profile)


def test_the_comparison_and_the_backup_count_each_row_once(
    database: Database, pgpass: Callable[[str], None]
) -> None:
    database.execute(SETUP)
    pgpass(database.password)
    recovery = _recovery(database).planned()
    recovery.ready()
    assert recovery.client.run(e.Step.BACKUP, recovery.options()) == 0
    database.execute("INSERT INTO logs VALUES (4, NULL)")

    assert recovery.convert_here(e.Commit(by=ME, typed=database.name)) is e.Outcome.COMMITTED

    history = recovery.session.history()
    backup, since = history.last(e.BackupMade), history.last(e.BackupCompared)
    compared = history.last(e.ParityChecked)
    assert backup is not None
    assert since is not None
    assert compared is not None
    assert backup.row_counts == COUNTED
    assert since.differing == (e.RowsSince("logs_1_1", 3, 4),)
    assert {row.table: row.rows_before for row in compared.tables} == {**COUNTED, "logs_1_1": 4}


def test_a_table_that_is_named_is_counted_with_its_partitions_and_children(
    database: Database,
) -> None:
    database.execute(SETUP)
    recovery = _recovery(database).planned()
    investigated = recovery.session.history().last(e.Investigated)
    assert investigated is not None
    assert investigated.row_counts == {
        "users": 3,
        "logs": 5,
        "logs_1": 3,
        "logs_1_1": 3,
        "logs_2": 2,
        "base": 3,
        "derived": 2,
    }
    database.execute("INSERT INTO logs VALUES (4, NULL)")
    recovery.ready()
    assert recovery.convert_here(e.Commit(by=ME, typed=database.name)) is e.Outcome.COMMITTED

    assert recovery.client.run(e.Step.VERIFICATION, recovery.options()) == 0

    verified = recovery.session.history().last(e.Verified)
    assert verified is not None
    rows = {
        c.name: (c.expected, c.evidence) for c in verified.checks if c.name.startswith("rows of")
    }
    assert rows == {
        "rows of logs": ("6", "6"),
        "rows of logs_1": ("4", "4"),
        "rows of logs_2": ("2", "2"),
        "rows of base": ("3", "3"),
        "rows of derived": ("2", "2"),
    }
