"""A walk: somebody tries to hurt a database with the program, by mistake or with intent.

It is declared in a file of TOML: what was there before, what is done in turn, what is answered, and
how the database is in the end. ``{database}``, ``{dsn}``, ``{session}`` and ``{folder}`` stand for
those of the run, and ``{plan}`` for the hash of the plan that was read last; ``{convert}`` is the
command as one types it.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

CONVERT = "convert --confirm {database} --backup-attested 'snapshot of noon' --plan {plan}"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is done; which, says the one field of the first group that is given."""

    # A command to its end.
    run: str | None = None
    # A command that goes on; until the journal has an event, or the program waits for a lock.
    start: str | None = None
    # The one that goes on, to its end.
    end: bool = False
    # The plain wizard at a terminal: words that are waited for, and lines that are typed.
    terminal: str | None = None
    # SQL by somebody else: at once; in a transaction that stays open; and that one is let go.
    sql: str | None = None
    hold: str | None = None
    release: bool = False
    # Lines for a shell in the session's folder.
    shell: str | None = None

    until: str | None = None
    typing: tuple[tuple[str, str], ...] = ()
    typed: str = ""
    environment: dict[str, str] = {}
    code: int = 0
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class Walk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``begins`` with a profile only, or with a plan; the key ``ends`` converted, or as before."""

    name: str
    steps: tuple[Step, ...]
    begins: Literal["profile", "planned"] = "planned"
    ends: Literal["before", "after"] = "before"
    profile: str = ""
    # The same kind is tried by another walk or test that always runs.
    slow: bool = False


class Theme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The walks of one file."""

    title: str
    walk: tuple[Walk, ...]


def themes() -> Iterator[Theme]:
    """What is in the files of this folder, in the order of their names."""
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        yield msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Theme)
