"""What is told of a plan that is other than the one that was approved."""

import msgspec

from recovery.record.events import (
    Break,
    PlanApproved,
    PlannedStatement,
    PlannedTable,
    Proof,
    ProofState,
    Refusal,
)
from recovery.record.plan_changes import approved_before, changes
from tests.facts import ANA, history, opened, planned

OLD = msgspec.structs.replace(
    planned("aa"),
    tables=(PlannedTable("users", ("id",), 2, 1),),
    statements=(PlannedStatement(2, 5, "users", "it is converted"),),
)


def test_what_came_and_what_went_is_told_by_kind() -> None:
    new = msgspec.structs.replace(
        planned("bb", refusals=(Refusal("view v", "It cannot be.", "Drop it."),)),
        tables=tuple(PlannedTable(f"t{n}", ("user_id",), 2, 1) for n in range(7)),
        proof=Proof(ProofState.PASSED, "so", breaks=(Break("f()", 1, "it compares", "checked"),)),
        foreign_keys=1,
    )

    assert [*changes(OLD, new)] == [
        "columns, new: t0.user_id, t1.user_id, t2.user_id, t3.user_id, t4.user_id, and 2 more",
        "columns, gone: users.id",
        "may fail at run time, new: f()",
        "refused, new: view v",
        "statements, gone: users (phase 2)",
        "foreign keys: 1, were 0",
    ]


def test_a_plan_whose_objects_are_the_same_is_not_told_to_be_the_same() -> None:
    (told,) = changes(OLD, msgspec.structs.replace(OLD, sha256="bb"))

    assert told.startswith("only the text of statements")


def test_the_plan_that_was_approved_last_is_found() -> None:
    assert approved_before(history(opened(), OLD)) is None
    approved = (opened(), OLD, PlanApproved("aa", ANA), planned("bb"))
    assert approved_before(history(*approved)) == OLD
