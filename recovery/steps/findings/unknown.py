"""Questions that the server did not answer: each is told, and the others are asked all the same."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import psycopg

from recovery.connection.evaluating import evaluating
from recovery.record.events import Finding, SessionInTheWay
from recovery.server.lock_waits import what_to_do
from recovery.steps.findings.kinds import NOT_KNOWN
from recovery.words.errors import in_a_line, problem_of

T = TypeVar("T")
P = ParamSpec("P")
# When one lock was waited for in vain, so long the others are waited for: many questions are about
# the same table, and it shall still be seen who is in the way.
_SHORTER = "3s"


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
        try:
            with self.conn.transaction(), evaluating(self.conn, self.search_path):
                return question(*args, **named)
        except psycopg.errors.QueryCanceled:
            raise
        except psycopg.errors.LockNotAvailable as error:
            self.unknown.append(_locked(about, error, self.awaited()))
            self.conn.execute("SELECT pg_catalog.set_config('lock_timeout', %s, true)", [_SHORTER])
            return otherwise
        except psycopg.Error as error:
            if self.conn.broken:
                raise
            self.unknown.append(_not_known(about, error))
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


def _locked(about: str, error: psycopg.Error, awaited: tuple[SessionInTheWay, ...]) -> Finding:
    """What others keep from being read, and who they are."""
    by = ", ".join(each.words for each in awaited) or "nobody who was seen"
    return NOT_KNOWN.found(
        f"Not known: {about}",
        f"A lock could not be had; held by {by}; {in_a_line(error)}",
        remedy=what_to_do(awaited),
    )


def _not_known(about: str, error: psycopg.Error) -> Finding:
    problem = problem_of(error)
    said = (f"{problem.what} [{problem.sqlstate}]", problem.detail, problem.statement)
    return NOT_KNOWN.found(
        f"Not known: {about}",
        "; ".join(" ".join(part.split()) for part in said if part),
        remedy=problem.remedy,
    )
