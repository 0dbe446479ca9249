"""What every event and every part of one is, and who decides."""

import msgspec


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of an event."""


class Event(Fact, frozen=True, tag_field="event", tag=True):
    """Something that happened. Its kind is the class's name."""


class Person(Fact, frozen=True):
    """Who decided: the operating system's user, on the host where the client ran."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"
