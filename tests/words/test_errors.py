"""Errors as people see them: a sentence, the object, what to do, and the right exit code."""

import msgspec
import psycopg
import pytest

from recovery.record.journal_file import JournalDamaged
from recovery.server.door import PasswordNeeded
from recovery.words.errors import (
    CANCELLED,
    DONE,
    FAILED,
    REFUSED,
    UNREACHABLE,
    USAGE,
    Cancelled,
    Problem,
    ProfileError,
    RecoveryError,
    Refused,
    ServerError,
    Unreachable,
    problem_of,
)
from recovery.words.sqlstates import KNOWN, SAID, said


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
    assert error.problem.remedy == (
        "Type the password of ana@db:5432/saas. Without a terminal: --password-stdin, ~/.pgpass or "
        "PGPASSWORD."
    )


@pytest.mark.parametrize("code", KNOWN)
def test_what_is_known_of_a_code_is_said_in_sentences(code: str) -> None:
    known = KNOWN[code]

    assert all(text[0].isupper() and text.endswith(".") for text in known)
    if len(code) == 5:
        assert psycopg.errors.lookup(code).sqlstate == code
    else:
        assert any(each.startswith(code) for each in ("08006", "53000", "54001", "58030"))


@pytest.mark.parametrize(
    ("code", "means", "remedy"),
    [
        ("08006", "The line to the server broke", "Check the server"),
        ("0A000", "does not let change", "Plan again"),
        ("22001", "longer than the new type", "Choose a longer type"),
        ("22P02", "A value is no uuid", "repair them first"),
        ("23503", "Rows refer to keys that are not there", "Repair or delete them"),
        ("23505", "Two rows have the same key", "decide which one stays"),
        ("25P02", "A statement before this one failed", "first error"),
        ("2BP01", "Other objects depend on it", "Plan again"),
        ("40P01", "waited for each other's locks", "Stop what else works"),
        ("42501", "does not own the object", "connect as the owner"),
        ("42704", "this database does not have", "Make it"),
        ("42P07", "is there already", "adopt its revision"),
        ("53100", "disk is full", "Free space"),
        ("53200", "table of locks", "max_locks_per_transaction"),
        ("53300", "connections are taken", "max_connections"),
        ("54000", "A limit that is built into PostgreSQL", "shorten what is indexed"),
        ("55P03", "Another session holds a lock", "End that session"),
        ("57014", "Somebody cancelled the statement", "Find out who"),
        ("57P01", "An administrator ended the session", "Check the server"),
        ("57P02", "crashed", "server's log"),
        ("57P03", "takes nobody in", "pg_isready"),
        ("XX000", "a fault of its own", "amcheck"),
        ("XX001", "DAMAGED", "Stop here"),
    ],
)
def test_a_servers_error_says_what_it_means_and_what_to_do(
    code: str, means: str, remedy: str
) -> None:
    error = psycopg.errors.lookup(code)("it said this\n")
    problem = problem_of(error, statement="ALTER TABLE users", object="users")

    assert problem.sqlstate == code
    assert means in (problem.meaning or "")
    assert remedy in problem.remedy
    assert problem.what == "it said this"
    assert (problem.statement, problem.object) == ("ALTER TABLE users", "users")
    assert problem.exit_code == (UNREACHABLE if code == "08006" else FAILED)


def test_of_an_unknown_error_no_meaning_is_made_up() -> None:
    problem = problem_of(psycopg.errors.DivisionByZero("division by zero"))

    assert problem.meaning is None
    # What was committed before, only the journal knows.
    assert problem.remedy == "Read the server's message, then start the step again."


def test_a_journal_from_before_errors_had_a_meaning_can_be_read() -> None:
    older = b'{"what":"No.","remedy":"Do.","exit_code":1,"sqlstate":"23503"}'

    assert msgspec.json.decode(older, type=Problem).meaning is None


@pytest.mark.parametrize("phrase", SAID)
def test_a_refused_connection_is_known_by_the_servers_words(phrase: str) -> None:
    known = said(f"connection failed: FATAL:  the database system is {phrase}")

    assert known is KNOWN[SAID[phrase]]
    assert said("connection failed: Connection refused") is None


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
