"""A client that does a recovery's steps one by one, in processes that can be killed."""

import subprocess
import sys
from dataclasses import dataclass

import msgspec

from recovery.record import decisions
from recovery.record import events as e
from recovery.record.history import REVISION, History
from recovery.record.session import Session
from recovery.steps import follow
from recovery.steps.launch import launch
from tests.recovering import ME, Recovery
from tests.waiting import until


@dataclass
class Driver:
    """``child`` is what was started for the last step: a runner, or a client that started one.

    ``began`` is the journal's end at that time.
    """

    recovery: Recovery
    adopt: tuple[str, ...] = ()
    child: "subprocess.Popen[bytes] | None" = None
    began: int = 0
    by_client: bool = False

    @property
    def session(self) -> Session:
        return self.recovery.session

    @property
    def history(self) -> History:
        return self.session.history()

    @property
    def runner(self) -> int:
        """The process that does the work."""
        holder = self.session.journal.holder()
        assert holder is not None
        return holder.pid

    def start(self, step: e.Step, *, by_client: bool = False) -> None:
        """Starts a step; if asked so, by a client that looks on, as a wizard does."""
        if self.history.waits_for(step) == REVISION:
            self.recovery.confirm_revision()
        self.began = follow.last_number(self.session)
        self.by_client = by_client
        ways = dict.fromkeys(self.adopt, e.Way.ADOPT)
        options = self.recovery.options(prove=False, ways=ways)
        if not by_client:
            self.child = launch(self.session, step, options)
            return
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.client", str(self.session.folder), step],
            stdin=subprocess.PIPE,
        )
        assert self.child.stdin is not None
        self.child.stdin.write(msgspec.json.encode(options))
        self.child.stdin.close()

    def told(self, *kinds: type[e.Event]) -> list[e.AnyEvent]:
        """The events of these kinds since the step was started."""
        entries = self.session.journal.entries(self.began)
        return [entry.event for entry in entries if isinstance(entry.event, kinds)]

    def wait_for_the_end(self) -> None:
        """Until the runner is gone, and with it its client."""
        until(lambda: True if self.session.journal.holder() is None else None)
        if self.child is not None:
            if self.by_client:
                self.child.kill()
            self.child.wait()

    def commit(self) -> None:
        """Decides at the gate, as soon as it is open."""
        until(lambda: self.told(e.GateOpened, e.StepFailed) or self._is_dead() or None)
        self.session.journal.command(e.Commit(by=ME, typed=self.recovery.database.name))

    def _is_dead(self) -> bool:
        if self.child is not None and not self.by_client:
            return self.child.poll() is not None
        return bool(self.told(e.StepStarted)) and self.session.journal.holder() is None

    def do(self, step: e.Step) -> bool:
        """Does a step to its end; whether it came to a good one."""
        if step is e.Step.CONVERSION:
            self.ready()
        self.start(step)
        if step is e.Step.CONVERSION:
            self.commit()
        until(lambda: self.told(e.StepFinished, e.StepFailed) or self._is_dead() or None)
        self.wait_for_the_end()
        if not self.told(e.StepFinished):
            return False
        if step is e.Step.PLAN:
            decisions.approve_plan(self.session, self.recovery.made.sha256, ME)
        return True

    def ready(self) -> None:
        """Approves the plan and attests to a backup, where that was not done."""
        if not self.history.plan_approved:
            decisions.approve_plan(self.session, self.recovery.made.sha256, ME)
        if self.history.backup is None:
            decisions.attest_backup(self.session, "the test's own copy", ME)

    def undone(self) -> list[e.Step]:
        """The steps that are still to be done, but the report."""
        steps = list(e.Step)[1:-1]
        return [step for step in steps if not self.history.state_of(step).settled]

    def to_the_end(self) -> None:
        """Resumes: every step that is not done, to a verified recovery."""
        while steps := self.undone():
            assert self.do(steps[0]), self.told(e.StepFailed)
