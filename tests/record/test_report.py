"""The report: a record for people and one for programs, from the same events."""

import json
import re
from datetime import timedelta

import msgspec
import pytest

from recovery.record import report
from recovery.record.events import (
    Answer,
    AnyEvent,
    BackupAttested,
    BackupProgress,
    Candidate,
    Cause,
    Check,
    CheckState,
    Collision,
    ConversionEnded,
    Finding,
    ForeignKeyParity,
    GatePrice,
    KeyFact,
    Migrated,
    NotReplayed,
    Outcome,
    ParityChecked,
    PhaseFinished,
    PlanApproved,
    Refusal,
    RevisionAdopted,
    RevisionConfirmed,
    RevisionDifference,
    RevisionFinished,
    RevisionMatch,
    RevisionSet,
    Severity,
    StatementDone,
    Step,
    StepFailed,
    StepStarted,
    TableParity,
    Verified,
)
from recovery.record.history import History
from recovery.record.report import as_data
from recovery.record.report_markdown import as_markdown
from recovery.record.session import create
from recovery.words.errors import Problem
from tests.facts import (
    ANA,
    BEGAN,
    BEN,
    PROFILE,
    backed_up,
    confirmed,
    history,
    investigated,
    opened,
    planned,
)

FINDING = Finding(
    Severity.BLOCKER,
    "key-type",
    "users.id is uuid",
    "2 foreign keys | 3 columns",
    "Convert\nit with C:\\tools.",
)
PARITY = ParityChecked(
    (
        ForeignKeyParity(
            key="users.id",
            table="orders",
            name="orders_user_fk",
            columns=("user_id",),
            references="users(id)",
            on_delete="CASCADE",
            on_update="NO ACTION",
            before="FOREIGN KEY (user_id) REFERENCES users(id)",
            after="FOREIGN KEY (user_id) REFERENCES users(id)",
            validated=True,
            orphans_before=0,
            orphans_after=0,
            state="same",
        ),
    ),
    (TableParity("users", 3, 3, {"id": "d1"}, {"id": "d1"}, "same"),),
    (),
    40,
)


MATCH = RevisionMatch(
    Answer.NEAREST,
    ("a1",),
    (),
    (
        Candidate(
            ("a1",),
            "accounts",
            0,
            0,
            1,
            1,
            10.0,
            (
                RevisionDifference(
                    "table valuations",
                    "extra table",
                    "",
                    "there",
                    Cause.BY_HAND,
                    "no script makes it",
                ),
                RevisionDifference(
                    "column orders.user_id",
                    "other type",
                    "type: character varying(36)",
                    "type: uuid",
                    Cause.KEY_TYPE,
                ),
            ),
        ),
    ),
    (NotReplayed("c3", "reports", "it reads rows"),),
    "replayed on PostgreSQL 15",
)


def story() -> tuple[AnyEvent, ...]:
    """A small recovery with everything in it."""
    found = msgspec.structs.replace(
        investigated(),
        findings=(FINDING,),
        keys=(KeyFact("users.id", True, "uuid", "character varying(36)", 2, 3),),
        match=MATCH,
    )
    collision = Collision("b2", "valuations", ("valuations",))
    return (
        opened(),
        confirmed(),
        found,
        RevisionConfirmed(("a1",), MATCH.evidence(("a1",)), BEN),
        planned(sha256="cafe" * 16),
        PlanApproved("cafe" * 16, BEN),
        BackupProgress(1, 3, "users", 10),
        backed_up(),
        StepStarted(Step.CONVERSION, 5, ANA),
        PhaseFinished(2, {"users.id": 2}, 0.25),
        ConversionEnded(Outcome.ROLLED_BACK, "the operator chose ROLLBACK", BEN),
        StepStarted(Step.CONVERSION, 6, ANA),
        StatementDone(2, "orders", {"users.id": 1}, 0.01),
        PhaseFinished(2, {"users.id": 2, "orders.id": 1}, 0.5),
        PhaseFinished(5, {"users.id": 2}, 1.75),
        PARITY,
        GatePrice(1.0, ()),
        ConversionEnded(Outcome.COMMITTED, "the operator chose COMMIT", ANA),
        RevisionSet(("c3",), ("a1",)),
        RevisionAdopted(collision, BEN),
        RevisionFinished("b2", ("b2",), 0.1, True),
        RevisionFinished("c3", ("c3",), 0.2, False),
        Migrated(("c3",)),
        StepFailed(Step.VERIFICATION, Problem("It is down.", "Start it.", 3, sqlstate="57P01")),
        Verified(
            (
                Check("orphans", "none", CheckState.PASSED, "0 in 2 foreign keys"),
                Check("rows of users", "3", CheckState.NOT_CHECKED, "not counted before"),
            )
        ),
    )


def markdown(*events: AnyEvent) -> str:
    return as_markdown("20260304-050607-abcd", history(*events))


@pytest.mark.parametrize(
    "said",
    [
        "# Recovery 20260304-050607-abcd",
        "by ana@bastion with pg-rekey 0.1.0",
        "| database | saas (oid 16384) |",
        "| environment | staging |",
        "| Found | a1 is the nearest: 1 extra, 1 of a key's type |",
        "| Confirmed | a1, by ben@bastion |",
        "| What spoke for it | nearest with differences: 1 extra, 1 of a key's type |",
        "| table valuations | extra table |  | there | by hand | no script makes it |",
        "| c3 | reports | it reads rows |",
        "| system identifier | 7300000000000000001 |",
        "| other databases | crm, secret |",
        "| confirmed by | ana@bastion |",
        "| users.id | uuid | character varying(36) | 2 | 3 |",
        f"SHA-256 `{'cafe' * 16}`",
        "Approved by ben@bastion.",
        "1,002 rows in 2 tables.",
        "    pg_restore --dbname saas_restored x.dump",
        "| 2. Foreign keys and dependents dropped | users.id: 2, orders.id: 1 | 0.50 |",
        "| 5. Foreign keys and dependents recreated | users.id: 2 | 1.75 |",
        "Parity: 40 objects compared, 0 differences.",
        "| users | 3 | 3 | id: d1 | same |",
        "**COMMITTED** at 2026-03-04 05:06:25 UTC: the operator chose COMMIT (ana@bastion).",
        "alembic_version set from c3 to a1.",
        "| b2 | 0.10 | adopted by ben@bastion |",
        "| c3 | 0.20 | run |",
        "Heads read back: c3.",
        "| rows of users | 3 | not checked | not counted before |",
        "| 2026-03-04 05:06:31 UTC | verification | It is down. | 57P01 |",
    ],
)
def test_the_record_tells_every_part_of_the_recovery(said: str) -> None:
    assert said in markdown(*story()).splitlines() or said in markdown(*story())


def test_only_the_attempt_that_counts_is_told_phase_by_phase() -> None:
    assert "0.25" not in markdown(*story())
    assert "ROLLED BACK" not in markdown(*story())


def test_text_from_outside_cannot_break_a_table() -> None:
    text = markdown(*story())

    (row,) = [line for line in text.splitlines() if "3 columns" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert r"2 foreign keys \| 3 columns" in row
    assert r"Convert it with C:\\tools." in row


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_no_kind_of_line_ending_breaks_a_row(ending: str) -> None:
    finding = msgspec.structs.replace(FINDING, evidence=f"one{ending}two")
    text = markdown(opened(), msgspec.structs.replace(investigated(), findings=(finding,)))

    (row,) = [line for line in text.splitlines() if "one" in line]
    assert row.startswith("| blocker |")
    assert "two" in row


def test_what_was_not_done_is_not_told() -> None:
    text = markdown(opened(), confirmed())

    assert "## Target" in text
    for part in (
        "Findings",
        "Revision",
        "Plan",
        "Backup",
        "Conversion",
        "Migrations",
        "Check-list",
        "failed",
    ):
        assert part not in text


def test_a_conversion_that_did_not_end_is_told_so() -> None:
    text = markdown(opened(), confirmed(), StepStarted(Step.CONVERSION, 5, ANA))

    assert "The conversion has not ended." in text


def test_a_decision_that_nobody_made_is_told_so() -> None:
    text = markdown(
        opened(),
        StepStarted(Step.CONVERSION, 5, ANA),
        ConversionEnded(Outcome.ROLLED_BACK, "the deadline passed", None),
    )

    assert "**ROLLED BACK** at 2026-03-04 05:06:10 UTC: the deadline passed (nobody)." in text


def test_an_approval_of_another_plan_is_not_told() -> None:
    assert "Approved" not in markdown(opened(), planned("aa"), PlanApproved("bb", BEN))


def test_refusals_are_told_with_what_to_do() -> None:
    refusal = Refusal("view v", "It reads users.id.", "Drop it first.")

    text = markdown(opened(), planned(refusals=(refusal,)))
    assert "| view v | It reads users.id. | Drop it first. |" in text


def test_an_attested_backup_is_told_with_who_attested_it() -> None:
    text = markdown(opened(), BackupAttested("RDS snapshot of 12:00", BEN))

    assert "Attested by ben@bastion: RDS snapshot of 12:00" in text


def test_the_data_holds_the_latest_of_each_fact_and_all_events_but_passing_ones() -> None:
    data = as_data("20260304-050607-abcd", history(*story()))
    read = json.loads(msgspec.json.encode(data))

    assert read["session"] == "20260304-050607-abcd"
    assert read["TargetConfirmed"]["identity"]["database"] == "saas"
    assert read["PlanMade"]["sha256"] == "cafe" * 16
    assert read["BackupMade"]["row_counts"] == {"users": 2, "orders": 1000}
    assert read["BackupAttested"] is None
    assert read["ConversionEnded"]["outcome"] == "committed"
    assert read["ConversionEnded"]["by"] == {"user": "ana", "host": "bastion"}
    assert [phase["number"] for phase in read["phases"]] == [2, 5]
    assert [row["revision"] for row in read["revisions"]] == ["b2", "c3"]
    assert [check["state"] for check in read["Verified"]["checks"]] == ["passed", "not checked"]
    kinds = [event["event"] for event in read["events"]]
    assert {"BackupProgress", "StatementDone", "GatePrice"}.isdisjoint(kinds)
    assert kinds.count("ConversionEnded") == 2
    assert read["events"][0]["at"] == (BEGAN + timedelta(seconds=1)).isoformat()


def test_a_report_of_a_session_with_nothing_in_it_is_empty_but_whole() -> None:
    assert as_markdown("x", History()).startswith("# Recovery x\n")
    assert as_data("x", History())["events"] == []


def test_both_records_are_written_into_the_session_for_its_owner_only() -> None:
    session = create(PROFILE, "0.1.0")
    session.journal.append(confirmed())

    written = report.write(session)

    markdown_file, json_file = session.folder / "report.md", session.folder / "report.json"
    assert (written.markdown, written.json) == (str(markdown_file), str(json_file))
    assert f"# Recovery {session.id}" in markdown_file.read_text(encoding="utf-8")
    assert json.loads(json_file.read_text(encoding="utf-8"))["session"] == session.id
    assert markdown_file.stat().st_mode & 0o777 == 0o600
    assert json_file.stat().st_mode & 0o777 == 0o600
