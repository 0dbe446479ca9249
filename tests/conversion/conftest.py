"""What is said of all random schemas together, at the end of a run."""

from collections import Counter
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many converted, and how many were refused, with the reasons."""
    fates = Counter(
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        for name, value in report.user_properties
        if name == "random schema" and report.when == "call"
    )
    if fates:
        terminalreporter.section("random schemas")
        for fate, count in fates.most_common():
            terminalreporter.write_line(f"{count:5} {fate}")
