"""The first screen is shown at once, and only where the wizard comes after it."""

import sys

import pytest

from wizard.__main__ import opens_the_wizard

WIZARD = (
    "",
    "--profile rekey.toml",
    "--profile=rekey.toml",
    "-prekey.toml",
    "--dsn host=db --database shop --key users.id=text --set environment='test'",
    "--session 20260101-000000-abcd",
    "resume",
    "resume 20260101-000000-abcd",
    "resume --profile rekey.toml",
    "--profile rekey.toml resume",
    "--profile=rekey.toml resume 20260101-000000-abcd",
    "-prekey.toml resume",
    # A value that is called like a command.
    "--profile plan",
    "--session sessions",
)
OTHERS = (
    "plan",
    "--profile rekey.toml plan",
    "--profile=rekey.toml plan",
    "-prekey.toml plan",
    "-p rekey.toml plan",
    "--key=users.id=text investigate",
    "--json resume",
    "resume --json",
    "--password-stdin plan",
    "--json plan",
    "--plain",
    "resume --plain",
    "--plain resume",
    "--version",
    "--help",
    "resume --help",
    "-h",
    "-- plan",
    "sessions",
    "demo",
    "--show-completion bash",
)


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


@pytest.mark.parametrize("line", WIZARD)
def test_the_wizard_is_opened(line: str) -> None:
    assert opens_the_wizard(line.split())


@pytest.mark.parametrize("line", OTHERS)
def test_a_command_has_no_first_screen(line: str) -> None:
    assert not opens_the_wizard(line.split())


def test_without_a_terminal_there_is_no_first_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal in ("dumb", ""):
        with monkeypatch.context() as patch:
            patch.setenv("TERM", terminal)
            assert not opens_the_wizard([])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert not opens_the_wizard([])
