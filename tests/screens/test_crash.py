"""A crash report never shows the values of variables: a password may be among them."""

from collections.abc import Iterable
from typing import Any

import pytest
from textual.pilot import Pilot

from recovery.events import AnyCommand
from recovery.history import Entry
from recovery.session import Listed
from screens.target import Connection
from tests.screens import story
from tests.screens.fakes import CONNECTED, PASSWORD_NEEDED, FakeSessions, FakeWork
from tests.screens.stage import in_the_foyer, on_stage, settled
from wizard.app import Wizard

SENTINEL = "s3ntinel"


class Mistake(Exception):
    """Nobody expects it."""


def _fail() -> None:
    secret = SENTINEL[:2] + SENTINEL[2:]
    if secret:
        raise Mistake("as planned")


class _InAWorker(FakeWork):
    def sign_in(self, password: str | None) -> Connection:
        if password is None:
            return PASSWORD_NEEDED
        _fail()
        return CONNECTED


class _AtTheBeginning(FakeWork):
    def entries(self, after: int) -> tuple[Entry, ...]:
        _fail()
        return ()


class _WhileLooking(FakeWork):
    def runner_alive(self) -> bool:
        if self.asked:
            _fail()
        return False


class _WhileShowing(FakeWork):
    def plan_sql(self) -> str:
        _fail()
        return ""


class _OnACommand(FakeWork):
    def give(self, command: AnyCommand) -> None:
        _fail()


class _NoSessions(FakeSessions):
    def listed(self) -> Iterable[Listed]:
        _fail()
        return ()


CASES = {
    "worker": lambda: on_stage(_InAWorker(story.begun())),
    "beginning": lambda: on_stage(_AtTheBeginning(story.begun())),
    "looking": lambda: on_stage(_WhileLooking(story.planned())),
    "showing": lambda: on_stage(_WhileShowing(story.planned())),
    "command": lambda: on_stage(_OnACommand(story.at_the_gate())),
    "sessions": lambda: in_the_foyer(_NoSessions()),
}


async def _provoke(pilot: Pilot[Any]) -> None:
    await settled(pilot)
    await pilot.press(*SENTINEL, "enter")
    await settled(pilot)
    await pilot.press("enter", "n", "e")
    await settled(pilot)


@pytest.mark.parametrize("case", CASES)
def test_no_secret_in_the_report(
    case: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app: Wizard = CASES[case]()
    app.run(headless=True, size=(80, 24), auto_pilot=_provoke)
    written = "".join(capfd.readouterr())
    assert app.return_code == 1
    assert "Mistake" in written
    assert "_fail" in written, "the report still says where"
    assert SENTINEL not in written.replace("\n", "")
