"""Which revision is claimed, which one the catalog shows, and what would collide."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from recovery.record.events import Answer, Cause, Finding, RevisionMatch
from recovery.revision.migration_scripts import Reading, Revision, with_ancestors
from recovery.steps.findings.evidence import told, which_exist
from recovery.steps.findings.kinds import (
    COLLISION,
    REVISION_AMBIGUOUS,
    REVISION_CLAIM,
    REVISION_DIFFERENCES,
    REVISION_NOT_REPLAYED,
    REVISION_OPEN,
    REVISION_PARENT_MISSING,
    REVISION_UNKNOWN,
)
from recovery.words.composing import pasted
from recovery.words.names import TableName

# What shows how relations are, and of which of them.
_SHOWN, _ALL = ("objects_relations", "foreign_keys"), sql.Literal("{}")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the version table claims, and what scripts and catalog say of it.

    ``missing`` are revisions that no script has, each with those that come after it. ``there`` are
    the tables that exist. ``match`` is None if there was nothing to match.
    """

    claimed: tuple[str, ...]
    version_table: TableName
    scripts: list[Revision]
    missing: Mapping[str, tuple[str, ...]]
    reading: Reading
    match: RevisionMatch | None
    there: Collection[TableName]

    @property
    def claim(self) -> str:
        """The claim in words."""
        return ", ".join(self.claimed) or "nothing"

    @property
    def query(self) -> str:
        """The SQL that shows the claim."""
        if self.version_table not in self.there:
            return which_exist([self.version_table])
        return pasted("revisions", table=self.version_table.identifier)


def findings(standing: Standing) -> Iterator[Finding]:
    """Everything about the revision, of a database that has migration scripts."""
    yield from _unknown(standing)
    match = standing.match
    if match is not None and match.answer is Answer.NONE:
        yield _open(standing, match)
    elif match is not None:
        yield from _matched(standing, match)
    yield from _collisions(standing.reading)
    if match is not None:
        yield from _not_replayed(match)


def _unknown(standing: Standing) -> Iterator[Finding]:
    for parent, children in standing.missing.items():
        yield REVISION_PARENT_MISSING.found(
            f"No script has the revision {parent}",
            f"{', '.join(children)} {'comes' if len(children) == 1 else 'come'} after it",
        )
    known = {revision.id for revision in standing.scripts} - standing.missing.keys()
    if strange := [revision for revision in standing.claimed if revision not in known]:
        yield REVISION_UNKNOWN.found(
            f"alembic_version names {', '.join(strange)}, which no script has",
            f"claimed: {standing.claim}; {len(known)} scripts",
            query=standing.query,
        )


def _open(standing: Standing, match: RevisionMatch) -> Finding:
    borne_out = standing.reading.true or "no revision"
    return REVISION_OPEN.found(
        "The catalog does not tell which revision the schema is at",
        f"claimed: {standing.claim}; by the names of its tables alone it would be at {borne_out}"
        + (f"; {match.why}" if match.why else ""),
        query=standing.query,
    )


def _matched(standing: Standing, match: RevisionMatch) -> Iterator[Finding]:
    """What the catalog says about the claimed revision."""
    found = ", ".join(match.revisions) or "no revision"
    nearest = match.candidates[0]
    if match.answer is Answer.AMBIGUOUS:
        others = "; ".join(", ".join(each) or "no revision" for each in match.alike)
        yield REVISION_AMBIGUOUS.found(
            (
                f"The schema is at {found} or at {others}"
                if nearest.distance == 0
                else f"The schema is as near to {found} as to {others}"
            )
            + ": nothing in the catalog tells them apart",
            f"claimed: {standing.claim}; {nearest.counts}",
            query=standing.query,
        )
    if standing.claimed != match.revisions and standing.claimed not in match.alike:
        yield _false_claim(standing, match, found)
    by_hand = [each for each in nearest.differences if each.cause is not Cause.KEY_TYPE]
    if by_hand:
        yield REVISION_DIFFERENCES.found(
            f"{len(by_hand)} objects are not as revision {found} leaves them",
            told([each.words for each in by_hand]),
            query="\n\n".join(pasted(each, relations=_ALL) for each in _SHOWN),
        )


def _false_claim(standing: Standing, match: RevisionMatch, found: str) -> Finding:
    history = with_ancestors(standing.scripts, *standing.claimed)
    evidence = standing.reading.evidence
    lacking = [row for row in evidence if row.missing and row.revision in history]
    named = "; ".join(f"{row.revision} ({', '.join(row.missing)})" for row in lacking)
    missing = [TableName.parse(table) for row in lacking for table in row.missing]
    nearest = match.candidates[0]
    of_claim = match.candidate(standing.claimed)
    beside = "" if of_claim is None else f"; {standing.claim}: {of_claim.counts}"
    return REVISION_CLAIM.found(
        f"alembic_version claims {standing.claim}, the schema is "
        f"{'at' if nearest.distance == 0 else 'nearest to'} {found}",
        f"not there although claimed: {named or 'nothing'}; {found}: {nearest.counts}{beside}",
        query="\n\n".join([standing.query, *([which_exist(missing)] if missing else [])]),
        revision=found,
    )


def _collisions(reading: Reading) -> Iterator[Finding]:
    for collision in reading.collisions:
        yield COLLISION.found(
            f"{len(collision.tables)} tables exist that revision {collision.revision} would create",
            f"{collision.title}: {', '.join(collision.tables)}",
            query=which_exist(map(TableName.parse, collision.tables)),
        )


def _not_replayed(match: RevisionMatch) -> Iterator[Finding]:
    for each in match.not_replayed:
        yield REVISION_NOT_REPLAYED.found(
            f"Revision {each.revision} was not replayed", f"{each.title}: {each.why}"
        )
