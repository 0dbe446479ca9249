"""The server's disk, where the server runs on this machine."""

import shutil
import sys
from pathlib import Path


def free_bytes(data_directory: str | None, system_identifier: str | None) -> int | None:
    """The free space for data and write-ahead log; None where it cannot be known from here.

    A folder of that name may belong to another server, or the server may run elsewhere: the
    system identifier is the first field of ``global/pg_control``.
    """
    if data_directory is None or system_identifier is None:
        return None
    folder = Path(data_directory)
    try:
        with (folder / "global" / "pg_control").open("rb") as control:
            found = int.from_bytes(control.read(8), sys.byteorder)
        if str(found) != system_identifier:
            return None
        return min(shutil.disk_usage(place).free for place in (folder, folder / "pg_wal"))
    except OSError:
        return None
