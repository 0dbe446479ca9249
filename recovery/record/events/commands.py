"""What a client asks of the runner."""

import msgspec

from recovery.record.events.base import Person


class Command(msgspec.Struct, frozen=True, tag_field="command", tag=True):
    """What a client asks of the runner. ``by`` is journaled with the decision."""

    by: Person


class Commit(Command, frozen=True):
    """``typed`` has to be the database's name."""

    typed: str


class RollBack(Command, frozen=True):
    """End the conversion and leave the database as it was."""


class Cancel(Command, frozen=True):
    """End whatever the runner is doing; with a transaction open, roll it back."""


class ExtendGate(Command, frozen=True):
    """Move the gate's deadline by ``seconds``."""

    seconds: float


AnyCommand = Commit | RollBack | Cancel | ExtendGate
