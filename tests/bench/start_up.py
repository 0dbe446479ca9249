"""How soon the wizard is seen, beside a Textual application that does nothing.

make bench
"""

import os
import pty
import subprocess
import sys
import tempfile
import time
from statistics import median

RUNS = 7
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("a bare application")
Bare().run()
"""
PROGRAMS = {
    "a bare Textual application": ([sys.executable, "-c", BARE], b"a bare application"),
    "the wizard's first words": ([sys.executable, "-m", "wizard"], b"pg-rekey is opening"),
    "the wizard's first step": ([sys.executable, "-m", "wizard"], b"Step 1 of 8"),
}


def seconds_to(command: list[str], wanted: bytes, state: str) -> float:
    """From the start of a program until it has written these words to its terminal."""
    ours, theirs = pty.openpty()
    options = ["--dsn", "host=/nonexistent", "--database", "shop", "--key", "users.id=varchar(36)"]
    began = time.monotonic()
    program = subprocess.Popen(
        [*command, *(options if "wizard" in command else [])],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "PG_REKEY_STATE": state},
    )
    os.close(theirs)
    seen = b""
    while wanted not in seen:
        seen += os.read(ours, 65_536)
    taken = time.monotonic() - began
    program.kill()
    program.wait()
    os.close(ours)
    return taken


def main() -> None:
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    # In turn, so that what else the machine does meets all of them.
    for _ in range(RUNS):
        for name, (command, wanted) in PROGRAMS.items():
            with tempfile.TemporaryDirectory() as state:
                taken[name].append(seconds_to(command, wanted, state))
    bare = median(taken["a bare Textual application"])
    for name, times in taken.items():
        sys.stdout.write(f"{name}: {median(times):.2f} s, {median(times) / bare:.2f} times\n")


if __name__ == "__main__":
    main()
