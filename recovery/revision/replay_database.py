"""A database on a scratch server in which scripts are replayed, and what they changed in it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.runtime.migration import RevisionStep
from alembic.script import Script, ScriptDirectory
from psycopg import sql

from queries import ask, compose
from queries.rows import TouchedRow
from recovery.catalog import structure
from recovery.catalog.structure import Part, PartName
from recovery.connection.interrupting import Watching, unwatched
from recovery.connection.settings import FOR_OTHERS, PINNED
from recovery.private.scratch import Server
from recovery.revision import upgrading
from recovery.words.names import TableName

# The replay's version table is beside its log: nothing but the scripts' work is seen.
_VERSIONS = TableName("pg_rekey", "alembic_version")
# What these make belongs to no relation, and no relation is different for it.
_ADDS = frozenset(
    {
        *("CREATE FUNCTION", "CREATE PROCEDURE", "CREATE AGGREGATE", "CREATE TYPE"),
        *("CREATE DOMAIN", "CREATE SCHEMA", "CREATE EXTENSION", "DROP"),
    }
)
# Nothing that is compared changes by these.
_HARMLESS = frozenset({"GRANT", "REVOKE", "ALTER DEFAULT PRIVILEGES"})
# The same few questions are asked for every revision: planning one takes longer than answering it.
_READING = {**PINNED, "plan_cache_mode": "force_generic_plan"}
_NUMBERS = count(1)

Parts = dict[PartName, Part]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is other than before, as it is now; what is gone, as it was; the tables that are new."""

    changed: tuple[Part, ...]
    gone: tuple[Part, ...]
    made: tuple[str, ...]


@dataclass
class ReplayDatabase:
    """One database. Its parts are known by their relations' oids, which a copy of it keeps.

    ``watching`` may interrupt a script.
    """

    server: Server
    search_path: str
    name: str
    watching: Watching = unwatched
    relations: dict[int, Parts] = field(default_factory=dict)
    elsewhere: Parts = field(default_factory=dict)
    _reader: psycopg.Connection[Any] | None = None
    _migrating: sa.Connection | None = None
    _statements: int = 0

    @classmethod
    def first(
        cls, server: Server, search_path: str, watching: Watching = unwatched
    ) -> "ReplayDatabase":
        """An empty one, with a log of what statements touch."""
        made = cls(server, search_path, _create(server, "template0"), watching)
        made._reading.execute(compose("replay_log"))
        schemas = [schema.strip().strip('"') for schema in search_path.split(",")]
        for schema in filter(None, schemas):
            make = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}")
            made._reading.execute(make.format(sql.Identifier(schema)))
        made._reading.execute("DELETE FROM pg_rekey.touched")
        made._read_everything()
        return made

    def copy(self) -> "ReplayDatabase":
        """Another one, in the same state."""
        self.close()
        relations = {oid: dict(parts) for oid, parts in self.relations.items()}
        name = _create(self.server, self.name)
        elsewhere = dict(self.elsewhere)
        return ReplayDatabase(
            self.server, self.search_path, name, self.watching, relations, elsewhere
        )

    def close(self) -> None:
        """Ends its connections; they come back when they are wanted."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._migrating is not None:
            self._migrating.close()
            self._migrating = None

    def drop(self) -> None:
        """Removes it from the server."""
        self.close()
        with self.server.connect(autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def upgrade(self, directory: ScriptDirectory, scripts: Sequence[Script]) -> bool:
        """Runs scripts. Whether the last of them ran any statement.

        Raises whatever the scripts raise; then the database is in a state of its own.
        """

        def steps(_current: tuple[str, ...]) -> Iterator[RevisionStep]:
            for script in scripts:
                self._statements = 0
                yield RevisionStep(directory.revision_map, script, is_upgrade=True)

        if self._migrating is None:
            self._migrating = self._connected()
        with self.watching(upgrading.driver_of(self._migrating)):
            upgrading.upgrade(directory, self._migrating, _VERSIONS, steps)
        # Alembic takes a connection that is in a transaction for somebody else's.
        self._migrating.rollback()
        return self._statements > 0

    def _connected(self) -> sa.Connection:
        own = {"search_path": self.search_path} if self.search_path else {}
        settings = {**FOR_OTHERS, **own}
        with upgrading.engine(
            lambda: self.server.connect(self.name, settings=settings), self._count
        ) as engine:
            return engine.connect()

    def _count(self, statement: str) -> None:
        self._statements += str(_VERSIONS) not in statement

    # --- reading ---

    @property
    def _reading(self) -> psycopg.Connection[Any]:
        if self._reader is None:
            self._reader = self.server.connect(self.name, autocommit=True, settings=_READING)
            self._reader.prepare_threshold = 1
        return self._reader

    def changes(self) -> Changes:
        """What the scripts did since this was asked last.

        Only what was touched is read again, or everything if that cannot be told apart.
        """
        touched = ask(self._reading, "touched", TouchedRow)
        self._reading.execute("DELETE FROM pg_rekey.touched")
        tags = {row.tag for row in touched if not row.oid} - _HARMLESS
        oids = {row.oid for row in touched if row.oid}
        dropped = {row.identity for row in touched if row.tag == "DROP"}
        if dropped:
            # An index or a statistics object that is gone does not say whose it was.
            oids |= {o for o, parts in self.relations.items() if _has(parts, dropped)}
        before, elsewhere = dict(self.relations), self.elsewhere
        if tags <= _ADDS:
            for oid in oids:
                self.relations.pop(oid, None)
            if oids:
                self._read_relations(oids)
            if tags:
                self._read_elsewhere()
        if not tags <= _ADDS or any(
            _is_renamed(before.get(oid), self.relations.get(oid)) for oid in oids
        ):
            self._read_everything()
            oids = {*before, *self.relations}
        return _between(
            _together(before, oids) | elsewhere, _together(self.relations, oids) | self.elsewhere
        )

    def _read_everything(self) -> None:
        self.relations = {}
        self._read_relations(())
        self._read_elsewhere()

    def _read_relations(self, oids: Collection[int]) -> None:
        for oid, part in structure.read_relations(self._reading, oids):
            self.relations.setdefault(oid, {})[part.name] = part

    def _read_elsewhere(self) -> None:
        self.elsewhere = {part.name: part for part in structure.read_elsewhere(self._reading)}


def _create(server: Server, template: str) -> str:
    name = f"replay_{next(_NUMBERS)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with server.connect(autocommit=True) as conn:
        conn.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return name


def _together(relations: dict[int, Parts], oids: set[int]) -> Parts:
    together: Parts = {}
    for oid in oids:
        together |= relations.get(oid, {})
    return together


def _between(before: Parts, after: Parts) -> Changes:
    return Changes(
        tuple(part for name, part in after.items() if before.get(name) != part),
        tuple(
            part
            for name, part in before.items()
            if name not in after or after[name].group != part.group
        ),
        tuple(
            part.identity for name, part in after.items() if part.is_table and name not in before
        ),
    )


def _has(parts: Parts, identities: set[str]) -> bool:
    return any((kind, name) in parts for kind in ("index", "statistics") for name in identities)


def _is_renamed(was: Parts | None, now: Parts | None) -> bool:
    """Whether a relation or a column has another name, which others' definitions have in them."""
    if not was or not now:
        return False
    names = [{name for name in each if name[0] == "column"} for each in (was, now)]
    groups = [{part.relation for part in each.values()} for each in (was, now)]
    return groups[0] != groups[1] or bool(names[0] - names[1] and names[1] - names[0])
