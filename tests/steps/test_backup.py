"""A backup is the right tool's, whole, described, and restores; anything less is refused."""

import hashlib
import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from recovery.private import installations, scratch
from recovery.private.installations import Installation
from recovery.record import decisions
from recovery.record import events as e
from recovery.record.history import StepState
from recovery.record.session import Session
from recovery.server.door import sign_in
from recovery.server.pg_dump import choose
from recovery.steps.backup import verify_files
from recovery.steps.launch import refuse_too_early
from recovery.steps.runner import perform
from recovery.words import foreign
from recovery.words.errors import Refused
from recovery.words.profile import parse
from tests.conftest import (
    Database,
    installation_of,
    kinds_of_servers,
    new_database,
    profile_for,
)
from tests.recovering import ME, Recovery, contents_of, made_long_ago, schema_of

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


def _pairings() -> list[tuple[Installation, str]]:
    """Every pg_dump that is here, with every kind of server that it can dump."""
    return [
        (tool, kind)
        for tool in installations.for_backups()
        for kind in kinds_of_servers()
        if tool.major >= installation_of(kind).major
    ]


EACH_PAIRING = pytest.mark.parametrize(
    ("tool", "kind"),
    _pairings(),
    ids=lambda each: each if isinstance(each, str) else f"pg_dump {each.version}",
)


@contextmanager
def _restored(database: Database, made: e.BackupMade) -> Iterator[Database]:
    """What the restore command makes, run in a shell as it stands in the manifest."""
    manifest = json.loads((Path(made.folder) / "manifest.json").read_text())
    # What nobody would see has escapes in it, which not every "sh" knows.
    shell = "bash" if "$'" in manifest["restore_command"] else "sh"
    command = [shell, "-c", manifest["restore_command"]]
    restored = Database(database.server, f"{database.name}_restored")
    try:
        subprocess.run(command, env=database.environment, check=True)
        yield restored
    finally:
        with database.server.connect(autocommit=True) as conn:
            conn.execute(f'DROP DATABASE IF EXISTS "{restored.name}" WITH (FORCE)')


@pytest.mark.parametrize("format_", ["custom", "directory"])
@EACH_PAIRING
def test_it_restores_to_the_same_database(
    tool: Installation,
    kind: str,
    format_: e.BackupFormat,
    server_of: Callable[[str], scratch.Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(installations, "for_backups", lambda: [tool])
    with new_database(server_of(kind)) as database:
        database.execute(TABLES)
        recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
        options = recovery.options(backup_format=format_)
        assert perform(recovery.session, e.Step.BACKUP, options) == 0, recovery.problem
        made = made_by(recovery)
        assert made.row_counts == {"users": 2000, "notes": 2000}
        assert made.tool == str(tool.program("pg_dump"))
        assert recovery.session.history().state_of(e.Step.BACKUP) is StepState.DONE
        with _restored(database, made) as restored:
            monkeypatch.undo()
            assert schema_of(restored) == schema_of(database)
            assert contents_of(restored) == contents_of(database)


@EACH_PAIRING
def test_a_restore_that_fails_says_so(
    tool: Installation,
    kind: str,
    server_of: Callable[[str], scratch.Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(installations, "for_backups", lambda: [tool])
    with new_database(server_of(kind)) as database:
        database.execute(TABLES)
        recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
        assert perform(recovery.session, e.Step.BACKUP, recovery.options()) == 0
        made = made_by(recovery)
        dump = Path(made.folder) / made.files[0].path
        whole = dump.read_bytes()
        dump.write_bytes(whole[: len(whole) // 2])

        with pytest.raises(subprocess.CalledProcessError), _restored(database, made):
            pass


OWNER = """
CREATE ROLE {owner} LOGIN PASSWORD '{password}';
ALTER DATABASE {database} OWNER TO {owner};
ALTER SCHEMA public OWNER TO {owner};
SET ROLE {owner};
"""


@pytest.mark.parametrize("may_create", [False, True])
def test_an_owners_backup_restores_too(database: Database, may_create: bool) -> None:
    owner = f"owner_of_{database.name}"
    database.execute(
        OWNER.format(owner=owner, database=database.name, password=database.password) + TABLES
    )
    if may_create:
        database.execute(f"ALTER ROLE {owner} CREATEDB")
    dsn = make_conninfo(database.dsn, user=owner)
    profile = parse(
        f'environment = "test"\n[target]\ndsn = "{dsn}"\ndatabase = "{database.name}"\n'
        '[keys]\n"users.id" = "varchar(36)"\n'
    )
    recovery = Recovery(database, profile).planned()
    assert recovery.client.back_up("custom") == 0
    made = made_by(recovery)

    who = owner if may_create else "postgres"
    assert f"--username {who}" in made.restore_command
    with _restored(database, made) as restored:
        assert schema_of(restored) == schema_of(database)
        assert contents_of(restored) == contents_of(database)
    with database.server.connect(autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {database.name} OWNER TO postgres")
    database.execute(f"DROP OWNED BY {owner}; DROP ROLE {owner}")


@pytest.mark.parametrize("name", ["host=a 'b'", "a\x9b\u202e'b' \\c =d"])
def test_a_database_with_an_odd_name_restores_too(server: scratch.Server, name: str) -> None:
    named = sql.Identifier(name)
    with server.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(named))
    database = Database(server, name)
    try:
        database.execute(TABLES)
        said = {
            "environment": "test",
            "target": {"dsn": database.dsn, "database": database.name},
            "keys": {"users.id": "varchar(36)"},
        }
        recovery = Recovery(database, parse("", None, said)).planned()
        assert recovery.client.back_up("custom") == 0
        made = made_by(recovery)
        manifest = (recovery.session.backup_folder / "manifest.json").read_text("utf-8")
        for text in (made.restore_command, *manifest.split("\n")):
            assert foreign.line(text) == text
        with _restored(database, made) as restored:
            assert contents_of(restored) == contents_of(database)
    finally:
        with server.connect(autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))


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
    decisions.approve_plan(recovery.session, recovery.made.sha256, ME)
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


def test_commit_is_refused_when_the_backup_is_gone(database: Database) -> None:
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    recovery.client.back_up("custom")
    decisions.approve_plan(recovery.session, recovery.made.sha256, ME)
    made = made_by(recovery)
    dump = Path(made.folder) / made.files[0].path
    aside = dump.with_name("aside")

    def decide(at: Session, event: e.AnyEvent) -> None:
        if isinstance(event, e.GateOpened):
            dump.rename(aside)
            at.journal.command(e.Commit(by=ME, typed=database.name))
        elif isinstance(event, e.CommandRefused):
            aside.rename(dump)
            at.journal.command(e.Commit(by=ME, typed=database.name))

    assert recovery.convert(decide) == 0
    refused = recovery.session.history().last(e.CommandRefused)
    assert refused is not None
    assert refused.reason.startswith(f"the backup is gone: {dump} is not there")
    assert recovery.outcome() is e.Outcome.COMMITTED


def test_what_will_not_restore_is_predicted(database: Database) -> None:
    database.execute(TABLES)
    database.execute(
        "CREATE FUNCTION slug(given text) RETURNS text LANGUAGE sql IMMUTABLE "
        "AS 'SELECT lower(given)'; "
        "CREATE FUNCTION title(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE "
        "AS 'BEGIN RETURN slug(given); END' SET search_path = public; "
        "CREATE INDEX by_name ON users (title(name)); "
        "ALTER TABLE notes ADD title text GENERATED ALWAYS AS (title('A')) STORED, "
        "ADD CONSTRAINT titled CHECK (title('A') <> ''); "
        "ALTER FUNCTION title(text) RESET search_path"
    )
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)"))
    recovery.client.confirm(database.name)
    for step in (e.Step.INVESTIGATION, e.Step.PLAN, e.Step.BACKUP):
        assert perform(recovery.session, step, recovery.options(prove=False)) == 0
    assert {failing.words for failing in made_by(recovery).not_restored} == {
        "The index public.by_name of public.users fails in a restore, so it will not be restored: "
        "function slug(text) does not exist [42883]",
        "The check titled of public.notes fails in a restore, so the rows of public.notes will "
        "not be restored: function slug(text) does not exist [42883]",
        "The generated column title of public.notes fails in a restore, so the rows of "
        "public.notes will not be restored: function slug(text) does not exist [42883]",
    }
    with pytest.raises(subprocess.CalledProcessError), _restored(database, made_by(recovery)):
        pass

    # The remedy that is told.
    database.execute("ALTER FUNCTION title(text) SET search_path = public")
    assert perform(recovery.session, e.Step.BACKUP, recovery.options()) == 0
    assert made_by(recovery).not_restored == ()
    with _restored(database, made_by(recovery)) as restored:
        assert contents_of(restored) == contents_of(database)


def test_an_old_backup_needs_a_word_and_what_was_written_since_is_told(database: Database) -> None:
    database.execute(TABLES)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).planned()
    assert perform(recovery.session, e.Step.BACKUP, recovery.options()) == 0
    decisions.approve_plan(recovery.session, recovery.made.sha256, ME)
    old = made_long_ago(recovery.session, 400)
    database.execute(
        "INSERT INTO users SELECT md5((-g)::text)::uuid FROM generate_series(1, 777) g; "
        "DELETE FROM notes WHERE id = 1"
    )

    # The runner itself refuses, whatever a client says.
    assert perform(recovery.session, e.Step.CONVERSION, recovery.options()) == 4
    said = "The backup was made 400 days ago; the profile allows 24 hours."
    assert recovery.problem.what == said
    assert "--accept-old-backup" in recovery.problem.remedy
    assert recovery.session.history().last(e.PhaseStarted) is None
    with pytest.raises(Refused, match="'yes' is not the word"):
        decisions.accept_old_backup(recovery.session, "yes", ME, datetime.now(UTC))
    decisions.accept_old_backup(recovery.session, "old backup", ME, datetime.now(UTC))
    accepted = recovery.session.history().last(e.OldBackupAccepted)
    assert accepted is not None
    assert accepted.begun == old.started
    assert accepted.seconds // 86400 == 400

    commit = e.Commit(by=ME, typed=database.name)
    assert recovery.convert_here(commit) is e.Outcome.COMMITTED
    counted = recovery.session.history().last(e.BackupCompared)
    assert counted is not None
    assert (counted.begun, counted.tables) == (old.started, 2)
    assert set(counted.differing) == {
        e.RowsSince("users", 2000, 2777),
        e.RowsSince("notes", 2000, 1999),
    }
    perform(recovery.session, e.Step.REPORT, recovery.options())
    report = recovery.session.folder.joinpath("report.md").read_text()
    assert "The backup was 400 days old when the rows were counted" in report
    assert f"accepted by {ME}" in report
    assert "777 rows more in users than in the backup" in report
    assert "1 row fewer in notes than in the backup" in report

    # The word was about that backup; the migrations write, too.
    made_long_ago(recovery.session, 2)
    with pytest.raises(Refused, match="made 402 days ago"):
        refuse_too_early(recovery.session, e.Step.MIGRATIONS)
    refuse_too_early(recovery.session, e.Step.VERIFICATION)


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
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(folder)]
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
