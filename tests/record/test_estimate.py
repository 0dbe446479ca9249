"""How long a statement takes: told with its grounds, or told as not known."""

import msgspec

from recovery.record.estimate import Estimate, expected, taken, together
from recovery.record.events import (
    Effort,
    PlannedStatement,
    PlannedTable,
    StatementDone,
    Step,
    StepStarted,
)
from tests.facts import ANA, history, opened, planned

TABLES = (PlannedTable("users", ("id",), 1_500_000, 640_000_000), PlannedTable("new", (), -1, 0))
STATEMENTS = tuple(
    PlannedStatement(phase, 1, "it", "", tables, "", effort)
    for phase, tables, effort in (
        (0, (), Effort.LOCKS),
        (1, (), Effort.CATALOG),
        (3, ("users", "new"), Effort.REWRITE),
        (5, ("users", "new"), Effort.LOOK_UP),
        (5, ("new", "users"), Effort.LOOK_UP),
        (5, ("strange", "users"), Effort.LOOK_UP),
        (6, ("users",), Effort.SAMPLE),
    )
)
PLAN = msgspec.structs.replace(planned("aa"), tables=TABLES, statements=STATEMENTS)
CONVERSION = StepStarted(Step.CONVERSION, 1, ANA)


def done(seconds: float) -> StatementDone:
    return StatementDone(1, "it", {}, seconds)


def test_only_what_follows_from_a_size_has_a_figure() -> None:
    told = [(one.least, one.most, one.unknown) for one in expected(PLAN, None)]
    assert told == [(0, 0, 1), (0, 0, 0), (10, 64, 0), (2, 3.75, 0), *[(0, 0, 1)] * 3]
    assert "measured elsewhere" in expected(PLAN, None)[2].grounds
    assert together(expected(PLAN, None)) == Estimate(12, 67.75, "", 4)


def test_what_the_same_plan_took_here_counts_for_more() -> None:
    ran = history(opened(), PLAN, CONVERSION, done(0.5), done(21), PLAN)
    before = taken(ran, PLAN)
    assert before is not None
    told = expected(PLAN, before)
    assert [(one.least, one.most) for one in told[:4]] == [(0, 0), (0.5, 0.5), (21, 21), (2, 3.75)]
    assert told[2].grounds == "so long it took when this plan ran here at 05:06:10 UTC"


def test_another_plan_tells_nothing() -> None:
    other = planned("bb")
    assert taken(history(opened(), other, CONVERSION, done(1), PLAN), PLAN) is None
    assert taken(history(opened(), PLAN), PLAN) is None
    again = history(opened(), PLAN, CONVERSION, done(1), CONVERSION, done(2))
    before = taken(again, PLAN)
    assert before is not None
    assert before.seconds == (2,)
