"""Pictures of the screens for the README and the guide: screenshots.py FOLDER.

The demo is recovered from beginning to end; then each screen is shown as it was at a moment of
that. A screen is a function of the journal, so a moment is the journal up to an entry.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit

import msgspec
import psycopg

import wizard
from recovery.conversion.statements.statement import REFERENCES
from recovery.record import decisions
from recovery.record.events import (
    AnyEvent,
    BackupMade,
    Commit,
    GatePrice,
    PhaseStarted,
    Reported,
    SessionOpened,
    StatementDone,
    Step,
    StepFailed,
    StepFinished,
    TargetConfirmed,
    Way,
)
from recovery.record.history import Entry
from recovery.record.session import this_person
from recovery.steps.launch import Options
from screens.target import Connected
from tests.screens.fakes import FakeSessions, FakeWork
from tests.screens.stage import go_to, settled
from tests.screens.story import ADA, Story
from wizard.app import Wizard
from wizard.demo import incident
from wizard.demo.command import Demo, running
from wizard.headless import Client
from wizard.output import Output
from wizard.which_session import to_work_on

SIZE = (100, 30)
# Where the pictures have the sessions.
STATE = "/home/ada/.local/state/pg-rekey"
# Of the demo's about so many, in all tables together.
ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery that is over."""

    session: str
    entries: tuple[Entry, ...]
    plan_sql: str


Moment = Callable[[Sequence[Entry]], int]


def when(wanted: Callable[[AnyEvent], bool]) -> Moment:
    """The moment of the first event of this kind."""
    return lambda entries: next(entry.number for entry in entries if wanted(entry.event))


def finished(step: Step) -> Moment:
    return when(lambda event: isinstance(event, StepFinished) and event.step is step)


def failed(step: Step) -> Moment:
    return when(lambda event: isinstance(event, StepFailed) and event.step is step)


def midway(entries: Sequence[Entry]) -> int:
    """When half of the referencing columns are converted."""
    done = [
        entry.number
        for entry in entries
        if isinstance(entry.event, StatementDone) and entry.event.phase == REFERENCES
    ]
    return done[len(done) // 2]


at_the_gate = when(lambda event: isinstance(event, GatePrice) and bool(event.blocked))

PICTURES: dict[str, tuple[Step, Moment, tuple[str, ...]]] = {
    "target": (Step.TARGET, when(lambda event: isinstance(event, SessionOpened)), ()),
    "investigation": (Step.INVESTIGATION, finished(Step.INVESTIGATION), ()),
    "investigation-revision": (Step.INVESTIGATION, finished(Step.INVESTIGATION), ("3",)),
    "plan": (Step.PLAN, finished(Step.PLAN), ()),
    "plan-sql": (Step.PLAN, finished(Step.PLAN), ("3", *["down"] * 4, "enter", "down")),
    "backup": (Step.BACKUP, finished(Step.BACKUP), ()),
    "conversion-running": (Step.CONVERSION, midway, ()),
    "conversion-gate": (Step.CONVERSION, at_the_gate, ()),
    "conversion-foreign-keys": (Step.CONVERSION, at_the_gate, ("2",)),
    "conversion-commit": (Step.CONVERSION, at_the_gate, ("c",)),
    "conversion-quit": (Step.CONVERSION, at_the_gate, ("q",)),
    "migrations-collision": (Step.MIGRATIONS, failed(Step.MIGRATIONS), ()),
    "migrations": (Step.MIGRATIONS, finished(Step.MIGRATIONS), ()),
    "verification": (Step.VERIFICATION, finished(Step.VERIFICATION), ()),
    "report": (Step.REPORT, when(lambda event: isinstance(event, Reported)), ()),
}


def recover() -> Recovery:
    """The demo's incident from the first look to the report."""
    output = Output()
    with (
        TemporaryDirectory() as state,
        running(ROWS, output.line, Path(state)) as demo,
    ):
        client = Client(to_work_on(demo.profile, None, output, new=True), output)
        client.password = demo.password
        client.confirm(incident.PRODUCTION)
        client.investigate()
        client.plan()
        made = client.history.plan
        assert made is not None
        decisions.approve_plan(client.session, made.sha256, this_person())
        client.back_up("custom")
        convert(client, demo)
        client.revision((incident.TRUE_REVISION,))
        client.migrate({}, None)
        client.migrate({incident.VALUATIONS_REVISION: Way.ADOPT}, None)
        client.verify()
        client.report()
        return Recovery(
            client.session.id,
            tuple(elsewhere(client.history.entries, demo, state)),
            client.session.plan_file.read_text(encoding="utf-8"),
        )


def convert(client: Client, demo: Demo) -> None:
    """The conversion, while the application wants to read; COMMIT when its waiting was seen."""

    def read() -> None:
        dsn, password = demo.profile.target.dsn, demo.password
        with psycopg.connect(dsn, password=password, application_name="backend") as conn:
            conn.execute("SELECT email FROM public.users WHERE is_active")

    reader = Thread(target=read)

    def attend(event: AnyEvent) -> None:
        match event:
            case PhaseStarted(number=1):
                reader.start()
            case GatePrice(blocked=blocked) if blocked:
                client.session.journal.command(Commit(by=this_person(), typed=incident.PRODUCTION))

    client.run(Step.CONVERSION, Options(by=this_person()), attend)
    reader.join()


def elsewhere(entries: Sequence[Entry], demo: Demo, state: str) -> list[Entry]:
    """The same entries, as if they came from a bastion host: nothing in them is of this machine."""
    tool = next(Path(entry.event.tool) for entry in entries if isinstance(entry.event, BackupMade))
    names = {
        _json(this_person()): _json(ADA),
        state: STATE,
        str(demo.folder.parent): "/run/postgresql",
        str(tool.parent): "/usr/lib/postgresql/18/bin",
        urlsplit(demo.profile.http[0].url).netloc: "127.0.0.1:8000",
    }
    told = []
    for entry in entries:
        text = _json(entry.event)
        for here, there in names.items():
            text = text.replace(here, there)
        event: AnyEvent = msgspec.json.decode(text, type=AnyEvent)
        told.append(Entry(entry.number, entry.at, event))
    return told


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def write(recovery: Recovery, folder: Path) -> None:
    """Writes one SVG for each picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (step, moment, keys) in PICTURES.items():
        app = shown(recovery, recovery.entries[: moment(recovery.entries)])
        async with app.run_test(size=SIZE) as pilot:
            await settled(pilot)
            await go_to(pilot, step)
            await pilot.press(*keys)
            await settled(pilot)
            app.save_screenshot(f"{name}.svg", str(folder))


def shown(recovery: Recovery, entries: tuple[Entry, ...]) -> Wizard:
    """The wizard on a journal that nobody writes any more."""
    identity = next(
        e.event.identity for e in recovery.entries if isinstance(e.event, TargetConfirmed)
    )
    at = entries[-1].at
    work = FakeWork(Story(list(entries), at), [Connected(identity, (), "libpq's own sources")])
    work.id = recovery.session
    work.folder = Path(STATE) / recovery.session
    work.plan_text = recovery.plan_sql
    app = Wizard(FakeSessions(), wizard.__version__, None, work, now=lambda: at, look_every=None)
    app.theme = "textual-dark"
    return app


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    os.environ.pop("NO_COLOR", None)
    asyncio.run(write(recover(), Path(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
