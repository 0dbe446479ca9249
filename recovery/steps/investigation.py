"""What is wrong with the database: read in one read-only transaction, told as findings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import ask, ask_one, compose, pasted
from queries.rows import (
    EventTriggerRow,
    ForeignKeyRow,
    IdentityRow,
    LockCapacityRow,
    TimeOutRow,
)
from recovery.catalog import catalog, structure
from recovery.catalog.catalog import Catalog
from recovery.conversion import closure, parity, soft_references
from recovery.conversion.closure import Closure
from recovery.record.events import (
    Answer,
    Cause,
    Finding,
    Investigated,
    KeyFact,
    Orphans,
    ProposedKey,
    RevisionMatch,
    Severity,
    SoftReference,
    Source,
)
from recovery.revision import matching, metadata, migration_scripts, replay
from recovery.revision.metadata import Models
from recovery.revision.replay import Replay
from recovery.revision.version_table import current_revisions, version_table
from recovery.words.composing import listed
from recovery.words.errors import Problem, Refused
from recovery.words.names import ColumnName, KeyType, TableName, short, spelled
from recovery.words.profile import AlembicSection, MetadataSection, Profile

BLOCKER, WARNING, NOTE = Severity.BLOCKER, Severity.WARNING, Severity.NOTE
_RANK = {BLOCKER: 0, WARNING: 1, NOTE: 2}
# Lock entries that a conversion held for each converted table: 31 and 45 were measured.
_LOCKS_FOR_A_TABLE = 45
# What a rewritten table and its indexes took in comparison: uuid to varchar(36), 500,000 rows.
_GROWTH = 1.75
# More columns than this are not told by name.
_LISTED = 40


def investigate(
    conn: psycopg.Connection[Any], profile: Profile, check: Callable[[], None] = lambda: None
) -> Investigated:
    """Looks at everything, over a connection that is not in a transaction.

    ``check`` may raise, to cancel. Raises ``ProfileError`` if the migration scripts cannot be
    loaded.
    """
    scripts = (
        None
        if profile.alembic is None
        else migration_scripts.scripts(profile.alembic.script_location)
    )
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    conn.read_only = True
    replayed = None if scripts is None else _replayed(conn, profile, scripts, check)
    models = None if scripts is not None else _models(conn, profile.metadata, check)
    with conn.transaction():
        found = catalog.read(conn)
        closed = closure.find(found, profile.key_types, profile.scope, profile.left)
        identity = ask_one(conn, "identity", IdentityRow)
        claimed = _claimed(conn, found, profile.alembic)
        script_revisions = [] if scripts is None else migration_scripts.read(scripts)
        match = None
        proposed: tuple[ProposedKey, ...] = ()
        if isinstance(replayed, Replay):
            script_revisions = replay.certain(script_revisions, replayed)
            live = structure.read(conn, version_table(profile.alembic))
            major = conn.info.server_version // 10_000
            match = matching.match(live, replayed, major=major, claimed=claimed)
            expected = replayed.state(match.revisions)
            proposed = tuple(matching.proposed_keys(live, expected, found.foreign_keys))
        elif isinstance(models, Models):
            live = structure.read(conn, version_table(profile.alembic))
            keys = found.foreign_keys
            proposed = tuple(matching.proposed_keys(live, models.structure, keys, Source.MODELS))
        elif replayed is not None:
            match = RevisionMatch(Answer.NONE, (), (), (), (), "", why=replayed)
        reading = migration_scripts.compare(script_revisions, found.table_names(), claimed, match)
        view = _View(
            conn,
            profile,
            found,
            closed,
            script_revisions,
            reading,
            claimed,
            match,
            proposed,
            models,
        )
        orphans = [
            (key, Orphans(key.name, str(found.table_name(key.table_oid)), count))
            for key in found.foreign_keys
            if (count := parity.orphans(conn, key))
        ]
        soft = tuple(soft_references.find(conn, found, closed, check))
        findings = [
            *view.findings(),
            *view.orphan_findings(orphans),
            *view.soft_findings(soft),
        ]
        return Investigated(
            findings=tuple(sorted(findings, key=lambda finding: _RANK[finding.severity])),
            keys=tuple(view.keys()),
            claimed=claimed,
            true_revision=reading.true,
            heads=() if scripts is None else tuple(scripts.get_heads()),
            evidence=reading.evidence,
            collisions=reading.collisions,
            missing_tables=tuple(view.missing_tables()),
            tables=len(found.tables),
            foreign_keys=len(found.foreign_keys),
            orphans=tuple(counted for _, counted in orphans),
            row_counts=view.row_counts(),
            sizes=view.sizes(),
            size_bytes=identity.size_bytes,
            server_time=conn.execute("SELECT now()").fetchall()[0][0],
            soft_references=soft,
            match=match,
            proposed_keys=proposed,
        )


def _replayed(
    conn: psycopg.Connection[Any],
    profile: Profile,
    scripts: migration_scripts.Scripts,
    check: Callable[[], None],
) -> Replay | str:
    """The scripts' replay, or why there is none."""
    section = profile.alembic
    try:
        return replay.replay(
            scripts,
            major=conn.info.server_version // 10_000,
            roles=_roles(conn),
            search_path="" if section is None else section.search_path,
            check=check,
        )
    except Refused as error:
        return f"{error.problem.what} {error.problem.remedy}"


def _models(
    conn: psycopg.Connection[Any], section: MetadataSection | None, check: Callable[[], None]
) -> Models | Problem | None:
    """What the application's models make, or why that is not known; None if none are named."""
    if section is None:
        return None
    with conn.transaction():
        parts = structure.read_elsewhere(conn)
    try:
        return metadata.read(
            section,
            major=conn.info.server_version // 10_000,
            roles=_roles(conn),
            extensions=[part.identity for part in parts if part.kind == "extension"],
            check=check,
        )
    except Refused as error:
        return error.problem


def _roles(conn: psycopg.Connection[Any]) -> list[str]:
    """The roles that scripts and models may name, without the system's own."""
    with conn.transaction():
        return catalog.roles(conn)


def _claimed(
    conn: psycopg.Connection[Any], found: Catalog, section: AlembicSection | None
) -> tuple[str, ...]:
    table = version_table(section)
    if section is None or table not in found.table_names():
        return ()
    return current_revisions(conn, table)


def _listed(soft: list[SoftReference]) -> str:
    told = [f"{one.column} ({one.type}): {one.seen}" for one in soft[:_LISTED]]
    return "; ".join(told) + (" and more" if len(soft) > _LISTED else "")


def _samples(soft: list[SoftReference]) -> str:
    return "\n\n".join(one.query for one in soft[:_LISTED])


def _references_to(key: ColumnName) -> str:
    return pasted(
        "key_references",
        schema=sql.Literal(key.table.schema),
        table=sql.Literal(key.table.name),
        column=sql.Literal(key.name),
    )


def _named(tables: Iterable[TableName]) -> str:
    names = (sql.Literal(table.identifier.as_string(None)) for table in tables)
    return pasted("named_tables", names=listed(names, ",\n  "))


@dataclass(frozen=True, slots=True)
class _View:
    """One consistent view of the database, from which the findings follow."""

    conn: psycopg.Connection[Any]
    profile: Profile
    found: Catalog
    closed: Closure
    script_revisions: list[migration_scripts.Revision]
    reading: migration_scripts.Reading
    claimed: tuple[str, ...]
    match: RevisionMatch | None
    proposed: tuple[ProposedKey, ...]
    models: Models | Problem | None

    def keys(self) -> Iterator[KeyFact]:
        for name, target in self.profile.key_types.items():
            place = self.found.find(name)
            members = [m for m in self.closed.members.values() if m.key == name and not m.is_key]
            foreign_keys = sum(self.closed.key_of(k) == str(name) for k in self.closed.foreign_keys)
            column = self.found.columns[place] if place else None
            actual = spelled(column.type, column.collation) if column else "not there"
            met = column is not None and target.is_met_by(column.type, column.collation)
            # What the key has besides, and nobody asked for, is as expected.
            expected = actual if met else target.spelled
            yield KeyFact(
                str(name), place is not None, actual, expected, foreign_keys, len(members)
            )

    def missing_tables(self) -> list[str]:
        there = self.found.table_names()
        expected = {TableName.parse(table) for table in self.profile.expect.tables}
        for revision in self.script_revisions:
            expected |= set(revision.created)
            expected -= set(revision.removed)
        return [str(table) for table in sorted(expected - there)]

    def row_counts(self) -> dict[str, int]:
        wanted = {self.found.table_name(o) for o in self.closed.tables() if o in self.found.tables}
        wanted |= {TableName.parse(table) for table in self.profile.expect.row_counts}
        there = self.found.table_names()
        return {str(table): parity.count_rows(self.conn, table) for table in sorted(wanted & there)}

    def sizes(self) -> dict[str, int]:
        """Bytes of each converted table with its indexes, the largest first."""
        tables = [self.found.tables[o] for o in self.closed.tables() if o in self.found.tables]
        tables.sort(key=lambda table: -table.bytes)
        return {str(self.found.table_name(table.oid)): table.bytes for table in tables}

    def findings(self) -> Iterator[Finding]:
        yield from self._key_findings()
        yield from self._revision_findings()
        yield from self._table_findings()
        yield from self._value_findings()
        yield from self._room_findings()
        yield from self._unchecked()

    def orphan_findings(self, orphans: list[tuple[ForeignKeyRow, Orphans]]) -> Iterator[Finding]:
        for key, row in orphans:
            named = f"{row.table}, foreign key {row.foreign_key}"
            query = parity.orphans_query(key)
            if key.is_validated:
                yield Finding(
                    BLOCKER,
                    "orphans",
                    f"{row.count} rows of {row.table} refer to keys that are not there",
                    f"{named}: {row.count} orphans, though the foreign key counts as validated",
                    "Repair or delete these rows: recreating the foreign key would fail (23503).",
                    query,
                )
            else:
                yield Finding(
                    WARNING,
                    "orphans-not-validated",
                    f"{row.count} rows of {row.table} refer to keys that are not there",
                    f"{named} is NOT VALID, {row.count} orphans",
                    "It is recreated NOT VALID, as it was; the orphans stay.",
                    query,
                )

    def _key_findings(self) -> Iterator[Finding]:
        for key in self.keys():
            query = _references_to(ColumnName.parse(key.key))
            if not key.exists:
                yield Finding(
                    BLOCKER,
                    "key-unknown",
                    f"{key.key} is not there",
                    f"the profile expects {key.key} to be {key.expected}",
                    "Correct the keys in the profile.",
                    query,
                )
            elif key.actual == key.expected:
                yield Finding(
                    NOTE,
                    "key-settled",
                    f"{key.key} has the expected type",
                    f"{key.key} is {key.actual}",
                    "Nothing to do.",
                    query,
                )
            else:
                yield Finding(
                    BLOCKER,
                    "key-type",
                    f"{key.key} is {short(key.actual)}, "
                    f"the application expects {short(key.expected)}",
                    f"{key.foreign_keys} foreign keys reference it, "
                    f"{key.referencing_columns} columns go with it",
                    "Convert it with everything that references it (plan, backup, conversion).",
                    query,
                )

        yield from self._models_findings()
        yield from self._proposed_keys()

    def _models_findings(self) -> Iterator[Finding]:
        """What the application's models do not say."""
        match self.models:
            case Problem(what=what, remedy=remedy):
                yield Finding(
                    WARNING,
                    "metadata-unread",
                    "The application's models could not be read",
                    what,
                    remedy,
                )
            case Models(failed=failed) if failed:
                yield Finding(
                    WARNING,
                    "metadata-unread",
                    "The application's models could not all be created on a private server",
                    f"{len(failed)} statements failed: {'; '.join(failed[:_LISTED])}"
                    + (" and more" if len(failed) > _LISTED else ""),
                    "Nothing is guessed of the tables that failed: name their keys in the profile.",
                )
            case Models(tables=tables) if not tables & self.found.table_names():
                yield Finding(
                    WARNING,
                    "metadata-unread",
                    "None of the tables of the application's models is in the database",
                    ", ".join(map(str, sorted(tables)[:_LISTED])),
                    "Check that source under [metadata] names this application's models, and that "
                    "they say which schema their tables are in.",
                    _named(sorted(tables)),
                )

    def _proposed_keys(self) -> Iterator[Finding]:
        """Keys that should have another type than in the database or the profile."""
        given = self.profile.key_types
        for proposed in self.proposed:
            name = ColumnName.parse(proposed.key)
            query = _references_to(name)
            if name not in given and name not in self.profile.left:
                yield Finding(
                    BLOCKER,
                    "key-proposed",
                    f"{proposed.key} is {proposed.actual}, {proposed.made}",
                    f"{proposed.foreign_keys} foreign keys reference it; the profile does not name "
                    "it",
                    "Take it into the plan, or leave it: here in the pane of keys, or with "
                    f"'pg-rekey plan --take {proposed.key}' and '--leave'.",
                    query,
                )
            elif name in given and given[name].name != KeyType.parse(proposed.expected).name:
                yield Finding(
                    WARNING,
                    "key-other-type",
                    f"{proposed.key} would become {given[name]}, {proposed.made}",
                    f"the profile or the operator says {given[name]}",
                    "Correct the key in the profile, unless it is meant so.",
                    query,
                )

    def _revision_findings(self) -> Iterator[Finding]:
        if self.profile.alembic is None:
            return
        claimed = ", ".join(self.claimed) or "nothing"
        query = self._claim_query()
        known = {revision.id for revision in self.script_revisions}
        if strange := [revision for revision in self.claimed if revision not in known]:
            yield Finding(
                BLOCKER,
                "revision-unknown",
                f"alembic_version names {', '.join(strange)}, which no script has",
                f"claimed: {claimed}; {len(known)} scripts",
                "Check that script_location is the application's, and complete.",
                query,
            )
        yield from self._match_findings(claimed, query)
        for collision in self.reading.collisions:
            yield Finding(
                WARNING,
                "collision",
                f"{len(collision.tables)} tables exist that revision {collision.revision} would "
                "create",
                f"{collision.title}: {', '.join(collision.tables)}",
                "Before the migrations they are compared with what the script would create; "
                "if they are the same, the revision can be adopted.",
                _named(map(TableName.parse, collision.tables)),
            )
        for each in () if self.match is None else self.match.not_replayed:
            yield Finding(
                WARNING,
                "revision-not-replayed",
                f"Revision {each.revision} was not replayed",
                f"{each.title}: {each.why}",
                "What it changes is not known, and nothing is guessed of it: install what the "
                "script needs beside pg-rekey, or look at it yourself.",
            )

    def _match_findings(self, claimed: str, query: str) -> Iterator[Finding]:
        """What the catalog says about the claimed revision."""
        match = self.match
        if match is None:
            return
        found = ", ".join(match.revisions) or "no revision"
        if match.answer is Answer.NONE:
            borne_out = self.reading.true or "no revision"
            yield Finding(
                WARNING,
                "revision-open",
                "The catalog does not tell which revision the schema is at",
                f"claimed: {claimed}; by the names of its tables alone it would be at {borne_out}"
                + (f"; {match.why}" if match.why else ""),
                "Check that script_location is the application's. Migrations wait until you say "
                "which revision it is.",
                query,
            )
            return
        nearest = match.candidates[0]
        if match.answer is Answer.AMBIGUOUS:
            others = "; ".join(", ".join(each) or "no revision" for each in match.alike)
            yield Finding(
                WARNING,
                "revision-ambiguous",
                f"The schema is at {found} or at {others}: nothing in the catalog tells them apart",
                f"claimed: {claimed}; {nearest.counts}",
                "They differ in rows, or in nothing. Look what their scripts do, and say which it "
                "is before the migrations.",
                query,
            )
        if self.claimed != match.revisions and self.claimed not in match.alike:
            yield self._false_claim(match, claimed, found, query)
        by_hand = [each for each in nearest.differences if each.cause is not Cause.KEY_TYPE]
        if by_hand:
            yield Finding(
                WARNING,
                "revision-differences",
                f"{len(by_hand)} objects are not as revision {found} leaves them",
                "; ".join(each.words for each in by_hand[:_LISTED])
                + (" and more" if len(by_hand) > _LISTED else ""),
                "Read them, in the investigation's pane of revisions, before you confirm the "
                "revision.",
                pasted("structure", relations=sql.Literal("{}")),
            )

    def _false_claim(self, match: RevisionMatch, claimed: str, found: str, query: str) -> Finding:
        history = migration_scripts.with_ancestors(self.script_revisions, *self.claimed)
        lacking = [row for row in self.reading.evidence if row.missing and row.revision in history]
        told = "; ".join(f"{row.revision} ({', '.join(row.missing)})" for row in lacking)
        missing = [TableName.parse(table) for row in lacking for table in row.missing]
        nearest = match.candidates[0]
        of_claim = match.candidate(self.claimed)
        beside = "" if of_claim is None else f"; {claimed}: {of_claim.counts}"
        return Finding(
            BLOCKER,
            "revision-claim",
            f"alembic_version claims {claimed}, the schema is at {found}",
            f"not there although claimed: {told or 'nothing'}; {found}: {nearest.counts}{beside}",
            f"Confirm the revision. After the conversion it is set to {found}, then migrated to "
            "head.",
            "\n\n".join([query, *([_named(missing)] if missing else [])]),
        )

    def _claim_query(self) -> str:
        table = version_table(self.profile.alembic)
        if table not in self.found.table_names():
            return _named([table])
        return pasted("revisions", table=table.identifier)

    def _table_findings(self) -> Iterator[Finding]:
        missing = self.missing_tables()
        if missing:
            yield Finding(
                WARNING,
                "tables-missing",
                f"{len(missing)} tables are missing",
                ", ".join(missing),
                "The migrations create them.",
                _named(map(TableName.parse, missing)),
            )
        least = self.profile.expect.least_tables
        if len(self.found.tables) < least:
            yield Finding(
                NOTE,
                "tables-few",
                f"There are {len(self.found.tables)} tables, at least {least} are expected",
                f"{len(missing)} of them are known by name",
                "Verification looks again after the migrations.",
                pasted("tables"),
            )
        for trigger in ask(self.conn, "event_triggers", EventTriggerRow):
            yield Finding(
                WARNING,
                "event-trigger",
                f"The event trigger {trigger.name} fires on {trigger.event}",
                f"event trigger {trigger.name}",
                "It may refuse or record the conversion's statements: read its function first.",
                pasted("event_triggers"),
            )

    def _value_findings(self) -> Iterator[Finding]:
        for member in self.closed.members.values():
            if not member.target.is_uuid:
                continue
            parts = {
                "table": member.name.table.identifier,
                "column": sql.Identifier(member.name.name),
            }
            found = self.conn.execute(compose("not_uuid", **parts)).fetchall()
            values = [row[0] for row in found]
            if values:
                shown = ", ".join(repr(value) for value in values[:20])
                more = " and more" if len(values) > 20 else ""
                yield Finding(
                    BLOCKER,
                    "value-no-uuid",
                    f"{member.name} holds values that are no canonical uuid",
                    f"{shown}{more}",
                    "Repair these rows: the cast would fail, or change how they are written.",
                    pasted("not_uuid", **parts),
                )

    def _room_findings(self) -> Iterator[Finding]:
        """Whether the server has room and time for the conversion, as far as it can be known."""
        if limits := ask(self.conn, "time_outs", TimeOutRow):
            yield Finding(
                NOTE,
                "time-outs",
                "The server's time-outs are off for pg-rekey's own sessions",
                ", ".join(f"{limit.name} is {limit.milliseconds:,} ms" for limit in limits),
                "Nothing: the gate ends by its own deadline. 'psql --file plan.sql' sets them off, "
                "too.",
                pasted("time_outs"),
            )
        tables = [self.found.tables[o] for o in self.closed.tables() if o in self.found.tables]
        if not tables:
            return
        capacity = ask_one(self.conn, "lock_capacity", LockCapacityRow).locks
        likely = len(tables) * _LOCKS_FOR_A_TABLE
        if likely > capacity:
            yield Finding(
                WARNING,
                "locks",
                f"The conversion may need {likely} locks, the server has room for {capacity}",
                f"{len(tables)} tables; max_locks_per_transaction and max_connections",
                "Raise max_locks_per_transaction (it takes a restart), or the conversion may fail "
                "(53200) and roll back.",
                pasted("lock_capacity"),
            )
        size = sum(table.bytes for table in tables)
        yield Finding(
            NOTE,
            "disk",
            f"The server needs about {size * _GROWTH / 1e6:,.0f} MB of free disk until COMMIT",
            f"{len(tables)} tables of {size / 1e6:,.0f} MB are written anew; the old files stay "
            "until then",
            "Look at the server's disk: from here its free space cannot be seen.",
            _named(self.found.table_name(table.oid) for table in tables),
        )

    def soft_findings(self, soft: tuple[SoftReference, ...]) -> Iterator[Finding]:
        """The columns that hold ids, and stay as they are."""
        left = [one for one in soft if ColumnName.parse(one.column) in self.profile.left]
        likely = [one for one in soft if one.key is not None and one not in left]
        others = [one for one in soft if one.key is None and one not in left]
        if likely:
            yield Finding(
                WARNING,
                "soft-references",
                f"{len(likely)} columns hold ids of a converted key, and no foreign key says so",
                _listed(likely),
                "Comparing them with the key will fail. Take each into the plan, or leave it: by "
                "name in the profile, here, or with 'pg-rekey plan --take' and '--leave'.",
                _samples(likely),
            )
        if others:
            yield Finding(
                NOTE,
                "other-uuids",
                f"{len(others)} more uuid columns stay as they are",
                _listed(others),
                "Nothing, if the application expects uuid there.",
                _samples(others),
            )
        if left:
            yield Finding(
                NOTE,
                "left",
                f"{len(left)} columns stay as they are because the operator or the profile says so",
                _listed(left),
                "Nothing: it is recorded here.",
                _samples(left),
            )

    def _unchecked(self) -> Iterator[Finding]:
        """What the conversion may break and nobody looked at."""
        families = {member.target.family for member in self.closed.members.values()}
        if not families - {"bigint"}:
            return
        if "character" in families:
            yield Finding(
                NOTE,
                "compared-as-text",
                "Ids will be compared as text, in the order of the key's collation",
                "a uuid in upper case, in braces or without hyphens is the same key now, and none "
                "then",
                'Check what the application sends. A key\'s type with COLLATE "C" compares bytes, '
                "as uuid does, and keeps its indexes fast.",
            )
        row = self.conn.execute(compose("routines")).fetchone()
        if row is not None and row[0]:
            yield Finding(
                WARNING,
                "routines",
                f"PostgreSQL does not look into the bodies of {row[0]} functions and procedures",
                row[1],
                "Those that declare the old type or compare with it may fail after the conversion. "
                "The plan lists them: what can be is checked on a copy of the schema, the rest is "
                "read.",
                pasted("routines"),
            )
