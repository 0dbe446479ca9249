"""Every fault at every moment: the database is entirely before or entirely after.

The journal says which, and the session goes on from there to a verified recovery. The whole table
is run and written by ``make reliability``; some of it is part of every run of the tests.
"""

import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg
import pytest
from psycopg import sql

from recovery.private import scratch
from recovery.private.installations import Installation
from recovery.record import events as e
from recovery.server.reconcile import reconcile
from recovery.words.profile import AlembicSection
from tests.conftest import Database
from tests.faults.distant import TABLES, behind, is_free, type_of_key
from tests.faults.driver import Driver
from tests.faults.proxy import Proxy
from tests.faults.test_time_outs import set_time_outs
from tests.recovering import ME, Recovery
from tests.steps.test_migrations import created, write_history
from tests.waiting import until

SENTINEL = "s3ntinel-of-the-matrix"
# A lock that the test holds, and that statements of the conversion wait for (see _stop_at).
GATE = 7071
STOPS = f"""
CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_catalog.current_query()
     ~ coalesce(pg_catalog.current_setting('rekey.stop', true), '^$') THEN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared({GATE});
  END IF;
END $$;
CREATE EVENT TRIGGER stopping ON ddl_command_start EXECUTE FUNCTION stop();
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a fault comes: in a step, and there at an event, or while a statement waits."""

    step: e.Step
    event: type[e.Event] | None = None
    phase: int | None = None
    waiting_in: str | None = None


# These steps read the catalog first, and wait there for a lock that the test holds.
READING = "pg_catalog"
MOMENTS = {
    "investigation": Moment(e.Step.INVESTIGATION, waiting_in=READING),
    "plan": Moment(e.Step.PLAN, waiting_in=READING),
    "backup": Moment(e.Step.BACKUP, waiting_in=READING),
    "locks": Moment(e.Step.CONVERSION, waiting_in=READING),
    "phase 1": Moment(e.Step.CONVERSION, e.PhaseStarted, phase=1),
    "phase 2": Moment(e.Step.CONVERSION, waiting_in="DROP CONSTRAINT"),
    "phase 3": Moment(e.Step.CONVERSION, waiting_in="users.*ALTER COLUMN"),
    "phase 4": Moment(e.Step.CONVERSION, waiting_in="notes.*ALTER COLUMN"),
    "phase 5": Moment(e.Step.CONVERSION, waiting_in="ADD CONSTRAINT"),
    "phase 6": Moment(e.Step.CONVERSION, e.PhaseStarted, phase=6),
    "gate": Moment(e.Step.CONVERSION, e.GateOpened),
    "migrations": Moment(e.Step.MIGRATIONS, waiting_in="CREATE TABLE extra"),
    "verification": Moment(e.Step.VERIFICATION, waiting_in=READING),
}


@dataclass
class Scene:
    """A recovery behind a line, a step of it at work, and what can go wrong with it."""

    server: scratch.Server
    database: Database
    proxy: Proxy
    driver: Driver


Fault = Callable[[Scene], None]


def _kill_the_runner(scene: Scene) -> None:
    os.kill(scene.driver.runner, signal.SIGKILL)


def _kill_the_client(scene: Scene) -> None:
    assert scene.driver.child is not None
    scene.driver.child.kill()


def _hang_up(scene: Scene) -> None:
    assert scene.driver.child is not None
    for process in (scene.driver.runner, scene.driver.child.pid):
        os.kill(process, signal.SIGHUP)


def _terminate_the_backends(scene: Scene) -> None:
    with scene.server.connect() as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND application_name <> 'the test'",
            [scene.database.name],
        )


def _stop_the_server(scene: Scene) -> None:
    # One backend that is killed makes the server end all of them at once, and recover.
    with scene.server.connect() as conn:
        os.kill(conn.info.backend_pid, signal.SIGKILL)


def _silence_and_cancel(scene: Scene) -> None:
    scene.proxy.silence()
    scene.driver.session.journal.command(e.Cancel(by=ME))


def _fill_the_disk(scene: Scene) -> None:
    # What a full disk does to the runner alone: nothing that it writes can grow.
    resource.prlimit(scene.driver.runner, resource.RLIMIT_FSIZE, (1, 1))


def _let_the_time_outs_expire(scene: Scene) -> None:
    # They are all as short as what ends this: whoever waited before has waited longer then.
    with pytest.raises(psycopg.Error, match="timeout"):
        scene.database.rows("SELECT pg_sleep(600)")


EXPIRED = "time-outs expired"
FAULTS: dict[str, Fault] = {
    "kill -9 the runner": _kill_the_runner,
    "kill -9 the client": _kill_the_client,
    "SIGHUP to both": _hang_up,
    "backends terminated": _terminate_the_backends,
    "server stopped": _stop_the_server,
    "line cut": lambda scene: scene.proxy.cut(),
    "line half-closed": lambda scene: scene.proxy.half_close(),
    "line silent, then cancel": _silence_and_cancel,
    "disk full": _fill_the_disk,
    EXPIRED: _let_the_time_outs_expire,
}
# Those that the work does not even notice.
HARMLESS = ("kill -9 the client", "SIGHUP to both", EXPIRED)
# A part of them that every run of the tests has time for.
ALWAYS = {
    ("kill -9 the runner", "backup"),
}


def _cells() -> Iterator[object]:
    for fault in FAULTS:
        for moment in MOMENTS:
            marks = [] if (fault, moment) in ALWAYS else [pytest.mark.slow]
            yield pytest.param(fault, moment, marks=marks, id=f"{fault}, {moment}")


# What the application's scripts make: the tables as they are after the conversion.
USERS = "CREATE TABLE users (id varchar(36) PRIMARY KEY)"
NOTES = "CREATE TABLE notes (id bigint PRIMARY KEY, user_id varchar(36) REFERENCES users)"


@pytest.fixture(scope="module")
def restarting(installation: Installation) -> Iterator[scratch.Server]:
    """A server that comes back when it was stopped, with a role whose password is looked for."""
    with scratch.start(installation, tcp=True, settings={"restart_after_crash": "on"}) as server:
        with server.connect(autocommit=True) as conn:
            conn.execute(f"CREATE ROLE owner SUPERUSER LOGIN PASSWORD '{SENTINEL}'")
            conn.execute("CREATE DATABASE matrix")
        Database(server, "matrix").execute(
            TABLES
            + STOPS
            + "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);"
            + "INSERT INTO alembic_version VALUES ('r2')"
        )
        yield server


@pytest.fixture
def scene(restarting: scratch.Server, tmp_path: Path) -> Iterator[Scene]:
    database = Database(restarting, f"matrix_{uuid4().hex[:8]}")
    with restarting.connect(autocommit=True) as conn:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE matrix")
        conn.execute(make.format(sql.Identifier(database.name)))
    scripts = write_history(
        tmp_path / "scripts",
        ("r1", f"op.execute({USERS!r})"),
        ("r2", f"op.execute({NOTES!r})"),
        ("r3", created("extra")),
    )
    with Proxy(restarting.port) as proxy:
        profile = behind(proxy, database, ready=False).profile
        dsn = profile.target.dsn.replace("user=postgres", "user=owner")
        profile = msgspec.structs.replace(
            profile,
            target=msgspec.structs.replace(profile.target, dsn=dsn),
            alembic=AlembicSection(scripts),
        )
        recovery = Recovery(database, profile)
        recovery.client.password = SENTINEL
        recovery.client.confirm(database.name)
        yield Scene(restarting, database, proxy, Driver(recovery))


@pytest.mark.parametrize(("fault", "moment"), _cells())
def test_fault(
    scene: Scene, record_property: Callable[[str, object], None], fault: str, moment: str
) -> None:
    when, driver = MOMENTS[moment], scene.driver
    cell = [list(MOMENTS).index(moment), list(FAULTS).index(fault), moment, fault, "?"]
    record_property("cell", cell)
    for step in list(e.Step)[1 : list(e.Step).index(when.step)]:
        assert driver.do(step)
    if when.step is e.Step.CONVERSION:
        driver.ready()
    if fault == EXPIRED:
        set_time_outs(scene.database)
    with _held(scene, when):
        _at(scene, when)
        FAULTS[fault](scene)
    if when.step is e.Step.CONVERSION and fault in HARMLESS:
        driver.commit()
    driver.wait_for_the_end()

    scene.proxy.mend()
    until(lambda: _is_up(scene) or None)
    reconcile(driver.session, driver.recovery.door)
    until(lambda: is_free(scene.database) or None)
    history = driver.history
    assert history.outcome is not e.Outcome.UNKNOWN
    expected = "character varying(36)" if history.committed else "uuid"
    assert type_of_key(scene.database) == expected
    if fault in HARMLESS:
        assert driver.told(e.StepFinished)
    cell[-1] = "after" if history.committed else "before"

    driver.to_the_end()
    assert driver.history.recovered, driver.history.verified
    _has_no_secret(scene)


@contextmanager
def _held(scene: Scene, when: Moment) -> Iterator[None]:
    """What makes the step wait at its moment; let go behind the fault."""
    with ExitStack() as stack:
        if when.waiting_in is not None:
            name = sql.Identifier(scene.database.name)
            # Without the time-outs that a fault sets.
            conn = stack.enter_context(scene.server.connect(scene.database.name))
            conn.execute("SET application_name = 'the test'")
            conn.commit()
            if when.waiting_in == READING:
                conn.execute("LOCK TABLE pg_catalog.pg_inherits IN ACCESS EXCLUSIVE MODE")
            else:
                pattern = sql.Literal(when.waiting_in)
                conn.execute(sql.SQL("ALTER DATABASE {} SET rekey.stop = {}").format(name, pattern))
                conn.commit()
                conn.execute(f"SELECT pg_advisory_xact_lock({GATE})")
            stack.callback(_let_go, scene, conn)
        yield


def _let_go(scene: Scene, conn: "psycopg.Connection[tuple[object, ...]]") -> None:
    # A server that was stopped has let go by itself.
    with suppress(psycopg.OperationalError):
        conn.rollback()
        conn.execute(
            sql.SQL("ALTER DATABASE {} RESET rekey.stop").format(
                sql.Identifier(scene.database.name)
            )
        )
        conn.commit()


def _at(scene: Scene, when: Moment) -> None:
    """Starts the step and waits for the moment."""
    scene.driver.start(when.step, by_client=True)
    if when.event is not None:
        until(lambda: _is_there(scene, when))
    else:
        until(lambda: _is_waiting(scene))


def _is_there(scene: Scene, when: Moment) -> bool | None:
    assert when.event is not None
    for event in scene.driver.told(when.event):
        if when.phase is None or getattr(event, "number", None) == when.phase:
            return True
    return None


def _is_waiting(scene: Scene) -> bool | None:
    with scene.server.connect() as conn:
        waiting = conn.execute(
            "SELECT FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
            [scene.database.name],
        ).fetchall()
    return bool(waiting) or None


def _is_up(scene: Scene) -> bool:
    try:
        scene.server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def _has_no_secret(scene: Scene) -> None:
    """The password is in no file of the session, and in no process's arguments or environment."""
    for path in scene.driver.session.folder.rglob("*"):
        assert not path.is_file() or SENTINEL.encode() not in path.read_bytes(), path
    listed = subprocess.run(["ps", "axeww"], capture_output=True, check=False).stdout
    assert SENTINEL.encode() not in listed
