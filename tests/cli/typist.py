"""Somebody at a plain terminal, or at the end of a pipe: reads what comes and types lines."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cli.program import PROGRAM, Ended, Shell
from tests.waiting import PATIENCE

PROMPT = " > "


class Typist:
    """The program, and what it has said."""

    def __init__(self, process: "subprocess.Popen[bytes]", line: int) -> None:
        self.process = process
        self._line = line
        self.said = b""
        self._heard = 0

    def hears(self, *words: str) -> str:
        """Reads until all of these words were said, one after the other; what came until then."""
        began = self._heard
        for each in words:
            end = time.monotonic() + PATIENCE
            while (found := self.said.find(each.encode(), self._heard)) < 0:
                assert time.monotonic() < end, f"no {each!r} in:\n{self.said.decode()}"
                assert self._read(), f"it ended without {each!r}:\n{self.said.decode()}"
            self._heard = found + len(each.encode())
        return self.said[began : self._heard].decode()

    def _read(self) -> bool:
        """Takes what comes next; whether there can be more."""
        if not select.select([self._line], [], [], 0.1)[0]:
            return True
        try:
            read = os.read(self._line, 65_536)
        except OSError:
            # The end of a pseudo-terminal whose program is gone.
            return False
        self.said += read
        return bool(read)

    def types(self, line: str) -> None:
        """Types a line and presses Enter."""
        os.write(self._line, f"{line}\n".encode())

    def answers(self, line: str) -> None:
        """Types a line as soon as there is a prompt."""
        self.hears(PROMPT)
        self.types(line)

    def ends(self) -> Ended:
        """Reads to the end of the program."""
        while self._read():
            pass
        code = self.process.wait(PATIENCE)
        said = self.said.decode()
        assert "Traceback" not in said, said
        return Ended(code, said, "")


@contextmanager
def at_a_terminal(shell: Shell, *arguments: str) -> Iterator[Typist]:
    """The program in a pseudo-terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=shell.folder,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Typist(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
