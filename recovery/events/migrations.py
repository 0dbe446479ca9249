"""The revision and the migrations."""

from recovery.events.base import Event, Person
from recovery.events.investigation import Collision


class RevisionIntended(Event, frozen=True):
    """Written before the version table is set, so that a runner's end in between is understood."""

    before: tuple[str, ...]
    heads: tuple[str, ...]
    evidence: str = ""


class RevisionSet(Event, frozen=True):
    """The version table was set, without running anything, to ``heads``; ``evidence`` says why."""

    before: tuple[str, ...]
    heads: tuple[str, ...]
    evidence: str = ""


class CollisionCompared(Event, frozen=True):
    """Tables made by hand beside what the pending revision would create."""

    collision: Collision
    differences: tuple[str, ...]
    adoptable: bool


class RevisionAdopted(Event, frozen=True):
    collision: Collision
    by: Person


class RevisionStarted(Event, frozen=True):
    """``heads`` is what the version table holds once it is committed; empty in old journals."""

    revision: str
    title: str
    heads: tuple[str, ...] = ()


class RevisionFinished(Event, frozen=True):
    """``adopted``: marked as done because its tables were there, nothing was run.

    ``heads`` is what the version table holds after it.
    """

    revision: str
    heads: tuple[str, ...]
    seconds: float
    adopted: bool


class Migrated(Event, frozen=True):
    """``heads`` are read back over another connection."""

    heads: tuple[str, ...]
