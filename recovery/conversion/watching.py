"""What a conversion is doing and what it costs the server, journaled while it runs."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

import psycopg

from recovery.record.events import ConversionWatched
from recovery.record.journal import Journal
from recovery.server.observer import Observer
from recovery.words.errors import RecoveryError

# How often it is looked at, in seconds.
_EVERY = 2.0
# How much of a statement is journaled, in characters; all of it is in sql.log.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Work:
    phase: int
    object: str
    statement: str
    since: float


@dataclass
class Watch:
    """Looks on from a thread of its own. ``pid`` is the server's process that converts."""

    observer: Observer
    journal: Journal
    pid: int
    _now: _Work = field(init=False, default_factory=lambda: _Work(0, "", "", time.monotonic()))
    _ended: threading.Event = field(init=False, default_factory=threading.Event)

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def doing(self, phase: int, object: str, statement: str = "") -> None:  # noqa: A002
        """Says what begins now; phase 0 is before the first, 7 after the last."""
        words = " ".join(statement.split())[:_LONGEST]
        self._now = _Work(phase, object, words, time.monotonic())

    def _look_on(self) -> None:
        while not self._ended.wait(_EVERY):
            # A journal that cannot be written ends the work itself, at its next event.
            with suppress(RecoveryError):
                self.journal.append(self._look())

    def _look(self) -> ConversionWatched:
        now, cost, not_seen = self._now, None, ""
        try:
            cost = self.observer.cost(self.pid)
        except (RecoveryError, psycopg.OperationalError) as error:
            not_seen = " ".join(str(error).split())
        return ConversionWatched(
            now.phase, now.object, now.statement, time.monotonic() - now.since, cost, not_seen
        )
