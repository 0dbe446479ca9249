"""What the migration scripts say: which tables each revision creates, and what that implies.

A script is run against a recorder that notes its operations and executes none. One that asks the
database something cannot be read this way; it is named, and what it did until then still counts.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError, to_tuple

from recovery.record.events import Collision, RevisionEvidence, RevisionMatch
from recovery.words.errors import ProfileError
from recovery.words.names import TableName


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision: the tables that it creates, and those that are gone after it.

    ``operations`` are what its script says it does; ``unreadable`` says why they end too early, if
    they do.
    """

    id: str
    title: str
    down: tuple[str, ...]
    operations: tuple[ops.MigrateOperation, ...]
    created: tuple[TableName, ...]
    removed: tuple[TableName, ...]
    unreadable: str | None


class Scripts(ScriptDirectory):
    """A script directory. A script that cannot be loaded is named in ``unloadable``, with the
    reason, and has its place in the history all the same if it says plainly where that is.

    So has a revision that others come after and no script has: it is in ``missing``, too, with
    those that name it.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.unloadable: dict[str, str] = {}
        self.missing: dict[str, tuple[str, ...]] = {}

    def _load_revisions(self) -> Iterator[Script]:
        there = list(self._there())
        yield from there
        known = {name for script in there for name in (script.revision, *script.branch_labels)}
        above: dict[str, list[str]] = {}
        for script in there:
            named = (*script._versioned_down_revisions, *to_tuple(script.dependencies, ()))
            for parent in dict.fromkeys(named):
                if parent not in known:
                    above.setdefault(parent, []).append(script.revision)
        for parent, children in above.items():
            self.missing[parent] = tuple(children)
            self.unloadable[parent] = "no script has it"
            yield _without_script(parent)

    def _there(self) -> Iterator[Script]:
        for folder in self._version_locations:
            for path in Script._list_py_dir(self, folder) if folder.exists() else ():
                try:
                    script = Script._from_path(self, path)
                except Exception as error:
                    script = self._placed(path, error)
                    if script is None:
                        raise
                    said = " ".join(str(error).split())
                    self.unloadable[script.revision] = f"{type(error).__name__}: {said}"
                if script is not None:
                    yield script

    def _placed(self, path: Path, error: Exception) -> Script | None:
        """A script known by nothing but its assignments; None if these are not plain."""
        module = ModuleType(path.stem)
        try:
            source = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, UnicodeDecodeError):
            return None
        module.__doc__ = ast.get_docstring(source)
        for statement in source.body:
            for name, value in _assigned(statement):
                if name in ("revision", "down_revision", "branch_labels", "depends_on"):
                    try:
                        setattr(module, name, ast.literal_eval(value))
                    except ValueError:
                        return None

        def upgrade() -> None:
            raise error

        vars(module)["upgrade"] = upgrade
        if not isinstance(vars(module).get("revision"), str):
            return None
        return Script(module, vars(module)["revision"], str(path))


def _without_script(revision: str) -> Script:
    """The place in the history of a revision that no script has."""
    module = ModuleType(revision)

    def upgrade() -> None:
        raise LookupError(f"no script has the revision {revision}")

    vars(module).update(revision=revision, down_revision=None, upgrade=upgrade)
    return Script(module, revision, f"{revision}.py")


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value


def scripts(location: str) -> Scripts:
    """The script directory at a location. Raises ``ProfileError`` if there is none."""
    try:
        if not (Path(location) / "versions").is_dir():
            raise CommandError("it has no folder 'versions'")
        directory = Scripts(location)
        # Loads every script.
        directory.get_heads()
    except Exception as error:
        said = str(error) if isinstance(error, CommandError) else f"{type(error).__name__}: {error}"
        raise ProfileError(
            f"The migration scripts at {location} cannot be used: {said}.",
            "Correct script_location in the profile: the folder that has env.py and versions/.",
            object=location,
        ) from error
    return directory


def ordered(directory: ScriptDirectory) -> list[Script]:
    """Every script, parents before children."""
    return list(reversed(list(directory.walk_revisions())))


def title(script: Script) -> str:
    """A script's first line."""
    return script.doc.splitlines()[0] if script.doc else ""


def below(script: Script) -> tuple[str, ...]:
    """The revisions that have to run right before a script: those it revises or depends on."""
    found = (*script._normalized_down_revisions, *script._resolved_dependencies)
    return tuple(dict.fromkeys(found))


def read(directory: ScriptDirectory) -> list[Revision]:
    """Every revision, parents before children."""
    return [_read(script) for script in ordered(directory)]


def _read(script: Script) -> Revision:
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": StringIO()}
    )
    noted: list[ops.MigrateOperation] = []

    def note(operation: ops.MigrateOperation) -> sa.Table | None:
        noted.append(operation)
        return operation.to_table(context) if isinstance(operation, ops.CreateTableOp) else None

    unreadable = None
    with Operations.context(context) as operations:
        # Every function of alembic.op ends in this method of the object that stands behind it.
        operations.invoke = note  # type: ignore[method-assign, assignment]
        try:
            script.module.upgrade()
        except Exception as error:  # noqa: BLE001 - the application's code raises what it likes
            unreadable = f"{type(error).__name__}: {error}"
    return Revision(
        script.revision,
        title(script),
        below(script),
        tuple(noted),
        tuple(_table(op) for op in noted if isinstance(op, ops.CreateTableOp)),
        tuple(_table(op) for op in noted if isinstance(op, ops.DropTableOp | ops.RenameTableOp)),
        unreadable,
    )


def _table(operation: ops.CreateTableOp | ops.DropTableOp | ops.RenameTableOp) -> TableName:
    return TableName(operation.schema or "public", str(operation.table_name))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the tables say about the revision. ``true`` is None if they cannot tell."""

    evidence: tuple[RevisionEvidence, ...]
    true: str | None
    pending: tuple[str, ...]
    collisions: tuple[Collision, ...]


def compare(
    revisions: list[Revision],
    tables: Collection[TableName],
    claimed: tuple[str, ...],
    match: RevisionMatch | None = None,
) -> Reading:
    """Holds the revisions' tables against those that exist.

    What is pending depends on the revision that the whole catalog matched; without a match, on what
    the tables alone say. A revision holds if its tables, and those of all revisions before it, are
    there. The true revision is the claimed one if it holds, else the last before it that its own
    tables prove. It is never a later one: tables beyond the claim may be made by hand, and are
    collisions.
    """
    removed = {table for revision in revisions for table in revision.removed}
    holds: dict[str, bool] = {}
    proved: set[str] = set()
    evidence = []
    for revision in revisions:
        telling = [table for table in revision.created if table not in removed]
        missing = [table for table in telling if table not in tables]
        before = all(holds.get(parent, True) for parent in revision.down)
        holds[revision.id] = before and not missing
        if holds[revision.id] and telling and revision.unreadable is None:
            proved.add(revision.id)
        evidence.append(
            RevisionEvidence(
                revision.id,
                revision.title,
                tuple(str(table) for table in telling if table in tables),
                tuple(map(str, missing)),
                revision.id in claimed,
                holds[revision.id] if telling else None,
                revision.down,
            )
        )
    true = _true_revision(revisions, holds, proved, claimed)
    found = match.revisions if match is not None else ()
    applied = with_ancestors(revisions, *(found or ([true] if true else [])))
    pending = [revision for revision in revisions if revision.id not in applied]
    return Reading(
        tuple(evidence),
        true,
        tuple(revision.id for revision in pending),
        tuple(collisions(pending, tables)),
    )


def collisions(pending: list[Revision], tables: Collection[TableName]) -> Iterator[Collision]:
    """Tables that pending revisions would create, but that exist."""
    for revision in pending:
        there = [str(table) for table in revision.created if table in tables]
        if there:
            yield Collision(revision.id, revision.title, tuple(there))


def _true_revision(
    revisions: list[Revision],
    holds: dict[str, bool],
    proved: set[str],
    claimed: tuple[str, ...],
) -> str | None:
    history = with_ancestors(revisions, *claimed)
    unread = any(r.unreadable is not None for r in revisions if r.id in history)
    if len(claimed) == 1 and holds.get(claimed[0]) and not unread:
        return claimed[0]
    # The proved revisions that no other proved one comes after.
    candidates = proved & history
    covered: set[str] = set()
    for revision in candidates:
        covered |= with_ancestors(revisions, revision) - {revision}
    latest = candidates - covered
    return latest.pop() if len(latest) == 1 else None


def with_ancestors(revisions: list[Revision], *revision_ids: str) -> set[str]:
    """These revisions, as far as they are known, and all that come before them."""
    by_id = {found.id: found for found in revisions}
    seen: set[str] = set()
    waiting = [known for known in revision_ids if known in by_id]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += by_id[current].down
    return seen
