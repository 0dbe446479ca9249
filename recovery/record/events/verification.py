"""The check-list and the report."""

from enum import StrEnum

from recovery.record.events.base import Event, Fact


class CheckState(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


class Check(Fact, frozen=True):
    name: str
    expected: str
    state: CheckState
    evidence: str


class Verified(Event, frozen=True):
    checks: tuple[Check, ...]


class Reported(Event, frozen=True):
    markdown: str
    json: str
