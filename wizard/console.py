"""Lines in and out: nothing that moves, nothing that a screen reader would have to guess."""

import os
import select
import sys
from dataclasses import dataclass

from recovery.words import foreign
from recovery.words.errors import Problem
from wizard.event_lines import problem_lines
from wizard.output import Output


@dataclass
class Console(Output):
    """Standard input and output. Without a terminal nobody sees what is typed: no echo then."""

    _pending: bytes = b""
    _prompted: bool = False

    def line(self, text: str) -> None:
        """Prints a line, below a prompt that is still open."""
        self._end_prompt()
        super().line(text)

    def _end_prompt(self) -> None:
        if self._prompted:
            sys.stdout.write("\n")
            self._prompted = False

    def lines(self, text: str) -> None:
        """Prints a text line by line; its empty lines are for the eye only."""
        for line in filter(None, text.split("\n")):
            self.line(line)

    def notice(self, words: str) -> None:
        """Prints what is no event and no error, where everything else is read."""
        self.line(words)

    def problem(self, problem: Problem) -> None:
        """Prints why something was not done, where everything else is read."""
        for line in problem_lines(problem, "not done"):
            self.line(line)

    def prompt(self, text: str) -> None:
        """Begins the line that is typed to its end."""
        self._end_prompt()
        sys.stdout.write(f"{foreign.line(text)} > ")
        sys.stdout.flush()
        self._prompted = True

    def typed(self, seconds: float) -> str | None:
        """What was typed and ended with Enter; None if nothing is within some time.

        Raises ``EOFError`` when the input ends: what was not ended with Enter was not said.
        """
        descriptor = sys.stdin.fileno()
        while b"\n" not in self._pending:
            if not select.select([descriptor], [], [], seconds)[0]:
                return None
            try:
                read = os.read(descriptor, 4096)
            except OSError as error:
                # A terminal that is gone answers with an input/output error.
                raise EOFError from error
            if not read:
                raise EOFError
            self._pending += read
        line, _, self._pending = self._pending.partition(b"\n")
        # A terminal has shown the Enter that was pressed.
        self._prompted = not sys.stdin.isatty()
        return line.decode(errors="replace").strip()
