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

import msgspec
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
    """The work would not be safe; nothing was changed."""

    exit_code = REFUSED


class Cancelled(RecoveryError):
    """Somebody asked the work to stop."""

    exit_code = CANCELLED


class ServerError(RecoveryError):
    """The server refused a statement, or the connection was lost meanwhile."""

    def __init__(self, error: psycopg.Error, statement: str | None = None) -> None:
        super().__init__(str(error).strip(), "")
        self.problem = problem_of(error, statement=statement)


@contextmanager
def in_words() -> Iterator[None]:
    """Errors of the server and the system as ``RecoveryError``."""
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


# What a SQLSTATE means to the operator here, where the server's own sentence does not say it.
_REMEDIES = {
    "08": "The connection was lost. Check the server and the line, then start the step again.",
    "23503": "Rows refer to keys that are not there. Repair or delete them, then plan again.",
    "2BP01": "Other objects depend on it, named here. Change or drop them first, then try again.",
    "42501": "The role may not do this. Connect as the owner of the tables.",
    "42804": "Two columns of a foreign key have different types. Investigate and plan again.",
    "42883": "An expression compares a converted column with a uuid. Find the object named above.",
    "53100": "The server's disk is full. Free space for the rewritten tables, then try again.",
    "53200": "The server is out of memory or lock slots. Raise max_locks_per_transaction.",
    "55006": "Another object of this session uses the table. Start the step again.",
    "55P03": "Another session holds a lock. End it or wait for it, then try again.",
    "57014": "The statement was cancelled or ran into statement_timeout.",
    "57P01": "The server ended the session. Check the server, then start the step again.",
    "25P03": "The server ended the waiting transaction. Raise idle_in_transaction_session_timeout.",
    "22001": "A value is longer than the new type allows. Choose a longer type.",
    "22P02": "A value is no uuid. The investigation lists such values; repair them first.",
}


def problem_of(error: psycopg.Error, *, statement: str | None = None) -> Problem:
    """A server's error as a ``Problem``: its message, SQLSTATE, object and what to do."""
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
        part for part in (diagnostics.message_detail, diagnostics.message_hint) if part
    )
    lost = sqlstate is None and isinstance(error, psycopg.OperationalError)
    return Problem(
        what=diagnostics.message_primary or str(error).strip() or type(error).__name__,
        remedy=_remedy(sqlstate, lost=lost),
        exit_code=UNREACHABLE if lost or (sqlstate or "").startswith("08") else FAILED,
        object=named or None,
        sqlstate=sqlstate,
        statement=statement,
        detail=detail or None,
    )


def _remedy(sqlstate: str | None, *, lost: bool) -> str:
    if lost:
        return _REMEDIES["08"]
    state = sqlstate or ""
    return (
        _REMEDIES.get(state)
        or _REMEDIES.get(state[:2])
        or ("Nothing was committed. Read the server's message, then start the step again.")
    )
