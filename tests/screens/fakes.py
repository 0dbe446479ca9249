"""Answers in the recovery's place: a journal in memory, and work that is done at once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from recovery.record.events import (
    AnyCommand,
    AnyEvent,
    BackupAttested,
    BackupMade,
    ColumnDecided,
    Commit,
    ConversionEnded,
    ExtendGate,
    GateExtended,
    Investigated,
    OldBackupAccepted,
    Outcome,
    Person,
    PlanApproved,
    RevisionConfirmed,
    RollBack,
    Step,
    StepFinished,
    TargetConfirmed,
)
from recovery.record.history import Entry
from recovery.record.session_list import Listed
from recovery.words.errors import Problem, RecoveryError, Refused
from recovery.words.profile import Profile
from screens.target import Connected, Connection, NotConnected
from screens.wishes import RunStep
from tests.screens import story
from tests.screens.story import Story

PASSWORD = "correct horse"
CONNECTED = Connected(story.IDENTITY, (), "the keyring")
PASSWORD_NEEDED = NotConnected(
    Problem(
        what="saas_owner@db1.example.com:5432/saas_platform needs a password.",
        remedy="Type the password of saas_owner@db1.example.com:5432/saas_platform.",
        exit_code=3,
    ),
    account="saas_owner@db1.example.com:5432/saas_platform",
    without_keyring="No keyring works here (no D-Bus session): the password is kept in memory "
    "for this run and asked for again in the next.",
)


class FakeWork:
    """One session. Steps end at once, except a conversion, which waits at the gate."""

    id = story.SESSION
    folder = Path("/home/ada/.local/state/pg-rekey") / story.SESSION
    by: Person = story.ADA
    only_reads: Problem | None = None
    not_read: Problem | None = None

    def __init__(self, told: Story, connections: Sequence[Connection] = (CONNECTED,)) -> None:
        self.story = told
        self.alive = told.history.running is not None
        self.asked: list[object] = []
        self.plan_text = story.PLAN_SQL
        self.collides = True
        self.silent = ""
        self._connections = list(connections)

    def entries(self, after: int) -> tuple[Entry, ...]:
        if self.not_read is not None:
            raise RecoveryError.of(self.not_read)
        return tuple(self.story.entries[after:])

    def runner_alive(self) -> bool:
        return self.alive

    def unheard(self) -> str:
        return self.silent

    def stillborn(self) -> Problem | None:
        return None

    def plan_sql(self) -> str:
        return self.plan_text

    def sql_log(self, after: int) -> tuple[str, int]:
        text = "" if after else "-- 2026-11-22T03:30:00+00:00\nALTER TABLE users\n  DROP x;\n"
        return text, after + len(text)

    def sign_in(self, password: str | None) -> Connection:
        self.asked.append(("sign in", password))
        if len(self._connections) > 1:
            return self._connections.pop(0)
        return self._connections[0]

    def keep_password(self) -> None:
        self.asked.append("keep")

    def confirm(self, typed: str) -> None:
        if typed != story.IDENTITY.database:
            raise Refused(
                f"{typed!r} is not the name of the profile's database.",
                "Look at the identity card: type 'saas_platform' if this is the one.",
                object="saas_platform",
            )
        self.story.tell(TargetConfirmed(story.IDENTITY, "the keyring", True, self.by))

    def run(self, wish: RunStep) -> None:
        self.asked.append(wish)
        if self.alive:
            raise Refused(
                "Process 4711 on bastion already works on this session.",
                "Watch it with 'pg-rekey resume', or cancel it there.",
            )
        self.story.tell(story.started(wish.step))
        self.story.tell(*self._told(wish))
        self.alive = wish.step is Step.CONVERSION

    def _told(self, wish: RunStep) -> Iterable[AnyEvent]:
        """What a runner would journal after the step's start."""
        chapters: dict[Step, Callable[[], Story]] = {
            Step.INVESTIGATION: story.investigated,
            Step.PLAN: story.planned,
            Step.BACKUP: story.backed_up,
            Step.CONVERSION: story.at_the_gate,
            Step.MIGRATIONS: story.migrated if wish.ways else story.collided,
            Step.VERIFICATION: story.verified,
            Step.REPORT: story.reported,
        }
        chapter = chapters[wish.step]().history.since_start_of(wish.step)
        return [entry.event for entry in chapter.entries[1:]]

    def give(self, command: AnyCommand) -> None:
        self.asked.append(command)
        match command:
            case Commit(by=by):
                self._end(Outcome.COMMITTED, "the operator chose COMMIT", by)
            case RollBack(by=by):
                self._end(Outcome.ROLLED_BACK, "the operator asked for it", by)
            case ExtendGate(by=by, seconds=seconds):
                deadline = story.DEADLINE + timedelta(seconds=seconds)
                self.story.tell(GateExtended(deadline, by))

    def _end(self, outcome: Outcome, reason: str, by: Person) -> None:
        self.story.tell(ConversionEnded(outcome, reason, by), StepFinished(Step.CONVERSION, 300.0))
        self.alive = False

    def approve(self, sha256: str) -> None:
        self.story.tell(PlanApproved(sha256, self.by))

    def decide(self, column: str, take: bool) -> None:
        known = {one.column: one.becomes for one in story.INVESTIGATED.decidable}
        self.story.tell(ColumnDecided(column, known[column] if take else None, self.by))

    def confirm_revision(self, revisions: tuple[str, ...]) -> None:
        self.asked.append(("confirm", revisions))
        found = self.story.history.last(Investigated)
        assert found is not None
        assert found.match is not None
        evidence = found.match.evidence(revisions)
        self.story.tell(RevisionConfirmed(revisions, evidence, self.by))

    def attest(self, statement: str) -> None:
        self.story.tell(BackupAttested(statement, self.by))

    def accept_old_backup(self, typed: str) -> None:
        self.asked.append(("accept", typed))
        backup = self.story.history.last(BackupMade)
        assert backup is not None
        self.story.tell(OldBackupAccepted(backup.started, 0.0, self.by))

    def save_bundle(self) -> str:
        return (
            f"Saved to /home/ada/{self.id}-bundle-20260304-032500.tar.gz; nothing secret is in it."
        )

    def save_plan(self, to: str) -> str:
        self.asked.append(("save plan", to))
        return f"{to}/plan.sql"

    def reconcile(self) -> None:
        self.asked.append("reconcile")
        self.story.tell(
            ConversionEnded(
                Outcome.ROLLED_BACK, "its runner is gone, and COMMIT had not been sent", None
            ),
            StepFinished(Step.CONVERSION, 0.0),
        )

    def save_copy(self, text: str) -> Path:
        self.asked.append(("copy", text))
        return self.folder / "copied.txt"


class FakeSessions:
    """The sessions of a machine, as the list shows them."""

    def __init__(self, listed: Sequence[Listed] = (), work: FakeWork | None = None) -> None:
        self._listed = listed
        self.work = work or FakeWork(story.begun())

    def listed(self) -> Iterable[Listed]:
        return self._listed

    def open(self, session_id: str) -> FakeWork:
        return self.work

    def create(self, profile: Profile) -> FakeWork:
        return self.work


def listed(
    name: str, told: Story | None, damage: str | None = None, exposed: Problem | None = None
) -> Listed:
    """A session of the list."""
    history = None if told is None else told.history
    return Listed(name, Path("/sessions") / name, history, damage, exposed)
