"""The whole recovery in a real terminal, on a real server, by a person's keys."""

import sys
from collections.abc import Iterator

import pytest

from tests.screens.terminal import Terminal, open_terminal

PROGRAM = [sys.executable, "-m", "wizard"]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.delenv("NO_COLOR", raising=False)
    opened = open_terminal([*PROGRAM, "demo", "--rows", "500"])
    yield opened
    opened.close()


@pytest.mark.slow
def test_the_demo_is_recovered_by_keys_alone(terminal: Terminal) -> None:
    terminal.wait_for("Is this the database?", "crm_test_db")
    terminal.type(*"crm_test_db")
    terminal.press("Enter")
    terminal.wait_for("'crm_test_db' is not the name of the profile's database")
    terminal.type(*["C-h"] * len("crm_test_db"), *"saas_platform")
    terminal.press("Enter")
    terminal.wait_for("Confirmed by", "Continue")
    terminal.press("Enter")
    terminal.wait_for("Step 2 of 8", "Investigate")
    terminal.press("Enter")
    terminal.wait_for("BLOCKER", "users.id is uuid", "Continue")
    terminal.press("3")
    terminal.wait_for("ba1a5bcdb110 is the nearest: 5 extra, 93 of a key's type")
    terminal.press("Enter")
    terminal.wait_for("Is the schema at ba1a5bcdb110?")
    terminal.press("Right")
    terminal.press("Enter")
    terminal.wait_for("CONFIRMED, NEAREST", "Continue")
    terminal.press("Enter")
    terminal.wait_for("Step 3 of 8", "Make the plan")
    terminal.press("Enter")
    terminal.wait_for("users.id: 42", "Approve")
    terminal.press("a")
    terminal.wait_for("Approve this plan?")
    terminal.press("Right")
    terminal.press("Enter")
    terminal.wait_for("APPROVED by", "Continue")
    terminal.press("Enter")
    terminal.wait_for("Step 4 of 8")
    terminal.press("Enter")
    terminal.wait_for("read back whole", "Continue")
    terminal.press("Enter")
    terminal.wait_for("Step 5 of 8", "Start the conversion")
    terminal.press("Enter")
    terminal.wait_for("Not yet")
    terminal.press("Right")
    terminal.press("Enter")
    terminal.wait_for("WAITING AT THE GATE", "0 differences", "users.id 42/42")
    terminal.press("c")
    terminal.wait_for("Type the database's name to COMMIT")
    terminal.type(*"saas_platform")
    terminal.press("Enter")
    terminal.wait_for("COMMITTED by", "Continue")
    terminal.press("Enter")
    terminal.wait_for("Step 6 of 8")
    terminal.press("Enter")
    terminal.wait_for("Not yet")
    terminal.press("Right")
    terminal.press("Enter")
    terminal.wait_for("ADOPTABLE", "Adopt and migrate")
    terminal.press("Enter")
    terminal.wait_for("Not yet")
    terminal.press("Right")
    terminal.press("Enter")
    terminal.wait_for("Read back", "Continue")
    terminal.press("Enter")
    terminal.wait_for("Step 7 of 8")
    terminal.press("Enter")
    terminal.wait_for("17 PASSED", "Continue")
    terminal.press("Enter")
    terminal.wait_for("Step 8 of 8")
    terminal.press("Enter")
    terminal.wait_for("The report is written")
