"""What was found, and what was decided about single columns."""

from datetime import datetime
from enum import StrEnum

from recovery.record.events.base import Event, Fact, Person
from recovery.record.events.revision import ProposedKey, RevisionMatch


class Severity(StrEnum):
    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


class Finding(Fact, frozen=True):
    """``code`` is stable and names the kind of finding; ``evidence`` is what was seen.

    ``query`` is the SQL that shows it, for psql; empty if no query of the database does.
    """

    severity: Severity
    code: str
    title: str
    evidence: str
    remedy: str
    query: str = ""


class KeyFact(Fact, frozen=True):
    """A key column: its type, the expected one, and what references it."""

    key: str
    exists: bool
    actual: str
    expected: str
    foreign_keys: int
    referencing_columns: int


class RevisionEvidence(Fact, frozen=True):
    """A revision and the tables that it creates, divided into present and missing.

    ``below`` are the revisions that it comes after. ``holds`` is None if it creates no tables.
    """

    revision: str
    title: str
    present: tuple[str, ...]
    missing: tuple[str, ...]
    claimed: bool
    holds: bool | None
    below: tuple[str, ...] = ()


class Collision(Fact, frozen=True):
    """Tables that a pending revision would create, but that exist already."""

    revision: str
    title: str
    tables: tuple[str, ...]


class Orphans(Fact, frozen=True):
    foreign_key: str
    table: str
    count: int


class SoftReference(Fact, frozen=True):
    """A column that holds ids, and that no foreign key ties to a converted key.

    ``contained`` of ``sampled`` values are values of ``key``. ``key`` is None if no key has any of
    them or nothing was sampled: ``why`` then says so. ``becomes`` is the type that the column would
    be given; None if it cannot be converted. ``beside`` is the column that says what the id is of,
    as in owner_type and owner_id. ``query`` is the SQL that samples it, for psql.
    """

    column: str
    type: str
    key: str | None
    sampled: int
    contained: int
    why: str
    becomes: str | None
    beside: str | None
    query: str = ""

    @property
    def seen(self) -> str:
        """What its values look like."""
        if self.key is None:
            return self.why
        beside = "" if self.beside is None else f"; {self.beside} says what it is of"
        return f"{self.contained} of {self.sampled} sampled values are {self.key}{beside}"

    @property
    def stays(self) -> str:
        """What it is when nobody takes it into the plan."""
        return f"{self.column} stays {self.type}, and holds values of {self.key}"


class Investigated(Event, frozen=True):
    """``claimed`` is what alembic_version holds, ``true_revision`` what the tables imply.

    ``match`` is what the whole catalog says, held against a replay of the scripts;
    ``proposed_keys`` have another type than the scripts, or else the models, give them.
    ``evidence`` has every revision of the scripts, each after those below it.
    """

    findings: tuple[Finding, ...]
    keys: tuple[KeyFact, ...]
    claimed: tuple[str, ...]
    true_revision: str | None
    heads: tuple[str, ...]
    evidence: tuple[RevisionEvidence, ...]
    collisions: tuple[Collision, ...]
    missing_tables: tuple[str, ...]
    tables: int
    foreign_keys: int
    orphans: tuple[Orphans, ...]
    row_counts: dict[str, int]
    size_bytes: int
    server_time: datetime
    sizes: dict[str, int] = {}
    soft_references: tuple[SoftReference, ...] = ()
    match: RevisionMatch | None = None
    proposed_keys: tuple[ProposedKey, ...] = ()

    @property
    def found_revisions(self) -> tuple[str, ...]:
        """What the schema is at by the catalog; before there was a replay, by its tables."""
        if self.match is not None:
            return self.match.revisions
        return () if self.true_revision is None else (self.true_revision,)

    def pending(self, heads: tuple[str, ...]) -> tuple[RevisionEvidence, ...]:
        """The revisions that a database at these heads has not run, in order."""
        below = {each.revision: each.below for each in self.evidence}
        waiting, applied = [*heads], set[str]()
        while waiting:
            revision = waiting.pop()
            if revision not in applied:
                applied.add(revision)
                waiting += below.get(revision, ())
        return tuple(each for each in self.evidence if each.revision not in applied)

    def is_at_head(self, heads: tuple[str, ...] | None) -> bool:
        """Whether a database at these heads claims just them, and nothing is pending."""
        return heads is not None and heads == self.claimed and not self.pending(heads)

    @property
    def decidable(self) -> tuple[SoftReference, ...]:
        """The columns of which the operator says what is to be done with them.

        The keys that should have another type come first, those that nobody named before.
        """
        named = {key.key for key in self.keys}
        proposed = (
            SoftReference(
                one.key,
                one.actual,
                None,
                0,
                0,
                f"{one.foreign_keys} foreign keys reference it; {one.made}",
                one.expected,
                None,
            )
            for one in self.proposed_keys
            if one.key not in named
        )
        keys = {one.key for one in self.proposed_keys}
        return (*proposed, *(one for one in self.soft_references if one.column not in keys))


class ColumnDecided(Event, frozen=True):
    """What is to be done with a soft reference; ``becomes`` is its new type, None if it stays."""

    column: str
    becomes: str | None
    by: Person

    @property
    def words(self) -> str:
        """The decision as a sentence."""
        if self.becomes is None:
            return f"{self.column} is left as it is"
        return f"{self.column} is converted to {self.becomes}"
