"""Where an entry stands in a file of TOML: tomllib reads it, and gives no places."""

import re
from collections.abc import Mapping
from typing import Any

# From the outermost table to the entry: names, and places in a list.
Steps = list[str | int]


def steps_of(place: str) -> Steps:
    """msgspec's path (``$.http[0].status``) as steps; ``[...]`` is a place in a mapping."""
    return [
        int(index) if index else name for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", place)
    ]


def is_said(entries: Mapping[str, Any], steps: Steps) -> bool:
    """Whether the entry at ``steps`` is one of these, and not only something around it."""
    said: Any = entries
    for step in steps:
        if not isinstance(said, Mapping) or step not in said:
            return False
        said = said[step]
    return bool(steps) and not isinstance(said, Mapping)


_PART = re.compile(r"""("[^"]*"|'[^']*'|[\w-]+)""")
_ASSIGNMENT = re.compile(rf"""\s*({_PART.pattern}(\s*\.\s*{_PART.pattern})*)\s*=""")


def line_of(text: str, steps: Steps) -> int | None:
    """The line where the entry at ``steps`` stands, or the nearest enclosing one that is found.

    This follows headers and keys as a reader's eye does.
    """
    names = [step for step in steps if isinstance(step, str)]
    # Which of several [[tables]] is meant; a place in a plain list is the line of its key.
    nth = steps[1] if len(steps) > 1 and isinstance(steps[1], int) else None
    best: int | None = None
    depth = 0
    header: list[str] = []
    seen = -1
    for number, line in enumerate(text.splitlines(), start=1):
        if (found := re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line)) is not None:
            header = [part.strip().strip("\"'") for part in found[1].split(".")]
            seen += header == names[:1]
            place = header
        elif (found := _ASSIGNMENT.match(line)) is not None:
            place = [*header, *(part.strip("\"'") for part in _PART.findall(found[1]))]
        else:
            continue
        inside = nth is None or header != names[:1] or seen == nth
        if inside and len(place) > depth and place == names[: len(place)]:
            depth, best = len(place), number
    return best
