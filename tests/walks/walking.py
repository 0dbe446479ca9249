"""Does what a walk declares, step by step, and holds each answer against what it has to be."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg

from recovery.record.folders import session_ids, state_folder
from recovery.record.session import this_person
from tests.cli.processes import is_waiting
from tests.cli.program import PROGRAM, Ended, Shell
from tests.cli.typist import at_a_terminal
from tests.conftest import Database
from tests.waiting import until
from tests.walks.walk import CONVERT, Step

_ME = this_person()
_OF_HERE = [("operator", f"{_ME.user}@{_ME.host}"), ("host", _ME.host)]
# Ports, processes, times in the names of files, and the hashes of plans.
_OF_NOW = re.compile(
    r"(?<=Process )\d+|(?<=127\.0\.0\.1:)\d+|\d{8}-\d{6}(-\w{4})?|\b[0-9a-f]{12}\b"
)


@dataclass
class Walking:
    """One walk under way."""

    shell: Shell
    database: Database
    own: ExitStack
    plan: str = "0" * 64
    goes_on: "subprocess.Popen[str] | None" = None
    held: "list[psycopg.Connection[Any]]" = field(default_factory=list)
    # The lines in which the words were that had to be said, each once.
    heard: dict[str, None] = field(default_factory=dict)

    def words(self, text: str) -> str:
        for name, value in self._known():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _known(self) -> "list[tuple[str, str]]":
        folder = state_folder() / next(session_ids(), "none")
        return [
            ("convert", CONVERT),
            ("plan", self.plan),
            ("database", self.database.name),
            ("dsn", shlex.quote(self.database.dsn)),
            ("other", shlex.quote(self.database.server.conninfo("postgres"))),
            ("verified", shlex.quote(f"{self.database.dsn} sslmode=verify-full")),
            ("folder", str(folder)),
            ("work", str(self.shell.folder)),
            ("session", folder.name),
            ("sessions", str(state_folder())),
            ("client", "" if self.goes_on is None else str(self.goes_on.pid)),
        ]

    def takes(self, step: Step) -> None:
        """Does what a step says, and holds the answer against what it has to be."""
        environment = {name: self.words(value) for name, value in step.environment.items()}
        if step.run is not None:
            words = shlex.split(self.words(step.run))
            self._holds(step, self.shell.run(*words, typed=self.words(step.typed), **environment))
            if words[0] == "plan":
                self.reads_the_plan()
        elif step.start is not None:
            words = shlex.split(self.words(step.start))
            self.goes_on = self.own.enter_context(self.shell.start(*words, **environment))
            self.own.callback(self.goes_on.kill)
            self._awaits(step)
        elif step.end:
            assert self.goes_on is not None
            out, err = self.goes_on.communicate(timeout=60)
            self._holds(step, Ended(self.goes_on.returncode, out, err))
        elif step.terminal is not None:
            self._types(step)
        elif step.sql is not None:
            self.database.execute(self.words(step.sql))
        elif step.hold is not None:
            conn = self.own.enter_context(self.database.connect())
            conn.execute(self.words(step.hold).encode())
            self.held.append(conn)
        elif step.release:
            self.held.pop().rollback()
        elif step.shell is not None:
            self._runs_a_shell(step)
        else:
            raise AssertionError("the step says nothing")

    def reads_the_plan(self) -> None:
        """Takes the hash of the newest session's plan, which may be lost later."""
        if any(session_ids()) and (made := self.shell.history().plan) is not None:
            self.plan = made.sha256

    def _holds(self, step: Step, ended: Ended) -> None:
        said = ended.out + ended.err
        assert "Traceback" not in said, said
        for words in map(self.words, step.says):
            assert words in said, f"{words!r} is not in:\n{said}"
            self.heard |= dict.fromkeys(self._line_with(words, said))
        for words in step.never:
            assert self.words(words) not in said, said
        assert ended.code == step.code, said

    def _line_with(self, words: str, said: str) -> Iterator[str]:
        """The first line that has the words, with what is of this run only as it is declared."""
        for line in said.splitlines():
            if words in line:
                for name, value in [*self._known(), *_OF_HERE]:
                    line = line.replace(value, f"{{{name}}}") if value else line
                yield _OF_NOW.sub("{number}", line.strip())
                return

    def _awaits(self, step: Step) -> None:
        if step.until == "a lock":
            until(lambda: is_waiting(self.database))
        elif step.until is not None:
            until(lambda: True if step.until in self._events() else None)

    def _events(self) -> list[str]:
        return [type(entry.event).__name__ for entry in self.shell.history().entries]

    def _types(self, step: Step) -> None:
        assert step.terminal is not None
        with at_a_terminal(self.shell, *shlex.split(self.words(step.terminal))) as typist:
            for heard, line in step.typing:
                if heard:
                    typist.hears(self.words(heard))
                typist.types(self.words(line))
            ended = typist.ends()
        self._holds(step, Ended(ended.code, ended.out.replace("\r\n", "\n"), ""))

    def _runs_a_shell(self, step: Step) -> None:
        assert step.shell is not None
        subprocess.run(
            ["sh", "-ec", self.words(step.shell)],
            cwd=state_folder() / next(session_ids()),
            env={**os.environ, "PG_REKEY": str(PROGRAM), "WORK": str(self.shell.folder)},
            check=True,
        )
