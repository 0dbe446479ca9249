"""The process that does the work of one step, on its own: closing a terminal does not end it.

Started by ``recovery.steps.launch`` as ``python -m`` with FOLDER STEP. What it must know
besides comes through standard input, the password among it; what it has to say goes into the
journal. A step's module is imported when it begins: each has libraries that others don't wait for.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psycopg

from recovery.record.committed import committed
from recovery.record.events import (
    BackupMade,
    Identity,
    Investigated,
    Outcome,
    Refilled,
    Refusal,
    Step,
    StepFailed,
    StepFinished,
    StepStarted,
    TargetConfirmed,
    Verified,
)
from recovery.record.session import Session
from recovery.server.control import Control
from recovery.server.door import Door
from recovery.server.identity import refuse_strangers
from recovery.server.lock_waits import LockWaits
from recovery.steps.launch import Options, refuse_too_early
from recovery.words.errors import FAILED, UNREACHABLE, Problem, RecoveryError, Refused, problem_of

if TYPE_CHECKING:
    from recovery.trial.schema_copy import Copy


def main(arguments: list[str]) -> int:
    """The process: its arguments are a session's folder and a step."""
    folder, step = Path(arguments[0]), Step(arguments[1])
    options = msgspec.json.decode(sys.stdin.buffer.read(), type=Options)
    # A closed terminal or a lost line is no reason to stop.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.umask(0o077)
    try:
        return perform(Session(folder), step, options)
    except RecoveryError as error:
        # Another runner was faster, or the journal cannot be written: the log is all there is.
        sys.stderr.write(f"{error.problem.what} {error.problem.remedy}\n")
        return error.problem.exit_code


def perform(session: Session, step: Step, options: Options) -> int:
    """Does one step in this process and journals it. Answers the exit code; 0 is done."""
    with _lease(session):
        began = time.monotonic()
        session.journal.append(StepStarted(step, os.getpid(), options.by))
        try:
            with Control(session.journal) as control:
                refuse_too_early(session, step)
                try:
                    _Work(session, options, control).do(step)
                except (psycopg.Error, RecoveryError):
                    # What was interrupted because somebody asked for it did not fail.
                    control.check()
                    raise
        except RecoveryError as error:
            return _fail(session, step, error.problem)
        except psycopg.Error as error:
            return _fail(session, step, problem_of(error))
        except OSError as error:
            return _fail(session, step, _system_problem(error))
        except BaseException as error:
            # A mistake of ours. The traceback goes to runner.log, without values of variables.
            _fail(session, step, _our_mistake(error))
            raise
        session.journal.append(StepFinished(step, time.monotonic() - began))
        return 0


@contextmanager
def _lease(session: Session) -> Iterator[None]:
    session.journal.acquire()
    try:
        yield
    finally:
        session.journal.release()


def _fail(session: Session, step: Step, problem: Problem) -> int:
    if step is Step.MIGRATIONS:
        run = session.history().since_start_of(step)
        stays = committed(run, line_lost=problem.exit_code == UNREACHABLE)
        problem = msgspec.structs.replace(problem, stays=stays or None)
    session.journal.append(StepFailed(step, problem))
    return problem.exit_code


def _system_problem(error: OSError) -> Problem:
    return Problem(
        what=f"{error.strerror or error}.",
        remedy="Free the disk or mend the folder, then start the step again.",
        exit_code=FAILED,
        object=str(error.filename) if error.filename else None,
    )


def _our_mistake(error: BaseException) -> Problem:
    return Problem(
        what=f"pg-rekey failed: {type(error).__name__}.",
        remedy="Nothing more was done. Report runner.log of the session's folder as a mistake.",
        exit_code=FAILED,
    )


class _Work:
    """One step's work."""

    def __init__(self, session: Session, options: Options, control: Control) -> None:
        self.session = session
        self.options = options
        self.control = control
        self.history = session.history()
        self.profile = self.history.profile
        self.journal = session.journal

    @property
    def identity(self) -> Identity:
        """The identity that the operator confirmed, the same ever since the session began.

        Its plan and its backup are of that database. In a session of an older pg-rekey another
        one may have been confirmed later.
        """
        identity = self.history.identity
        if identity is None:
            raise Refused("The target was not confirmed.", "Confirm it first.")
        for confirmed in self.history.of(TargetConfirmed):
            refuse_strangers(identity, confirmed.identity)
        return identity

    @property
    def door(self) -> Door:
        """The way to the confirmed database, and to no other."""
        if self.options.address is None:
            raise Refused("Nobody has connected to the target.", "Connect, then start again.")
        return Door(self.options.address, self.options.password, self.identity)

    def do(self, step: Step) -> None:
        """Does a step. Raises ``RecoveryError`` and psycopg's errors."""
        match step:
            case Step.TARGET:
                raise Refused("The target is confirmed by a person.", "Open the wizard.")
            case Step.INVESTIGATION:
                self.investigate()
            case Step.PLAN:
                self.plan()
            case Step.BACKUP:
                self.back_up()
            case Step.CONVERSION:
                self.convert()
            case Step.MIGRATIONS:
                self.migrate()
            case Step.VERIFICATION:
                self.verify()
            case Step.REPORT:
                self.report()

    @contextmanager
    def _looking(
        self,
    ) -> Iterator[tuple["psycopg.Connection[tuple[object, ...]]", LockWaits]]:
        """A read-only connection to the confirmed database, interrupted on request.

        Beside it is who it waits for.
        """
        with (
            self.door.connect(autocommit=True) as conn,
            LockWaits(self.door, self.journal, conn) as waits,
            self.control.watching(conn),
        ):
            yield conn, waits

    def investigate(self) -> None:
        from recovery.steps import investigation

        with self._looking() as (conn, waits):
            found = investigation.investigate(
                conn,
                self.profile,
                self.control.check,
                self.control.watching,
                lambda: waits.awaited,
            )
        self.journal.append(found)

    def plan(self) -> None:
        from recovery.catalog import catalog
        from recovery.conversion import materialized, plan
        from recovery.steps import blockers
        from recovery.trial import proof

        compatible = self.options.compatible
        with self._looking() as (conn, _):
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with conn.transaction():
                found = catalog.read(conn)
            made = plan.build(found, self.profile, self.identity, compatible=compatible)
            check = self.control.check
            failures = tuple(blockers.refusals(conn, found, made, check))
            views = materialized.filled(made.rebuilds)
            looked_at = tuple(materialized.looked_at(conn, views, made.search_path, check))
        failures += tuple(one for one in looked_at if isinstance(one, Refusal))
        if failures:
            made = plan.build(
                found, self.profile, self.identity, failures=failures, compatible=compatible
            )
        proved = None
        if made.statements and self.options.prove:
            proved = proof.prove(
                made,
                found,
                self.profile.with_search_path(found.search_path),
                self.door,
                self.identity,
                check=self.control.check,
                afterwards=self._look_ahead,
            )
            made = plan.build(
                found,
                self.profile,
                self.identity,
                proved.proof.rewrites,
                proved.failures,
                compatible=compatible,
            )
        self.session.write("plan.sql", made.text)
        self.journal.append(
            plan.summary(
                made,
                found,
                proved.proof if proved else None,
                self.history.open_soft_references,
                tuple(one for one in looked_at if isinstance(one, Refilled)),
            )
        )

    def _look_ahead(self, copy: "Copy") -> None:
        """Journals which pending migrations would run on the converted copy."""
        from recovery.trial import forecast

        found = self.history.last(Investigated)
        start = self.history.start_revisions or (found.found_revisions if found else ())
        if self.profile.alembic is None or not start:
            return
        control = self.control
        with self._looking() as (conn, _):
            pending = forecast.pending(
                conn, self.profile, start, {}, control.check, control.watching
            )
        self.journal.append(forecast.forecast(copy, pending, control.check, control.watching))

    def back_up(self) -> None:
        from recovery.steps import backup

        made = backup.Backup(
            door=self.door,
            identity=self.identity,
            journal=self.journal,
            control=self.control,
            folder=self.session.backup_folder,
            format=self.options.backup_format,
            search_path=self.profile.target.search_path,
        ).run()
        self.journal.append(made)

    def convert(self) -> None:
        from recovery.conversion import plan
        from recovery.conversion.run import Conversion
        from recovery.steps import backup

        made = self.history.plan
        if made is None or not self.history.plan_approved:
            raise Refused("No plan was approved.", "Read the plan and approve it.")
        try:
            text = self.session.read_plan()
        except OSError as error:
            raise Refused(
                f"plan.sql cannot be read: {error.strerror}.",
                "Make a new plan.",
                object=str(self.session.plan_file),
            ) from error
        if plan.sha256(text) != made.sha256:
            raise Refused(
                "plan.sql is not the file that was approved.",
                "Make a new plan.",
                object=str(self.session.plan_file),
            )
        latest = backup.trusted(self.history.backup)
        kept = latest if isinstance(latest, BackupMade) else None
        outcome = Conversion(
            profile=self.profile,
            door=self.door,
            identity=self.identity,
            approved=made,
            journal=self.journal,
            control=self.control,
            sql_log=self.session.sql_log,
            gate_seconds=self.options.gate_seconds,
            backup=kept,
            not_there=lambda: () if kept is None else backup.not_there(kept),
        ).run()
        if outcome is Outcome.UNKNOWN:
            raise Refused(
                "Whether the conversion was committed is not known: do nothing yet.",
                "When the server answers again, 'pg-rekey resume' asks it.",
            )

    def migrate(self) -> None:
        from recovery.steps import backup
        from recovery.steps.migrations import Migrations

        Migrations(
            profile=self.profile,
            door=self.door,
            identity=self.identity,
            journal=self.journal,
            control=self.control,
            sql_log=self.session.sql_log,
            backed_up=backup.trusted(self.history.backup) is not None,
            ways=self.options.ways,
            try_first=self.options.prove,
            despite_forecast=self.options.despite_forecast,
            by=self.options.by,
        ).run()

    def verify(self) -> None:
        from recovery.steps import verification

        with self._looking() as (conn, _):
            checks: Verified = verification.verify(
                conn, self.profile, self.history, self.control.check, self.control.watching
            )
        self.journal.append(checks)

    def report(self) -> None:
        from recovery.record import report

        self.journal.append(report.write(self.session))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
