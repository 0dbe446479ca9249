"""A recovery as tests drive it: the same client and the same runner as the command line's."""

import difflib
import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import sql

import wizard
from recovery.private import installations
from recovery.record import decisions, session
from recovery.record import events as e
from recovery.record.journal import Journal
from recovery.record.journal_file import JournalDamaged
from recovery.record.session import Session, this_person
from recovery.server.door import Door
from recovery.steps.launch import Options
from recovery.steps.runner import perform
from recovery.words.errors import Problem
from recovery.words.profile import Profile
from tests.conftest import Database
from tests.waiting import until
from wizard.event_lines import problem_lines
from wizard.headless import Client
from wizard.output import Output

ME = this_person()


@dataclass
class Recovery:
    """One session on one database, at the point before the conversion if asked so."""

    database: Database
    profile: Profile
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(session.create(self.profile, wizard.__version__), Output())
        self.client.password = self.database.password

    @property
    def session(self) -> Session:
        return self.client.session

    @property
    def door(self) -> Door:
        """The way to the target that the client has."""
        return self.client.sign_in().door

    def options(self, **more: Any) -> Options:
        """What a client says when it starts a step; ``more`` are its other options."""
        return Options(by=ME, address=self.door.address, password=self.door.password, **more)

    @property
    def made(self) -> e.PlanMade:
        made = self.session.history().plan
        assert made is not None
        return made

    def planned(self, *, prove: bool = False, compatible: bool = False) -> "Recovery":
        """Confirmed, investigated, planned; proved on a copy of the schema if asked so."""
        self.client.confirm(self.database.name)
        options = self.options(prove=prove, compatible=compatible)
        # In this process: what is only read needs no runner of its own to be tested.
        for step in (e.Step.INVESTIGATION, e.Step.PLAN):
            assert perform(self.session, step, options) == 0, self.problem
        if self.profile.alembic is not None:
            self.confirm_revision()
        return self

    def confirm_revision(self, *revisions: str) -> None:
        """The operator's word for these revisions, or for those that were found."""
        found = self.session.history().last(e.Investigated)
        assert found is not None
        decisions.confirm_revision(self.session, revisions or found.found_revisions, ME)

    def again(self) -> "Recovery":
        """Investigated once more."""
        options = self.options()
        assert perform(self.session, e.Step.INVESTIGATION, options) == 0, self.problem
        return self

    def agrees(self, *revisions: str) -> bool:
        """Whether the catalog matches these revisions exactly, and the version table says so."""
        found = self.session.history().last(e.Investigated)
        assert found is not None
        assert found.match is not None
        return found.match.agrees and found.claimed == found.match.revisions == revisions

    def ready(self) -> "Recovery":
        """Planned, approved, and with a backup that the operator attests to."""
        if self.session.history().plan is None:
            self.planned()
        assert self.made.refusals == ()
        decisions.approve_plan(self.session, self.made.sha256, ME)
        decisions.attest_backup(self.session, "the test's own copy", ME)
        return self

    def convert(self, decide: "Decide | None" = None, *, gate_seconds: float = 900) -> int:
        """Runs the conversion; ``decide`` is told every event and may give commands."""
        options = Options(by=ME, gate_seconds=gate_seconds)
        wanted = decide or at_the_gate(e.Commit(by=ME, typed=self.database.name))
        return self.client.run(
            e.Step.CONVERSION, options, lambda event: wanted(self.session, event)
        )

    def convert_here(
        self, decision: e.Commit | None, *, gate_seconds: float | None = None
    ) -> e.Outcome:
        """The same in this process; without a decision the deadline passes at once."""
        if gate_seconds is None:
            gate_seconds = 0 if decision is None else 900
        options = self.options(gate_seconds=gate_seconds)
        decided = threading.Thread(target=self._decide, args=[decision])
        decided.start()
        self.code = perform(self.session, e.Step.CONVERSION, options)
        decided.join()
        return self.outcome()

    def _decide(self, decision: e.Commit | None) -> None:
        if decision is None:
            return
        own = Session(self.session.folder)
        began = self.session.history().entries[-1].number
        until(lambda: _gate_or_end(own, began))
        own.journal.command(decision)
        own.close()

    def told(self) -> list[str]:
        """What the latest conversion says is not as it should be: a failure, or differences."""
        attempt = self.session.history().since_start_of(e.Step.CONVERSION)
        failed, compared = attempt.last(e.StepFailed), attempt.last(e.ParityChecked)
        said = [] if failed is None else list(problem_lines(failed.problem))
        if compared is not None:
            said += [str(row) for row in compared.unexplained]
            said += [str(row) for row in compared.foreign_keys if row.state != e.SAME]
            said += [str(row) for row in compared.tables if row.state != e.SAME]
        return said

    @property
    def ended(self) -> e.ConversionEnded:
        ended = self.session.history().last(e.ConversionEnded)
        assert ended is not None
        return ended

    def outcome(self) -> e.Outcome:
        """How the latest conversion ended, as far as it is known."""
        outcome = self.session.history().outcome
        assert outcome is not None
        return outcome

    @property
    def problem(self) -> Problem:
        failed = self.session.history().last(e.StepFailed)
        assert failed is not None
        return failed.problem


def _gate_or_end(session: Session, after: int) -> bool | None:
    for entry in session.journal.entries(after):
        if isinstance(entry.event, e.GateOpened | e.StepFailed | e.StepFinished):
            return True
    return None


Decide = Callable[[Session, e.AnyEvent], None]


def at_the_gate(*commands: e.AnyCommand) -> Decide:
    """Gives commands, in order, as soon as the gate is open."""

    def decide(at: Session, event: e.AnyEvent) -> None:
        if isinstance(event, e.GateOpened):
            for command in commands:
                at.journal.command(command)

    return decide


ROLL_BACK = at_the_gate(e.RollBack(by=ME))


def made_long_ago(session: Session, days: int) -> e.BackupMade:
    """The session's backup, as if it had been made so many days earlier."""
    made = session.history().last(e.BackupMade)
    assert made is not None
    earlier = timedelta(days=days)
    old = msgspec.structs.replace(
        made, started=made.started - earlier, finished=made.finished - earlier
    )
    session.journal.append(old)
    return old


def fails_once(monkeypatch: pytest.MonkeyPatch, kind: type[e.Event]) -> None:
    """The journal does not take the next event of a kind. The moment cannot be had otherwise."""
    written = Journal.append
    failed: list[e.AnyEvent] = []

    def append(self: Journal, event: e.AnyEvent) -> None:
        if isinstance(event, kind) and not failed:
            failed.append(event)
            raise JournalDamaged("The disk is full.", "Free it.")
        written(self, event)

    monkeypatch.setattr(Journal, "append", append)


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, moment: Callable[[e.AnyEvent], bool], do: Callable[[], object]
) -> None:
    """Others do something at a moment of the conversion: before the journal takes such an event."""
    written = Journal.append
    done: list[e.AnyEvent] = []

    def append(self: Journal, event: e.AnyEvent) -> None:
        if moment(event) and not done:
            done.append(event)
            do()
        written(self, event)

    monkeypatch.setattr(Journal, "append", append)


def schema_of(database: Database) -> str:
    """``pg_dump --schema-only``, without what differs from run to run."""
    tool = next(
        i for i in installations.for_backups() if i.major == database.server.installation.major
    )
    dumped = subprocess.run(
        [tool.program("pg_dump"), "--schema-only", "--no-password", "-d", database.dsn],
        env=database.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", dumped, flags=re.MULTILINE)


def contents_query(conn: psycopg.Connection[Any]) -> str:
    """Asks for the rows and a digest of the rows, as text, of every table and view."""
    relations = conn.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname !~ '^pg_' "
        "AND schemaname <> 'information_schema' "
        "UNION ALL SELECT format('%I.%I', schemaname, viewname) FROM pg_views "
        "WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' "
        "UNION ALL SELECT format('%I.%I', schemaname, matviewname) FROM pg_matviews "
        "WHERE ispopulated ORDER BY 1"
    ).fetchall()
    each = (
        f"SELECT {sql.Literal(name).as_string(None)}, count(*), "
        f"coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {name} t"
        for (name,) in relations
    )
    return " UNION ALL ".join(each) or "SELECT '', 0, 0"


def contents_of(database: Database) -> dict[str, tuple[object, ...]]:
    """Rows and a digest of the rows of every table and view, whatever their order."""
    with database.connect() as conn:
        rows = conn.execute(contents_query(conn)).fetchall()
    return {name: tuple(contents) for name, *contents in rows}


def difference(before: str, after: str) -> list[str]:
    """The changed lines of a text: ``-`` before, ``+`` after."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
