"""From the true revision to head: the version table is set to it, then what is pending runs."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.runtime.migration import RevisionStep
from alembic.util import CommandError
from psycopg import sql

from recovery.catalog import catalog
from recovery.record.events import (
    CollisionCompared,
    Identity,
    Migrated,
    MigrationsForecast,
    Person,
    RevisionAdopted,
    RevisionFinished,
    RevisionStarted,
    TablesSetAside,
    Way,
)
from recovery.record.journal import Journal
from recovery.revision import migration_scripts, upgrading
from recovery.revision.application_alembic import ApplicationAlembic
from recovery.revision.version_table import (
    create_version_table,
    current_revisions,
    version_table,
)
from recovery.server.claim import claim
from recovery.server.control import Control
from recovery.server.door import Door
from recovery.server.identity import Stranger
from recovery.server.lock_waits import LockWaits
from recovery.steps import stamping
from recovery.trial import forecast, schema_copy
from recovery.trial.forecast import Pending
from recovery.trial.schema_copy import NoCopy
from recovery.words import foreign
from recovery.words.composing import written
from recovery.words.errors import Refused, ServerError
from recovery.words.profile import AlembicSection, Profile


@dataclass
class Migrations:
    """One run of the migrations.

    Without a backup (``backed_up``) nothing is written.
    ``ways`` says by revision what is done with tables made by hand. ``try_first``: what is pending
    runs on a copy of the schema first, and nothing is changed if it would fail there, unless
    ``despite_forecast``.
    """

    profile: Profile
    door: Door
    identity: Identity
    journal: Journal
    control: Control
    sql_log: Path
    backed_up: bool
    ways: Mapping[str, Way]
    try_first: bool
    despite_forecast: bool
    by: Person

    def run(self) -> None:
        """Sets the revision to the true one, then runs what is pending, each in a transaction.

        Collisions, and what would fail, are found before anything changes. Raises
        ``RecoveryError``; what was migrated until then stays, and the next run goes on from there.
        """
        section = self.profile.alembic
        if section is None:
            raise Refused(
                "The profile names no migration scripts.", "Add [alembic] script_location to it."
            )
        with self.door.connect(autocommit=True) as observer, self._watching(observer):
            claim(observer, self.profile)
            start = stamping.start(observer, self.journal, section)
            pending = forecast.pending(
                observer,
                self.profile,
                start,
                self.ways,
                self.control.check,
                self.control.watching,
            )
            compared = tuple(forecast.collisions(observer, pending))
            self._refuse_needless(each.collision.revision for each in compared)
            for each in compared:
                self.journal.append(each)
            self._look_ahead(pending, compared)
            own = self._own_alembic(observer, section)
            seen = own is None or self._is_seen(own, observer)
            if not self.backed_up and (not seen or pending.steps(start)):
                raise Refused(
                    "There is no backup, and migrations are pending that the investigation has not "
                    "seen.",
                    "Make a backup, or attest one; then migrate.",
                )
            stamping.stamp(
                observer,
                self.door,
                self.journal,
                section,
                start,
                self._log,
                self.control,
                self._watching,
            )
            if own is not None and not seen:
                self._make_version_table(observer, section)
                own.be_seen()
            decided = {each.collision.revision: each for each in compared}
            if own is None:
                self._upgrade(pending, pending.steps, decided)
            else:
                self._upgrade_by(own, observer, pending, decided)
            heads = current_revisions(observer, version_table(section))
        if set(heads) != set(pending.directory.get_heads()):
            raise Refused(
                f"After the migrations the database is at {', '.join(heads) or 'no revision'}.",
                "Read runner.log and sql.log in the session's folder, then run the step again.",
            )
        self.journal.append(Migrated(heads))

    def _write(self, *statements: sql.SQL | sql.Composed) -> None:
        """Runs these in a transaction of their own."""
        with self.door.connect(read_only=False) as writer, self._watching(writer):
            for statement in statements:
                self._log(statement.as_string(None))
                writer.execute(statement)
                self.control.check()
            self.control.check_before_commit()
            writer.commit()

    # --- what will happen ---

    def _look_ahead(self, pending: Pending, compared: Collection[CollisionCompared]) -> None:
        """Refuses what nobody has decided, and what would fail; journals what was decided."""
        told = self._forecast(pending) if self.try_first else None
        if told is not None:
            self.journal.append(told)
        for each in compared:
            if self.ways.get(each.collision.revision) not in each.ways:
                raise _undecided(each)
        if told is not None and told.failing and not self.despite_forecast:
            first = told.failing[0]
            raise Refused(
                f"Revision {first.revision} ({first.title}) would fail: {first.problem}.",
                "It failed on a copy of the schema, which has no rows. Mend what it says; or, if "
                "it fails only for want of rows, migrate all the same (--despite-forecast).",
                object=first.revision,
            )
        for each in compared:
            match self.ways[each.collision.revision]:
                case Way.ADOPT:
                    self.journal.append(RevisionAdopted(each.collision, self.by))
                case Way.REPAIR:
                    self.journal.append(RevisionAdopted(each.collision, self.by, each.repair))
                case Way.ASIDE:
                    self.journal.append(TablesSetAside(each.collision, self.by, each.aside))

    def _forecast(self, pending: Pending) -> MigrationsForecast:
        try:
            with schema_copy.make(self.profile, self.door, self.identity) as copy:
                return forecast.forecast(copy, pending, self.control.check, self.control.watching)
        except Stranger:
            raise
        except (Refused, NoCopy) as error:
            return MigrationsForecast((), "", str(error))

    # --- the upgrade ---

    def _own_alembic(
        self, observer: psycopg.Connection[Any], section: AlembicSection
    ) -> ApplicationAlembic | None:
        """The application's own Alembic, if the profile names it."""
        if not section.command:
            return None
        return ApplicationAlembic(
            section.command,
            Path(section.folder),
            self.sql_log.with_name("alembic.log"),
            self.door,
            observer,
            version_table(section),
            self.journal,
            self.control,
            self._watching,
        )

    def _is_seen(self, own: ApplicationAlembic, observer: psycopg.Connection[Any]) -> bool:
        """Sees it come to this database; False if there is no version table to see it at.

        Raises ``Refused`` if it does not come.
        """
        if own.version_table not in catalog.read(observer).table_names():
            return False
        own.be_seen()
        return True

    def _make_version_table(
        self, observer: psycopg.Connection[Any], section: AlembicSection
    ) -> None:
        """Makes it if it is not there, as Alembic would with the first revision."""
        table = version_table(section)
        if table not in catalog.read(observer).table_names():
            self._write(create_version_table(table))

    def _upgrade_by(
        self,
        own: ApplicationAlembic,
        observer: psycopg.Connection[Any],
        pending: Pending,
        compared: Mapping[str, CollisionCompared],
    ) -> None:
        """One command for each revision; what is kept of tables made by hand is done by us."""
        for step in pending.steps(current_revisions(observer, pending.version_table)):
            self.control.check()
            revision = step.revision.revision
            way = self.ways[revision] if revision in compared else None
            if way in (Way.ADOPT, Way.REPAIR):
                self._upgrade(pending, partial(_only, step), compared)
                continue
            before = current_revisions(observer, pending.version_table)
            after = _heads_after(before, step)
            self.journal.append(
                RevisionStarted(revision, migration_scripts.title(step.revision), after)
            )
            if way is Way.ASIDE:
                self._write(*map(written, compared[revision].aside))
            self.control.check_before_commit()
            began = time.monotonic()
            own.upgrade(revision)
            heads = current_revisions(observer, pending.version_table)
            if heads != after:
                raise Refused(
                    f"The application's Alembic says that revision {revision} is done, but this "
                    f"database is at {', '.join(heads) or 'nothing'}.",
                    "Look where it has worked: read alembic.log in the session's folder.",
                    object=revision,
                )
            seconds = time.monotonic() - began
            self.journal.append(RevisionFinished(revision, heads, seconds, adopted=False))

    def _upgrade(
        self,
        pending: Pending,
        chosen: Callable[[tuple[str, ...]], list[RevisionStep]],
        compared: Mapping[str, CollisionCompared],
    ) -> None:
        current_heads: tuple[str, ...] = ()

        def remember(heads: tuple[str, ...]) -> None:
            nonlocal current_heads
            current_heads = heads

        def steps(current: tuple[str, ...]) -> Iterator[RevisionStep]:
            for step in chosen(current):
                self.control.check_before_commit()
                known = step.revision.revision
                after = _heads_after(current_heads or current, step)
                self.journal.append(
                    RevisionStarted(known, migration_scripts.title(step.revision), after)
                )
                if known in compared:
                    forecast.carry_out(step, compared[known], self.ways[known])
                began = time.monotonic()
                yield step
                kept = known in compared and self.ways[known] is not Way.ASIDE
                self.journal.append(
                    RevisionFinished(known, current_heads, time.monotonic() - began, kept)
                )

        try:
            with (
                self._engine() as engine,
                engine.connect() as connection,
                self._watching(upgrading.driver_of(connection)),
            ):
                upgrading.upgrade(
                    pending.directory, connection, pending.version_table, steps, remember
                )
        except sa.exc.DBAPIError as error:
            if isinstance(error.orig, psycopg.Error):
                self.control.check()
                raise ServerError(error.orig, error.statement) from error
            raise
        except CommandError as error:
            raise Refused(f"Alembic: {error}.", "Check the migration scripts.") from error

    @contextmanager
    def _watching(self, conn: psycopg.Connection[Any]) -> Iterator[None]:
        """While this lasts, asking to stop cancels what it runs, and who it waits for is told."""
        with LockWaits(self.door, self.journal, conn), self.control.watching(conn):
            yield

    def _engine(self) -> AbstractContextManager[sa.Engine]:
        """Connections with the application's search_path or the role's."""
        section = self.profile.alembic
        search_path = None if section is None else section.search_path or None
        return upgrading.engine(lambda: self.door.connect_for_others(search_path), self._log)

    def _refuse_needless(self, colliding: Iterable[str]) -> None:
        """Refuses a way for a revision that needs none: a word misspelt, or another's tables."""
        history = self.journal.history()
        done = {one.collision.revision for one in history.of(RevisionAdopted)}
        done |= {one.collision.revision for one in history.of(TablesSetAside)}
        for revision in self.ways.keys() - {*colliding} - done:
            raise Refused(
                f"--{self.ways[revision].name.lower()} {revision} applies to nothing: no pending "
                "revision of that name would create a table that exists.",
                "Leave it out, or name a revision that 'pg-rekey investigate' lists as colliding.",
                object=revision,
            )

    def _log(self, statement: str) -> None:
        shown = foreign.lines(foreign.statement(statement.strip()))
        with self.sql_log.open("a", encoding="utf-8", newline="") as log:
            log.write(f"-- {datetime.now(UTC).isoformat()}\n{shown};\n")


def _only(step: RevisionStep, _current: tuple[str, ...]) -> list[RevisionStep]:
    return [step]


def _heads_after(heads: Collection[str], step: RevisionStep) -> tuple[str, ...]:
    """What the version table holds when a revision has been added to it."""
    script = step.revision
    return tuple(sorted({*heads} - {*migration_scripts.below(script)} | {script.revision}))


def _undecided(compared: CollisionCompared) -> Refused:
    """Why tables made by hand stand in the way, and the ways out."""
    collision, said = compared.collision, "They are the same."
    if compared.differences:
        said = f"They differ: {'; '.join(compared.differences)}."
    revision = collision.revision
    ways = {
        Way.ADOPT: "adopt them: the revision is then marked as done and nothing of it is run "
        f"(--adopt {revision})",
        Way.REPAIR: f"let pg-rekey make them the same, then adopt them (--repair {revision})",
        Way.ASIDE: f"rename them aside, and let the script create its own (--aside {revision})",
    }
    offered = "; or ".join(ways[way] for way in compared.ways)
    return Refused(
        f"Revision {revision} ({collision.title}) would create tables that exist: "
        f"{', '.join(collision.tables)}. {said}",
        f"{offered[0].upper()}{offered[1:]}." if offered else "Rename or drop the tables.",
        object=revision,
    )
