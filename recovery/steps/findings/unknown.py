"""Questions that the server did not answer: each is told, and the others are asked all the same."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import psycopg

from recovery.record.events import Finding
from recovery.steps.asked import Unanswered, asked
from recovery.steps.findings.kinds import NOT_KNOWN

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks over a connection that is in a transaction, each question in a savepoint of its own.

    Rows are read with ``search_path``, for what PostgreSQL evaluates meanwhile. What failed is in
    ``unknown``.
    """

    conn: psycopg.Connection[Any]
    search_path: str
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
        if isinstance(answer, Unanswered):
            self.unknown.append(_not_known(about, answer))
            return otherwise
        return answer

    def findings(
        self,
        about: str,
        theme: Callable[P, Iterable[Finding]],
        *args: P.args,
        **named: P.kwargs,
    ) -> list[Finding]:
        """The findings of a theme; none, and that they are not known, if the server refused it."""
        return self.answer(about, [], lambda: [*theme(*args, **named)])


def _not_known(about: str, why: Unanswered) -> Finding:
    return NOT_KNOWN.found(f"Not known: {about}", why.words, remedy=why.problem.remedy)
