"""An address that leads to another server: refused whenever it happens, and nothing is changed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from recovery.private import scratch
from recovery.private.installations import Installation
from recovery.record import events as e
from recovery.record.session import Session, open_session
from recovery.server import committing, lock_waits
from recovery.server.committing import Patience
from recovery.server.identity import Stranger
from recovery.server.reconcile import reconcile
from recovery.steps.runner import perform
from recovery.words.profile import Profile, parse
from tests.clone import Clone
from tests.conftest import Database, profile_for
from tests.faults.distant import TABLES, type_of_key
from tests.faults.proxy import Proxy
from tests.recovering import ME, Recovery, contents_of, schema_of
from tests.steps.test_migrations import created, write_history
from wizard.headless import Client
from wizard.output import Output

APP = "app"
VERSIONS = """
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('aa');
"""


@pytest.fixture
def servers(installation: Installation) -> Iterator[tuple[Database, Database]]:
    """A database, and the same one on a physical copy of its server."""
    with ExitStack() as running:
        original = running.enter_context(scratch.start(installation, tcp=True))
        with original.connect(autocommit=True) as conn:
            conn.execute("CREATE DATABASE app")
        Database(original, APP).execute(TABLES + VERSIONS)
        copy = running.enter_context(Clone(original))
        yield Database(original, APP), Database(copy.server, APP)


def _profile(port: int, scripts: str | None = None) -> Profile:
    more = "" if scripts is None else f'[alembic]\nscript_location = "{scripts}"\n'
    return parse(
        f'environment = "test"\n[target]\ndatabase = "{APP}"\n'
        f'dsn = "host=127.0.0.1 port={port} user=postgres"\n'
        f'[keys]\n"users.id" = "varchar(36)"\n{more}'
    )


def _history(folder: Path) -> str:
    tables = (
        'op.execute("CREATE TABLE users (id uuid PRIMARY KEY)"); op.execute("CREATE TABLE '
        'notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users)")'
    )
    return write_history(folder, ("aa", tables), ("bb", created("tags")))


def test_at_every_moment_of_a_recovery_it_is_refused(
    servers: tuple[Database, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is tried with its first line led elsewhere, then its second, and so on."""
    # Who is waited for is looked up over a line of its own, as soon as a step takes a second. That
    # it leads elsewhere stops nothing: nothing depends on it.
    monkeypatch.setattr(lock_waits, "_EVERY", 3600.0)
    database, copy = servers
    untouched = schema_of(copy), contents_of(copy)
    with Proxy(database.server.port) as proxy:
        recovery = Recovery(database, _profile(proxy.port, _history(tmp_path)))
        recovery.client.confirm(APP)
        steps: dict[e.Step, Callable[[], int]] = {
            e.Step.INVESTIGATION: lambda: _perform(recovery, e.Step.INVESTIGATION),
            e.Step.PLAN: lambda: _perform(recovery, e.Step.PLAN),
            e.Step.BACKUP: lambda: _perform(recovery, e.Step.BACKUP),
            e.Step.CONVERSION: recovery.convert,
            e.Step.MIGRATIONS: lambda: _perform(recovery, e.Step.MIGRATIONS),
            e.Step.VERIFICATION: lambda: _perform(recovery, e.Step.VERIFICATION),
        }
        for step, do in steps.items():
            if step is e.Step.CONVERSION:
                recovery.ready()
            if step is e.Step.MIGRATIONS:
                recovery.confirm_revision("aa")
            before = schema_of(database), contents_of(database)
            led = 0
            while True:
                proxy.lead_elsewhere(copy.server.port, after=led)
                code = do()
                if proxy.lines <= led:
                    break
                _was_refused(recovery, step, code)
                assert (schema_of(database), contents_of(database)) == before
                assert (schema_of(copy), contents_of(copy)) == untouched
                led += 1
            assert led > 0
            assert code == 0, recovery.problem
    assert type_of_key(database) == "character varying(36)"
    assert database.rows("SELECT version_num FROM alembic_version") == [("bb",)]
    assert (schema_of(copy), contents_of(copy)) == untouched


def _perform(recovery: Recovery, step: e.Step) -> int:
    return perform(recovery.session, step, recovery.options())


def _was_refused(recovery: Recovery, step: e.Step, code: int) -> None:
    if step is e.Step.PLAN and code == 0:
        # pg_dump, led elsewhere, found no snapshot of ours: the plan says that it is not proved.
        proof = recovery.made.proof
        assert proof is not None
        assert proof.state is e.ProofState.NOT_MADE
        assert "snapshot" in proof.words
        return
    assert code == 4
    said = recovery.problem
    assert "This is not the database that was confirmed" in said.what or "snapshot" in said.what


def test_naming_the_database_does_not_make_another_one_of_it(
    servers: tuple[Database, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service file is changed between the backup and the conversion."""
    database, copy = servers
    service = tmp_path / "services"
    monkeypatch.setenv("PGSERVICEFILE", str(service))

    def leads_to(port: int) -> None:
        service.write_text(f"[prod]\nhost=127.0.0.1\nport={port}\nuser=postgres\ndbname={APP}\n")

    leads_to(database.server.port)
    profile = parse(
        f'[target]\ndatabase = "{APP}"\ndsn = "service=prod"\n[keys]\n"users.id" = "text"\n'
    )
    first = Recovery(database, profile).client
    assert first.plan(prove=False) == 0
    assert first.back_up("custom") == 0
    leads_to(copy.server.port)
    again = Client(open_session(first.session.id), Output(), password=copy.password)
    with pytest.raises(Stranger) as refused:
        again.convert(APP, commit=True, attested=None, gate_seconds=60)
    assert "its server port is" in refused.value.problem.what
    assert "same system identifier" in str(refused.value.problem.detail)
    assert again.history.identity == first.history.identity
    assert type_of_key(database) == type_of_key(copy) == "uuid"


def test_no_other_servers_word_is_taken_for_what_became_of_a_commit(
    servers: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "PATIENCE", Patience(first=0.2, silence=1, asking=0.2))
    database, copy = servers
    with Proxy(database.server.port) as proxy:
        recovery = Recovery(database, _profile(proxy.port)).ready()
        proxy.at_commit = "deafen"
        proxy.lead_elsewhere(copy.server.port, after=2)
        commit = e.Commit(by=ME, typed=APP)
        assert recovery.convert_here(commit) is e.Outcome.UNKNOWN
        with pytest.raises(Stranger):
            reconcile(recovery.session, recovery.door)
        assert recovery.outcome() is e.Outcome.UNKNOWN
        proxy.lead_elsewhere(database.server.port)
        reconcile(recovery.session, recovery.door)
        assert recovery.outcome() is e.Outcome.COMMITTED
    assert type_of_key(copy) == "uuid"


def test_the_gate_does_not_look_at_another_server_and_can_be_committed(
    servers: tuple[Database, Database],
) -> None:
    """The connection beside the conversion is lost, and what is opened instead leads elsewhere."""
    database, copy = servers
    with Proxy(database.server.port) as proxy:
        recovery = Recovery(database, _profile(proxy.port)).ready()
        prices: list[e.GatePrice] = []

        def decide(session: Session, event: e.AnyEvent) -> None:
            if isinstance(event, e.GateOpened):
                proxy.lead_elsewhere(copy.server.port)
                database.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name = 'pg-rekey' "
                    "AND backend_xid IS NULL"
                )
            if isinstance(event, e.GatePrice) and "not the database that" in event.not_seen:
                prices.append(event)
                session.journal.command(e.Commit(by=ME, typed=APP))

        assert recovery.convert(decide) == 0
        assert recovery.outcome() is e.Outcome.COMMITTED
        assert prices
    assert (type_of_key(database), type_of_key(copy)) == ("character varying(36)", "uuid")


def test_a_server_that_was_restarted_where_it_was_is_the_same(
    installation: Installation,
) -> None:
    with scratch.start(installation, tcp=True) as original, Clone(original) as copy:
        with copy.server.connect(autocommit=True) as conn:
            conn.execute("CREATE DATABASE app")
        database = Database(copy.server, APP)
        database.execute(TABLES)
        recovery = Recovery(database, profile_for(database, users__id="text")).ready()
        copy.restart()
        assert recovery.convert_here(e.Commit(by=ME, typed=APP)) is e.Outcome.COMMITTED


def test_a_session_in_which_another_database_was_confirmed_later_is_refused(
    database: Database,
) -> None:
    """An older pg-rekey let that happen: its plan and its backup may be of either."""
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    identity = recovery.session.history().identity
    assert identity is not None
    other = msgspec.structs.replace(identity, system_identifier="7")
    for each in (other, identity):
        recovery.session.journal.append(e.TargetConfirmed(each, "typed", True, ME))
    assert recovery.convert() == 4
    assert "its system identifier is" in recovery.problem.what
    assert type_of_key(database) == "uuid"
