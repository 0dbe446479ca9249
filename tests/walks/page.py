"""The walks as the page that docs/ keeps."""

from collections.abc import Iterable
from dataclasses import dataclass

from recovery.words import foreign

INTRO = """# Safety

Written by `make safety`, which walks each of these walks with the real program and a real server,
and looks at the database afterwards. Not edited by hand.

Somebody tries to hurt a database, or oneself, by mistake or with intent. In every walk each row
and each reference is there in the end, no session of pg-rekey is left on the server, and the
password is in no file. **before**: the keys are as they were; **after**: they are converted,
because that is what was decided.
"""


@dataclass(frozen=True, slots=True, order=True)
class Walked:
    """One walk: its place, what it was, what the database was in the end, and what was said."""

    place: tuple[int, int]
    theme: str
    name: str
    result: str
    words: tuple[str, ...]


def page(walks: Iterable[Walked]) -> str:
    """The page, a table for each theme."""
    told = sorted(walks)
    lines = [INTRO]
    for theme in dict.fromkeys(walk.theme for walk in told):
        lines += [
            f"## {theme}",
            "",
            "| what was tried | what was said | in the end |",
            "|---|---|---|",
        ]
        for walk in (each for each in told if each.theme == theme):
            words = "<br>".join(foreign.markdown(each) for each in walk.words)
            lines.append(f"| {walk.name} | {words} | {walk.result} |")
        lines.append("")
    return "\n".join(lines)
