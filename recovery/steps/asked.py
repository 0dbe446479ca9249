"""One question of many: that the server refuses it is an answer, and the others can be asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import psycopg

from recovery.connection.evaluating import evaluating
from recovery.words.errors import Problem, problem_of

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why the server did not answer."""

    problem: Problem

    @property
    def words(self) -> str:
        """What it said, with the SQLSTATE, in a line."""
        problem = self.problem
        said = (f"{problem.what} [{problem.sqlstate}]", problem.detail, problem.statement)
        return "; ".join(" ".join(part.split()) for part in said if part)


def asked(
    conn: psycopg.Connection[Any],
    search_path: str,
    question: Callable[P, T],
    *args: P.args,
    **named: P.kwargs,
) -> T | Unanswered:
    """What a question answers, asked in a savepoint of the open transaction.

    Rows are read with ``search_path``, for what PostgreSQL evaluates meanwhile. Raises what ends
    all questions: a cancelled one, and a lost connection.
    """
    try:
        with conn.transaction(), evaluating(conn, search_path):
            return question(*args, **named)
    except psycopg.errors.QueryCanceled:
        raise
    except psycopg.Error as error:
        if conn.broken:
            raise
        return Unanswered(problem_of(error))
