"""Watching a runner from a client: its events as they come, until it is done."""

import subprocess
import time
from collections.abc import Callable, Iterator

from recovery.record.events import StepFailed, StepFinished
from recovery.record.history import Entry
from recovery.record.session import Session
from recovery.server.door import Door
from recovery.server.reconcile import reconcile
from recovery.steps.launch import stillborn
from recovery.words.errors import RecoveryError

# How often the journal is read, in seconds.
_EVERY = 0.1


def follow(
    session: Session,
    door: Door,
    after: int,
    process: "subprocess.Popen[bytes] | None" = None,
    unheard: Callable[[str], None] = lambda _words: None,
) -> Iterator[Entry]:
    """The events after a number until the step that runs has ended, whoever started it.

    A runner that dies on the way is noticed; what became of its work is asked of the server. One
    that gives no sign of life is told to ``unheard``, in words, once.
    Raises ``RecoveryError`` if ``process``, the runner that was started, did not even begin.
    """
    told = ""
    while True:
        # Asked before the journal is read: what the runner wrote last is then not missed.
        gone = is_gone(session, process)
        for entry in session.journal.entries(after):
            after = entry.number
            yield entry
            if isinstance(entry.event, StepFinished | StepFailed):
                if process is not None:
                    process.wait()
                return
        if gone:
            if not look_after(session, lambda: door, process):
                return
        else:
            if (words := session.journal.unheard()) != told and words:
                unheard(words)
            told = words
            time.sleep(_EVERY)


def is_gone(session: Session, process: "subprocess.Popen[bytes] | None") -> bool:
    """Whether nobody works on the session any more; ``process`` is the runner started here."""
    return session.journal.holder() is None and (process is None or process.poll() is not None)


def look_after(
    session: Session, door: Callable[[], Door], process: "subprocess.Popen[bytes] | None"
) -> bool:
    """Has the server asked what became of a step whose runner is gone; False if there is none.

    ``door`` is asked for the way to the server only then. Raises ``RecoveryError`` if ``process``
    did not even begin, or the server cannot be asked.
    """
    if process is not None and (problem := stillborn(session, process)) is not None:
        raise RecoveryError.of(problem)
    if session.history().running is None:
        return False
    reconcile(session, door())
    return True


def last_number(session: Session) -> int:
    """The number of the journal's latest line; 0 if it has none."""
    entries = session.history().entries
    return entries[-1].number if entries else 0
