"""Where the sessions are, and their names: all that a shell needs which completes them."""

import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

STATE_VARIABLE = "PG_REKEY_STATE"
JOURNAL = "journal.sqlite3"


def state_folder() -> Path:
    """Where sessions are kept: ``$PG_REKEY_STATE``, or the user's state directory."""
    chosen = os.environ.get(STATE_VARIABLE)
    return Path(chosen) if chosen else platformdirs.user_state_path("pg-rekey")


def session_ids(state: Path | None = None) -> Iterator[str]:
    """The names of all sessions, newest first, damaged ones among them."""
    parent = state or state_folder()
    if parent.is_dir():
        for folder in sorted(parent.iterdir(), reverse=True):
            if (folder / JOURNAL).exists():
                yield folder.name
