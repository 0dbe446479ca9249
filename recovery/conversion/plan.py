"""The conversion as statements: six phases in one transaction, and plan.sql, which shows them.

The text of plan.sql is a pure function of the catalog and the profile. Its SHA-256 is what the
operator approves; the runner builds the plan again behind its locks: another text means drift.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import accumulate, groupby

from psycopg.conninfo import make_conninfo

from recovery.catalog import row_versions
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject, ObjectId, ObjectName
from recovery.conversion import compatibility, dependents, preserved, routines, sequences
from recovery.conversion.closure import Closure
from recovery.conversion.closure import find as find_closure
from recovery.conversion.rebuilding import Rebuild
from recovery.conversion.statements import phases, transaction
from recovery.conversion.statements.rebuilt import described
from recovery.conversion.statements.statement import Statement
from recovery.record.events import (
    Effort,
    Identity,
    PhasePlan,
    PlanMade,
    PlannedStatement,
    PlannedTable,
    Proof,
    Refilled,
    Refusal,
    Rewrite,
    SoftReference,
)
from recovery.record.events.conversion import PHASES
from recovery.record.session import as_bytes
from recovery.words import foreign
from recovery.words.names import ColumnName, TableName
from recovery.words.profile import Profile


@dataclass(frozen=True, slots=True)
class Plan:
    """A conversion. ``preparation`` is run first; ``lock`` may be tried again from the start.

    ``locked`` are the tables that it locks, and their oids, ``locked_views`` the views besides.
    ``lines`` says where in the text the preparation begins, the lock, and each of the statements.
    ``rewritten`` names what is made again with another definition than it had, ``compatibility``
    what is made for code that still has the old type, if that was asked for (``compatible``).
    With ``search_path`` runs what calls functions of the database; everything else with none.
    ``fingerprint`` is of the catalog, with what the list of breaks rests on (``rests_on``).
    """

    database: str
    closure: Closure
    rebuilds: tuple[Rebuild, ...]
    rewritten: frozenset[ObjectName]
    compatible: bool
    compatibility: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    search_path: str
    preparation: tuple[str, ...]
    locked: dict[TableName, int]
    locked_views: tuple[CatalogObject, ...]
    lock: str
    statements: tuple[Statement, ...]
    text: str
    lines: tuple[int, ...]
    fingerprint: str
    rests_on: dict[str, str]

    @property
    def sha256(self) -> str:
        """The hash of plan.sql."""
        return sha256(self.text)

    @property
    def relations(self) -> list[int]:
        """The oids of all that is locked."""
        return [*self.locked.values(), *(view.id[1] for view in self.locked_views)]

    @property
    def dropped(self) -> dict[ObjectId, str]:
        """What is dropped and made again, in words."""
        rebuilt = {rebuild.object.id: described(rebuild) for rebuild in self.rebuilds}
        return rebuilt | {
            row_versions.id_of(key): f"foreign key {foreign.statement(key.identity)}"
            for key in self.closure.foreign_keys
        }

    def phase(self, number: int) -> list[Statement]:
        """The statements of a phase, in order."""
        return [s for s in self.statements if s.phase == number]

    def expected(self, number: int) -> dict[str, int]:
        """What a phase adds up to, by key, the largest first."""
        total: Counter[str] = sum((s.counts for s in self.phase(number)), Counter())
        return dict(total.most_common())


def sha256(text: str) -> str:
    """The hash that a plan's text is approved by."""
    return hashlib.sha256(as_bytes(text)).hexdigest()


def build(
    catalog: Catalog,
    profile: Profile,
    identity: Identity,
    rewrites: tuple[Rewrite, ...] = (),
    failures: tuple[Refusal, ...] = (),
    *,
    compatible: bool = False,
) -> Plan:
    """The plan for a catalog. What cannot be carried over is in ``refusals``, by name.

    ``rewrites`` and ``failures`` are what the proof on a copy of the schema found: each repair is
    of one object's statement, and what was proved is refused if it finds another. ``compatible``
    adds operators for code that still has the old type.
    """
    closure = find_closure(catalog, profile.key_types, profile.scope, profile.left)
    hanging = dependents.find(catalog, closure, superuser=identity.superuser)
    refused = [
        *closure.refusals,
        *hanging.refusals,
        *sequences.refusals(catalog, closure, superuser=identity.superuser),
        *(_unknown(catalog, key) for key in closure.unknown),
        *(compatibility.refusals(catalog, closure) if compatible else ()),
        *failures,
    ]
    rebuilds = hanging.rebuilds
    search_path = profile.target.search_path or catalog.search_path
    preparation = tuple(map(foreign.statement, transaction.preparation(identity.database)))
    locked = transaction.locked(catalog, closure, rebuilds)
    locked_views = transaction.locked_views(catalog, rebuilds)
    lock = foreign.statement(transaction.lock(locked, locked_views))
    possible = bool(closure.members) and not refused
    more = (
        tuple(compatibility.statements(catalog, closure, superuser=identity.superuser))
        if possible and compatible
        else ()
    )
    composed = (
        tuple(
            replace(one, sql=foreign.statement(one.sql))
            for one in transaction.under_paths(
                phases.statements(catalog, closure, rebuilds, more), search_path
            )
        )
        if possible
        else ()
    )
    there = {(one.object, one.sql) for one in composed}
    lost = [one for one in rewrites if composed and (one.object, one.before) not in there]
    refused += map(_not_as_proved, lost)
    composed = () if lost else tuple(_repaired(composed, rewrites))
    repaired = {rewrite.object for rewrite in rewrites}
    rests_on = routines.rests_on(catalog, closure)
    of_catalog = fingerprint(catalog, closure, rests_on)
    text, lines = _render(identity.database, of_catalog, preparation, lock, composed)
    return Plan(
        database=identity.database,
        closure=closure,
        rebuilds=rebuilds,
        rewritten=frozenset(one.object.name for one in rebuilds if described(one) in repaired),
        compatible=compatible,
        compatibility=tuple(dict.fromkeys(statement.object for statement in more)),
        refusals=tuple(refused),
        search_path=search_path,
        preparation=preparation,
        locked=locked,
        locked_views=locked_views,
        lock=lock,
        statements=composed,
        text=text,
        lines=lines,
        fingerprint=of_catalog,
        rests_on=rests_on,
    )


def _repaired(
    statements: Iterable[Statement], rewrites: tuple[Rewrite, ...]
) -> Iterator[Statement]:
    instead = {(rewrite.object, rewrite.before): rewrite.after for rewrite in rewrites}
    for one in statements:
        after = instead.get((one.object, one.sql))
        if after is None:
            yield one
        else:
            why = f"REWRITTEN: as it was, it would fail or mean something else. It was:\n{one.sql}"
            yield replace(one, sql=after, why=why)


def _not_as_proved(rewrite: Rewrite) -> Refusal:
    return Refusal(
        rewrite.object,
        "It was repaired on a copy of the schema, and is not here what it was there.",
        "Somebody changed it meanwhile: make the plan again.",
    )


def summary(
    plan: Plan,
    catalog: Catalog,
    proof: Proof | None = None,
    soft_references: tuple[SoftReference, ...] = (),
    refilled: tuple[Refilled, ...] = (),
) -> PlanMade:
    """The plan as an event; ``soft_references`` are those that nobody has decided.

    ``refilled`` are the materialized views that are stale.
    """
    tables = [
        PlannedTable(
            name=str(catalog.table_name(oid)),
            columns=tuple(member.name.name for member in plan.closure.members_of(oid)),
            rows_estimated=catalog.tables[oid].rows_estimated,
            bytes=catalog.tables[oid].bytes,
        )
        for oid in plan.closure.tables()
        if oid in catalog.tables
    ]
    converted = {str(member.name) for member in plan.closure.members.values()}
    return PlanMade(
        sha256=plan.sha256,
        fingerprint=plan.fingerprint,
        database=plan.database,
        phases=tuple(
            PhasePlan(number, title, len(plan.phase(number)), plan.expected(number))
            for number, title in PHASES.items()
            if plan.statements
        ),
        tables=tuple(tables),
        foreign_keys=len(plan.closure.foreign_keys),
        refusals=plan.refusals,
        proof=proof,
        rebuilt=tuple(described(rebuild) for rebuild in plan.rebuilds),
        compatible=plan.compatible,
        compatibility=plan.compatibility,
        soft_references=tuple(one for one in soft_references if one.column not in converted),
        nothing_to_do=not plan.closure.members and not plan.refusals,
        statements=tuple(_planned(plan)),
        locked=tuple(map(str, plan.locked)),
        kept=preserved.find(catalog, plan.closure, plan.rebuilds),
        rests_on=plan.rests_on,
        refilled=refilled,
    )


def _planned(plan: Plan) -> Iterator[PlannedStatement]:
    """What the plan's reader is told of each statement."""
    if not plan.statements:
        return
    settings, lock, *lines = plan.lines
    yield PlannedStatement(
        0,
        settings,
        "the transaction",
        "its settings end with it: no search_path and no time-outs, but one for locks",
    )
    yield PlannedStatement(
        0,
        lock,
        "all tables that are changed",
        "every lock at once: if one cannot be had, nothing is half done",
        tuple(map(str, plan.locked)),
        ", ".join(map(transaction.locks_besides, plan.locked_views)),
        Effort.LOCKS,
    )
    for line, statement in zip(lines, plan.statements, strict=True):
        yield PlannedStatement(
            statement.phase,
            line,
            statement.object,
            statement.why,
            tuple(map(str, statement.tables)),
            statement.locks,
            statement.effort,
        )


def fingerprint(catalog: Catalog, closure: Closure, rests_on: Mapping[str, str]) -> str:
    """A hash of the part of the catalog that the plan is made for; sizes do not count."""
    tables = closure.tables()
    facts: list[object] = [
        [
            (m.name, c)
            for m in closure.members.values()
            for c in [(m.column.type, m.column.not_null, m.column.default_expression, m.target)]
        ],
        [
            (str(catalog.table_name(oid)), catalog.parents.get(oid))
            for oid in tables
            if oid in catalog.tables
        ],
        [
            (k.name, k.schema, k.table_name, k.definition, k.comment, _states(catalog, k.oid))
            for k in closure.foreign_keys
        ],
        sorted(rests_on.items()),
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _states(catalog: Catalog, foreign_key: int) -> list[tuple[str, str, str]]:
    """The triggers of a foreign key that are not in the normal state."""
    triggers = catalog.triggers_of(foreign_key)
    return [(one.state, one.function, one.table_name) for one in triggers if one.state != "O"]


def _plain(name: ColumnName) -> str:
    """A name as it is spoken: without quotes, case and schema."""
    return f"{name.table.name}.{name.name}".lower()


def _unknown(catalog: Catalog, key: ColumnName) -> Refusal:
    known = {_plain(name): str(name) for name in map(catalog.column_name, catalog.columns)}
    alike = [known[found] for found in get_close_matches(_plain(key), known, cutoff=0.8)]
    remedy = f"Did you mean {', '.join(alike)}? " if alike else ""
    return Refusal(
        str(key), "There is no such column.", f"{remedy}Correct the keys in the profile."
    )


# --- plan.sql -------------------------------------------------------------------------------

_HEADER = """{title}
-- catalog: {fingerprint}
--
-- By hand:  psql --no-psqlrc --dbname={connection} --file plan.sql --command COMMIT
-- Without the last option, psql ends before COMMIT and everything is rolled back.
"""
_FOOTER = """
\\echo
\\echo 'All phases are done and nothing is committed. COMMIT; keeps it, ROLLBACK; undoes it.'
"""


def _render(
    database: str,
    catalog_hash: str,
    preparation: tuple[str, ...],
    lock: str,
    statements: tuple[Statement, ...],
) -> tuple[str, tuple[int, ...]]:
    """The text, and the lines at which the preparation, the lock and each statement begin."""
    name = foreign.line(database)
    header = _HEADER.format(
        title=foreign.comment(f"plan.sql, written by pg-rekey for the database {name}"),
        fingerprint=catalog_hash,
        connection=foreign.shell(_connection(database)),
    )
    if not statements:
        return "\n".join([header, "-- There is nothing to run.", ""]), ()
    written = [header, "\\set ON_ERROR_STOP on", "", "BEGIN;"]
    begins = [len(written), len(written) + len(preparation)]
    written += [f"{statement};" for statement in (*preparation, lock, transaction.LOCKED)]
    for number, group in groupby(statements, key=lambda statement: statement.phase):
        written += ["", f"\\echo 'Phase {number} of {len(PHASES)}: {PHASES[number]}'"]
        why = None
        for statement in group:
            if statement.why != why:
                written.append(foreign.comment(statement.why))
                why = statement.why
            begins.append(len(written))
            written.append(f"{statement.sql};")
    ends = tuple(accumulate(text.count("\n") + 1 for text in written))
    return "\n".join(written) + "\n" + _FOOTER, tuple(ends[place - 1] + 1 for place in begins)


def _connection(database: str) -> str:
    """The database for psql, which takes what looks like a connection string for one."""
    if "=" in database or database.startswith(("postgres:", "postgresql:")):
        return make_conninfo(dbname=database)
    return database
