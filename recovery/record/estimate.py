"""How long a statement of the plan is expected to take, and on what grounds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from recovery.record.events import (
    Effort,
    PlanMade,
    PlannedStatement,
    PlannedTable,
    StatementDone,
    Step,
    StepStarted,
)
from recovery.record.history import History

# Measured on two busy cores, with PostgreSQL 15 and 18. A rewrite, in bytes a second of the table
# with its indexes, is slow where rows are short and fast where they are long; and so many rows a
# second were looked up for a foreign key.
_REWRITTEN = (10e6, 64e6)
_LOOKED_UP = (400_000, 750_000)


@dataclass(frozen=True, slots=True)
class Estimate:
    """``least`` and ``most`` are seconds. ``unknown`` says of how many statements nobody knows."""

    least: float
    most: float
    grounds: str
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What each statement took, in their order, when the same plan ran ``at`` a time before."""

    at: datetime
    seconds: tuple[float, ...]


def taken(history: History, plan: PlanMade) -> Taken | None:
    """What the latest conversion by this very plan took, as far as it came; None: never ran."""
    planned, ran, at = "", "", None
    seconds: list[float] = []
    for entry in history.entries:
        match entry.event:
            case PlanMade(sha256=sha256):
                planned = sha256
            case StepStarted(step=Step.CONVERSION):
                ran, at, seconds = planned, entry.at, []
            case StatementDone(seconds=each):
                seconds.append(each)
    return None if at is None or ran != plan.sha256 else Taken(at, tuple(seconds))


def expected(plan: PlanMade, before: Taken | None) -> list[Estimate]:
    """For each statement of the plan what is known, also from the time that it ran before."""
    known = {table.name: table for table in plan.tables}
    took = iter(() if before is None else before.seconds)
    found = []
    for statement in plan.statements:
        seconds = next(took, None) if statement.phase else None
        if seconds is not None and before is not None:
            grounds = f"so long it took when this plan ran here at {before.at:%H:%M:%S} UTC"
            found.append(Estimate(seconds, seconds, grounds))
        else:
            tables = [known.get(name) for name in statement.tables]
            found.append(_of(statement, tables))
    return found


def _of(statement: PlannedStatement, tables: list[PlannedTable | None]) -> Estimate:
    match statement.effort:
        case Effort.CATALOG:
            return Estimate(0, 0, "only the catalog is read or changed")
        case Effort.REWRITE:
            size = sum(table.bytes for table in tables if table is not None)
            return Estimate(
                size / _REWRITTEN[1],
                size / _REWRITTEN[0],
                f"{size / 1e6:,.1f} MB anew, measured elsewhere at 10 to 64 MB/s",
            )
        case Effort.LOOK_UP:
            rows = tables[0].rows_estimated if tables and tables[0] is not None else -1
            if rows < 0:
                return _unknown("each row is looked up, and how many there are was never analysed")
            return Estimate(
                rows / _LOOKED_UP[1],
                rows / _LOOKED_UP[0],
                f"about {rows:,} rows, measured elsewhere at 400,000 to 750,000/s",
            )
        case Effort.LOCKS:
            return _unknown("it waits 5 s at most for a table, then gives way and tries again")
        case Effort.READ:
            return _unknown("all of the table is read")
        case Effort.BUILD:
            return _unknown("an index is written")
        case Effort.FILL:
            return _unknown("its query runs")
        case Effort.SAMPLE:
            return _unknown("a sample of the rows is read, not all of them")


def _unknown(grounds: str) -> Estimate:
    return Estimate(0, 0, grounds, unknown=1)


def together(estimates: Iterable[Estimate]) -> Estimate:
    """The sum of several."""
    each = list(estimates)
    return Estimate(
        sum(one.least for one in each),
        sum(one.most for one in each),
        "",
        sum(one.unknown for one in each),
    )
