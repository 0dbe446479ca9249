"""What an application's SQLAlchemy models make: created on a scratch server, and read there.

The models are imported in a process of their own (``metadata_child``) by the application's
interpreter. Nothing of the application runs in pg-rekey, and it is given no connection.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from recovery.catalog import structure
from recovery.catalog.structure import Structure
from recovery.connection.children import without_password
from recovery.connection.settings import PINNED
from recovery.private import scratch
from recovery.private.scratch import Server
from recovery.revision import metadata_child
from recovery.words.composing import composed, written
from recovery.words.errors import Refused, in_a_line
from recovery.words.names import TableName
from recovery.words.profile import MetadataSection

# How long the application may take to be imported, in seconds.
LIMIT = 120.0
_EVERY = 0.1
_LONGEST_STATEMENT = 120
_REMEDY = (
    "Correct [metadata] in the profile, or set the environment variables that the application "
    "reads before you start pg-rekey. Until then only the profile says which types keys should "
    "have."
)


@dataclass(frozen=True, slots=True)
class Models:
    """What the models make. ``failed`` are statements that the server refused, and why."""

    structure: Structure
    failed: tuple[str, ...]

    @property
    def tables(self) -> frozenset[TableName]:
        """The tables that were made."""
        return frozenset(
            TableName.parse(part.identity)
            for parts in self.structure.values()
            for part in parts.values()
            if part.is_table
        )


class _Answer(msgspec.Struct, frozen=True):
    schemas: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    error: str = ""


def read(
    section: MetadataSection,
    *,
    major: int,
    roles: Collection[str] = (),
    extensions: Collection[str] = (),
    check: Callable[[], None] = lambda: None,
) -> Models:
    """What the models make, on a server of this major if there is one.

    ``roles`` and ``extensions`` (names as SQL writes them) are made before, as far as they can be.
    ``check`` is called meanwhile and may raise, to cancel. Raises ``Refused`` if the models cannot
    be imported, or no scratch server can be had.
    """
    models = _imported(section, check)
    with scratch.start(scratch.programs(major)) as server:
        server.make_roles(roles)
        for extension in extensions:
            _add(server, extension)
        failed = _created(server, models, check)
        with server.connect(autocommit=True, settings=PINNED) as conn:
            parts = structure.read_relations(conn)
            return Models(structure.grouped(part for _, part in parts), tuple(failed))


def _imported(section: MetadataSection, check: Callable[[], None]) -> _Answer:
    """What the child process answers."""
    python = section.python or sys.executable
    if section.folder and not Path(section.folder).is_dir():
        raise Refused(f"There is no folder {section.folder}.", _REMEDY, object=section.folder)
    with tempfile.TemporaryFile() as answered, tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                # Without compiled files: nothing is written into the application's folder.
                [python, "-B", metadata_child.__file__, section.source, str(answered.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                pass_fds=(answered.fileno(),),
                cwd=section.folder or None,
                env=without_password(),
                start_new_session=True,
            )
        except OSError as error:
            raise Refused(
                f"{python} cannot be run: {error.strerror}.", _REMEDY, object=python
            ) from error
        _wait(process, section, check)
        answered.seek(0)
        said.seek(0)
        try:
            answer = msgspec.json.decode(answered.read(), type=_Answer)
        except msgspec.MsgspecError as error:
            lines = said.read().decode(errors="replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
            code = process.returncode
            ending = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            raise Refused(
                f"{python} ended with {ending} while it imported {section.source}, without an "
                f"answer; the last that it said: {last[:300]}.",
                _REMEDY,
                object=python,
            ) from error
    if answer.error:
        raise Refused(f"{answer.error}.", _REMEDY, object=section.source)
    return answer


def _wait(
    process: "subprocess.Popen[bytes]", section: MetadataSection, check: Callable[[], None]
) -> None:
    """Until the process has ended. It is killed, with its children, if that takes too long."""
    ends = time.monotonic() + LIMIT
    try:
        while time.monotonic() < ends:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_EVERY)
                return
            check()
        raise Refused(
            f"{section.source} was not imported within {LIMIT:.0f} seconds.",
            "Name a module that only has models: one that waits for a service or starts the "
            f"application is none. {_REMEDY}",
            object=section.source,
        )
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _add(server: Server, extension: str) -> None:
    """Adds an extension if it can be had. What lacks it fails later, and is named then."""
    with suppress(psycopg.Error), server.connect(autocommit=True) as conn:
        name = written(extension)
        conn.execute(composed("CREATE EXTENSION IF NOT EXISTS {name} CASCADE", name=name).encode())


def _created(server: Server, models: _Answer, check: Callable[[], None]) -> list[str]:
    """Runs the statements. Answers what failed, as lines."""
    make = "CREATE SCHEMA IF NOT EXISTS {name}"
    schemas = [composed(make, name=sql.Identifier(schema)) for schema in models.schemas]
    failed = []
    with server.connect(autocommit=True) as conn:
        for statement in (*schemas, *models.statements):
            check()
            try:
                conn.execute(statement.encode())
            except psycopg.Error as error:
                begin = " ".join(statement.split())[:_LONGEST_STATEMENT]
                failed.append(f"{in_a_line(error)}, in: {begin}")
    return failed
