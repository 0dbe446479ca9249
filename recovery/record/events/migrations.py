"""The revision and the migrations."""

from enum import StrEnum

from recovery.record.events.base import Event, Fact, Person
from recovery.record.events.investigation import Collision


class Way(StrEnum):
    """What is done with tables made by hand that a pending revision would create."""

    ADOPT = "adopt"
    REPAIR = "repair and adopt"
    ASIDE = "rename aside"


class Outlook(StrEnum):
    """What a copy of the schema says about a pending revision."""

    RUNS = "would run"
    FAILS = "would fail"
    COLLIDES = "collides"
    NOT_TRIED = "not tried"


class Forecasted(Fact, frozen=True):
    """A pending revision, and what became of it on a copy; ``problem`` has the SQLSTATE in it."""

    revision: str
    title: str
    outlook: Outlook
    problem: str = ""


class MigrationsForecast(Event, frozen=True):
    """The pending revisions run on a copy of the schema, without rows.

    ``where`` says which copy; ``why`` says why there is none, then nothing is known.
    """

    revisions: tuple[Forecasted, ...]
    where: str
    why: str = ""

    @property
    def failing(self) -> tuple[Forecasted, ...]:
        """Those that would fail."""
        return tuple(each for each in self.revisions if each.outlook is Outlook.FAILS)


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
    """Tables made by hand beside what the pending revision would create.

    ``adoptable``: nothing differs. ``repair`` are the statements after which nothing would; none if
    that cannot be done by itself. ``aside`` are those that rename the tables.
    """

    collision: Collision
    differences: tuple[str, ...]
    adoptable: bool
    repair: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()

    @property
    def ways(self) -> tuple[Way, ...]:
        """What can be done, the least first."""
        if self.adoptable:
            return (Way.ADOPT,)
        return ((Way.REPAIR,) if self.repair else ()) + ((Way.ASIDE,) if self.aside else ())


class RevisionAdopted(Event, frozen=True):
    """Tables made by hand are kept; ``repaired`` are the statements that made them the script's."""

    collision: Collision
    by: Person
    repaired: tuple[str, ...] = ()


class TablesSetAside(Event, frozen=True):
    """Tables made by hand are renamed, so that a revision can create its own."""

    collision: Collision
    by: Person
    statements: tuple[str, ...]


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
