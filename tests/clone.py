"""A physical copy of a running server: it differs in nothing but where it runs, and since when."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import psycopg

from recovery.private.scratch import Server
from tests.waiting import until


class Clone:
    """A copy of a quiet server, listening on 127.0.0.1, as ``server``. It goes when this ends."""

    def __init__(self, original: Server) -> None:
        with original.connect(autocommit=True) as conn:
            conn.execute("CHECKPOINT")
        self._folder = Path(tempfile.mkdtemp(prefix="pg-rekey-clone-", dir=original.folder.parent))
        self._data = self._folder / "data"
        self._owner = (original.folder / "data").stat()
        # Files of a running server may vanish while they are listed; none of those is needed.
        with suppress(shutil.Error):
            shutil.copytree(
                original.folder / "data",
                self._data,
                ignore=shutil.ignore_patterns("postmaster.pid"),
            )
        self._data.chmod(0o700)
        if os.geteuid() == 0:
            for path in (self._folder, self._data, *self._data.rglob("*")):
                os.chown(path, self._owner.st_uid, self._owner.st_gid, follow_symlinks=False)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.server = replace(original, port=probe.getsockname()[1], tcp=True)
        self._start()

    def _start(self) -> None:
        as_root = os.geteuid() == 0
        settings = {
            "port": self.server.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
        }
        self._process = subprocess.Popen(
            [
                *(str(self.server.installation.program("postgres")), "-D", str(self._data)),
                *(part for name, said in settings.items() for part in ("-c", f"{name}={said}")),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self._owner.st_uid if as_root else None,
            group=self._owner.st_gid if as_root else None,
            extra_groups=[] if as_root else None,
            cwd=self._folder,
        )
        until(lambda: self._is_up() or None)

    def _is_up(self) -> bool:
        try:
            self.server.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def restart(self) -> None:
        """Stops the copy, with whoever is connected, and starts it again where it was."""
        self._process.send_signal(2)
        self._process.wait()
        self._start()

    def __enter__(self) -> "Clone":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.send_signal(2)
        self._process.wait()
        shutil.rmtree(self._folder)
