"""Opening a session again: what the journal intended, held against what the server says."""

from recovery.record.events import (
    CommitIntended,
    ConversionEnded,
    Outcome,
    Step,
    StepFailed,
)
from recovery.record.history import History
from recovery.record.lease import Holder
from recovery.record.session import Session
from recovery.server.claim import try_lock
from recovery.server.committing import outcome_of
from recovery.server.door import Door
from recovery.words.errors import CANCELLED, FAILED, Problem, Refused

_REMEDY = "Start the step again: it begins from what the server says."


def reconcile(session: Session, door: Door) -> None:
    """Ends a step whose runner is gone, with what the server says became of it.

    Does nothing while a runner works, or when nothing was running. ``door`` is the way to the
    server; another database than the one that was confirmed is not asked. Raises ``Unreachable``,
    ``Refused`` if the server has to be asked and cannot be.
    """
    history = session.history()
    if not _is_open(history) or session.journal.holder() is not None:
        return
    left = session.journal.left_by()
    if left is not None and not left.can_be_seen:
        _refuse_connected(left, door if history.identity is None else door.of(history.identity))
    try:
        session.journal.acquire()
    except Refused:
        # Somebody was quicker: a runner, or another client that has noticed the same.
        if session.journal.holder() is not None:
            return
        raise
    try:
        _reconcile(session, door)
    finally:
        session.journal.release()


def _is_open(history: History) -> bool:
    return history.running is not None or history.outcome is Outcome.UNKNOWN


def _reconcile(session: Session, door: Door) -> None:
    """With the lease: nobody writes to the journal any more between what is read and written."""
    history = session.history()
    step = history.running
    if step is Step.CONVERSION or history.outcome is Outcome.UNKNOWN:
        _reconcile_conversion(session, history, door)
    if step is not None:
        session.journal.append(
            StepFailed(
                step,
                Problem(
                    what=f"The process that did the {step} is gone.",
                    remedy=_REMEDY,
                    exit_code=FAILED if step is Step.CONVERSION else CANCELLED,
                ),
            )
        )


def _refuse_connected(left: Holder, door: Door) -> None:
    """Raises ``Refused`` if a runner that cannot be looked at is still connected to the server."""
    with door.connect(autocommit=True) as conn:
        if not try_lock(conn):
            raise Refused(
                f"Process {left.pid} on {left.host} has not been heard of, but the server still "
                "has a connection of a pg-rekey that converts or migrates.",
                "Look on that machine whether it is stopped. If it is gone, end its sessions "
                "(application_name pg-rekey) on the server, then try again.",
                object=door.address.parameters.get("dbname"),
            )


def _reconcile_conversion(session: Session, history: History, door: Door) -> None:
    since = history.since_start_of(Step.CONVERSION)
    intended, ended = since.last(CommitIntended), since.last(ConversionEnded)
    if ended is not None and ended.outcome is not Outcome.UNKNOWN:
        return
    if intended is None:
        # COMMIT was never sent, and a transaction without its client is rolled back. It may still
        # hold its locks for a moment; the next conversion waits for them.
        reason = "its runner is gone, and COMMIT had not been sent"
        session.journal.append(ConversionEnded(Outcome.ROLLED_BACK, reason, None))
        return
    assert history.identity is not None, "nothing is converted before the target is confirmed"
    with door.of(history.identity).connect(autocommit=True) as conn:
        outcome, reason = outcome_of(conn, intended.xid)
    if ended is None or outcome is not Outcome.UNKNOWN:
        session.journal.append(ConversionEnded(outcome, reason, intended.by))
