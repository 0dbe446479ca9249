"""Which revision the database is at: what the migration scripts make, and what is there."""

from enum import StrEnum

from recovery.record.events.base import Event, Fact, Person


class Answer(StrEnum):
    """What the catalog says about the revision."""

    EXACT = "exact"
    NEAREST = "nearest with differences"
    AMBIGUOUS = "ambiguous"
    NONE = "no match"


class Cause(StrEnum):
    """Why the database differs from a revision."""

    KEY_TYPE = "key type"
    BY_HAND = "by hand"
    UNKNOWN = "unknown"


class RevisionDifference(Fact, frozen=True):
    """An object that is not as a revision leaves it. ``state`` says how, ``note`` what it implies.

    ``expected`` and ``actual`` are in words; empty where there is no such object.
    """

    object: str
    state: str
    expected: str
    actual: str
    cause: Cause
    note: str = ""

    @property
    def words(self) -> str:
        """The difference in a line."""
        return f"{self.state}: {self.name}{self.how}"

    @property
    def name(self) -> str:
        """The object without its kind."""
        return self.object.partition(" ")[2]

    @property
    def how(self) -> str:
        """What stands behind the name: the same for objects that differ in the same way."""
        sides = f", {self.actual} and not {self.expected}" if self.expected and self.actual else ""
        note = f" ({self.note})" if self.note else ""
        return f"{sides}{note}"


class Candidate(Fact, frozen=True):
    """How near the database is to a revision, or to several that stand side by side.

    ``revisions`` is empty for the state before all migrations. ``missing``, ``changed`` and
    ``extra`` count objects, a whole table as one; key types are counted apart. ``distance`` is 0
    for a match but for those. ``differences`` are kept of the nearest and of the claimed only.
    """

    revisions: tuple[str, ...]
    title: str
    missing: int
    changed: int
    extra: int
    key_types: int
    distance: float
    differences: tuple[RevisionDifference, ...] = ()

    @property
    def others(self) -> list[RevisionDifference]:
        """The differences that are kept, but for key types."""
        return [each for each in self.differences if each.cause is not Cause.KEY_TYPE]

    @property
    def counts(self) -> str:
        """How many objects differ, in words."""
        counted = (
            (self.missing, "missing"),
            (self.changed, "other"),
            (self.extra, "extra"),
            (self.key_types, "of a key's type"),
        )
        return (
            ", ".join(f"{number} {what}" for number, what in counted if number) or "no difference"
        )


class NotReplayed(Fact, frozen=True):
    """A revision whose script was not run, and why."""

    revision: str
    title: str
    why: str


class Source(StrEnum):
    """What says which types keys should have."""

    MIGRATIONS = "the migrations"
    MODELS = "the application's models"


class ProposedKey(Fact, frozen=True):
    """A key column that has another type than the migrations or the models give it."""

    key: str
    actual: str
    expected: str
    foreign_keys: int
    source: Source = Source.MIGRATIONS

    @property
    def made(self) -> str:
        """What it should be by whom, in words."""
        return f"{self.source} make it {self.expected}"


class RevisionMatch(Fact, frozen=True):
    """The catalog held against what each revision leaves.

    ``revisions`` are the heads found; several if branches stand side by side. ``alike`` are other
    states that differ from them in nothing that the catalog shows. ``candidates`` are nearest
    first. ``why`` says what stands in the way of a better answer.
    """

    answer: Answer
    revisions: tuple[str, ...]
    alike: tuple[tuple[str, ...], ...]
    candidates: tuple[Candidate, ...]
    not_replayed: tuple[NotReplayed, ...]
    where: str
    why: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the catalog matches exactly, so that nobody has to judge."""
        return self.answer is Answer.EXACT

    def evidence(self, revisions: tuple[str, ...]) -> str:
        """What the catalog says of these revisions, in words."""
        candidate = self.candidate(revisions)
        if candidate is None:
            return "the operator's word; the catalog says nothing of it"
        if revisions == self.revisions or revisions in self.alike:
            return f"{self.answer}: {candidate.counts}"
        return f"not the nearest: {candidate.counts}"

    def candidate(self, revisions: tuple[str, ...]) -> Candidate | None:
        """The one with these heads."""
        return next((c for c in self.candidates if c.revisions == revisions), None)


class RevisionConfirmed(Event, frozen=True):
    """The operator's word that the schema is at these revisions, and what spoke for it.

    ``evidence`` is what the catalog said of them, in words.
    """

    revisions: tuple[str, ...]
    evidence: str
    by: Person
