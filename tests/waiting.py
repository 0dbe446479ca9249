"""Waiting for what another process does, by looking and never by guessing a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# Longer than anything here takes on a slow machine, in seconds.
PATIENCE = 60.0


def until(look: Callable[[], T | None]) -> T:
    """What ``look`` sees as soon as it sees something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = look()
        if seen is not None:
            return seen
        # Not a guess: the next look decides. It leaves the processor to the process looked at.
        time.sleep(0.01)
    raise AssertionError("it did not happen")
