"""A dump that can be trusted: the right pg_dump, read whole after it is written, with a manifest.

The dump and the row counts in the manifest are of the same snapshot, so a restore can be compared
with them exactly.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from psycopg.conninfo import make_conninfo

from queries import ask_one
from queries.rows import RestoringRow
from recovery.catalog import catalog
from recovery.connection.children import dialed, start_program
from recovery.connection.evaluating import evaluating
from recovery.conversion import contents
from recovery.private import installations
from recovery.private.installations import Installation
from recovery.record.events import (
    BackupAttested,
    BackupFile,
    BackupFormat,
    BackupMade,
    BackupProgress,
    Identity,
)
from recovery.record.journal import Journal
from recovery.server.control import Control
from recovery.server.door import Door
from recovery.server.lock_waits import LockWaits
from recovery.server.pg_dump import WAITING, choose, exported_snapshot
from recovery.steps import restorability
from recovery.words import foreign
from recovery.words.errors import Refused

_SUFFIX = {"custom": ".dump", "directory": ".dir"}
_DUMPING = re.compile(r'dumping contents of table "?(.+?)"?$')
# Room is needed for the dump; compressed, it is rarely larger than half of the database.
_LIKELY_SHARE = 0.5
# The first version that has a setting of this name.
_TRANSACTION_TIMEOUT = 17
# How often progress is journaled, in seconds.
_TELL_EVERY = 0.5


@dataclass
class Backup:
    """One attempt at a backup into ``folder``, which is made for it.

    ``search_path`` is the profile's, for what PostgreSQL evaluates while rows are counted.
    """

    door: Door
    identity: Identity
    journal: Journal
    control: Control
    folder: Path
    format: BackupFormat
    jobs: int = 2
    search_path: str = ""

    def run(self) -> BackupMade:
        """Dumps, verifies, describes. Raises ``RecoveryError`` and leaves no half backup."""
        tool = choose(installations.for_backups(), self.identity)
        final = self._final()
        partial = final.with_name(final.name + ".partial")
        started = datetime.now(UTC)
        with (
            self.door.connect() as conn,
            LockWaits(self.door, self.journal, conn),
            self.control.watching(conn),
        ):
            snapshot = exported_snapshot(conn)
            found = catalog.read(conn)
            tables = found.tables_with_rows()
            restoring = ask_one(conn, "restoring", RestoringRow)
            try:
                self._dump(tool, partial, snapshot, len(tables))
                self._read_whole(tool, partial)
                row_counts = {}
                with evaluating(conn, self.search_path or found.search_path):
                    for table in tables:
                        self.control.check()
                        row_counts[str(table)] = contents.count_own_rows(conn, table)
                failing = tuple(restorability.not_restored(conn, self.control.check))
            except BaseException:
                _remove(partial)
                raise
        partial.rename(final)
        made = BackupMade(
            folder=str(self.folder),
            format=self.format,
            tool=str(tool.program("pg_dump")),
            tool_version=tool.version,
            server_version=self.identity.server_version_text,
            database=self.identity.database,
            files=tuple(_files(final, self.folder)),
            row_counts=row_counts,
            restore_command=restore_command(
                tool, self.identity, restoring, self._place(restoring), final, jobs=self._jobs
            ),
            started=started,
            finished=datetime.now(UTC),
            not_restored=failing,
        )
        self._write_manifest(made)
        return made

    @property
    def _jobs(self) -> tuple[str, ...]:
        return ("--jobs", str(self.jobs)) if self.format == "directory" else ()

    def _place(self, restoring: RestoringRow) -> tuple[str, ...]:
        """Which server, and as whom: as the role that signed in, if it could restore everything."""
        own = self.door.address.parameters["user"]
        who = own if restoring.able else restoring.administrator or own
        place = ("--host", self.identity.host, "--port", str(self.identity.port))
        return (*place, "--username", who)

    def _final(self) -> Path:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise _disk(error, self.folder) from error
        if free < self.identity.size_bytes * _LIKELY_SHARE:
            raise Refused(
                f"{free / 1e6:.0f} MB are free for a dump of a database of "
                f"{self.identity.size_bytes / 1e6:.0f} MB.",
                "Free space or name another folder with PG_REKEY_STATE, or attest another backup.",
                object=str(self.folder),
            )
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        return self.folder / f"{stamp}{_SUFFIX[self.format]}"

    def _dump(self, tool: Installation, partial: Path, snapshot: str, tables: int) -> None:
        command = [tool.program("pg_dump"), "--format", self.format, "--file", partial]
        command += [*self._jobs, *WAITING]
        with dialed(self.door.address, self.door.password) as to:
            dumping = start_program([*command, "--snapshot", snapshot, "--verbose"], to)
            done, told = 0, time.monotonic()
            self.journal.append(BackupProgress(0, tables, "", 0))
            for line in self._lines(dumping):
                if (found := _DUMPING.search(line)) is not None:
                    done += 1
                    # Thousands of small tables are dumped in a second; nobody reads that fast.
                    if done == tables or time.monotonic() - told > _TELL_EVERY:
                        told = time.monotonic()
                        size = _size(partial)
                        self.journal.append(BackupProgress(done, tables, found[1], size))

    def _read_whole(self, tool: Installation, partial: Path) -> None:
        """Listing an archive notices no damage; writing all of it out as SQL does."""
        command = [tool.program("pg_restore"), "--file", os.devnull, partial]
        for _ in self._lines(start_program(command)):
            pass

    def _lines(self, process: "subprocess.Popen[bytes]") -> Iterator[str]:
        """What a program says, line by line; raises ``Refused`` with its last words if it fails."""
        assert process.stderr is not None
        last: list[str] = []
        try:
            with self.control.ending(process):
                for said in process.stderr:
                    line = said.decode(errors="replace")
                    self.control.check()
                    if "error:" in line or "detail:" in line or "hint:" in line:
                        last.append(line.strip())
                    yield line.rstrip()
                code = process.wait()
        finally:
            process.kill()
            process.wait()
            process.stderr.close()
        self.control.check()
        if code != 0:
            ending = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
            why = " ".join(last) or f"it ended with {ending}"
            raise Refused(
                f"{Path(str(process.args[0])).name} failed: {why}",  # type: ignore[index]
                "Free disk space and try again."
                if "No space left" in why or "File too large" in why or "SIGXFSZ" in why
                else "Read its message; the database was only read, nothing has changed.",
                object=str(self.folder),
            )

    def _write_manifest(self, made: BackupMade) -> None:
        manifest = self.folder / "manifest.json"
        manifest.touch(mode=0o600)
        text = foreign.as_json(msgspec.to_builtins(made), indent=2)
        manifest.write_text(text, encoding="ascii")


def restore_command(
    tool: Installation,
    identity: Identity,
    restoring: RestoringRow,
    place: tuple[str, ...],
    dump: Path,
    *,
    jobs: tuple[str, ...] = (),
) -> str:
    """What a POSIX shell restores a dump with, into a new database beside the one it is of.

    ``place`` says on which server, and as whom. It ends with another exit code than 0 if anything
    could not be restored. With a name that is not all seen, it is for bash, zsh and ksh.
    """
    name = f"{identity.database}_restored"
    create = [tool.program("createdb"), *place, "--owner", restoring.owner]
    create += ["--template", "template0", name]
    # A name alone would be taken for a connection string if there is "=" in it.
    into = [*place, "--dbname", make_conninfo(dbname=name)]
    restore = [tool.program("pg_restore"), *into, "--exit-on-error", *jobs, dump]
    if (
        tool.major < _TRANSACTION_TIMEOUT
        or identity.server_version // 10_000 >= _TRANSACTION_TIMEOUT
    ):
        return f"{_shown(create)} && {_shown(restore)}"
    # pg_restore begins with a setting that this server does not know, and has no option against it:
    # so psql is given what it writes, without that line. Where it fails, what it has written ends
    # with something that makes psql fail, too, also in the middle of a table.
    write = [tool.program("pg_restore"), "--file", "-", dump]
    read = [tool.program("psql"), *into, "--no-psqlrc", "--quiet", "--output", os.devnull]
    read += ["--set", "ON_ERROR_STOP=1"]
    return (
        f"{_shown(create)} && "
        f"{{ {_shown(write)} || printf '\\\\.\\npg_restore failed;\\n'; }} | "
        f"sed '1,25{{/^SET transaction_timeout = 0;$/d;}}' | {_shown(read)}"
    )


def _shown(command: Sequence[object]) -> str:
    return " ".join(foreign.shell(str(word)) for word in command)


def trusted(kept: BackupMade | BackupAttested | None) -> BackupMade | BackupAttested | None:
    """The backup that something is written on the strength of. Raises ``Refused`` if it is damaged.

    Its files are read again; what is attested is the operator's word.
    """
    if isinstance(kept, BackupMade):
        for damage in verify_files(kept):
            raise Refused(f"The backup cannot be trusted: {damage}.", "Make a new one.")
    return kept


def not_there(made: BackupMade) -> Iterator[str]:
    """What is missing of a backup's files, or has another size: it takes no time to see that."""
    for file in made.files:
        path = Path(made.folder) / file.path
        try:
            size = path.stat().st_size
        except OSError as error:
            yield f"{path} is not there ({error.strerror})"
        else:
            if size != file.bytes:
                yield f"{path} is not as it was written"


def verify_files(made: BackupMade) -> Iterator[str]:
    """What is wrong with a backup's files now, held against the manifest."""
    for file in made.files:
        path = Path(made.folder) / file.path
        if not path.exists():
            yield f"{path} is not there"
        elif _sha256(path) != file.sha256:
            yield f"{path} is not as it was written"


def _disk(error: OSError, place: Path) -> Refused:
    return Refused(
        f"The backup's folder cannot be written: {error.strerror}.",
        "Free disk space, or name another folder with PG_REKEY_STATE.",
        object=str(place),
    )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _all_files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in _all_files(path) if p.exists())


def _files(final: Path, folder: Path) -> Iterator[BackupFile]:
    for path in _all_files(final):
        path.chmod(0o600)
        yield BackupFile(str(path.relative_to(folder)), path.stat().st_size, _sha256(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
