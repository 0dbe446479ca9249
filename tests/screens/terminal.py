"""A real terminal of 80 by 24 and a program in it: tmux where it is installed, else a pty."""

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import pyte

COLUMNS, ROWS = 80, 24
# How long a screen may take to appear, in seconds; only a failing test waits that long.
_PATIENCE = 90.0


class Terminal(ABC):
    """What a person has: keys and a screen."""

    @abstractmethod
    def screen(self) -> str:
        """What can be read now."""

    @abstractmethod
    def press(self, key: str) -> None:
        """Presses ``Enter``, ``Right``, ``C-h`` (backspace) or a character."""

    @abstractmethod
    def close(self) -> None:
        """Takes the terminal away, and with it the program."""

    def type(self, *keys: str) -> None:
        """Presses keys as a person does: each when the one before can be seen."""
        for key in keys:
            self._type(key)

    def _type(self, key: str) -> None:
        before = self.screen()
        self.press(key)
        self._wait(lambda shown: shown != before, f"effect of {key!r}")

    def wait_for(self, *words: str) -> None:
        """Waits until all of these can be read."""
        self._wait(lambda shown: all(word in shown for word in words), f"{words}")

    def wait_for_pattern(self, pattern: str) -> None:
        """Waits until something like this can be read."""
        self._wait(lambda shown: re.search(pattern, shown) is not None, pattern)

    def _wait(self, seen: Callable[[str], bool], what: str) -> None:
        until = time.monotonic() + _PATIENCE
        while not seen(shown := self.screen()):
            assert time.monotonic() < until, f"no {what} on the screen:\n{shown}"
            threading.Event().wait(0.05)


class Tmux(Terminal):
    """A session of a tmux server of its own."""

    def __init__(self, command: list[str]) -> None:
        self._server = f"pg-rekey-{uuid4().hex[:8]}"
        size = ("-x", str(COLUMNS), "-y", str(ROWS))
        self._run("-f", "/dev/null", "new-session", "-d", *size, "--", *command)

    def _run(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._server, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def press(self, key: str) -> None:
        self._run("send-keys", *(() if len(key) > 1 else ("-l",)), "--", key)

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self._run("kill-server")


class Pty(Terminal):
    """A pseudo-terminal, read by a terminal emulator."""

    _KEYS = {"Enter": "\r", "Right": "\x1b[C", "C-h": "\x7f"}

    def __init__(self, command: list[str]) -> None:
        # Bytes that have come over the line.
        self.received = 0
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(theirs)
        self._end = ours
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # The end of a pseudo-terminal whose program is gone is an input/output error on Linux.
        with suppress(OSError):
            while data := os.read(self._end, 65536):
                with self._lock:
                    self.received += len(data)
                    self._stream.feed(data)

    def screen(self) -> str:
        with self._lock:
            return "\n".join(self._screen.display)

    def press(self, key: str) -> None:
        os.write(self._end, self._KEYS.get(key, key).encode())

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGHUP)
        self._process.wait()
        self._reader.join()
        os.close(self._end)


def open_terminal(command: list[str]) -> Terminal:
    """A terminal with a program in it."""
    return Tmux(command) if shutil.which("tmux") else Pty(command)
