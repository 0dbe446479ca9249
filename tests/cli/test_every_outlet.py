"""One evil name through every outlet that there is: obeyed by none, and read in each."""

import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg import sql

import wizard
from recovery.private import scratch
from recovery.record.events import Step
from recovery.record.session import open_session
from tests.cli.program import Ended, Shell
from tests.cli.typist import at_a_terminal
from tests.conftest import Database
from tests.screens.stage import go_to, settled, words_on
from wizard.app import Wizard
from wizard.local import LocalSessions, LocalWork

# Sets the title, feigns a line in several ways, turns the line around, and is not seen.
LINE = "PASSED all is well"
EVIL = f"e\x1b]0;t\x07\r\n{LINE}\u202e\u3164`|*\"'$(x)"
HARMFUL = {*"\x1b\x07\r\x9b\x7f\u202e\u3164\u2028\x0b\x0c\x85"}


def assert_harmless(text: str, *, with_evil: bool = True) -> None:
    assert not HARMFUL & {*text}, ascii(text)
    feigned = [line for line in text.splitlines() if line.lstrip("| -").startswith(LINE)]
    assert feigned == [], text
    if with_evil:
        assert LINE in text, text


@pytest.fixture
def evil(here: scratch.Server) -> Iterator[Database]:
    """A database with an evil name in which all is evil that can be."""
    name = f"{EVIL}{uuid4().hex[:8]}"
    with here.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    database = Database(here, name)
    table, child = sql.Identifier(EVIL), sql.Identifier(f"2{EVIL}")
    text = sql.Literal(f"x\x1b[2J\r{EVIL}".replace("\n", ""))
    made = [
        "CREATE TABLE {table} ({table} uuid PRIMARY KEY, n text)",
        "ALTER TABLE {table} ADD CONSTRAINT {child} CHECK (n <> {text})",
        "CREATE TABLE {child} ({child} uuid CONSTRAINT {table} REFERENCES {table})",
        "COMMENT ON CONSTRAINT {table} ON {child} IS {text}",
        "CREATE INDEX {index} ON {child} ({child}) WHERE {child}::text <> {text}",
        "CREATE VIEW {view} AS SELECT {table}, {text} AS {child} FROM {table}",
        "COMMENT ON VIEW {view} IS {text}",
        "CREATE TABLE {soft} ({table} uuid)",
        "INSERT INTO {table} SELECT md5(g::text)::uuid FROM generate_series(1, 20) g",
        "INSERT INTO {child} SELECT {table} FROM {table}",
        "INSERT INTO {soft} SELECT {table} FROM {table}",
        "CREATE FUNCTION {table}() RETURNS bool LANGUAGE plpgsql AS"
        " 'DECLARE x uuid; BEGIN SELECT {bare} INTO x FROM {bare}; RETURN x = x::uuid; END'",
    ]
    parts = {
        "table": table,
        "child": child,
        "index": sql.Identifier(f"i{EVIL}"),
        "view": sql.Identifier(f"v{EVIL}"),
        "soft": sql.Identifier(f"s{EVIL}"),
        "text": text,
        "bare": sql.SQL(table.as_string(None).replace("'", "''")),
    }
    with database.connect(autocommit=True) as conn:
        for each in made:
            conn.execute(sql.SQL(each).format(**parts))
    yield database
    with here.connect(autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def ran(shell: Shell, *arguments: str, code: int = 0) -> Ended:
    ended = shell.run(*arguments)
    assert ended.code == code, ended
    assert_harmless(ended.out + ended.err, with_evil=False)
    return ended


async def test_an_evil_name_goes_through_every_outlet(
    shell: Shell, evil: Database, tmp_path: Path
) -> None:
    shell.remember(evil)
    dsn = evil.dsn

    # --- the profile ---
    assert LINE in ran(shell, "init", "--dsn", dsn, "-o", "rekey.toml").out
    assert_harmless((shell.folder / "rekey.toml").read_bytes().decode())

    # --- commands, as lines and as JSON ---
    assert LINE in ran(shell, "investigate").out
    assert LINE in ran(shell, "investigate", "--json").out
    planned = ran(shell, "plan", "--sql")
    assert LINE in planned.out
    (session,) = shell.sessions()
    plan = session.plan_file.read_bytes().decode()
    assert_harmless(plan)
    assert plan in planned.out
    assert json.loads(ran(shell, "plan", "--sql", "--json").out.splitlines()[-1]) == {
        "plan.sql": plan
    }
    wrong = ran(shell, "convert", "--confirm", EVIL, "--commit", code=4)
    assert wrong.err
    assert LINE in ran(shell, "backup").out
    converting = ("convert", "--confirm", evil.name, "--accept-breaks")
    ran(shell, *converting, "--rollback", code=4)
    ran(shell, *converting, "--rollback", *shell.approving(), code=1)

    # --- plan.sql by hand: the line that it has for a shell ---
    (by_hand,) = (line for line in plan.splitlines() if "By hand:" in line)
    command = by_hand.partition("By hand:")[2].strip().replace("--command COMMIT", "--quiet")
    psql = evil.server.installation.program("psql") if _has_psql(evil) else None
    if psql is not None:
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(evil.server.port), "PGUSER": "postgres"}
        done = subprocess.run(
            ["bash", "-c", command.replace("psql", str(psql), 1)],
            cwd=session.folder,
            env={**evil.environment, **where},
            capture_output=True,
            text=True,
        )
        assert "All phases are done" in done.stdout, done.stderr

    # --- the conversion, and what is written of it ---
    committed = ran(shell, *converting, "--commit")
    assert "COMMITTED" in committed.out
    assert_harmless(session.sql_log.read_bytes().decode())
    ran(shell, "verify")
    ran(shell, "report")
    for name in ("report.md", "report.json"):
        assert_harmless((session.folder / name).read_bytes().decode())
    assert LINE in ran(shell, "sessions").out
    assert LINE in ran(shell, "sessions", "--json").out
    ran(shell, "bundle", "--output", str(tmp_path / "b.tar.gz"))
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member)
            if file is not None and not member.name.endswith("sqlite3"):
                assert_harmless(file.read().decode(), with_evil=False)

    # --- lines and screens ---
    with at_a_terminal(shell, "resume", session.id, "--plain") as typist:
        for answer in ("c", "c", "s", "c", "c", "q"):
            typist.answers(answer)
        typist.process.terminate()
        said = typist.ends().out
        assert_harmless(said.replace("\r\n", "\n"))
    work = LocalWork(open_session(session.id))
    app = Wizard(LocalSessions(wizard.__version__), wizard.__version__, None, work, look_every=None)
    seen = []
    async with app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        seen.append(words_on(pilot))
        for step in Step:
            await go_to(pilot, step)
            for key in "1234567":
                await pilot.press(key)
                await settled(pilot)
                seen.append(words_on(pilot))
                await pilot.press("down")
                await pilot.pause()
                seen.append(words_on(pilot))
    for words in seen:
        lines = (line.strip("│┃ ") for line in words.splitlines())
        assert_harmless("\n".join(lines), with_evil=False)
    assert sum(LINE in words for words in seen) > 5


def _has_psql(database: Database) -> bool:
    return database.server.installation.program("psql").exists() and os.name == "posix"
