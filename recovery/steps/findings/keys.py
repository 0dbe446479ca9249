"""Whether keys have the types that the application expects, and who says which those are."""

from collections.abc import Collection, Iterable, Iterator

from recovery.record.events import Finding, KeyFact, ProposedKey
from recovery.revision.metadata import Models
from recovery.steps.findings.evidence import MOST_TOLD, references_to, told, which_exist
from recovery.steps.findings.kinds import (
    KEY_OTHER_TYPE,
    KEY_PROPOSED,
    KEY_SETTLED,
    KEY_TYPE,
    KEY_UNKNOWN,
    METADATA_ELSEWHERE,
    METADATA_REFUSED,
    METADATA_UNREAD,
)
from recovery.words.errors import Problem
from recovery.words.names import ColumnName, KeyType, TableName, short
from recovery.words.profile import Profile


def types(keys: Iterable[KeyFact]) -> Iterator[Finding]:
    """Of each key that the profile names, whether it is as expected."""
    for key in keys:
        query = references_to(ColumnName.parse(key.key))
        if not key.exists:
            yield KEY_UNKNOWN.found(
                f"{key.key} is not there",
                f"the profile expects {key.key} to be {key.expected}",
                query=query,
            )
        elif key.actual == key.expected:
            yield KEY_SETTLED.found(
                f"{key.key} has the expected type", f"{key.key} is {key.actual}", query=query
            )
        else:
            yield KEY_TYPE.found(
                f"{key.key} is {short(key.actual)}, the application expects {short(key.expected)}",
                f"{key.foreign_keys} foreign keys reference it, "
                f"{key.referencing_columns} columns go with it",
                query=query,
            )


def models(read: Models | Problem | None, there: Collection[TableName]) -> Iterator[Finding]:
    """What the application's models do not say. ``there`` are the tables that exist."""
    match read:
        case Problem(what=what, remedy=remedy):
            yield METADATA_UNREAD.found(
                "The application's models could not be read", what, remedy=remedy
            )
        case Models(failed=failed) if failed:
            yield METADATA_REFUSED.found(
                "The application's models could not all be created on a private server",
                f"{len(failed)} statements failed: {told(failed)}",
            )
        case Models(tables=tables) if tables.isdisjoint(there):
            yield METADATA_ELSEWHERE.found(
                "None of the tables of the application's models is in the database",
                ", ".join(map(str, sorted(tables)[:MOST_TOLD])),
                query=which_exist(sorted(tables)),
            )


def proposed(keys: Iterable[ProposedKey], profile: Profile) -> Iterator[Finding]:
    """Keys that should have another type than in the database or the profile."""
    given = profile.key_types
    for key in keys:
        name = ColumnName.parse(key.key)
        query = references_to(name)
        if name not in given and name not in profile.left:
            yield KEY_PROPOSED.found(
                f"{key.key} is {key.actual}, {key.made}",
                f"{key.foreign_keys} foreign keys reference it; the profile does not name it",
                query=query,
                key=key.key,
            )
        elif name in given and given[name].name != KeyType.parse(key.expected).name:
            yield KEY_OTHER_TYPE.found(
                f"{key.key} would become {given[name]}, {key.made}",
                f"the profile or the operator says {given[name]}",
                query=query,
            )
