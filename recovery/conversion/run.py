"""Runs a plan in one transaction, up to the gate, and through it if the operator says so."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from recovery.catalog import catalog, row_versions
from recovery.catalog.catalog import Catalog
from recovery.catalog.row_versions import RowVersions
from recovery.connection.dead_peer import answering
from recovery.conversion import materialized, meanwhile, parity, routines
from recovery.conversion.plan import Plan, build
from recovery.conversion.statements.statement import DROP, Statement
from recovery.conversion.statements.transaction import LOCKED
from recovery.conversion.watching import Watch
from recovery.record import since_backup
from recovery.record.events import (
    BackupMade,
    Commit,
    CommitIntended,
    ConversionEnded,
    ExtendGate,
    GateExtended,
    GateOpened,
    GatePrice,
    Identity,
    LockAttemptFailed,
    Outcome,
    Person,
    PhaseFinished,
    PhaseStarted,
    PlanMade,
    StatementDone,
)
from recovery.record.events.conversion import PHASES
from recovery.record.journal import Journal
from recovery.server.committing import commit, end_session_of
from recovery.server.control import Control
from recovery.server.door import Door
from recovery.server.lock_waits import LockWaits, what_to_do
from recovery.server.observer import Observer
from recovery.words import foreign, gate
from recovery.words.errors import RecoveryError, Refused, ServerError
from recovery.words.profile import Profile

# Each is short, and after each a longer pause lets others work: together nearly a minute.
LOCK_ATTEMPTS = 10
# One lock took too long; all of them together did; or the server chose to end our wait for another
# session's lock, which waits for one of ours.
_NOT_HAD = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
)
_TOO_LONG = (
    f"it would wait for more than {gate.LONGEST_IN_WORDS} from now, with all locks held; extend it "
    "later, or roll back and convert in a quieter hour"
)
# How often the gate looks who is blocked, in seconds.
_GLANCE = 1.0


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read behind the locks; ``versions`` are of what is dropped, from just before."""

    plan: Plan
    catalog: Catalog
    versions: RowVersions


@dataclass
class Conversion:
    """One attempt. ``approved`` is the plan that the operator approved.

    ``backup`` is the one that was made, if one was. ``not_there`` says what is missing of it, each
    time that it is called.
    """

    profile: Profile
    door: Door
    identity: Identity
    approved: PlanMade
    journal: Journal
    control: Control
    sql_log: Path
    gate_seconds: float
    backup: BackupMade | None
    not_there: Callable[[], Iterable[str]]
    _xid: str | None = field(default=None, init=False)

    def run(self) -> Outcome:
        """Runs every phase, waits at the gate, and ends the transaction as it was decided.

        Every way out but COMMIT is ROLLBACK, and how the transaction ended is always journaled.
        Raises ``RecoveryError`` if the work failed.
        """
        with (
            Observer(self.door, self.profile, self.identity) as observer,
            self._connection() as conn,
            self.control.watching(conn),
        ):
            try:
                with LockWaits(self.door, self.journal, conn):
                    read = self._lock(conn, observer)
                xid = self._xid = _current_xid(conn)
                with Watch(observer, self.journal, conn.info.backend_pid) as watch:
                    differences = self._convert(conn, observer, read, watch)
                decision = self._gate(conn, observer, differences)
                if decision is not None:
                    self.journal.append(CommitIntended(xid, decision.by))
            except BaseException as error:
                self._roll_back(conn, _in_words(error))
                raise
            # From here on only the server knows how it ends.
            return Outcome.ROLLED_BACK if decision is None else self._commit(conn, xid, decision)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        conn = self.door.connect(read_only=False)
        try:
            yield conn
        finally:
            conn.close()

    def _reader(self) -> psycopg.Connection[Any]:
        """Another connection, to look at the first from beside it."""
        return self.door.connect(autocommit=True)

    # --- the phases ---

    def _lock(self, conn: psycopg.Connection[Any], observer: Observer) -> _Read:
        """Takes every lock at once, or gives way and tries again; then looks for drift."""
        for attempt in range(1, LOCK_ATTEMPTS + 1):
            plan = self._plan(catalog.read(conn))
            for statement in plan.preparation:
                self._execute(conn, statement)
            try:
                self._log(plan.lock)
                conn.execute(plan.lock)
            except _NOT_HAD as error:
                self.control.check()
                conn.rollback()
                blockers = observer.blockers(plan.relations)
                self.journal.append(LockAttemptFailed(attempt, LOCK_ATTEMPTS, blockers))
                if attempt == LOCK_ATTEMPTS:
                    raise Refused(
                        f"The locks could not be had in {LOCK_ATTEMPTS} attempts.",
                        what_to_do(blockers),
                        sqlstate=error.sqlstate,
                        object=", ".join(blocker.words for blocker in blockers) or None,
                    ) from error
                self.control.wait(attempt)
                continue
            self._execute(conn, LOCKED)
            # First: what others change from here on is found when it is dropped.
            versions = row_versions.read(conn, plan.dropped)
            # What changed between reading the catalog and holding the locks is seen only now.
            found = catalog.read(conn)
            return _Read(self._plan(found), found, versions)
        raise AssertionError("the last attempt returns or raises")

    def _plan(self, found: Catalog) -> Plan:
        """The approved plan, built again. Raises ``Refused`` if it has become another one."""
        proof = self.approved.proof
        plan = build(
            found,
            self.profile,
            self.identity,
            rewrites=() if proof is None else proof.rewrites,
            compatible=self.approved.compatible,
        )
        if plan.sha256 != self.approved.sha256:
            before = self.approved.rests_on
            changed = "" if before is None else routines.changed(before, plan.rests_on)
            raise Refused(
                "The database is not as it was when the plan was approved.",
                "Make a new plan, look at what changed, and approve it.",
                object=plan.database,
                detail=changed or None,
            )
        return plan

    def _convert(
        self, conn: psycopg.Connection[Any], observer: Observer, read: _Read, watch: Watch
    ) -> int:
        """Runs the six phases and compares before with after; answers how much differs."""
        plan = read.plan
        watch.doing(0, "rows, digests and orphans before")
        check, path = self.control.check, plan.search_path
        before = parity.snapshot(conn, read.catalog, plan, check)
        views = materialized.contents(conn, materialized.filled(plan.rebuilds), path, check)
        if self.backup is not None:
            rows = {str(table): each.rows for table, each in before.contents.items()}
            self.journal.append(since_backup.compared(self.backup, rows, datetime.now(UTC)))
        for number in PHASES:
            self._run_phase(conn, number, plan.phase(number), watch)
            if number == DROP:
                meanwhile.refuse_what_changed(plan, read.versions, observer)
        watch.doing(len(PHASES) + 1, "rows, digests and orphans after")
        after = parity.snapshot(conn, catalog.read(conn), plan, check)
        catalogs = read.catalog, after.catalog
        refilled = materialized.differences(conn, views, catalogs, path, check)
        not_ours = meanwhile.not_ours(conn, observer)
        compared = parity.compare(before, after, plan, not_ours, refilled)
        self.journal.append(compared)
        return compared.differences

    def _run_phase(
        self,
        conn: psycopg.Connection[Any],
        number: int,
        statements: list[Statement],
        watch: Watch,
    ) -> None:
        self.journal.append(PhaseStarted(number))
        began = time.monotonic()
        done: Counter[str] = Counter()
        for statement in statements:
            self.control.check()
            started = time.monotonic()
            watch.doing(number, statement.object, statement.sql)
            self._execute(conn, statement.sql, statement.object)
            done += statement.counts
            seconds = time.monotonic() - started
            self.journal.append(
                StatementDone(number, statement.object, dict(statement.counts), seconds)
            )
        self.journal.append(
            PhaseFinished(number, dict(done.most_common()), time.monotonic() - began)
        )

    def _execute(
        self, conn: psycopg.Connection[Any], statement: str, about: str | None = None
    ) -> None:
        self._log(statement)
        try:
            conn.execute(statement)
        except psycopg.Error as error:
            self.control.check()
            if meanwhile.is_of_another_writer(error):
                raise meanwhile.changed_by_others(about, statement) from error
            raise ServerError(error, statement, about) from error

    def _log(self, statement: str) -> None:
        with self.sql_log.open("a", encoding="utf-8", newline="") as log:
            log.write(f"-- {datetime.now(UTC).isoformat()}\n{foreign.lines(statement)};\n")

    # --- the gate ---

    def _gate(
        self, conn: psycopg.Connection[Any], observer: Observer, differences: int
    ) -> Commit | None:
        """Waits for COMMIT, with the locks held. None: roll back."""
        opened = time.monotonic()
        deadline = opened + min(self.gate_seconds, gate.LONGEST)
        self.control.refuse_waiting("the gate was not open yet")
        self.journal.append(GateOpened(_in(deadline - opened), differences))
        told: GatePrice | None = None
        refused = ""
        while not self.control.asked_to_stop:
            left = deadline - time.monotonic()
            if left <= 0:
                self._roll_back(conn, f"{refused}the gate's deadline passed and nobody decided")
                return None
            match self.control.next(min(_GLANCE, left)):
                case Commit() as commit:
                    reason = self._why_not(commit, differences)
                    if reason is None:
                        return commit
                    self.journal.refuse(commit, reason)
                    refused = f"COMMIT was asked for and refused, because {reason}; then "
                case ExtendGate() as wish if left + wish.seconds > gate.LONGEST:
                    self.journal.refuse(wish, _TOO_LONG)
                case ExtendGate() as wish:
                    deadline += wish.seconds
                    self.journal.append(GateExtended(_in(deadline - time.monotonic()), wish.by))
            with answering(conn):
                # Raises if the transaction is no longer there.
                conn.execute("SELECT 1")
            price = _price(observer, conn.info.backend_pid, time.monotonic() - opened)
            if told is None or not price.same_as(told):
                told = price
                self.journal.append(price)
        self._roll_back(conn, f"{refused}{self._stopped(refused)}", self.control.asked_by)
        return None

    def _stopped(self, refused: str) -> str:
        """What was asked for at the gate: not chosen, where COMMIT was wanted before."""
        if self.control.asked_to_cancel:
            return "the operator cancelled"
        return "ROLLBACK was asked for" if refused else "the operator chose ROLLBACK"

    def _why_not(self, commit: Commit, differences: int) -> str | None:
        if differences:
            return f"{differences} differences are unexplained"
        if commit.typed != self.identity.database:
            return f"the name typed is {commit.typed!r}, the database is {self.identity.database!r}"
        if lacking := next(iter(self.not_there()), None):
            return f"the backup is gone: {lacking}. Bring it back, or roll back"
        return None

    # --- the end ---

    def _commit(self, conn: psycopg.Connection[Any], xid: str, decision: Commit) -> Outcome:
        try:
            outcome, reason = commit(conn, xid, self._reader)
        except psycopg.Error as error:
            self._roll_back(conn, _in_words(error))
            raise
        self.journal.append(ConversionEnded(outcome, reason, decision.by))
        return outcome

    def _roll_back(
        self, conn: psycopg.Connection[Any], reason: str, by: Person | None = None
    ) -> None:
        try:
            with answering(conn):
                conn.rollback()
        except psycopg.OperationalError:
            reason = f"{reason}; {self._end_session()}"
        by = by or self.control.asked_by
        self.journal.append(ConversionEnded(Outcome.ROLLED_BACK, reason, by))

    def _end_session(self) -> str:
        """Ends a session whose line is lost, for the server may not have noticed; in words how."""
        if self._xid is None:
            return "the connection is lost, and nothing had been changed"
        try:
            with self._reader() as other:
                end_session_of(other, self._xid)
        except (RecoveryError, psycopg.Error) as error:
            return f"the connection is lost, the server rolls back when it notices ({error})"
        return "the connection is lost, and its session was ended on the server"


def _current_xid(conn: psycopg.Connection[Any]) -> str:
    row = conn.execute("SELECT pg_current_xact_id()::text").fetchone()
    assert row is not None
    return str(row[0])


def _in_words(error: BaseException) -> str:
    if isinstance(error, RecoveryError):
        return error.problem.what
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def _price(observer: Observer, pid: int, held: float) -> GatePrice:
    try:
        return GatePrice(held, observer.blocked_by(pid))
    except (RecoveryError, psycopg.OperationalError) as error:
        return GatePrice(held, (), not_seen=_in_words(error))


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
