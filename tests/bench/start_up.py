"""How soon a command answers, beside bare Python, and the wizard is seen, beside bare Textual.

python -m tests.bench.start_up
"""

import os
import pty
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from recovery.record.folders import STATE_VARIABLE
from recovery.record.session import create
from tests.screens import story

RUNS = 10
SESSIONS = 20
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("a bare application")
Bare().run()
"""
READ = """
import wizard.listing
wizard.listing._FILE = "none/list.json"
wizard.listing.tell(as_json=False)
"""
WIZARD = [sys.executable, "-m", "wizard"]
COMMANDS = {
    "bare Python": [sys.executable, "-c", "pass"],
    "pg-rekey --version": [*WIZARD, "--version"],
    "pg-rekey --help": [*WIZARD, "--help"],
    "pg-rekey plan --help": [*WIZARD, "plan", "--help"],
    f"pg-rekey sessions, of {SESSIONS}": [*WIZARD, "sessions"],
    f"pg-rekey sessions, of {SESSIONS}, each read": [sys.executable, "-c", READ],
}
OPTIONS = ["--dsn", "host=/nonexistent", "--database", "shop", "--key", "users.id=varchar(36)"]
SCREENS = {
    "a bare Textual application": ([sys.executable, "-c", BARE], b"a bare application"),
    "the wizard's first words": ([*WIZARD, *OPTIONS], b"pg-rekey is opening"),
    "the wizard's first step": ([*WIZARD, *OPTIONS], b"Step 1 of 8"),
}


def seconds_of(command: list[str], state: str) -> float:
    """From the start of a program to its end."""
    began = time.monotonic()
    subprocess.run(
        command, env={**os.environ, STATE_VARIABLE: state}, stdout=subprocess.DEVNULL, check=True
    )
    return time.monotonic() - began


def seconds_to(command: list[str], wanted: bytes, state: str) -> float:
    """From the start of a program until it has written these words to its terminal."""
    ours, theirs = pty.openpty()
    began = time.monotonic()
    program = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", STATE_VARIABLE: state},
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


def fill(state: Path) -> None:
    """Makes sessions of whole recoveries."""
    for _ in range(SESSIONS):
        session = create(story.PROFILE, story.PROGRAM, state)
        for entry in story.reported().entries[1:]:
            session.journal.append(entry.event)
        session.close()


def tell(taken: dict[str, list[float]]) -> None:
    """Prints medians, and how many times the first of them each is."""
    bare = median(next(iter(taken.values())))
    for name, times in taken.items():
        sys.stdout.write(f"{name}: {median(times):.3f} s, {median(times) / bare:.1f} times\n")


def main() -> None:
    commands: dict[str, list[float]] = {name: [] for name in COMMANDS}
    screens: dict[str, list[float]] = {name: [] for name in SCREENS}
    with tempfile.TemporaryDirectory() as state:
        fill(Path(state))
        # What was written a moment ago is not listed without being read.
        time.sleep(3)
        # In turn, so that what else the machine does meets all of them.
        for _ in range(RUNS):
            for name, command in COMMANDS.items():
                commands[name].append(seconds_of(command, state))
    for _ in range(RUNS):
        for name, (command, wanted) in SCREENS.items():
            with tempfile.TemporaryDirectory() as state:
                screens[name].append(seconds_to(command, wanted, state))
    tell(commands)
    tell(screens)


if __name__ == "__main__":
    main()
