"""Errors as people see them: a sentence, the object, what to do, and the right exit code."""

import psycopg
import pytest

from recovery.errors import (
    CANCELLED,
    DONE,
    FAILED,
    REFUSED,
    UNREACHABLE,
    USAGE,
    Cancelled,
    ProfileError,
    RecoveryError,
    Refused,
    ServerError,
    Unreachable,
    problem_of,
)
from recovery.journal import JournalDamaged
from recovery.target import PasswordNeeded


def test_the_exit_codes_are_the_documented_ones() -> None:
    assert (DONE, FAILED, USAGE, UNREACHABLE, REFUSED, CANCELLED) == (0, 1, 2, 3, 4, 130)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RecoveryError, 1),
        (ProfileError, 2),
        (Unreachable, 3),
        (Refused, 4),
        (JournalDamaged, 4),
        (Cancelled, 130),
    ],
)
def test_each_kind_of_error_ends_the_program_with_its_code(
    kind: type[RecoveryError], code: int
) -> None:
    error = kind("It broke.", "Mend it.", object="users", detail="why")

    assert error.problem.exit_code == code
    assert (error.problem.what, error.problem.remedy) == ("It broke.", "Mend it.")
    assert (error.problem.object, error.problem.detail) == ("users", "why")
    assert str(error) == "It broke."


def test_a_missing_password_counts_as_unreachable_and_names_the_account() -> None:
    error = PasswordNeeded("ana@db:5432/saas", "ana@db:5432/saas needs a password.")

    assert error.problem.exit_code == UNREACHABLE
    assert error.problem.remedy == "Type the password of ana@db:5432/saas."


@pytest.mark.parametrize(
    ("kind", "sqlstate", "hint"),
    [
        (psycopg.errors.ForeignKeyViolation, "23503", "Rows refer to keys that are not there"),
        (psycopg.errors.InsufficientPrivilege, "42501", "Connect as the owner"),
        (psycopg.errors.DiskFull, "53100", "Free space"),
        (psycopg.errors.LockNotAvailable, "55P03", "Another session holds a lock"),
        (psycopg.errors.StringDataRightTruncation, "22001", "Choose a longer type"),
        (psycopg.errors.InvalidTextRepresentation, "22P02", "A value is no uuid"),
        (psycopg.errors.AdminShutdown, "57P01", "Check the server"),
        (psycopg.errors.DivisionByZero, "22012", "Nothing was committed"),
    ],
)
def test_a_servers_error_says_what_to_do_about_it(
    kind: type[psycopg.Error], sqlstate: str, hint: str
) -> None:
    problem = problem_of(kind("it said this\n"), statement="ALTER TABLE users")

    assert problem.sqlstate == sqlstate
    assert hint in problem.remedy
    assert problem.what == "it said this"
    assert problem.statement == "ALTER TABLE users"
    assert problem.exit_code == FAILED


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("the connection is lost"),
        psycopg.errors.ConnectionFailure("the connection is lost"),
        psycopg.errors.SqlclientUnableToEstablishSqlconnection("the connection is lost"),
    ],
)
def test_a_lost_connection_counts_as_unreachable(error: psycopg.Error) -> None:
    problem = ServerError(error, "COMMIT").problem

    assert problem.exit_code == UNREACHABLE
    assert "connection was lost" in problem.remedy


def test_an_error_without_words_is_named_by_its_kind() -> None:
    assert problem_of(psycopg.errors.SyntaxError("")).what == "SyntaxError"
