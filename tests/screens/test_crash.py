"""A crash report never shows the values of variables: a password may be among them."""

from collections.abc import Callable, Iterable

import pytest
from textual.worker import WorkerFailed

from recovery.record.events import AnyCommand
from recovery.record.history import Entry
from recovery.record.session_list import Listed
from screens.target import Connection
from tests.screens import story
from tests.screens.fakes import CONNECTED, PASSWORD_NEEDED, FakeSessions, FakeWork
from tests.screens.stage import in_the_foyer, on_stage
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


CASES: dict[str, tuple[Callable[[], Wizard], tuple[str, ...]]] = {
    "worker": (lambda: on_stage(_InAWorker(story.begun())), (*SENTINEL, "enter")),
    "beginning": (lambda: on_stage(_AtTheBeginning(story.begun())), ()),
    "looking": (lambda: on_stage(_WhileLooking(story.planned())), ()),
    "showing": (lambda: on_stage(_WhileShowing(story.planned())), ("enter",)),
    "command": (lambda: on_stage(_OnACommand(story.at_the_gate())), ("e",)),
    "sessions": (lambda: in_the_foyer(_NoSessions()), ()),
}


async def _provoke(app: Wizard, keys: tuple[str, ...]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        app.look()
        await app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press(*keys)
        await app.workers.wait_for_complete()


@pytest.mark.parametrize("case", CASES)
async def test_no_secret_in_the_report(case: str, capfd: pytest.CaptureFixture[str]) -> None:
    stage, keys = CASES[case]
    app = stage()
    with pytest.raises((Mistake, WorkerFailed)):
        await _provoke(app, keys)
    written = "".join(capfd.readouterr())
    assert app.return_code == 1
    assert "Mistake" in written
    assert "_fail" in written, "the report still says where"
    assert SENTINEL not in written.replace("\n", "")
