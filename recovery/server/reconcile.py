"""Opening a session again: what the journal intended, held against what the server says."""

from recovery.record.events import (
    CommitIntended,
    ConversionEnded,
    Outcome,
    Step,
    StepFailed,
)
from recovery.record.history import History
from recovery.record.session import Session
from recovery.server.committing import outcome_of
from recovery.server.door import Door
from recovery.words.errors import CANCELLED, FAILED, Problem

_REMEDY = "Start the step again: it begins from what the server says."


def reconcile(session: Session, door: Door) -> None:
    """Ends a step whose runner is gone, with what the server says became of it.

    Does nothing while a runner works, or when nothing was running. ``door`` is the way to the
    server; another database than the one that was confirmed is not asked. Raises ``Unreachable``,
    ``Refused`` if the server has to be asked and cannot be.
    """
    history = session.history()
    step = history.running
    if session.journal.holder() is not None:
        return
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
