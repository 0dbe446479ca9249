"""What clients ask for while the work goes on, seen from the work."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import psycopg

from recovery.connection.dead_peer import hang_up
from recovery.record.events import AnyCommand, Cancel, Commit, ExtendGate, Person, RollBack
from recovery.record.journal import Journal
from recovery.words.errors import Cancelled, RecoveryError

# How often the journal is asked for commands, how long a request to cancel may take, and how often
# the lease is renewed, in seconds.
_EVERY = 0.1
_PATIENCE = 0.3
_BEAT = 5.0
# How long a server is asked in vain to cancel before the line is given up, in seconds.
HANG_UP_AFTER = 10.0


class Control:
    """Watches the journal for commands, in a thread of its own.

    ``check`` is called between statements; ``watching`` and ``ending`` stop what runs meanwhile.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._ended = threading.Event()
        self._asked = threading.Event()
        self._changed = threading.Condition()
        self._stops: list[Callable[[float], None]] = []
        self._waiting: list[Commit | ExtendGate] = []
        self.asked_by: Person | None = None
        self.asked_to_cancel = False
        self._asked_at: float | None = None
        self._remedy = "This run has committed nothing. Start the step again."
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Control":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        beats = 0
        while not self._ended.wait(_EVERY):
            self._interrupt()
            beats += 1
            # A full disk may be freed: what was asked for waits in the journal until then. What the
            # work itself journals fails there, and not without a word.
            with suppress(RecoveryError):
                for command in self._journal.take_commands():
                    self._take(command)
                if beats % int(_BEAT / _EVERY) == 0:
                    self._journal.beat()

    def _take(self, command: AnyCommand) -> None:
        with self._changed:
            match command:
                case RollBack() | Cancel():
                    self.asked_by = command.by
                    self.asked_to_cancel = isinstance(command, Cancel)
                    self._asked_at = self._asked_at or time.monotonic()
                    self._asked.set()
                case Commit() | ExtendGate():
                    self._waiting.append(command)
            self._changed.notify_all()

    def _interrupt(self) -> None:
        """Stops what runs; again at every turn, for a statement may have begun just after."""
        with self._changed:
            if self._asked_at is not None:
                for stop in self._stops:
                    stop(time.monotonic() - self._asked_at)

    @property
    def asked_to_stop(self) -> bool:
        """Whether somebody asked to roll back or to cancel."""
        return self._asked.is_set()

    def check(self) -> None:
        """Raises ``Cancelled`` if somebody asked to stop."""
        if self.asked_to_stop:
            raise Cancelled(f"{self.asked_by} asked to stop.", self._remedy)

    def check_before_commit(self) -> None:
        """As ``check``; but what is committed from here on stays, and ``check`` will say so."""
        self.check()
        self._remedy = (
            "What was committed before stays. Start the step again: it goes on from there."
        )

    def next(self, seconds: float) -> Commit | ExtendGate | None:
        """The next wish for the gate; None after ``seconds``, or when asked to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self.asked_to_stop, timeout=seconds)
            return self._waiting.pop(0) if self._waiting and not self.asked_to_stop else None

    def wait(self, seconds: float) -> None:
        """Lets time pass. Raises ``Cancelled`` if somebody asks to stop meanwhile."""
        self._asked.wait(seconds)
        self.check()

    def refuse_waiting(self, reason: str) -> None:
        """Journals that the wishes so far are not carried out."""
        with self._changed:
            for command in self._waiting:
                self._journal.refuse(command, reason)
            self._waiting.clear()

    @contextmanager
    def _stopping(self, stop: Callable[[float], None]) -> Iterator[None]:
        with self._changed:
            self._stops.append(stop)
        try:
            yield
        finally:
            with self._changed:
                self._stops.remove(stop)

    def watching(self, conn: psycopg.Connection[Any]) -> AbstractContextManager[None]:
        """While this lasts, asking to stop cancels what ``conn`` runs; at last it hangs up."""

        def stop(asked_for: float) -> None:
            if asked_for > HANG_UP_AFTER:
                hang_up(conn)
            else:
                with suppress(psycopg.OperationalError):
                    conn.cancel_safe(timeout=_PATIENCE)

        return self._stopping(stop)

    def ending(self, process: "subprocess.Popen[Any]") -> AbstractContextManager[None]:
        """While this lasts, asking to stop kills a process."""
        return self._stopping(lambda _asked_for: process.kill())
