"""What is printed: one line a fact, and nothing that a terminal would obey."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta

import msgspec
import pytest

from recovery.record.events import (
    AnyEvent,
    BackupAttested,
    BackupProgress,
    CatalogDifference,
    Check,
    CheckState,
    CommandRefused,
    ConversionEnded,
    Finding,
    GateExtended,
    GateOpened,
    GatePrice,
    LockAttemptFailed,
    LockAwaited,
    OtherDatabase,
    Outcome,
    ParityChecked,
    Refilled,
    RevisionFinished,
    SessionInTheWay,
    Severity,
    Step,
    StepFailed,
    TableParity,
    TargetConfirmed,
    Verified,
)
from recovery.record.history import Entry
from recovery.words.errors import Problem
from tests.facts import ANA, BEGAN, IDENTITY, backed_up, investigated, planned
from wizard.event_lines import lines
from wizard.output import Output

# Clears the screen, sets the title, rings, goes back, feigns a line, turns the text around.
EVIL = "a\x1b[2J\x1b]0;title\x07\x08\r\nfeigned\x9b31m\u202ec\x00"


def printed(event: AnyEvent) -> str:
    """What standard output gets for an event."""
    with redirect_stdout(io.StringIO()) as stdout:
        Output().entry(Entry(1, BEGAN, event))
    return stdout.getvalue()


def in_the_way(query: str = "SELECT 1") -> SessionInTheWay:
    return SessionInTheWay(77, "psql", "ana", query, 12.4)


def parity(state: str = "same", *catalog: CatalogDifference) -> ParityChecked:
    table = TableParity("users", 3, 3, {"id": "x"}, {"id": "x"}, state)
    return ParityChecked((), (table,), catalog, 40)


def hostile_events() -> list[AnyEvent]:
    """Every place where text from a database, a script or another person comes in."""
    finding = Finding(Severity.WARNING, "code", EVIL, EVIL, EVIL)
    problem = Problem(what=EVIL, remedy=EVIL, exit_code=1, object=EVIL, statement=EVIL, detail=EVIL)
    return [
        TargetConfirmed(
            msgspec.structs.replace(
                IDENTITY,
                database=EVIL,
                role=EVIL,
                server_version_text=EVIL,
                other_databases=(OtherDatabase(EVIL, 1),),
            ),
            "typed",
            True,
            ANA,
        ),
        msgspec.structs.replace(investigated(), findings=(finding,), claimed=(EVIL,)),
        StepFailed(Step.CONVERSION, problem),
        BackupProgress(1, 2, EVIL, 3),
        BackupAttested(EVIL, ANA),
        LockAttemptFailed(1, 5, (in_the_way(EVIL),)),
        LockAwaited((in_the_way(EVIL),)),
        GatePrice(1.0, (in_the_way(EVIL),)),
        CommandRefused("Commit", EVIL, ANA),
        ConversionEnded(Outcome.ROLLED_BACK, EVIL, None),
        RevisionFinished(EVIL, (EVIL,), 0.1, False),
        Verified((Check("orphans", EVIL, CheckState.FAILED, EVIL),)),
        parity(EVIL, CatalogDifference("index", EVIL, EVIL, EVIL)),
        parity("same", CatalogDifference("index", EVIL, EVIL, EVIL, by_others=True)),
    ]


@pytest.mark.parametrize("event", hostile_events(), ids=lambda event: type(event).__name__)
def test_a_databases_text_cannot_command_the_terminal(event: AnyEvent) -> None:
    text = printed(event)

    assert "title" in text
    assert [c for c in text if not c.isprintable() and c != "\n"] == []


@pytest.mark.parametrize("event", hostile_events(), ids=lambda event: type(event).__name__)
def test_a_databases_text_cannot_feign_a_line(event: AnyEvent) -> None:
    text = printed(event)

    assert "feigned" in text
    assert not any(line.startswith("feigned") for line in text.splitlines())


@pytest.mark.parametrize("event", hostile_events(), ids=lambda event: type(event).__name__)
def test_as_json_the_text_is_escaped_and_reads_back_whole(event: AnyEvent) -> None:
    with redirect_stdout(io.StringIO()) as stdout:
        Output(as_json=True).entry(Entry(7, BEGAN, event))

    (line,) = stdout.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    read = json.loads(line)
    assert read["number"] == 7
    assert read["at"] == BEGAN.isoformat()
    assert read["event"] == type(event).__name__
    assert (
        msgspec.convert({k: v for k, v in read.items() if k not in ("number", "at")}, type(event))
        == event
    )


def test_an_error_cannot_command_the_terminal_either() -> None:
    problem = Problem(what=EVIL, remedy=EVIL, exit_code=3, object=EVIL, detail=EVIL)

    with redirect_stderr(io.StringIO()) as stderr:
        Output().problem(problem)

    assert "title" in stderr.getvalue()
    assert [c for c in stderr.getvalue() if not c.isprintable() and c != "\n"] == []


def test_an_error_as_json_is_one_line() -> None:
    with redirect_stderr(io.StringIO()) as stderr:
        Output(as_json=True).problem(Problem(what="No.", remedy="Do.", exit_code=4, object=EVIL))

    error = json.loads(stderr.getvalue())["error"]
    assert stderr.getvalue().count("\n") == 1
    assert (error["what"], error["exit_code"], error["object"]) == ("No.", 4, EVIL)


def test_words_of_any_language_stay_as_they_are() -> None:
    statement = "Schnappschuß von 12:00, 日本語 «ключ» 🐘"

    assert statement in printed(BackupAttested(statement, ANA))


def test_a_problem_is_told_with_place_reason_and_what_to_do() -> None:
    problem = Problem(
        what="insert or update violates a foreign key",
        remedy="Repair the rows.",
        exit_code=1,
        object="public.orders orders_user_fk",
        sqlstate="23503",
        statement="ALTER TABLE\n    orders ADD CONSTRAINT",
        detail="Key (user_id)=([abc]) is not present.",
        meaning="Rows refer to keys that are not there.",
    )

    assert list(lines(StepFailed(Step.CONVERSION, problem))) == [
        "conversion failed: insert or update violates a foreign key [23503]",
        "  on: public.orders orders_user_fk",
        "  it means: Rows refer to keys that are not there.",
        "  detail: Key (user_id)=([abc]) is not present.",
        "  statement: ALTER TABLE orders ADD CONSTRAINT",
        "  what to do: Repair the rows.",
    ]


def test_the_identity_card_names_database_server_role_and_neighbours() -> None:
    text = printed(TargetConfirmed(IDENTITY, "typed", True, ANA))

    for said in (
        "saas on db.internal:5432",
        "PostgreSQL 15.18",
        "10.0.0.7",
        "owner, owns 3 of 3 tables",
        "1,234,567 bytes",
        "2026-03-04 05:06:07",
        "TLS        yes",
        "crm, secret",
    ):
        assert said in text


def test_on_a_socket_without_neighbours_the_card_says_so() -> None:
    alone = msgspec.structs.replace(IDENTITY, server_address=None, other_databases=(), tls=False)
    text = printed(TargetConfirmed(alone, "typed", True, ANA))

    assert "a local socket" in text
    assert "others     none" in text
    assert "TLS        no" in text


def test_at_the_gate_it_is_said_that_nothing_is_committed_and_when_it_rolls_back() -> None:
    text = printed(GateOpened(BEGAN + timedelta(minutes=15), 0))

    assert "0 differences" in text
    assert "nothing is committed" in text
    # It was on another day than today.
    assert f"itself at {BEGAN:%Y-%m-%d} 05:21:07 UTC" in text
    moved = printed(GateExtended(BEGAN + timedelta(minutes=30), ANA))
    assert f"to {BEGAN:%Y-%m-%d} 05:36:07 UTC" in moved


def test_a_check_that_was_not_made_is_never_told_as_passed() -> None:
    text = printed(
        Verified(
            (
                Check("orphans", "none", CheckState.PASSED, "0"),
                Check("rows of users", "3", CheckState.NOT_CHECKED, "not counted before"),
                Check("backend", "HTTP 200", CheckState.FAILED, "HTTP 503"),
            )
        )
    )

    assert "NOT CHECKED rows of users: not counted before (expected 3)" in text
    assert "FAILED      backend: HTTP 503 (expected HTTP 200)" in text
    assert "1 passed, 1 failed, 1 not checked" in text


def test_what_differs_is_named() -> None:
    text = printed(
        parity("rows were 3, are 4", CatalogDifference("index", "ix_a", "btree (a)", None))
    )

    assert "users: rows were 3, are 4" in text
    assert "index ix_a: btree (a) became None" in text
    assert "parity: 2 differences" in text


def test_what_others_did_is_told_apart_and_does_not_count() -> None:
    text = printed(
        parity("same", CatalogDifference("table", "other.log", None, "there", by_others=True))
    )

    assert "done by others meanwhile: does not count:\n" in text
    assert "        table other.log: None became there\n" in text
    assert "as they have to" not in text
    assert "parity: 0 differences" in text


def test_a_backup_tells_how_to_restore_it() -> None:
    text = printed(backed_up())

    assert "1,002 rows in 2 tables" in text
    assert "manifest: /backup/manifest.json" in text
    assert "restore:  pg_restore --dbname saas_restored x.dump" in text


def test_nothing_to_do_is_said_in_words() -> None:
    text = printed(planned(nothing_to_do=True))

    assert text == "nothing to do: every key has the expected type\n"


def test_a_gate_that_nobody_waits_at_says_nothing() -> None:
    assert printed(GatePrice(1.0, ())) == ""


def test_who_waits_is_named_with_what_for_and_how_long() -> None:
    text = printed(GatePrice(3.0, (in_the_way("SELECT * FROM users"),)))

    assert "1 sessions wait for the locks" in text
    assert "pid 77 ana psql 12 s: SELECT * FROM users" in text


def test_a_materialized_view_that_is_stale_is_told_with_the_plan() -> None:
    stale, slow = Refilled("public.m", 3, 4), Refilled("public.slow", 5, None)
    told = printed(msgspec.structs.replace(planned(), refilled=(stale, slow)))
    assert "REFILLED public.m is stale and is filled anew: 3 rows now, its query gives 4" in told
    assert "public.slow is filled anew; whether it is stale is not known" in told
