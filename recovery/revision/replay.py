"""What each revision leaves behind: the scripts are run on a scratch server, one by one.

Every revision is run on a database that stands at exactly the revisions below it, so branches get
databases of their own. What it changed is kept, and not the whole catalog: a statement's traces
(``queries/replay_log.sql``) say which relations to read again, and so a long history takes time in
proportion to its length.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import msgspec
import platformdirs
import psycopg
import sqlalchemy as sa
from alembic import __version__ as alembic_version
from alembic.script import Script
from sqlalchemy import __version__ as sqlalchemy_version

from recovery.catalog.structure import Part, Structure
from recovery.connection.interrupting import Watching, unwatched
from recovery.private import scratch
from recovery.revision.migration_scripts import Revision, Scripts, below, ordered, title
from recovery.revision.replay_database import ReplayDatabase
from recovery.words.errors import RecoveryError, in_a_line
from recovery.words.names import TableName

# Changes when what is kept of a replay does; and how many replays are kept.
_FORMAT = 2
_MOST_KEPT = 20


class Replayed(msgspec.Struct, frozen=True):
    """A revision and what it did. ``below`` are those that must have run before.

    ``changed`` is as it is afterwards, ``gone`` as it was; ``made`` are the tables that are new.
    ``silent``: it ran no statement at all, as a revision does that only joins branches.
    ``problem`` says why it was not replayed; then nothing is known of it.
    """

    revision: str
    title: str
    below: tuple[str, ...]
    changed: tuple[Part, ...] = ()
    gone: tuple[Part, ...] = ()
    made: tuple[str, ...] = ()
    silent: bool = False
    problem: str = ""


class Replay(msgspec.Struct, frozen=True):
    """A whole history, those below before those above. ``major`` is the scratch server's."""

    revisions: tuple[Replayed, ...]
    major: int

    def by_id(self) -> dict[str, Replayed]:
        """The revisions by their ids."""
        return {each.revision: each for each in self.revisions}

    def state(self, heads: Collection[str]) -> Structure:
        """What there is when these revisions and all below them have run."""
        wanted = with_below(self.by_id(), heads)
        standing: Structure = {}
        for each in self.revisions:
            if each.revision in wanted:
                apply(standing, each)
        return standing


def not_made(directory: Scripts, why: str, major: int) -> Replay:
    """The replay where there could be none."""
    return Replay(
        tuple(
            Replayed(script.revision, title(script), below(script), problem=why)
            for script in ordered(directory)
        ),
        major,
    )


def certain(read: list[Revision], replayed: Replay) -> list[Revision]:
    """What was read of the scripts, made certain by what they did."""
    known = replayed.by_id()
    made = []
    for revision in read:
        did = known[revision.id]
        if not did.problem:
            gone = {part.identity for part in did.gone if part.is_table and part.is_relation}
            revision = replace(
                revision,
                created=tuple(map(TableName.parse, did.made)),
                removed=tuple(map(TableName.parse, sorted(gone))),
                unreadable=None,
            )
        made.append(revision)
    return made


def apply(standing: Structure, revision: Replayed) -> set[str]:
    """Changes a structure as a revision does. Answers the groups that were touched."""
    for part in revision.gone:
        group = standing.get(part.group, {})
        group.pop(part.name, None)
        if not group:
            standing.pop(part.group, None)
    for part in revision.changed:
        standing.setdefault(part.group, {})[part.name] = part
    return {part.group for part in (*revision.gone, *revision.changed)}


def with_below(known: dict[str, Replayed], heads: Collection[str]) -> set[str]:
    """These revisions and all that come before them."""
    seen: set[str] = set()
    waiting = [head for head in heads if head in known]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += known[current].below
    return seen


def replay(
    directory: Scripts,
    *,
    major: int,
    roles: Collection[str] = (),
    search_path: str = "",
    check: Callable[[], None] = lambda: None,
    watching: Watching = unwatched,
) -> Replay:
    """Runs every script from the beginning, on a server of this major if there is one.

    ``roles`` are made before, for scripts that grant something to them; ``check`` is called between
    revisions and may raise, to cancel, and ``watching`` interrupts a script. A script that fails is
    named in the answer. What ran without a failure is kept in the user's cache, by the scripts'
    contents, and not run again. Raises ``Refused`` if no scratch server can be had.
    """
    tool = scratch.programs(major)
    kept = _kept(directory, tool.version, sorted(roles), search_path)
    if (known := _recalled(kept)) is not None:
        return known
    with scratch.start(tool, settings={"max_connections": "20"}) as server:
        server.make_roles(roles)
        first = ReplayDatabase.first(server, search_path, watching)
        found = Replay(_Replaying(directory, first, check).run(), tool.major)
    if not any(each.problem for each in found.revisions):
        _keep(kept, found)
    return found


def _kept(directory: Scripts, version: str, roles: list[str], search_path: str) -> Path:
    """Where this replay is kept: what it depends on is in the name."""
    digest = sha256(repr((_FORMAT, version, sqlalchemy_version, alembic_version)).encode())
    digest.update(repr((roles, search_path)).encode())
    for path in sorted(Path(directory.dir).rglob("*.py")):
        digest.update(repr(str(path.relative_to(directory.dir))).encode())
        digest.update(sha256(path.read_bytes()).digest())
    return platformdirs.user_cache_path("pg-rekey") / "replays" / f"{digest.hexdigest()}.json"


def _recalled(path: Path) -> Replay | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Replay)
    except (OSError, msgspec.MsgspecError):
        return None


def _keep(path: Path, found: Replay) -> None:
    """Keeps a replay. A cache that cannot be written costs time, and nothing else."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(msgspec.json.encode(found))
        Path(file.name).replace(path)
        oldest_last = sorted(path.parent.iterdir(), key=lambda each: -each.stat().st_mtime)
        for outdated in oldest_last[_MOST_KEPT:]:
            outdated.unlink()


class _Replaying:
    """One replay. Databases are copied where branches begin, and given up where nobody goes on."""

    def __init__(
        self, directory: Scripts, first: ReplayDatabase, check: Callable[[], None]
    ) -> None:
        self.directory = directory
        self.check = check
        self.scripts = ordered(directory)
        self.done: dict[str, Replayed] = {}
        self._at: dict[str | None, ReplayDatabase] = {None: first}

    def run(self) -> tuple[Replayed, ...]:
        """All scripts, in order."""
        depth: dict[str, int] = {}
        start: dict[str, str | None] = {}
        for script in self.scripts:
            under = below(script)
            # A merge starts where the longest way lies behind it; the rest is run again.
            start[script.revision] = max(under, key=lambda each: depth[each], default=None)
            depth[script.revision] = 1 + max((depth[each] for each in under), default=0)
        users = Counter(start.values())
        for script in self.scripts:
            self.check()
            revision, place = script.revision, start[script.revision]
            users[place] -= 1
            self.done[revision] = self._one(script, place, last=not users[place])
            if not users[revision] and revision in self._at:
                self._at.pop(revision).drop()
        for database in self._at.values():
            database.close()
        return tuple(self.done.values())

    def _one(self, script: Script, place: str | None, *, last: bool) -> Replayed:
        named = Replayed(script.revision, title(script), below(script))
        lacking = [each for each in named.below if self.done[each].problem]
        if script.revision in self.directory.unloadable:
            problem = f"it cannot be loaded: {self.directory.unloadable[script.revision]}"
        elif lacking:
            problem = f"it comes after {', '.join(lacking)}, which was not replayed"
        else:
            try:
                return self._run(script, named, place, last=last)
            except RecoveryError:
                raise
            except Exception as error:  # noqa: BLE001 - the application's code raises what it likes
                # What somebody interrupted has not failed.
                self.check()
                problem = reason(error)
        return msgspec.structs.replace(named, problem=problem)

    def _run(self, script: Script, named: Replayed, place: str | None, *, last: bool) -> Replayed:
        # A failure leaves a database in a state of its own; so others' is copied before.
        database = self._at.pop(place) if last else self._at[place].copy()
        known = with_below(self.done, [] if place is None else [place])
        missing = with_below(self.done, named.below) - known
        if missing:
            others = [other for other in self.scripts if other.revision in missing]
            database.upgrade(self.directory, others)
            database.changes()
        spoke = database.upgrade(self.directory, [script])
        done = database.changes()
        self._at[script.revision] = database
        return msgspec.structs.replace(
            named, changed=done.changed, gone=done.gone, made=done.made, silent=not spoke
        )


def reason(error: Exception) -> str:
    """Why a script failed, with the server's SQLSTATE if it was a statement."""
    origin = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(origin, psycopg.Error):
        return in_a_line(origin)
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]
