"""The list of sessions for the command line. A session that has not changed is not read again.

What was said of a session is kept beside all of them, with what the file system tells of its
journal then. Loading what reads a journal takes longer than all else that is done here.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from recovery.record import ownership
from recovery.record.folders import JOURNAL, session_ids, state_folder
from recovery.words import foreign
from wizard import __version__

# Of each session that could be read: its journal's mark, and its row.
Kept = dict[str, tuple[list[int], dict[str, str]]]

_FILE = "list.json"
# Two changes within a tick of the file system's clock cannot be told apart. In nanoseconds.
_TICK = 2_000_000_000


def tell(*, as_json: bool) -> None:
    """The command ``pg-rekey sessions``."""
    for row in listing():
        line = foreign.as_json(row) if as_json else foreign.line("  ".join(row.values()))
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    state = state_folder()
    exposed = filter(None, (ownership.of_session(state / name) for name in session_ids(state)))
    # Once, if it is the same for several.
    for each in dict.fromkeys(exposed):
        from recovery.record.journal_file import only_read
        from wizard.output import Output

        Output(as_json).problem(only_read(each, each.path).problem)


def listing() -> Iterator[dict[str, str]]:
    """One row a session: its id, target, environment, how far it is, and its folder."""
    state = state_folder()
    # Where others may put a file, none is read, and none is written.
    keeps = ownership.alone(state)
    before, after = _kept(state) if keeps else Kept(), Kept()
    for name in session_ids(state):
        folder = state / name
        mark = _mark(folder)
        if name in before and before[name][0] == mark:
            row, readable = before[name][1], True
        else:
            from wizard.session_rows import row_of

            row, readable = row_of(folder)
        if readable and max(mark[2::3], default=0) < time.time_ns() - _TICK:
            after[name] = mark, row
        yield {"session": name, **row, "folder": str(folder)}
    if keeps and after != before:
        _keep(state, after)


def _mark(folder: Path) -> list[int]:
    """What changes whenever one of the journal's files does."""
    mark = []
    for file in (folder / JOURNAL, folder / f"{JOURNAL}-wal"):
        with suppress(FileNotFoundError):
            known = file.stat()
            mark += [known.st_ino, known.st_size, known.st_ctime_ns]
    return mark


def _kept(state: Path) -> Kept:
    try:
        kept = json.loads((state / _FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict) or kept.get("program") != __version__:
        return {}
    return {name: (mark, row) for name, (mark, row) in kept["sessions"].items()}


def _keep(state: Path, rows: Kept) -> None:
    partial = state / f"{_FILE}.{os.getpid()}"
    # Where it cannot be kept, all is read again the next time.
    with suppress(OSError):
        partial.touch(mode=0o600)
        partial.write_text(json.dumps({"program": __version__, "sessions": rows}), encoding="utf-8")
        partial.replace(state / _FILE)
