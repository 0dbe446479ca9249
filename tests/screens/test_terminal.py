"""Real terminals: where there is none, and where the line goes down."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wizard.terminal import unfit_terminal

_PROGRAM = """
from wizard.full_screen import run
from tests.screens.story import PROFILE
import msgspec
target = msgspec.structs.replace(PROFILE.target, dsn="host=/nonexistent")
profile = msgspec.structs.replace(PROFILE, target=target)
raise SystemExit(run(profile=profile, session_id=None, program="0.1.0"))
"""


# The end of the alternate screen.
RESET = b"\x1b[?1049l"


def _environment(tmp_path: Path, term: str = "xterm-256color") -> dict[str, str]:
    return {**os.environ, "TERM": term, "PG_REKEY_STATE": str(tmp_path / "sessions")}


def _read_until(line: int, wanted: bytes, seconds: float = 30) -> bytes:
    """What comes over the line until ``wanted`` is among it, or the line ends."""
    seen = b""
    end = time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if not select.select([line], [], [], 0.2)[0]:
            continue
        try:
            seen += os.read(line, 65_536)
        except OSError:
            break
    return seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_resets_the_terminal(number: signal.Signals, tmp_path: Path) -> None:
    line, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=_environment(tmp_path),
        start_new_session=True,
    )
    os.close(terminal)
    try:
        assert b"Connect again" in _read_until(line, b"Connect again")
        process.send_signal(number)
        assert RESET in _read_until(line, RESET)
        assert process.wait(10) == 128 + number
    finally:
        process.kill()
        process.wait()
        os.close(line)


def test_it_ends_when_its_terminal_is_gone_and_nobody_says_so(tmp_path: Path) -> None:
    line, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=_environment(tmp_path),
        start_new_session=True,
    )
    os.close(terminal)
    try:
        assert b"Connect again" in _read_until(line, b"Connect again")
        os.close(line)
        assert process.wait(30) == 128 + signal.SIGHUP
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("term", "words"), [("dumb", "TERM is 'dumb'"), ("", "TERM is 'dumb'")])
def test_a_dumb_terminal_is_refused(term: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", term)
    assert words in (unfit_terminal() or "")


def test_without_a_terminal_there_is_a_sentence(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=_environment(tmp_path),
        check=False,
        timeout=30,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("The wizard needs a terminal")
    assert "Traceback" not in ended.stderr
