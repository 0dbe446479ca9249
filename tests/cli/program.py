"""The program as people run it: the installed command, or what it calls in this process."""

import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import wizard
from recovery.record.events import Step
from recovery.record.folders import STATE_VARIABLE
from recovery.record.history import History
from recovery.record.session import Session, create, this_person
from recovery.record.session_list import listed_sessions
from recovery.server import target
from recovery.server.door import sign_in
from recovery.steps.launch import Options
from recovery.steps.runner import perform
from recovery.words.profile import load
from tests.conftest import Database
from wizard import cli

PROGRAM = Path(sys.executable).with_name("pg-rekey")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def events(self) -> list[str]:
        """The kinds of the events that were printed as JSON."""
        return [row["event"] for row in self.rows if "event" in row]

    @property
    def error(self) -> dict[str, Any]:
        """The one error on standard error, as JSON."""
        (line,) = self.err.splitlines()
        error: dict[str, Any] = json.loads(line)["error"]
        return error


@dataclass(frozen=True, slots=True)
class Shell:
    """A folder in which commands are run, without a terminal."""

    folder: Path

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """A command that goes on while the test looks."""
        return subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={**os.environ, **environment},
            # Like a shell with job control: Ctrl+C reaches this group only.
            start_new_session=True,
        )

    def run(self, *arguments: str, typed: str = "", **environment: str) -> Ended:
        """Runs a command to its end, in this process: starting Python anew takes a second."""
        said, complained = StringIO(), StringIO()
        with (
            chdir(self.folder),
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(said),
            redirect_stderr(complained),
        ):
            patch.setattr(sys, "argv", [str(PROGRAM), *arguments])
            patch.setattr(sys, "stdin", StringIO(typed))
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as left:
                cli.main()
        return Ended(int(left.value.code or 0), said.getvalue(), complained.getvalue())

    def run_alone(self, *arguments: str, typed: str = "", **environment: str) -> Ended:
        """Runs a command to its end in a process of its own; it never answers with a traceback."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.folder,
            env={**os.environ, **environment},
        )
        ended = Ended(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in ended.out + ended.err, ended.err
        return ended

    def remember(self, database: Database) -> None:
        """Puts the server's password where libpq looks for it."""
        file = Path(os.environ["PGPASSFILE"])
        file.write_text(f"*:*:*:*:{database.password}\n", encoding="utf-8")
        file.chmod(0o600)

    def profile(self, database: Database, more: str = "", keys: str | None = None) -> Path:
        """Writes rekey.toml for a small database; what is in this folder is found by itself."""
        file = self.folder / "rekey.toml"
        file.write_text(
            f'environment = "test"\n[target]\ndsn = "{database.dsn}"\n'
            f'database = "{database.name}"\n[keys]\n'
            + (keys or '"users.id" = "varchar(36)"\n')
            + more,
            encoding="utf-8",
        )
        return file

    def opened(self, database: Database) -> Session:
        """A session for rekey.toml. Made in this process, which is quicker than the command."""
        self.remember(database)
        profile = load(self.folder / "rekey.toml")
        made = create(profile, wizard.__version__)
        target.confirm(made, sign_in(profile, database.password), None)
        return made

    def investigated(self, database: Database) -> Session:
        """A session that has looked around."""
        return self._done(database, Step.INVESTIGATION)

    def planned(self, database: Database) -> Session:
        """A session with a plan; nothing is approved and nothing is backed up."""
        return self._done(database, Step.INVESTIGATION, Step.PLAN)

    def _done(self, database: Database, *steps: Step) -> Session:
        if not (self.folder / "rekey.toml").exists():
            self.profile(database)
        made = self.opened(database)
        # A proof takes seconds; it has tests of its own.
        door = database.door
        options = Options(
            by=this_person(), address=door.address, password=door.password, prove=False
        )
        for step in steps:
            assert perform(made, step, options) == 0
        return made

    def sessions(self) -> list[Session]:
        """The sessions so far, newest first."""
        return [Session(listed.folder) for listed in listed_sessions()]

    def history(self) -> History:
        """What the newest session holds."""
        session = self.sessions()[0]
        try:
            return session.history()
        finally:
            session.close()

    def approving(self) -> tuple[str, str]:
        """The option that approves the newest session's plan."""
        plan = self.history().plan
        assert plan is not None
        return "--plan", plan.sha256

    def state_files(self) -> list[Path]:
        """Every file that the program has left in its state folder."""
        state = Path(os.environ[STATE_VARIABLE])
        return [path for path in state.rglob("*") if path.is_file()]


def type_of_key(database: Database) -> str:
    """What users.id and what references it are now."""
    ((users, orders),) = database.rows(
        "SELECT (SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'users'::regclass AND attname = 'id'),"
        " (SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'orders'::regclass AND attname = 'user_id')"
    )
    return str(users) if users == orders else f"{users} and {orders}"


UUID, TEXT = "uuid", "character varying(36)"
