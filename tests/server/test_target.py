"""Which database is this, who may go on, and who is told to turn back."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress

import msgspec
import pytest
from psycopg.conninfo import make_conninfo

from recovery.private import scratch
from recovery.record import session
from recovery.record.events import TargetConfirmed
from recovery.server import target
from recovery.server.door import PasswordNeeded, sign_in
from recovery.words.errors import Refused, Unreachable
from recovery.words.profile import Profile, TargetSection
from tests.conftest import Database, profile_for


def profile_of(dsn: str, database: str) -> Profile:
    return Profile(TargetSection(database, dsn))


def test_the_identity_card_is_the_servers_own_word(incident_database: Database) -> None:
    signed_in = sign_in(profile_for(incident_database), incident_database.password)
    identity, server = signed_in.identity, incident_database.server
    assert identity.database == incident_database.name
    assert identity.host == str(server.folder)
    assert identity.server_version // 10_000 == server.installation.major
    assert (identity.role, identity.superuser) == ("postgres", True)
    assert (identity.tables, identity.owned_tables) == (165, 165)
    assert (identity.in_recovery, identity.tls, identity.pooled) == (False, False, False)
    assert {"crm_test_db", "saas_rehearsal"} <= {o.name for o in identity.other_databases}
    assert identity.database not in {o.name for o in identity.other_databases}
    assert identity.system_identifier
    assert (
        signed_in.door.address.account == f"postgres@{server.folder}:5432/{incident_database.name}"
    )
    assert target.refusals(identity, profile_for(incident_database)) == []


def test_the_operator_has_to_type_the_profiles_name(database: Database) -> None:
    profile = profile_for(database)
    opened = session.create(profile, "test")
    signed_in = sign_in(profile, database.password)
    with pytest.raises(Refused, match="is not the name of the profile's database"):
        target.confirm(opened, signed_in, "postgres")
    assert opened.history().last(TargetConfirmed) is None
    target.confirm(opened, signed_in, database.name)
    assert opened.history().name_typed


def test_a_name_that_was_only_configured_opens_the_way_to_looking(database: Database) -> None:
    profile = profile_for(database)
    opened = session.create(profile, "test")
    target.confirm(opened, sign_in(profile, database.password), None)
    assert opened.history().last(TargetConfirmed) is not None
    assert not opened.history().name_typed


def test_another_database_than_the_profiles_is_refused(database: Database) -> None:
    profile = profile_of(database.server.conninfo("postgres"), database.name)
    opened = session.create(profile, "test")
    signed_in = sign_in(profile, database.password)
    with pytest.raises(Refused, match=f"the profile expects {database.name!r}"):
        target.confirm(opened, signed_in, database.name)


def test_a_role_that_does_not_own_the_tables_is_refused(database: Database) -> None:
    database.execute(
        """
        CREATE ROLE visitor LOGIN PASSWORD 'visiting';
        CREATE TABLE a (id int); CREATE TABLE b (id int); ALTER TABLE b OWNER TO visitor
        """
    )
    try:
        profile = profile_of(make_conninfo(database.dsn, user="visitor"), database.name)
        identity = sign_in(profile, "visiting").identity
        (refusal,) = target.refusals(identity, profile)
        assert refusal.reason == "visitor owns 1 of 2 tables."
        database.execute("CREATE ROLE owners; ALTER TABLE a OWNER TO owners")
        database.execute("GRANT owners TO visitor")
        assert target.refusals(sign_in(profile, "visiting").identity, profile) == []
    finally:
        database.execute("DROP TABLE a, b; DROP ROLE visitor; DROP ROLE IF EXISTS owners")


def test_a_standby_and_an_old_server_are_refused(database: Database) -> None:
    profile = profile_for(database)
    identity = sign_in(profile, database.password).identity
    standby = msgspec.structs.replace(identity, in_recovery=True)
    old = msgspec.structs.replace(identity, server_version=120022, server_version_text="12.22")
    assert "standby" in target.refusals(standby, profile)[0].reason
    assert "13 or newer" in target.refusals(old, profile)[0].remedy


def test_wrong_and_missing_passwords_ask_for_one_by_account(database: Database) -> None:
    profile = profile_for(database)
    with pytest.raises(PasswordNeeded, match="needs a password") as missing:
        sign_in(profile)
    with pytest.raises(PasswordNeeded, match="is wrong") as wrong:
        sign_in(profile, "not-the-password")
    account = f"postgres@{database.server.folder}:5432/{database.name}"
    assert missing.value.account == wrong.value.account == account
    assert "not-the-password" not in str(wrong.value.problem)


def test_a_database_or_server_that_is_not_there_is_said(database: Database) -> None:
    with pytest.raises(Unreachable, match='database "nowhere" does not exist'):
        sign_in(profile_of(database.server.conninfo("nowhere"), "nowhere"), database.password)
    with pytest.raises(Unreachable) as nobody:
        sign_in(profile_of("host=127.0.0.1 port=1", "x"))
    assert "Check host, port" in nobody.value.problem.remedy


class Pooler:
    """Answers with a process number of its own, as poolers do, and passes the rest on."""

    def __init__(self, server: scratch.Server) -> None:
        self._upstream = str(server.folder / f".s.PGSQL.{server.port}")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                upstream = socket.socket(socket.AF_UNIX)
                upstream.connect(self._upstream)
                self._ends += [client, upstream]
                for source, sink in ((client, upstream), (upstream, client)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                place = data.find(b"K\x00\x00\x00\x0c")
                if place >= 0:
                    data = data[: place + 5] + struct.pack("!i", 4711) + data[place + 9 :]
                sink.sendall(data)

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            end.close()


@pytest.fixture
def pooler(server: scratch.Server) -> Iterator[Pooler]:
    running = Pooler(server)
    yield running
    running.close()


def test_a_pooler_is_recognised_and_refused(database: Database, pooler: Pooler) -> None:
    dsn = f"host=127.0.0.1 port={pooler.port} user=postgres dbname={database.name} sslmode=disable"
    profile = profile_of(dsn, database.name)
    identity = sign_in(profile, database.password).identity
    (refusal,) = target.refusals(identity, profile)
    assert "pooler" in refusal.reason
    assert "its own host and port" in refusal.remedy
