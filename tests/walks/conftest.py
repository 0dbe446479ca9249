"""The small database and the program, as tests of the command line have them; and the page."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import here, installation, shell, small
from tests.walks import page

__all__ = ["here", "installation", "shell", "small"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Writes what became of the walks where ``$SAFETY`` names a file."""
    target = os.environ.get("SAFETY")
    if target is None:
        return
    walks = []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            told: dict[str, Any] = dict(getattr(report, "user_properties", ()))
            if "walk" in told and report.when == "call":
                i, j, theme, name, ends, *words = told["walk"]
                result = ends if report.passed else "FAILED"
                walks.append(page.Walked((i, j), theme, name, result, tuple(words)))
    Path(target).write_text(page.page(walks), encoding="utf-8")
