"""The password comes from where libpq has it, and goes nowhere else."""

import os
import sys
import tarfile
from pathlib import Path

import pytest

from recovery.record.events import TargetConfirmed
from recovery.record.folders import STATE_VARIABLE
from tests.cli.processes import ended, in_the_way, is_waiting, runner_of
from tests.cli.program import Shell
from tests.conftest import Database
from tests.waiting import until


def password_from(shell: Shell) -> str:
    """Where the newest session says that its password came from."""
    confirmed = shell.history().last(TargetConfirmed)
    assert confirmed is not None
    return confirmed.password_from


def test_the_password_file_is_used(shell: Shell, small: Database) -> None:
    shell.profile(small)
    shell.remember(small)

    assert shell.run_alone("investigate").code == 0
    assert password_from(shell) == "libpq's own sources"


def test_the_environments_password_is_used(shell: Shell, small: Database) -> None:
    shell.profile(small)

    assert shell.run_alone("investigate", PGPASSWORD=small.password).code == 0
    assert password_from(shell) == "libpq's own sources"


def test_a_service_file_is_used(shell: Shell, small: Database, tmp_path: Path) -> None:
    file = tmp_path / "services.conf"
    file.write_text(
        f"[prod]\nhost=127.0.0.1\nport={small.server.port}\nuser=postgres\n"
        f"dbname={small.name}\npassword={small.password}\n"
    )
    ended_well = shell.run_alone(
        "investigate",
        *("--dsn", "service=prod", "--database", small.name, "--key", "users.id=varchar(36)"),
        PGSERVICEFILE=str(file),
    )

    assert ended_well.code == 0
    assert f"database   {small.name} on 127.0.0.1:{small.server.port}" in ended_well.out
    assert password_from(shell) == "libpq's own sources"


def test_the_environment_alone_can_say_where_the_database_is(shell: Shell, small: Database) -> None:
    ended_well = shell.run_alone(
        "investigate",
        *("--database", small.name, "--key", "users.id=varchar(36)"),
        PGHOST="127.0.0.1",
        PGPORT=str(small.server.port),
        PGUSER="postgres",
        PGDATABASE=small.name,
        PGPASSWORD=small.password,
    )

    assert ended_well.code == 0
    assert f"{small.name} on 127.0.0.1:{small.server.port}" in ended_well.out


def test_standard_input_is_used_if_asked(shell: Shell, small: Database) -> None:
    shell.profile(small)

    given = shell.run_alone("investigate", "--password-stdin", typed=f"{small.password}\n")
    assert given.code == 0
    assert password_from(shell) == "typed"


def test_the_password_is_in_no_file_of_the_session(shell: Shell, small: Database) -> None:
    shell.planned(small)
    typed = f"{small.password}\n"

    assert shell.run_alone("backup", "--password-stdin", typed=typed).code == 0
    convert = ("convert", "--confirm", small.name, "--rollback", "--password-stdin")
    assert shell.run_alone(*convert, *shell.approving(), typed=typed).code == 1
    assert shell.run_alone("report").code == 0
    packed = shell.run_alone("bundle", "--output", "evidence.tar.gz")
    assert packed.out.endswith("Saved to evidence.tar.gz; nothing secret is in it.\n")

    unpacked = Path(os.environ[STATE_VARIABLE]) / "unpacked"
    with tarfile.open(shell.folder / "evidence.tar.gz") as bundle:
        bundle.extractall(unpacked, filter="data")
    names = {path.name for path in unpacked.rglob("*")}
    assert {"journal.sqlite3", "plan.sql", "sql.log", "runner.log", "report.json"} <= names
    files = shell.state_files()
    assert {"plan.sql", "sql.log", "report.md", "journal.sqlite3", "manifest.json"} <= {
        file.name for file in files
    }
    assert [file for file in files if small.password.encode() in file.read_bytes()] == []
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_runner_has_the_password_in_neither_environment_nor_arguments(
    shell: Shell, small: Database
) -> None:
    shell.planned(small)
    Path(os.environ["PGPASSFILE"]).unlink()

    with in_the_way(small) as get_out_of_the_way:
        client = shell.start(
            *("convert", "--confirm", small.name, "--rollback", "--backup-attested", "at noon"),
            *shell.approving(),
            PGPASSWORD=small.password,
        )
        until(lambda: is_waiting(small))
        runner = until(lambda: runner_of(client))
        environment = Path(f"/proc/{runner}/environ").read_bytes().split(b"\0")
        arguments = Path(f"/proc/{runner}/cmdline").read_bytes()
        get_out_of_the_way()
        assert ended(client).code == 1

    names = {variable.partition(b"=")[0] for variable in environment}
    assert b"PATH" in names
    assert b"PGPASSWORD" not in names
    secret = small.password.encode()
    assert secret not in b"".join(environment)
    assert secret not in arguments
