"""Rows that refer to nothing, and columns that refer without a foreign key."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from queries.rows import ForeignKeyRow
from recovery.conversion import contents
from recovery.record.events import Finding, Orphans, SoftReference
from recovery.steps.findings.evidence import MOST_TOLD, told
from recovery.steps.findings.kinds import (
    LEFT,
    ORPHANS,
    ORPHANS_NOT_ENFORCED,
    ORPHANS_NOT_VALIDATED,
    OTHER_UUIDS,
    SOFT_REFERENCES,
)
from recovery.words.names import ColumnName


def orphans(counted: Iterable[tuple[ForeignKeyRow, Orphans]]) -> Iterator[Finding]:
    """Rows whose key is not there, by foreign key."""
    for foreign_key, row in counted:
        title = f"{row.count} rows of {row.table} refer to keys that are not there"
        named = f"{row.table}, foreign key {row.foreign_key}"
        query = contents.orphans_query(foreign_key)
        if not foreign_key.is_enforced:
            yield ORPHANS_NOT_ENFORCED.found(
                title, f"{named} is NOT ENFORCED, {row.count} orphans", query=query
            )
        elif foreign_key.is_validated:
            yield ORPHANS.found(
                title,
                f"{named}: {row.count} orphans, though the foreign key counts as validated",
                query=query,
            )
        else:
            yield ORPHANS_NOT_VALIDATED.found(
                title, f"{named} is NOT VALID, {row.count} orphans", query=query
            )


def soft(references: Sequence[SoftReference], left: Collection[ColumnName]) -> Iterator[Finding]:
    """The columns that hold ids, and stay as they are; ``left`` because somebody said so."""
    stay = [one for one in references if ColumnName.parse(one.column) in left]
    likely = [one for one in references if one.key is not None and one not in stay]
    others = [one for one in references if one.key is None and one not in stay]
    if likely:
        yield SOFT_REFERENCES.found(
            f"{len(likely)} columns hold ids of a converted key, and no foreign key says so",
            _told(likely),
            query=_samples(likely),
        )
    if others:
        yield OTHER_UUIDS.found(
            f"{len(others)} more uuid columns stay as they are",
            _told(others),
            query=_samples(others),
        )
    if stay:
        yield LEFT.found(
            f"{len(stay)} columns stay as they are because the operator or the profile says so",
            _told(stay),
            query=_samples(stay),
        )


def _told(references: list[SoftReference]) -> str:
    return told([f"{one.column} ({one.type}): {one.seen}" for one in references])


def _samples(references: list[SoftReference]) -> str:
    return "\n\n".join(one.query for one in references[:MOST_TOLD])
