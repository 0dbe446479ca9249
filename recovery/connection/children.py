"""Programs of PostgreSQL's own, and how they get a password."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def password_file(password: str | None) -> Iterator[tuple[tuple[int, ...], dict[str, str]]]:
    """File descriptors and environment that give a libpq program its password.

    Where the system can, the file is only in memory: it cannot outlive the programs that use it.
    """
    if password is None:
        yield (), {}
        return
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    line = f"*:*:*:*:{escaped}\n".encode()
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        number = os.memfd_create("pgpass", 0)
        try:
            os.fchmod(number, 0o600)
            os.write(number, line)
            yield (number,), {"PGPASSFILE": f"/proc/self/fd/{number}"}
        finally:
            os.close(number)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pgpass"
        path.touch(mode=0o600)
        path.write_bytes(line)
        yield (), {"PGPASSFILE": str(path)}
