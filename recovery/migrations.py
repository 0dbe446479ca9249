"""From the true revision to head: the version table is set to it, then what is pending runs."""

import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import sql

from queries import compose
from recovery import catalog, revisions, target, upgrading
from recovery.claim import claim
from recovery.control import Control
from recovery.errors import Refused, ServerError
from recovery.events import (
    Collision,
    CollisionCompared,
    Identity,
    Investigated,
    Migrated,
    Person,
    RevisionAdopted,
    RevisionConfirmed,
    RevisionFinished,
    RevisionIntended,
    RevisionSet,
    RevisionStarted,
)
from recovery.history import History
from recovery.investigation import current_revisions, version_table
from recovery.journal import Journal
from recovery.profile import AlembicSection, Profile
from recovery.revisions import Revision


@dataclass
class Migrations:
    """One run of the migrations. ``adopt`` names revisions whose hand-made tables are kept."""

    profile: Profile
    password: str | None
    identity: Identity
    journal: Journal
    control: Control
    sql_log: Path
    adopt: tuple[str, ...]
    by: Person

    def run(self) -> None:
        """Sets the revision to the true one, then runs what is pending, each in a transaction.

        Collisions are found before anything changes. Raises ``RecoveryError``; what was migrated
        until then stays, and the next run goes on from there.
        """
        section = self.profile.alembic
        if section is None:
            raise Refused(
                "The profile names no migration scripts.", "Add [alembic] script_location to it."
            )
        directory = revisions.scripts(section.script_location)
        with target.connect(self.profile, self.password, autocommit=True) as observer:
            claim(observer, self.profile, self.identity)
            start = self._start(observer, section)
            steps = directory._upgrade_revs("heads", start)  # type: ignore[arg-type]  # takes several, too
            found = {revision.id: revision for revision in revisions.read(directory)}
            adopted = self._adoptable(observer, [found[s.revision.revision] for s in steps])
            self._set_revision(observer, section, start)
            self._upgrade(directory, section, adopted)
            heads = current_revisions(observer, version_table(section))
        if set(heads) != set(directory.get_heads()):
            raise Refused(
                f"After the migrations the database is at {', '.join(heads) or 'no revision'}.",
                "Read runner.log and sql.log in the session's folder, then run the step again.",
            )
        self.journal.append(Migrated(heads))

    # --- where to start ---

    def _start(self, conn: psycopg.Connection[Any], section: AlembicSection) -> tuple[str, ...]:
        """The revisions to go on from. Refused if the version table holds what nobody has seen."""
        told = _told(self.journal.history())
        expected = told.claimed if isinstance(told, Investigated) else told.heads
        there = version_table(section) in catalog.read(conn).table_names()
        current = current_revisions(conn, version_table(section)) if there else ()
        begun = _begun(self.journal.history())
        if begun is not None and current == begun.heads:
            self._say_what_was_done(begun)
            return current
        if current != expected:
            raise Refused(
                f"alembic_version holds {', '.join(current) or 'nothing'} now; "
                f"{', '.join(expected) or 'nothing'} was seen.",
                "Somebody else is at work here. Investigate again before anything is migrated.",
                object=str(version_table(section)),
            )
        if not isinstance(told, Investigated):
            return current
        confirmed = self.journal.history().start_revisions
        if confirmed is None:
            raise Refused(
                "Nobody has said which revision the schema is at.",
                "Read what the investigation found, and confirm the revision.",
            )
        return confirmed

    def _say_what_was_done(self, begun: RevisionIntended | RevisionStarted) -> None:
        """Journals what was committed by a runner that was gone before it could say so."""
        match begun:
            case RevisionIntended(before=before, heads=heads, evidence=evidence):
                self.journal.append(RevisionSet(before, heads, evidence))
            case RevisionStarted(revision=revision, heads=heads):
                told = self.journal.history().of(RevisionAdopted)
                adopted = revision in {event.collision.revision for event in told}
                self.journal.append(RevisionFinished(revision, heads, 0.0, adopted))

    def _set_revision(
        self, conn: psycopg.Connection[Any], section: AlembicSection, true: tuple[str, ...]
    ) -> None:
        """Compares the version table with what was seen, and sets it, in one transaction."""
        table = version_table(section)
        there = table in catalog.read(conn).table_names()
        before = current_revisions(conn, table) if there else ()
        if before == true:
            return
        evidence = _evidence(self.journal.history())
        with target.connect(self.profile, self.password, read_only=False) as writer:
            self.journal.append(RevisionIntended(before, true, evidence))
            if not there:
                constraint = sql.Identifier(f"{table.name}_pkc")
                self._write(
                    writer,
                    compose("version_table", table=table.identifier, constraint=constraint),
                )
            self._write(writer, compose("lock_versions", table=table.identifier))
            same = self._write(
                writer,
                compose("set_revision", table=table.identifier),
                {"before": list(before), "after": list(true)},
            ).fetchone()
            if same != (True,):
                writer.rollback()
                raise Refused(
                    f"{table} was to be set to {', '.join(true)}, but does not hold exactly what "
                    f"was seen: {', '.join(before) or 'nothing'}.",
                    "Look at the table, then investigate again.",
                    object=str(table),
                )
        self.journal.append(RevisionSet(before, true, evidence))

    def _write(
        self,
        writer: psycopg.Connection[Any],
        statement: sql.Composed,
        parameters: dict[str, object] | None = None,
    ) -> psycopg.Cursor[Any]:
        self._log(statement.as_string(None))
        return writer.execute(statement, parameters)

    # --- collisions ---

    def _adoptable(
        self, conn: psycopg.Connection[Any], pending: list[Revision]
    ) -> dict[str, Collision]:
        """The collisions that the operator adopts. Any other one is refused, before the upgrade."""
        adopted: dict[str, Collision] = {}
        by_id = {revision.id: revision for revision in pending}
        tables = catalog.read(conn).table_names()
        open_questions = []
        for collision in revisions.collisions(pending, tables):
            differences = tuple(self._compare(by_id[collision.revision]))
            self.journal.append(CollisionCompared(collision, differences, not differences))
            if collision.revision in self.adopt and not differences:
                adopted[collision.revision] = collision
            else:
                open_questions.append((collision, differences))
        for collision, differences in open_questions:
            said = (
                f"They differ: {'; '.join(differences)}." if differences else "They are the same."
            )
            raise Refused(
                f"Revision {collision.revision} ({collision.title}) would create tables that "
                f"exist: {', '.join(collision.tables)}. {said}",
                "Make the tables as the script would, or rename them aside, then run this again."
                if differences
                else "Adopt them: the revision is then marked as done and nothing of it is run. "
                f"On the command line: --adopt {collision.revision}.",
                object=collision.revision,
            )
        for collision in adopted.values():
            self.journal.append(RevisionAdopted(collision, self.by))
        return adopted

    def _compare(self, revision: Revision) -> Iterator[str]:
        """What differs between a revision's tables and those of the same name, by Alembic's eye."""
        created = [op for op in revision.operations if isinstance(op, ops.CreateTableOp)]
        names = {(op.schema, str(op.table_name)) for op in created}
        for operation in revision.operations:
            indexed = isinstance(operation, ops.CreateIndexOp) and (
                (operation.schema, operation.table_name) in names
            )
            if not indexed and not isinstance(operation, ops.CreateTableOp):
                yield f"the script also does {type(operation).__name__.removesuffix('Op')}"
        if revision.unreadable is not None:
            yield f"the script cannot be read to its end: {revision.unreadable}"
        with self._engine() as engine, engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "include_name": lambda name, kind, parents: (
                        kind != "table" or (parents["schema_name"], name) in names
                    ),
                    "include_object": lambda item, _name, kind, _reflected, _other: (
                        kind != "table" or (item.schema, item.name) in names
                    ),
                },
            )
            wanted = _metadata(revision, context)
            for difference in compare_metadata(context, wanted):
                yield _difference_in_words(difference)

    # --- the upgrade ---

    def _upgrade(
        self, directory: ScriptDirectory, section: AlembicSection, adopted: dict[str, Collision]
    ) -> None:
        current_heads: tuple[str, ...] = ()

        def remember(heads: tuple[str, ...]) -> None:
            nonlocal current_heads
            current_heads = heads

        def steps(current: tuple[str, ...]) -> Iterator[RevisionStep]:
            for step in directory._upgrade_revs("heads", current):  # type: ignore[arg-type]
                self.control.check()
                known = step.revision.revision
                after = _heads_after(current_heads or current, step)
                self.journal.append(RevisionStarted(known, step.doc or "", after))
                if known in adopted:
                    step.migration_fn = _nothing
                began = time.monotonic()
                yield step
                self.journal.append(
                    RevisionFinished(
                        known, current_heads, time.monotonic() - began, known in adopted
                    )
                )

        try:
            with (
                self._engine(read_only=False) as engine,
                engine.connect() as connection,
                self._watching(connection),
            ):
                upgrading.upgrade(directory, connection, version_table(section), steps, remember)
        except sa.exc.DBAPIError as error:
            if isinstance(error.orig, psycopg.Error):
                self.control.check()
                raise ServerError(error.orig, error.statement) from error
            raise
        except CommandError as error:
            raise Refused(f"Alembic: {error}.", "Check the migration scripts.") from error

    def _watching(self, connection: sa.Connection) -> AbstractContextManager[None]:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        return self.control.watching(driver)

    def _engine(self, *, read_only: bool = True) -> AbstractContextManager[sa.Engine]:
        """The same connection as everywhere, with the application's search_path or the role's."""
        section = self.profile.alembic
        return upgrading.engine(
            lambda: target.connect(
                self.profile,
                self.password,
                read_only=read_only,
                search_path=None if section is None else section.search_path or None,
            ),
            self._log,
        )

    def _log(self, statement: str) -> None:
        with self.sql_log.open("a", encoding="utf-8") as log:
            log.write(f"-- {datetime.now(UTC).isoformat()}\n{statement.strip()};\n")


def _evidence(history: History) -> str:
    """Who said that the schema is at the revision, and what spoke for it."""
    confirmed = history.last(RevisionConfirmed)
    if confirmed is None:
        return "the catalog matches exactly"
    return f"{confirmed.evidence}; confirmed by {confirmed.by}"


def _told(history: History) -> Investigated | RevisionSet | RevisionFinished | Migrated:
    """The latest event that says what the version table holds."""
    for entry in reversed(history.entries):
        if isinstance(entry.event, Investigated | RevisionSet | RevisionFinished | Migrated):
            return entry.event
    raise Refused("Nothing was investigated yet.", "Investigate first.")


def _begun(history: History) -> RevisionIntended | RevisionStarted | None:
    """What was to change the version table last, if nothing says what became of it."""
    for entry in reversed(history.entries):
        match entry.event:
            case RevisionIntended() | RevisionStarted() as begun:
                return begun
            case Investigated() | RevisionSet() | RevisionFinished() | Migrated():
                return None
    return None


def _heads_after(heads: Collection[str], step: RevisionStep) -> tuple[str, ...]:
    """What the version table holds when a revision has been added to it."""
    script = step.revision
    below = {*script._normalized_down_revisions, *script._resolved_dependencies}
    return tuple(sorted({*heads} - below | {script.revision}))


def _nothing(**_: Any) -> None:
    """What an adopted revision runs."""


def _metadata(revision: Revision, context: MigrationContext) -> sa.MetaData:
    """A revision's tables and indexes as SQLAlchemy describes them."""
    metadata = sa.MetaData()
    for operation in revision.operations:
        if isinstance(operation, ops.CreateTableOp):
            table = operation.to_table(context)
            # Its foreign keys' targets come as stubs beside it.
            for described in table.metadata.sorted_tables:
                if described.key not in metadata.tables or described is table:
                    known = metadata.tables.get(described.key)
                    if known is not None:
                        metadata.remove(known)
                    described.to_metadata(metadata)
        elif isinstance(operation, ops.CreateIndexOp):
            key = f"{operation.schema}.{operation.table_name}".removeprefix("None.")
            owner = metadata.tables[key]
            columns = [owner.c[c] if isinstance(c, str) else c for c in operation.columns]
            sa.Index(operation.index_name, *columns, unique=bool(operation.unique))
    return metadata


def _difference_in_words(difference: Any) -> str:
    """One of ``compare_metadata``'s tuples, or a list of them for one column, in words."""
    if isinstance(difference, list):
        return ", ".join(map(_difference_in_words, difference))
    kind, *parts = difference
    if kind.startswith("modify_"):
        _schema, table, column, _options, is_now, wanted = parts
        return f"{table}.{column}: {kind.removeprefix('modify_')} is {is_now!r}, not {wanted!r}"
    what = parts[-1]
    name = getattr(what, "name", what)
    table = getattr(getattr(what, "table", None), "name", None)
    verb, _, noun = kind.partition("_")
    word = "lacks" if verb == "add" else "has beyond the script"
    return f"{table or 'the database'} {word} {noun.replace('_', ' ')} {name}"
