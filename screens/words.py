"""Numbers, sizes, times and foreign text as the screens write them."""

import os
from collections.abc import Collection, Mapping
from datetime import datetime

from rich.text import Text

from recovery.words import foreign

# Colour is only the second way of saying these words.
_TONES = {
    "blocker": "bold red",
    "failed": "bold red",
    "different": "bold red",
    "missing": "bold red",
    "damaged": "bold red",
    "wrong": "bold red",
    "does not hold": "bold red",
    "unknown": "bold red",
    "warning": "bold yellow",
    "not checked": "bold yellow",
    "open": "bold yellow",
    "running": "bold yellow",
    "adoptable": "bold yellow",
    "rolled back": "bold yellow",
    "nearest": "bold yellow",
    "as near": "bold yellow",
    "not compared": "bold yellow",
    "claimed": "bold cyan",
    "note": "bold cyan",
    "done": "bold green",
    "passed": "bold green",
    "same": "green",
    "as expected": "green",
    "holds": "green",
    "adopted": "green",
    "set aside": "green",
    "would run": "green",
    "would fail": "bold red",
    "collides": "bold yellow",
    "not tried": "bold yellow",
    "taken": "green",
    "left": "green",
    "committed": "bold green",
    "confirmed": "bold green",
    "exact": "bold green",
}


def plain(text: str) -> str:
    """Text from elsewhere with its control characters made visible.

    Textual passes the escape character on to the terminal, where a comment or a value of the
    database could then move the cursor or set the title.
    """
    return foreign.lines(text)


def definition(text: str) -> str:
    """The same of what PostgreSQL says that an object is: its own lines stay, a name's do not."""
    return plain(foreign.statement(text))


def plain_line(text: str) -> str:
    """The same where there is one line for it: a name may have line feeds."""
    return foreign.line(text)


def state(word: str) -> Text:
    """A state's word in capitals, in its colour."""
    return Text(word.upper(), style="bold" if colourless() else _TONES.get(word, ""))


def colourless() -> bool:
    """Whether ``NO_COLOR`` is set: Textual would make greys of the colours, of red a dark one."""
    return bool(os.environ.get("NO_COLOR"))


def number(value: int) -> str:
    """``12345`` as ``12,345``."""
    return f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """A number and its noun: ``1 table``, ``165 tables``."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def size(value: int | None) -> str:
    """Bytes in the unit that a person would choose; a word where the size is not known."""
    if value is None:
        return "unknown size"
    amount = float(value)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TB"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``2 min 05 s``, ``1 h 04 min``."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def elapsed(start: datetime, now: datetime) -> str:
    """Whole seconds from ``start`` to ``now``: a counter that never shows tenths."""
    return counter((now - start).total_seconds())


def counter(seconds: float) -> str:
    """Seconds that are counted up or down on the screen, as ``m:ss``."""
    whole = max(int(seconds), 0)
    return f"{whole // 60}:{whole % 60:02d}"


def counts(by_key: Mapping[str, int]) -> str:
    """``users.id: 42, documents.id: 17``."""
    return ", ".join(f"{key}: {number(value)}" for key, value in by_key.items())


def progress(expected: Mapping[str, int], done: Mapping[str, int], keys: Collection[str]) -> str:
    """``users.id 40/42, others 3/8``: these keys each, the rest together, to fit a line."""
    parts = [f"{key} {done.get(key, 0)}/{expected[key]}" for key in keys if key in expected]
    others = {key for key in (*expected, *done) if key not in keys or key not in expected}
    if others:
        there = sum(done.get(key, 0) for key in others)
        parts.append(f"others {there}/{sum(expected.get(key, 0) for key in others)}")
    return ", ".join(parts)


def fitted(text: str, width: int) -> str:
    """Text in exactly ``width`` characters; dots say where it was cut off."""
    return f"{text:<{width}}" if len(text) <= width else f"{text[: width - 3]}..."


def names(many: tuple[str, ...], none: str = "none") -> str:
    """Names as a list in a sentence."""
    return plain_line(", ".join(many)) or none
