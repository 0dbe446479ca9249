"""A recovery as tests drive it: the same client and the same runner as the command line's."""

import difflib
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

import wizard
from recovery import events as e
from recovery import installations, plan, session
from recovery.backup import attest, password_file
from recovery.errors import Problem
from recovery.launch import Options
from recovery.profile import Profile
from recovery.runner import perform
from recovery.session import Session, this_person
from tests.conftest import Database
from wizard.headless import Client, Output

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
    def made(self) -> e.PlanMade:
        made = self.session.history().plan
        assert made is not None
        return made

    def planned(self) -> "Recovery":
        """Confirmed, investigated, planned."""
        self.client.confirm(self.database.name)
        options = Options(by=ME, password=self.database.password)
        # In this process: what is only read needs no runner of its own to be tested.
        for step in (e.Step.INVESTIGATION, e.Step.PLAN):
            assert perform(self.session, step, options) == 0
        return self

    def ready(self) -> "Recovery":
        """Approved and with a backup that the operator attests to."""
        self.planned()
        assert self.made.refusals == ()
        plan.approve(self.session, self.made.sha256, ME)
        attest(self.session, "the test's own copy", ME)
        return self

    def convert(self, decide: "Decide | None" = None, *, gate_seconds: float = 900) -> int:
        """Runs the conversion; ``decide`` is told every event and may give commands."""
        options = Options(by=ME, gate_seconds=gate_seconds)
        wanted = decide or at_the_gate(e.Commit(by=ME, typed=self.database.name))
        return self.client.run(
            e.Step.CONVERSION, options, lambda event: wanted(self.session, event)
        )

    @property
    def ended(self) -> e.ConversionEnded:
        ended = self.session.history().last(e.ConversionEnded)
        assert ended is not None
        return ended

    def outcome(self) -> e.Outcome:
        """How the latest conversion ended."""
        return self.ended.outcome

    @property
    def problem(self) -> Problem:
        failed = self.session.history().last(e.StepFailed)
        assert failed is not None
        return failed.problem


Decide = Callable[[Session, e.AnyEvent], None]


def at_the_gate(*commands: e.AnyCommand) -> Decide:
    """Gives commands, in order, as soon as the gate is open."""

    def decide(at: Session, event: e.AnyEvent) -> None:
        if isinstance(event, e.GateOpened):
            for command in commands:
                at.journal.command(command)

    return decide


ROLL_BACK = at_the_gate(e.RollBack(by=ME))


def schema_of(database: Database) -> str:
    """``pg_dump --schema-only``, without what differs from run to run."""
    tool = next(
        i for i in installations.for_backups() if i.major == database.server.installation.major
    )
    with password_file(database.password) as (files, variables):
        dumped = subprocess.run(
            [tool.program("pg_dump"), "--schema-only", "--no-password", "-d", database.dsn],
            pass_fds=files,
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", dumped, flags=re.MULTILINE)


def contents_of(database: Database) -> dict[str, tuple[object, ...]]:
    """Rows and a digest of every table's rows, as text, whatever their order."""
    tables = database.rows(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
        "WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'"
    )
    if not tables:
        return {}
    each = " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {table} t"
        for (table,) in tables
    )
    return {table: tuple(contents) for table, *contents in database.rows(each)}


def difference(before: str, after: str) -> list[str]:
    """The changed lines of a text: ``-`` before, ``+`` after."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
