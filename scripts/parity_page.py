"""The page of what a comparison looks at, from queries/compared.toml: parity_page.py FILE."""

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DECISIONS = Path(__file__).parents[1] / "queries" / "compared.toml"
# Those that are supported.
OLDEST, NEWEST = 13, 18
COMPARED, FOLLOWS, CANNOT = "compared", "follows", "cannot"

HEAD = """# What is compared

<!-- Written by "make parity" from queries/compared.toml. Not edited by hand. -->

Before COMMIT, the whole catalog is read again and compared with the reading from before. This is
every column of `pg_catalog` on PostgreSQL {oldest} to {newest}, and what becomes of it:

- **compared**: a difference that the plan does not explain stops COMMIT. The kind of object and the
  property are those that the gate and the report show; one kind stands for all that have it.
- **follows**: it is what something else makes of it, which is compared or may change.
- **cannot change**: no statement of a plan reaches it.

Of {columns} columns, {compared} are compared, {follows} follow, and {cannot} cannot change. A test
changes each that is compared, in the catalog itself, and looks whether the reading notices. Another
one fails for a column of a server that is not listed here.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a column, and on which majors there is one; of a whole catalog without it.

    ``words`` are, if it is compared, the kind of object and the property.
    """

    catalog: str
    column: str | None
    since: int
    until: int
    what: str
    words: str

    def on(self, major: int) -> bool:
        """Whether this major has it."""
        return self.since <= major <= self.until


def decisions() -> list[Decision]:
    """All of them, in the order of the file."""
    return list(_decisions(tomllib.loads(DECISIONS.read_text(encoding="utf-8"))))


def _decisions(said: dict[str, dict[str, Any]]) -> Iterator[Decision]:
    for catalog, reason in said.pop("whole").items():
        name, since, until = _majors(catalog, OLDEST, NEWEST)
        yield Decision(name, None, since, until, *reason.split(": ", 1))
    for catalog, columns in said.items():
        name, first, last = _majors(catalog, OLDEST, NEWEST)
        if "columns" in columns:
            columns = dict.fromkeys(columns["columns"], f"{CANNOT}: {columns[CANNOT]}")
        for column, reason in columns.items():
            yield Decision(name, *_majors(column, first, last), *reason.split(": ", 1))


def _majors(text: str, first: int, last: int) -> tuple[str, int, int]:
    """A name, and from and up to which major it is there: ``name``, ``name 14-``, ``name -17``."""
    name, _, majors = text.partition(" ")
    since, _, until = majors.partition("-")
    return name, int(since or first), int(until or last)


def page() -> str:
    """The page in Markdown, by catalog."""
    return "\n".join(_lines(decisions()))


def _lines(decided: list[Decision]) -> Iterator[str]:
    columns = [one for one in decided if one.column]
    count = {what: sum(one.what == what for one in columns) for what in (COMPARED, FOLLOWS, CANNOT)}
    yield HEAD.format(oldest=OLDEST, newest=NEWEST, columns=len(columns), **count)
    yield "## Whole catalogs\n\n| catalog | PostgreSQL | |\n|---|---|---|"
    for one in sorted((one for one in decided if not one.column), key=lambda one: one.catalog):
        yield f"| `{one.catalog}` | {_on(one)} | {_fate(one)} |"
    for catalog in sorted({one.catalog for one in columns}):
        yield f"\n## {catalog}\n\n| column | PostgreSQL | |\n|---|---|---|"
        for one in columns:
            if one.catalog == catalog:
                yield f"| `{one.column}` | {_on(one)} | {_fate(one)} |"
    yield ""


def _on(one: Decision) -> str:
    if one.since == one.until:
        return str(one.since)
    return f"{one.since} to {one.until}"


def _fate(one: Decision) -> str:
    match one.what:
        case "compared":
            kind, name = split(one.words)
            return f"**compared**: {kind.lower()}, {name}"
        case "follows":
            return f"follows {one.words}"
        case _:
            return f"cannot change: {one.words}"


def split(words: str) -> tuple[str, str]:
    """The kind of object, which is in capitals, and the property."""
    named = words.split()
    kind = [word for word in named if word.isupper()]
    return " ".join(kind), " ".join(named[len(kind) :])


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
