"""What may interrupt the work of a connection while it lasts: nothing, unless somebody says so."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg

Watching = Callable[[psycopg.Connection[Any]], AbstractContextManager[None]]


def unwatched(_conn: psycopg.Connection[Any]) -> AbstractContextManager[None]:
    """Nobody interrupts it."""
    return nullcontext()
