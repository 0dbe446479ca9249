"""Errors as part of the interface: what happened, on which object, what it means, what to do.

Exit codes of the command line, in this one place:

====  =======================================================
0     done
1     a check failed, or the work was rolled back
2     usage or profile
3     cannot connect
4     refused
130   cancelled
====  =======================================================
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from recovery.words import sqlstates

if TYPE_CHECKING:
    # Takes longer to import than all that a shell waits for when it completes a word.
    import psycopg

DONE, FAILED, USAGE, UNREACHABLE, REFUSED, CANCELLED = 0, 1, 2, 3, 4, 130


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something could not be done, in words for the operator."""

    what: str
    remedy: str
    exit_code: int
    object: str | None = None
    sqlstate: str | None = None
    statement: str | None = None
    detail: str | None = None
    # What an error of the server's means here.
    meaning: str | None = None
    # What the attempt had committed before, and stays.
    stays: str | None = None


class RecoveryError(Exception):
    """Carries a ``Problem`` to whoever shows it."""

    exit_code = FAILED

    def __init__(
        self,
        what: str,
        remedy: str,
        *,
        object: str | None = None,  # noqa: A002 - the field's word
        sqlstate: str | None = None,
        statement: str | None = None,
        detail: str | None = None,
        meaning: str | None = None,
    ) -> None:
        super().__init__(what)
        self.problem = Problem(
            what=what,
            remedy=remedy,
            exit_code=self.exit_code,
            object=object,
            sqlstate=sqlstate,
            statement=statement,
            detail=detail,
            meaning=meaning,
        )

    @classmethod
    def of(cls, problem: Problem) -> "RecoveryError":
        """The error that carries a given problem."""
        error = cls(problem.what, problem.remedy)
        error.problem = problem
        return error


class ProfileError(RecoveryError):
    """The profile or the command line says something that cannot be meant."""

    exit_code = USAGE


class Unreachable(RecoveryError):
    """The server cannot be reached, or does not let this role in."""

    exit_code = UNREACHABLE


class Refused(RecoveryError):
    """The work would not be safe, or not safe to go on with."""

    exit_code = REFUSED


class Cancelled(RecoveryError):
    """Somebody asked the work to stop."""

    exit_code = CANCELLED


class ProgramFailed(RecoveryError):
    """A program of other people's says that it failed."""


class ServerError(RecoveryError):
    """The server refused a statement, or the connection was lost meanwhile."""

    def __init__(
        self,
        error: "psycopg.Error",
        statement: str | None = None,
        object: str | None = None,  # noqa: A002 - the field's word
    ) -> None:
        super().__init__(str(error).strip(), "")
        self.problem = problem_of(error, statement=statement, object=object)


@contextmanager
def in_words() -> Iterator[None]:
    """Errors of the server and the system as ``RecoveryError``."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise ServerError(error) from error
    except OSError as error:
        raise Refused(
            f"{error.strerror or error}.",
            "Mend what is named here, then try again.",
            object=str(error.filename) if error.filename else None,
        ) from error


def in_a_line(error: "psycopg.Error") -> str:
    """What the server says, with its SQLSTATE."""
    said = " ".join(str(error.diag.message_primary or error).split())
    return f"{said} [{error.sqlstate}]"


# What to do about an error of which nothing is known.
_READ_IT = "Read the server's message, then start the step again."


def problem_of(
    error: "psycopg.Error",
    *,
    statement: str | None = None,
    object: str | None = None,  # noqa: A002 - the field's word
) -> Problem:
    """A server's error as a ``Problem``: message, SQLSTATE, object, what it means, what to do.

    ``object`` is what the statement was about, where the server names nothing nearer. A question
    of ``queries`` says which it was in a note.
    """
    import psycopg

    sqlstate = error.sqlstate
    diagnostics = error.diag
    named = ".".join(
        part
        for part in (diagnostics.schema_name, diagnostics.table_name, diagnostics.column_name)
        if part
    )
    if diagnostics.constraint_name:
        named = f"{named} {diagnostics.constraint_name}".strip()
    detail = " ".join(
        part
        for part in (diagnostics.message_detail, diagnostics.message_hint, diagnostics.context)
        if part
    )
    lost = sqlstate is None and isinstance(error, psycopg.OperationalError)
    known = sqlstates.known("08" if lost else sqlstate)
    return Problem(
        what=diagnostics.message_primary or str(error).strip() or type(error).__name__,
        remedy=_READ_IT if known is None else known.remedy,
        exit_code=UNREACHABLE if lost or (sqlstate or "").startswith("08") else FAILED,
        object=named or object,
        sqlstate=sqlstate,
        statement=statement or next(iter(getattr(error, "__notes__", ())), None),
        detail=detail or None,
        meaning=None if known is None else known.means,
    )
