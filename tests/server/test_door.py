"""The one door: a connection string is resolved as libpq does, and is honoured all the way."""

import os
import socket
import threading
from pathlib import Path

import pytest

from recovery.connection.address import Address
from recovery.connection.children import dialed, run_program
from recovery.private import installations
from recovery.record import events as e
from recovery.server.door import sign_in
from recovery.words.errors import Unreachable
from recovery.words.profile import Profile, parse
from tests.conftest import Database
from tests.recovering import ME, Recovery, schema_of

SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
CREATE VIEW v AS SELECT id FROM users;
INSERT INTO users SELECT md5(g::text)::uuid FROM generate_series(1, 20) g;
"""


def _profile(database: Database, dsn: str) -> Profile:
    return parse(
        f'[target]\ndatabase = "{database.name}"\ndsn = "{dsn}"\n'
        '[keys]\n"users.id" = "varchar(36)"\n'
    )


def _recovered(database: Database, profile: Profile) -> Recovery:
    """Investigated, proved, backed up and committed."""
    recovery = Recovery(database, profile).planned(prove=True)
    assert recovery.made.proof is not None
    assert recovery.made.proof.state is e.ProofState.PASSED, recovery.made.proof.words
    assert recovery.client.back_up("custom") == 0, recovery.problem
    recovery.ready()
    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit, gate_seconds=10) is e.Outcome.COMMITTED, recovery.told()
    return recovery


def test_of_several_hosts_the_one_that_can_be_written_to_is_taken(database: Database) -> None:
    """Only to read is our own setting: it must not make every server look like a standby."""
    database.execute(SCHEMA)
    place, port = database.server.folder, database.server.port
    profile = _profile(
        database,
        f"host={place}/nobody,{place} port={port},{port} user=postgres dbname={database.name} "
        "target_session_attrs=read-write",
    )
    recovery = _recovered(database, profile)
    parameters = recovery.door.address.parameters
    assert parameters["host"] == str(place)
    assert "target_session_attrs" not in parameters


@pytest.mark.parametrize("by", ["the string", "PGOPTIONS"])
def test_a_role_that_the_options_name_does_the_work(
    database: Database, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The role that logs in may not do anything here but act as the owner."""
    database.execute(
        f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clerk') THEN
            CREATE ROLE shopkeeper;
            CREATE ROLE clerk LOGIN NOINHERIT PASSWORD '{database.password}' IN ROLE shopkeeper;
          END IF;
        END $$;
        {SCHEMA};
        ALTER TABLE users OWNER TO shopkeeper;
        ALTER TABLE notes OWNER TO shopkeeper;
        ALTER VIEW v OWNER TO shopkeeper;
        GRANT CREATE ON SCHEMA public TO shopkeeper;
        """
    )
    dsn = f"host={database.server.folder} user=clerk dbname={database.name}"
    if by == "PGOPTIONS":
        monkeypatch.setenv("PGOPTIONS", "-c role=shopkeeper")
    else:
        dsn += " options='-c role=shopkeeper'"
    recovery = _recovered(database, _profile(database, dsn))
    identity = recovery.session.history().identity
    assert identity is not None
    assert identity.role == "shopkeeper"
    (backup,) = recovery.session.history().of(e.BackupMade)
    # Who logs in could not make the database that it is restored into.
    assert "--username postgres" in backup.restore_command


def test_where_the_environment_alone_says_where_programs_go_there_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(SCHEMA)
    monkeypatch.setenv("PGHOST", str(database.server.folder))
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGDATABASE", database.name)
    _recovered(database, _profile(database, ""))


def test_what_the_environment_says_does_not_reach_a_private_server(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGOPTIONS": "-c role=nobody_at_all",
        "PGSSLMODE": "verify-full",
        "PGTARGETSESSIONATTRS": "standby",
        "PGREQUIREPEER": "nobody_at_all",
        "PGHOSTADDR": "127.0.0.1",
        "PGPORT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with database.server.connect(database.name) as conn:
        assert conn.execute("SELECT current_user").fetchall() == [("postgres",)]


def test_a_service_file_is_read_when_somebody_signs_in_and_not_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(SCHEMA)
    service = tmp_path / "services"
    service.write_text(
        f"[prod]\nhost={database.server.folder}\nuser=postgres\ndbname={database.name}\n"
        "connect_timeout=7\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    door = sign_in(_profile(database, "service=prod"), database.password).door
    service.write_text("[prod]\nhost=127.0.0.1\nport=1\n")
    with door.connect() as conn:
        assert conn.execute("SELECT count(*) FROM public.users").fetchall() == [(20,)]
    with dialed(door.address, door.password) as to:
        psql = installations.for_servers()[0].program("psql")
        code, said, complaints = run_program([psql, "-Atc", "SELECT current_database()"], to)
    assert (code, said.decode().strip()) == (0, database.name), complaints


def test_a_programs_arguments_and_environment_hold_no_secret(database: Database) -> None:
    address = Address({**database.door.address.parameters, "sslpassword": "of-the-key"})
    with dialed(address, "of-the-role") as to:
        given = " ".join((*to.arguments, *to.variables.values()))
        files = [Path(path).read_text() for path in to.variables.values()]
    assert "of-the-key" not in given
    assert "of-the-role" not in given
    assert any("sslpassword=of-the-key" in text for text in files)
    assert any("of-the-role" in text for text in files)
    assert "of-the-key" not in repr(address)


# What somebody may have set for other purposes. As text, an interval or a number is then another.
SETTINGS = {
    "DateStyle": "'German, DMY'",
    "extra_float_digits": "0",
    "client_encoding": "LATIN1",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "default_transaction_read_only": "on",
    "default_tablespace": "elsewhere",
    "array_nulls": "off",
    "IntervalStyle": "sql_standard",
    "standard_conforming_strings": "off",
    "row_security": "off",
    "bytea_output": "escape",
    "xmloption": "document",
    "search_path": "nowhere",
}
SENSITIVE = r"""
CREATE TABLE users (
  id uuid PRIMARY KEY,
  score float8 DEFAULT 0.30000000000000004,
  path text DEFAULT E'C:\\temp\\new',
  span interval DEFAULT '1 year -2 days +03:04:05',
  born date DEFAULT '2001-02-03',
  tags text[] DEFAULT ARRAY['a', NULL],
  raw bytea DEFAULT '\x00ff'::bytea
);
ALTER TABLE users ADD CONSTRAINT never CHECK (
  id::text <> 'b\n' OR score <> '0.30000000000000004' OR born <> '2001-02-03'
  OR span <> '1 year -2 days +03:04:05' OR raw <> '\x00ff'::bytea);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
CREATE INDEX late ON notes (user_id) WHERE user_id <> '00000000-0000-0000-0000-000000000001';
CREATE VIEW v AS SELECT id, score FROM users
  WHERE born > '2001-02-03' AND span < '1 year -2 days +03:04:05' AND score > '0.30000000000000004'
    AND path <> E'C:\\temp';
INSERT INTO users (id) SELECT md5(g::text)::uuid FROM generate_series(1, 20) g;
INSERT INTO notes SELECT g, md5(g::text)::uuid FROM generate_series(1, 20) g;
"""


def _folder_of(database: Database) -> Path:
    """A folder that belongs to the account that the server runs under."""
    data = database.server.folder / "data"
    folder = data.with_name("elsewhere")
    folder.mkdir()
    os.chown(folder, data.stat().st_uid, data.stat().st_gid)
    return folder


def _expressions(schema: str) -> list[str]:
    """The lines in which a value stands that could be written otherwise."""
    return [line for line in schema.splitlines() if "DEFAULT" in line or "2001-02-03" in line]


@pytest.mark.parametrize("whose", ["DATABASE", "ROLE"])
def test_settings_of_a_database_or_a_role_change_nothing_of_a_recovery(
    database: Database, whose: str
) -> None:
    database.execute(SENSITIVE)
    with database.connect(autocommit=True) as conn:
        there = conn.execute("SELECT FROM pg_tablespace WHERE spcname = 'elsewhere'").fetchone()
        if there is None:
            conn.execute(f"CREATE TABLESPACE elsewhere LOCATION '{_folder_of(database)}'")
        role = f"owner_{database.name}"
        conn.execute(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD '{database.password}'")
        for setting, value in SETTINGS.items():
            name = database.name if whose == "DATABASE" else role
            conn.execute(f"ALTER {whose} {name} SET {setting} = {value}")
    before = schema_of(database)
    dsn = f"host={database.server.folder} user={role} dbname={database.name}"
    recovery = _recovered(database, _profile(database, dsn))
    assert _expressions(schema_of(database)) == _expressions(before)
    compared = recovery.session.history().last(e.ParityChecked)
    assert compared is not None
    assert compared.unexplained == ()
    assert recovery.client.verify() == 0


def test_a_missing_root_certificate_is_no_wrong_name(tmp_path: Path) -> None:
    missing = tmp_path / "root.crt"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak_tls() -> None:
            line, _ = server.accept()
            with line:
                line.recv(8)
                line.sendall(b"S")
                line.recv(8)

        speaking = threading.Thread(target=speak_tls)
        speaking.start()
        port = server.getsockname()[1]
        profile = parse(
            'environment = "test"\n[target]\ndatabase = "shop"\n'
            f'dsn = "host=127.0.0.1 port={port} user=a sslmode=verify-full sslrootcert={missing}"\n'
        )
        with pytest.raises(Unreachable, match="does not exist") as failed:
            sign_in(profile)
        speaking.join()
    assert "sslrootcert" in failed.value.problem.remedy
    assert "Check the name" not in failed.value.problem.remedy
