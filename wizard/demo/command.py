"""The command ``pg-rekey demo``: the incident on a private server, in the wizard or without it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recovery.private import scratch
from recovery.record.events import Way
from recovery.record.folders import STATE_VARIABLE
from recovery.record.verdict import verdict
from recovery.words import profile as profiles
from recovery.words.errors import DONE, FAILED
from recovery.words.profile import Profile
from wizard.demo import incident
from wizard.demo.expected import profile_text
from wizard.demo.service import Service
from wizard.headless import Client
from wizard.output import Output
from wizard.which_session import to_work_on

_PASSING = "it goes with the demo when you quit. 'pg-rekey demo --keep FOLDER' keeps the session."


@dataclass(frozen=True, slots=True)
class Demo:
    """The incident, up and running. Everything is gone when it ends, but what ``folder`` keeps."""

    folder: Path
    profile_file: Path
    profile: Profile
    password: str


@contextmanager
def running(rows: int, say: Callable[[str], None], keep: Path | None = None) -> Iterator[Demo]:
    """The incident on a server of its own, with the application's service beside it."""
    say("starting a private PostgreSQL server")
    with scratch.start() as server:
        say(f"PostgreSQL {server.installation.version} is up; building the incident")
        incident.build(server.connect, rows=rows, progress=say)
        dsn = server.conninfo(incident.PRODUCTION)
        # In the server's folder, which vanishes with it however this process ends.
        folder = server.folder / "demo"
        folder.mkdir(mode=0o700)
        with Service(dsn, server.password) as service:
            file = folder / "rekey.toml"
            file.write_text(profile_text(dsn, url=service.url), encoding="utf-8")
            os.environ[STATE_VARIABLE] = str(keep or folder / "sessions")
            yield Demo(folder, file, profiles.load(file), server.password)


def run(*, rows: int, unattended: bool, serve: bool, keep: Path | None) -> int:
    """The command. Unattended: 0 only if every check of the check-list passed."""
    output = Output()
    with running(rows, output.line, keep.resolve() if keep else None) as demo:
        if unattended:
            code = _walk(demo, output)
            _say_goodbye(output, keep)
            return code
        # The demo's server asks for a password, as any does; libpq finds it like one in ~/.pgpass.
        os.environ["PGPASSFILE"] = str(_password_file(demo))
        if serve:
            return _serve(demo, output)
        import wizard
        from wizard.full_screen import run as run_wizard

        code = run_wizard(
            profile=demo.profile,
            session_id=None,
            program=wizard.__version__,
            passing="" if keep else _PASSING,
        )
        _say_goodbye(output, keep)
        return code


def _password_file(demo: Demo) -> Path:
    path = demo.folder / "pgpass"
    path.touch(mode=0o600)
    path.write_text(f"*:*:*:*:{demo.password}\n", encoding="utf-8")
    return path


def _say_goodbye(output: Output, keep: Path | None) -> None:
    if keep is None:
        output.line("The server is gone, and the session with it; --keep FOLDER keeps the session.")


def _serve(demo: Demo, output: Output) -> int:
    """Keeps the incident until Ctrl+C or the end of standard input."""
    output.line("The incident is ready. In another terminal:")
    output.line("")
    output.line(
        f"  PGPASSFILE={os.environ['PGPASSFILE']} {STATE_VARIABLE}={os.environ[STATE_VARIABLE]} "
        f"pg-rekey --profile {demo.profile_file}"
    )
    output.line("")
    output.line("Ctrl+C here ends it; nothing is left behind.")
    try:
        sys.stdin.read()
    except KeyboardInterrupt:
        output.line("")
    return DONE


def _walk(demo: Demo, output: Output) -> int:
    """The same recovery as in the wizard, with the decisions made beforehand."""
    client = Client(to_work_on(demo.profile, None, output, new=True), output)
    client.password = demo.password
    steps: tuple[Callable[[Client], int], ...] = (
        _confirm,
        Client.investigate,
        Client.plan,
        lambda c: c.back_up("custom"),
        _convert,
        lambda c: c.revision((incident.TRUE_REVISION,)),
        lambda c: c.migrate({incident.VALUATIONS_REVISION: Way.ADOPT}, None),
        Client.verify,
        Client.report,
    )
    for step in steps:
        code = step(client)
        if code != DONE:
            return code
    output.line(verdict(client.history))
    return DONE if client.history.recovered else FAILED


def _confirm(client: Client) -> int:
    client.confirm(incident.PRODUCTION)
    return DONE


def _convert(client: Client) -> int:
    made = client.history.plan
    return client.convert(
        incident.PRODUCTION,
        commit=True,
        attested=None,
        gate_seconds=900,
        plan=None if made is None else made.sha256,
    )
