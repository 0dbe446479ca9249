"""In which order the triggers of foreign keys fire, where a case cannot show it."""

import subprocess

from recovery.record import events as e
from recovery.words.profile import Profile, parse
from tests.conftest import Database
from tests.recovering import ME, Recovery

# PostgreSQL makes the partition's copies in the order of the constraints' names.
ANOTHER_ORDER = """
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE notes (day int, a uuid, b uuid) PARTITION BY RANGE (day);
ALTER TABLE notes ADD CONSTRAINT z FOREIGN KEY (a) REFERENCES users;
ALTER TABLE notes ADD CONSTRAINT a FOREIGN KEY (b) REFERENCES users;
CREATE TABLE notes_1 PARTITION OF notes DEFAULT;
"""
TWO_KEYS = """
CREATE TABLE users (id uuid PRIMARY KEY, number int UNIQUE);
CREATE TABLE notes (owner uuid CONSTRAINT mine REFERENCES users,
  number int CONSTRAINT other REFERENCES users (number));
"""
# The other foreign key's triggers get the names that those of the first have.
NAMES_TAKEN = """
DO $$ DECLARE t record; BEGIN
  FOR t IN SELECT g.tgname, g.tgrelid::regclass AS tab, other.tgname AS taken
           FROM pg_trigger g
           JOIN pg_constraint k ON k.oid = g.tgconstraint AND k.conname = 'mine'
           JOIN pg_trigger other ON other.tgrelid = g.tgrelid AND other.tgfoid = g.tgfoid
                                AND other.oid <> g.oid LOOP
    EXECUTE format('ALTER TRIGGER %I ON %s RENAME TO %I', t.tgname, t.tab, 'x' || t.tgname);
    EXECUTE format('ALTER TRIGGER %I ON %s RENAME TO %I', t.taken, t.tab, t.tgname);
  END LOOP;
END $$;
"""


def _profile(database: Database) -> Profile:
    return parse(
        f'environment = "test"\n[target]\ndsn = "{database.dsn}"\ndatabase = "{database.name}"\n'
        '[keys]\n"users.id" = "varchar(36)"\n'
    )


def test_another_order_among_checks_is_told_and_explained(database: Database) -> None:
    database.execute(ANOTHER_ORDER)
    recovery = Recovery(database, _profile(database)).ready()

    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit) is e.Outcome.COMMITTED, recovery.told()
    compared = recovery.session.history().last(e.ParityChecked)
    assert compared is not None
    told = [row for row in compared.catalog if row.kind.startswith("firing order")]
    # Up to 14 a partition's trigger can be renamed by itself.
    assert [row.name for row in told] == (["public.notes_1"] if _renames_copies(database) else [])
    for row in told:
        assert row.before is not None
        assert row.before.index("notes_1.a ") < row.before.index("notes_1.z ")
        assert "only look" in (row.explained or "")


def _renames_copies(database: Database) -> bool:
    with database.connect() as conn:
        return conn.info.server_version >= 150000


def test_a_name_that_another_trigger_has_does_not_stop_the_plan(database: Database) -> None:
    """On a copy of the schema the same triggers have other names, and others have these."""
    database.execute(TWO_KEYS)
    recovery = Recovery(database, _profile(database)).planned()
    database.execute(NAMES_TAKEN)

    psql = database.server.installation.program("psql")
    plan = ["--file", str(recovery.session.plan_file), "--command", "COMMIT"]
    subprocess.run(
        [str(psql), "--no-psqlrc", "--dbname", database.dsn, *plan],
        env=database.environment,
        check=True,
        capture_output=True,
    )

    ((kept,),) = database.rows(
        "SELECT count(*) FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint "
        "WHERE k.conname = 'mine'"
    )
    assert kept == 4
