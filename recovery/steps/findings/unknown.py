"""Questions that the server did not answer: each is told, and the others are asked all the same."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import psycopg

from recovery.record.events import Finding, SessionInTheWay
from recovery.server.lock_waits import what_to_do
from recovery.steps.asked import Unanswered, asked
from recovery.steps.findings.kinds import NOT_KNOWN

T = TypeVar("T")
P = ParamSpec("P")
# When one lock was waited for in vain, so long the others are waited for: many questions are about
# the same table, and it shall still be seen who is in the way.
_SHORTER = "3s"
_LOCK_NOT_AVAILABLE = "55P03"


def nobody() -> tuple[SessionInTheWay, ...]:
    """Who holds a lock, where nobody looks."""
    return ()


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks over a connection that is in a transaction, each question in a savepoint of its own.

    Rows are read with ``search_path``, for what PostgreSQL evaluates meanwhile. What failed is in
    ``unknown``; ``awaited`` says who held a lock that could not be had.
    """

    conn: psycopg.Connection[Any]
    search_path: str
    awaited: Callable[[], tuple[SessionInTheWay, ...]] = nobody
    unknown: list[Finding] = field(default_factory=list)

    def answer(
        self,
        about: str,
        otherwise: T,
        question: Callable[P, T],
        *args: P.args,
        **named: P.kwargs,
    ) -> T:
        """What a question answers, or ``otherwise`` if the server refused it.

        Raises what ends all questions: a cancelled one, and a lost connection.
        """
        answer = asked(self.conn, self.search_path, question, *args, **named)
        if not isinstance(answer, Unanswered):
            return answer
        if answer.problem.sqlstate == _LOCK_NOT_AVAILABLE:
            self.unknown.append(_locked(about, answer, self.awaited()))
            self.conn.execute("SELECT pg_catalog.set_config('lock_timeout', %s, true)", [_SHORTER])
        else:
            self.unknown.append(_not_known(about, answer))
        return otherwise

    def findings(
        self,
        about: str,
        theme: Callable[P, Iterable[Finding]],
        *args: P.args,
        **named: P.kwargs,
    ) -> list[Finding]:
        """The findings of a theme; none, and that they are not known, if the server refused it."""
        return self.answer(about, [], lambda: [*theme(*args, **named)])


def _locked(about: str, why: Unanswered, awaited: tuple[SessionInTheWay, ...]) -> Finding:
    """What others keep from being read, and who they are."""
    by = ", ".join(each.words for each in awaited) or "nobody who was seen"
    return NOT_KNOWN.found(
        f"Not known: {about}",
        f"A lock could not be had; held by {by}; {why.words}",
        remedy=what_to_do(awaited),
    )


def _not_known(about: str, why: Unanswered) -> Finding:
    return NOT_KNOWN.found(f"Not known: {about}", why.words, remedy=why.problem.remedy)
