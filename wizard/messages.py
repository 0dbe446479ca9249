"""What the threads of the wizard tell it."""

from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from recovery.record.history import Entry
from recovery.words.errors import Problem
from screens.target import Connection


@dataclass
class News(Message):
    """What a look at the journal found."""

    entries: tuple[Entry, ...]
    runner_alive: bool
    unheard: str
    stillborn: Problem | None


@dataclass
class NotRead(Message):
    """Why the journal could not be looked at: how things are now is not known."""

    problem: Problem


@dataclass
class NotDone(Message):
    """Why a wish was not carried out."""

    problem: Problem


@dataclass
class ConnectionChanged(Message):
    """How the connection stands now."""

    connection: Connection


@dataclass
class BundleSaved(Message):
    """Where a bundle is, in words."""

    words: str


@dataclass
class Copied(Message):
    """What was copied is also in a file."""

    text: str
    saved: Path
