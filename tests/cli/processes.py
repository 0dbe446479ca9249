"""What other processes do, looked at from outside, and Ctrl+C for them."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from recovery.record.events import AnyEvent, Event
from tests.cli.program import Ended, Shell
from tests.conftest import Database
from tests.waiting import PATIENCE


def runner_of(client: "subprocess.Popen[str]") -> int | None:
    """The runner that a client has started, once it is one."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = process.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            command = process.joinpath("cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == client.pid and b"recovery.steps.runner" in command:
            return int(process.name)
    return None


def is_loading(pid: int) -> bool | None:
    """Whether a runner has come as far as loading its libraries; None for no."""
    return True if b"psycopg_binary" in Path(f"/proc/{pid}/maps").read_bytes() else None


def event_of(shell: Shell, kind: type[Event]) -> AnyEvent | None:
    """The latest event of a kind in the newest session."""
    for entry in reversed(shell.history().entries):
        if isinstance(entry.event, kind):
            return entry.event
    return None


def is_waiting(database: Database) -> bool | None:
    """Whether the program waits for a lock of another session; None for no."""
    rows = database.rows(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'pg-rekey'"
        " AND datname = current_database() AND wait_event_type = 'Lock'"
    )
    return True if rows else None


@contextmanager
def in_the_way(database: Database) -> Iterator[Callable[[], None]]:
    """Somebody reads a table and does not end the transaction; the value lets it go."""
    with database.connect() as conn:
        conn.execute("SELECT count(*) FROM orders")
        yield conn.rollback


def interrupt(client: "subprocess.Popen[str]") -> None:
    """Ctrl+C in the client's terminal: it reaches the client and not the runner."""
    os.killpg(client.pid, signal.SIGINT)


def ended(client: "subprocess.Popen[str]") -> Ended:
    """How a client ended, without a traceback."""
    out, err = client.communicate(timeout=PATIENCE)
    assert "Traceback" not in out + err, err
    return Ended(client.returncode, out, err)
