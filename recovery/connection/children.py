"""The processes that are started: nothing reaches them but what they are given.

A program of PostgreSQL's gets a complete connection string, and its secrets by files that others
cannot read; libpq's variables do not reach it. A program in Python does not import from the folder
it happens to start in.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import make_conninfo

from recovery.connection.address import Address
from recovery.connection.settings import PINNED, as_options

_SERVICE = "pg-rekey"
# A process's standard streams; see ``subprocess``.
Stream = int | IO[Any]


@dataclass(frozen=True, slots=True)
class Dialed:
    """What a program of PostgreSQL's needs to connect: arguments, inherited files, variables."""

    arguments: tuple[str, ...]
    files: tuple[int, ...]
    variables: Mapping[str, str]


@contextmanager
def dialed(address: Address, password: str | None) -> Iterator[Dialed]:
    """How a program comes to an address, while this lasts; it never asks for a password."""
    options = [address.parameters.get("options", ""), as_options(PINNED)]
    conninfo = make_conninfo(address.conninfo_for_programs, options=" ".join(filter(None, options)))
    with ExitStack() as kept:
        files: list[int] = []
        variables: dict[str, str] = {}
        if password is not None:
            escaped = password.replace("\\", "\\\\").replace(":", "\\:")
            variables["PGPASSFILE"] = kept.enter_context(_secret(f"*:*:*:*:{escaped}\n", files))
        if address.secrets:
            said = "".join(f"{name}={value}\n" for name, value in address.secrets.items())
            path = kept.enter_context(_secret(f"[{_SERVICE}]\n{said}", files))
            variables["PGSERVICEFILE"] = path
            conninfo = make_conninfo(conninfo, service=_SERVICE)
        yield Dialed(("--no-password", "--dbname", conninfo), tuple(files), variables)


@contextmanager
def _secret(text: str, files: list[int]) -> Iterator[str]:
    """The path of a file that only we and our children read; its descriptor joins ``files``.

    Where the system can, the file is only in memory: it cannot outlive the programs that use it.
    """
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        number = os.memfd_create("secret", 0)
        try:
            os.fchmod(number, 0o600)
            os.write(number, text.encode())
            files.append(number)
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "secret"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        yield str(path)


def start_program(
    command: Sequence[object],
    to: Dialed | None = None,
    *,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream = subprocess.PIPE,
) -> "subprocess.Popen[bytes]":
    """Starts a program of PostgreSQL's, which speaks English and knows nothing of our environment.

    ``command`` is its words and paths; behind them is put where it connects to, if it does.
    """
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.Popen(
        [*map(str, command), *(() if to is None else to.arguments)],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=() if to is None else to.files,
        env={**theirs, **({} if to is None else to.variables), "LC_ALL": "C"},
    )


def run_program(
    command: Sequence[object], to: Dialed | None = None, given: bytes = b""
) -> tuple[int, bytes, bytes]:
    """Runs a program to its end: its exit code, and what it wrote to its two outputs."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with start_program(command, to, **streams) as process:
        said, complained = process.communicate(given)
        return process.returncode, said, complained


def python_module(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours by our own interpreter.

    ``-P``: without it, the current folder would be the first place where each import is looked for.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def without_password() -> dict[str, str]:
    """Our environment for a child in which other people's code runs."""
    return {name: value for name, value in os.environ.items() if name != "PGPASSWORD"}
