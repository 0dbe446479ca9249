"""What the command line prints: lines for people, or one JSON object a line for programs."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from recovery.record import events as e
from recovery.record.history import Entry, History
from recovery.words import foreign
from recovery.words.errors import Problem

if TYPE_CHECKING:
    from recovery.record.session import Session


@dataclass
class Output:
    """Where results go: lines for people, or one JSON object a line for programs."""

    as_json: bool = False

    def entry(self, entry: Entry) -> None:
        """Prints a line of the journal."""
        self.event(entry.event, number=entry.number, at=entry.at.isoformat())

    def event(self, event: e.AnyEvent, **more: object) -> None:
        """Prints an event; ``more`` is for programs only."""
        if self.as_json:
            self.value({**more, **msgspec.to_builtins(event)})
            return
        # A list of sessions has no events, and is to be there at once.
        from wizard.event_lines import lines

        for line in lines(event):
            self.line(line)

    def names(self, names: Iterable[str]) -> None:
        """Prints names, a line each; as JSON, all of them as one value."""
        if self.as_json:
            self.value({"names": list(names)})
            return
        for name in names:
            self.line(name)

    def revision(self, history: History) -> None:
        """Prints what was found of the revision, and what was confirmed."""
        if not self.as_json:
            from wizard.event_lines import revision_lines

            for line in revision_lines(history):
                self.line(line)
            return
        found, said = history.last(e.Investigated), history.revision_confirmed
        told: dict[str, object] = {"claimed": found.claimed if found is not None else ()}
        told["heads"] = found.heads if found is not None else ()
        told["start"] = history.start_revisions
        told["confirmed"] = None if said is None else msgspec.to_builtins(said)
        told["match"] = None if found is None else msgspec.to_builtins(found.match)
        self.value(told)

    def value(self, value: object) -> None:
        """Prints a value as a line of JSON."""
        self.line(foreign.as_json(value))

    def line(self, text: str) -> None:
        """Prints a line at once, also into a pipe."""
        sys.stdout.write(f"{foreign.line(text)}\n")
        sys.stdout.flush()

    def script(self, text: str) -> None:
        """Prints a text of several lines."""
        sys.stdout.write(foreign.lines(text))
        sys.stdout.flush()

    def opened(self, session: "Session") -> None:
        """Says which session a command works on; programs know, or look into the list.

        That it can only be read is told in either case.
        """
        if not self.as_json:
            self.line(f"session {session.id}")
        if session.only_reads is not None:
            self.problem(session.only_reads)

    def left(self, session_id: str) -> None:
        """Says that the command goes on in a new session, and how to go on with the one before."""
        words = (
            f"The profile was changed since session {session_id} was opened, so another begins. "
            f"--session {session_id} goes on with that one."
        )
        if self.as_json:
            self.value({"left": session_id, "why": words})
        else:
            self.line(words)

    def notice(self, words: str) -> None:
        """Prints what is no event and no error, on standard error."""
        sys.stderr.write(f"{foreign.line(words)}\n")
        sys.stderr.flush()

    def problem(self, problem: Problem) -> None:
        """Prints why something was not done, on standard error."""
        if self.as_json:
            sys.stderr.write(foreign.as_json({"error": msgspec.to_builtins(problem)}) + "\n")
        else:
            from wizard.event_lines import problem_lines

            sys.stderr.writelines(f"{foreign.line(line)}\n" for line in problem_lines(problem))
