"""The steps of a recovery: begun, finished, failed."""

from enum import StrEnum

from recovery.record.events.base import Event, Person
from recovery.words.errors import Problem


class Step(StrEnum):
    """The steps of a recovery, in their order."""

    TARGET = "target"
    INVESTIGATION = "investigation"
    PLAN = "plan"
    BACKUP = "backup"
    CONVERSION = "conversion"
    MIGRATIONS = "migrations"
    VERIFICATION = "verification"
    REPORT = "report"


class StepStarted(Event, frozen=True):
    step: Step
    pid: int
    by: Person


class StepFinished(Event, frozen=True):
    step: Step
    seconds: float


class StepFailed(Event, frozen=True):
    step: Step
    problem: Problem
