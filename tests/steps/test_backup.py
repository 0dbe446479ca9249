"""A backup is the right tool's, whole, described, and restores; anything less is refused."""

import hashlib
import json
import os
import resource
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from recovery.private.installations import Installation
from recovery.record import decisions
from recovery.record import events as e
from recovery.record.history import StepState
from recovery.server.door import sign_in
from recovery.server.pg_dump import choose
from recovery.steps.backup import verify_files
from recovery.words.errors import Refused
from tests.conftest import Database, profile_for
from tests.recovering import ME, Recovery, contents_of, schema_of

TABLES = """
CREATE TABLE users (id uuid PRIMARY KEY, name text);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid REFERENCES users);
INSERT INTO users SELECT md5(g::text)::uuid, repeat(md5(g::text), 20)
  FROM generate_series(1, 2000) g;
INSERT INTO notes SELECT g, md5(g::text)::uuid FROM generate_series(1, 2000) g;
"""


def made_by(recovery: Recovery) -> e.BackupMade:
    made = recovery.session.history().last(e.BackupMade)
    assert made is not None
    return made


@pytest.mark.parametrize("format_", ["custom", "directory"])
def test_it_restores_to_the_same_database(database: Database, format_: e.BackupFormat) -> None:
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    assert recovery.client.back_up(format_) == 0
    made = made_by(recovery)
    assert made.row_counts == {"users": 2000, "notes": 2000}
    assert recovery.session.history().state_of(e.Step.BACKUP) is StepState.DONE
    restored = Database(database.server, f"{database.name}_restored")
    for part in made.restore_command.split(" && "):
        subprocess.run(shlex.split(part), env=database.environment, check=True)
    try:
        assert schema_of(restored) == schema_of(database)
        assert contents_of(restored) == contents_of(database)
    finally:
        with database.server.connect(autocommit=True) as conn:
            conn.execute(f"DROP DATABASE {restored.name} WITH (FORCE)")


def test_the_manifest_names_every_file_with_its_hash(database: Database) -> None:
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    recovery.client.back_up("directory")
    folder = recovery.session.backup_folder
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = {file["path"]: file["sha256"] for file in manifest["files"]}
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert there == {*listed, "manifest.json"}
    for path, digest in listed.items():
        assert hashlib.sha256((folder / path).read_bytes()).hexdigest() == digest
        assert (folder / path).stat().st_mode & 0o077 == 0
    assert manifest["restore_command"] == made_by(recovery).restore_command


def test_a_later_change_of_the_files_is_noticed(database: Database) -> None:
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    recovery.client.back_up("custom")
    made = made_by(recovery)
    assert list(verify_files(made)) == []
    file = Path(made.folder) / made.files[0].path
    with file.open("r+b") as dump:
        dump.seek(file.stat().st_size // 2)
        dump.write(b"\x00")
    assert list(verify_files(made)) == [f"{file} is not as it was written"]
    assert recovery.client.convert(database.name, commit=True, attested=None, gate_seconds=60) == 4
    assert "is not as it was written" in recovery.problem.what
    file.unlink()
    assert list(verify_files(made)) == [f"{file} is not there"]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """A limit on files' sizes in bytes, for this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_dump_that_cannot_be_written_whole_leaves_nothing(database: Database) -> None:
    database.execute(TABLES)
    database.execute(
        "CREATE TABLE bulk AS SELECT md5(g::text) || md5((-g)::text) "
        "FROM generate_series(1, 60000) g"
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    with largest_file(1_000_000):
        assert recovery.client.back_up("custom") == 4
    assert recovery.problem.what.startswith("pg_dump failed")
    assert "Free disk space" in recovery.problem.remedy
    assert list(recovery.session.backup_folder.iterdir()) == []
    assert recovery.session.history().backup is None
    assert recovery.client.back_up("custom") == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_is_said_and_nothing_is_lost(database: Database, tmp_path: Path) -> None:
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    folder = recovery.session.backup_folder
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        assert recovery.client.back_up("custom") == 4
        assert recovery.problem.object == str(folder)
        assert "Free" in recovery.problem.remedy
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert recovery.client.back_up("custom") == 0


def _installation(major: int, *, embedded: bool = False) -> Installation:
    return Installation(Path(f"/programs/{major}"), major, f"{major}.1", embedded)


def _identity(database: Database, **changes: object) -> e.Identity:
    found = sign_in(profile_for(database), database.password).identity
    return msgspec.structs.replace(found, **changes)


def test_the_oldest_tool_that_is_not_older_than_the_server_is_chosen(database: Database) -> None:
    identity = _identity(database, server_version=150004, server_version_text="15.4", tls=False)
    found = [_installation(major) for major in (18, 14, 16, 15, 17)]
    assert choose(found, identity).major == 15
    assert choose([found[0], found[2]], identity).major == 16


def test_tools_that_are_too_old_are_refused_by_name(database: Database) -> None:
    identity = _identity(database, server_version=170002, server_version_text="17.2", tls=False)
    with pytest.raises(Refused) as refused:
        choose([_installation(15), _installation(16)], identity)
    problem = refused.value.problem
    assert "No pg_dump here can dump PostgreSQL 17.2" in problem.what
    assert "15.1 (/programs/15), 16.1 (/programs/16)" in problem.remedy
    assert "PostgreSQL 17 or newer" in problem.remedy


def test_no_tool_at_all_is_refused(database: Database) -> None:
    with pytest.raises(Refused, match="No pg_dump here can dump"):
        choose([], _identity(database, tls=False))


def test_the_embedded_tools_are_no_choice_over_tls(database: Database) -> None:
    identity = _identity(database, server_version=160001, server_version_text="16.1", tls=True)
    with pytest.raises(Refused, match="over TLS"):
        choose([_installation(18, embedded=True)], identity)
    found = [_installation(18, embedded=True), _installation(18)]
    assert not choose(found, identity).embedded


def test_an_attested_backup_needs_words(database: Database) -> None:
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    with pytest.raises(Refused):
        decisions.attest_backup(recovery.session, "  yes ", ME)
    decisions.attest_backup(recovery.session, "provider snapshot of 02:10 UTC", ME)
    assert recovery.session.history().backup == e.BackupAttested(
        "provider snapshot of 02:10 UTC", ME
    )
