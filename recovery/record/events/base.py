"""What every event and every part of one is, and who decides."""

import msgspec


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of an event."""


class Event(Fact, frozen=True, tag_field="event", tag=True):
    """Something that happened. Its kind is the class's name."""


class Unreadable(Event, frozen=True):
    """Stands for an entry that is damaged, missing or of a newer program; it is never written.

    ``kind`` is the event's, empty where not even that can be told.
    """

    kind: str
    why: str

    def may_be(self, *kinds: type[Event]) -> bool:
        """Whether it may have been one of these."""
        return not self.kind or self.kind in {kind.__name__ for kind in kinds}


class Person(Fact, frozen=True):
    """Who decided: the operating system's user, on the host where the client ran."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"
