"""The check-list: what the profile expects, held against the database and the services."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from recovery.catalog import catalog
from recovery.catalog.catalog import Catalog
from recovery.connection.interrupting import Watching, unwatched
from recovery.conversion import contents
from recovery.record.events import (
    Check,
    CheckState,
    ForeignKeyParity,
    Investigated,
    ParityChecked,
    Verified,
)
from recovery.record.history import History
from recovery.revision import migration_scripts
from recovery.revision.replay import Replay
from recovery.revision.version_table import current_revisions, version_table
from recovery.steps import schema_check
from recovery.steps.asked import Unanswered, asked
from recovery.words.names import TableName, spelled
from recovery.words.profile import AlembicSection, HttpCheck, Profile

PASSED, FAILED, NOT_CHECKED = CheckState.PASSED, CheckState.FAILED, CheckState.NOT_CHECKED


def verify(
    conn: psycopg.Connection[Any],
    profile: Profile,
    history: History,
    check: Callable[[], None] = lambda: None,
    watching: Watching = unwatched,
) -> Verified:
    """Makes every check that the profile asks for; what could not be made is "not checked".

    ``check`` may raise, to cancel, and ``watching`` interrupts what runs on a private server.
    """
    # Services and scripts may take their time, and so may comparing: no transaction is open then,
    # for its snapshot would keep the server from cleaning up.
    services = _services(profile.http, check)
    section = profile.alembic
    scripts = None
    if section is not None:
        heads = migration_scripts.scripts(section.script_location).get_heads()
        replayed = schema_check.replayed(conn, section, check, watching)
        scripts = _Scripts(section, sorted(heads), replayed)
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    conn.read_only = True
    with conn.transaction():
        found = asked(conn, "", catalog.read, conn)
        seen = found if isinstance(found, Unanswered) else _look(conn, profile, found)
    if isinstance(seen, Unanswered):
        unread = Check("the database", "its catalog can be read", NOT_CHECKED, seen.words)
        return Verified((*services, unread))
    view = _View(profile, history, scripts, seen)
    checks = [
        *services,
        *view.revision(),
        *view.types(),
        *view.tables(),
        *view.rows(),
        *view.indexes(),
        view.orphans(),
        view.foreign_keys(),
    ]
    return Verified(tuple(checks))


@dataclass(frozen=True, slots=True)
class _Scripts:
    """The migration scripts, their heads, and what each leaves behind, or why that is not known."""

    section: AlembicSection
    heads: list[str]
    replayed: Replay | str


@dataclass(frozen=True, slots=True)
class _Seen:
    """One consistent view of the database. ``orphans`` are in the order of the foreign keys."""

    major: int
    found: Catalog
    current: tuple[str, ...] | Unanswered
    rows: dict[TableName, int | Unanswered]
    orphans: list[int | Unanswered]


def _look(conn: psycopg.Connection[Any], profile: Profile, found: Catalog) -> _Seen:
    """Asks all that is asked of the database; what it does not answer is told, and the rest is."""
    path = profile.target.search_path or found.search_path
    version, there = version_table(profile.alembic), found.table_names()
    counted = {TableName.parse(text) for text in profile.expect.row_counts} & there
    return _Seen(
        conn.info.server_version // 10_000,
        found,
        asked(conn, "", current_revisions, conn, version) if version in there else (),
        {table: asked(conn, path, contents.count_rows, conn, table) for table in sorted(counted)},
        [asked(conn, path, contents.orphans, conn, key) for key in found.foreign_keys],
    )


def _services(checks: tuple[HttpCheck, ...], stop: Callable[[], None]) -> list[Check]:
    if not checks:
        return []
    # An HTTP client takes its time to import.
    from recovery.steps import http_checks

    return [http_checks.made(check, stop) for check in checks]


@dataclass(frozen=True, slots=True)
class _View:
    """What was seen, held against what was expected and what was before."""

    profile: Profile
    history: History
    scripts: _Scripts | None
    seen: _Seen

    @property
    def found(self) -> Catalog:
        return self.seen.found

    def revision(self) -> Iterator[Check]:
        scripts, current = self.scripts, self.seen.current
        if scripts is None:
            return
        expected = f"head ({', '.join(scripts.heads)})"
        if isinstance(current, Unanswered):
            yield Check("alembic revision", expected, NOT_CHECKED, current.words)
        else:
            state = PASSED if sorted(current) == scripts.heads else FAILED
            yield Check("alembic revision", expected, state, ", ".join(current) or "none")
        yield schema_check.made(
            self.found, scripts.section, scripts.replayed, current, major=self.seen.major
        )

    def indexes(self) -> Iterator[Check]:
        """A CREATE INDEX CONCURRENTLY that failed leaves an index that nobody may rely on."""
        every = [each for each in self.found.objects.values() if each.kind == "INDEX"]
        invalid = [each.identity for each in every if each.properties.get("invalid")]
        yield Check(
            "indexes",
            "every index is valid",
            FAILED if invalid else PASSED,
            f"invalid: {', '.join(invalid)}" if invalid else f"{len(every)} are valid",
        )

    def types(self) -> Iterator[Check]:
        for name, target in self.profile.key_types.items():
            place = self.found.find(name)
            column = self.found.columns[place] if place else None
            met = column is not None and target.is_met_by(column.type, column.collation)
            actual = spelled(column.type, column.collation) if column else "not there"
            yield Check(f"type of {name}", target.spelled, PASSED if met else FAILED, actual)

    def tables(self) -> Iterator[Check]:
        there = self.found.table_names()
        for text in self.profile.expect.tables:
            state = TableName.parse(text) in there
            evidence = "present" if state else "missing"
            yield Check(f"table {text}", "present", PASSED if state else FAILED, evidence)
        least = self.profile.expect.least_tables
        if least:
            yield Check(
                "tables in all",
                f"at least {least}",
                PASSED if len(there) >= least else FAILED,
                str(len(there)),
            )

    def rows(self) -> Iterator[Check]:
        before = self._rows_before()
        for text in self.profile.expect.row_counts:
            table = TableName.parse(text)
            name, was = f"rows of {table}", before.get(str(table))
            if table not in self.found.table_names():
                yield Check(name, "as before the conversion", FAILED, "the table is missing")
            elif was is None:
                yield Check(
                    name, "as before the conversion", NOT_CHECKED, "they were not counted before"
                )
            elif isinstance(now := self.seen.rows[table], Unanswered):
                yield Check(name, str(was), NOT_CHECKED, now.words)
            else:
                yield Check(name, str(was), PASSED if now == was else FAILED, str(now))

    def _rows_before(self) -> dict[str, int]:
        investigated = next(iter(self.history.of(Investigated)), None)
        counted = dict(investigated.row_counts) if investigated is not None else {}
        compared = self._parity()
        if compared is not None:
            rows: Counter[str] = Counter()
            for row in compared.tables:
                for table in (row.table, *row.within):
                    rows[table] += row.rows_before
            counted.update(rows)
        return counted

    def _parity(self) -> ParityChecked | None:
        """The comparison of the conversion that was committed, if there was one."""
        return self.history.last(ParityChecked) if self.history.committed else None

    def orphans(self) -> Check:
        bad, unasked, unenforced, rows = [], [], [], 0
        for key, count in zip(self.found.foreign_keys, self.seen.orphans, strict=True):
            named = f"{key.table_name}.{key.name}"
            if isinstance(count, Unanswered):
                unasked.append(f"{named} not checked: {count.words}")
            elif count and not key.is_enforced:
                unenforced.append(f"{named} is not enforced: {count}")
            elif count:
                bad.append(f"{named}: {count}")
                rows += count
        said = [f"{rows} orphans ({'; '.join(bad[:10])})"] if bad else []
        return Check(
            "every reference finds its key",
            "no orphan",
            FAILED if bad else NOT_CHECKED if unasked else PASSED,
            "; ".join([*said, *unasked[:10], *unenforced[:10]])
            or f"0 in {len(self.seen.orphans)} foreign keys",
        )

    def foreign_keys(self) -> Check:
        name = "foreign keys"
        expected = "as before, each with the same definition"
        compared = self._parity()
        if compared is None:
            unvalidated = [
                key.name
                for key in self.found.foreign_keys
                if key.is_enforced and not key.is_validated
            ]
            return Check(
                name,
                expected,
                NOT_CHECKED,
                f"nothing was converted in this session; {len(self.found.foreign_keys)} foreign "
                f"keys, {len(unvalidated)} not validated",
            )
        bad = list(self._changed(compared.foreign_keys))
        before = len(compared.foreign_keys)
        return Check(
            name,
            f"{before} {expected}",
            FAILED if bad else PASSED,
            "; ".join(bad[:10])
            if bad
            else f"{before} as before, {len(self.found.foreign_keys) - before} new",
        )

    def _changed(self, before: tuple[ForeignKeyParity, ...]) -> Iterator[str]:
        now = {
            (str(TableName(key.schema, key.table_name)), key.name): key
            for key in self.found.foreign_keys
        }
        for row in before:
            key = now.get((row.table, row.name))
            named = f"{row.name} of {row.table}"
            # What others dropped or made while the conversion ran is none of its foreign keys.
            left = row.after if row.by_others else row.before
            if left is None:
                continue
            if key is None:
                yield f"{named} is missing"
            elif key.definition != left:
                yield f"{named} is {key.definition}, was {left}"
