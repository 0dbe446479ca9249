"""The pages of help are the command line's: made by a script, and as it is now."""

import os
import re
import subprocess
import sys

import pytest

from scripts.help_pages import pages
from wizard.help_pages import page

# What typer says of its own options changes with its version.
_TYPERS = re.compile(r"--(install|show)-completion.*?(?=-h, --help)")
PROGRAM = [sys.executable, "-m", "wizard"]


def words(text: str) -> str:
    return _TYPERS.sub("", " ".join(text.split()))


@pytest.mark.parametrize(("name", "text"), [*pages()], ids=[name for name, _ in pages()])
def test_the_pages_of_help_say_what_the_command_line_does(name: str, text: str) -> None:
    asked = ["--help"] if name == "pg-rekey" else [name, "-h"]
    kept = page(asked)

    assert kept is not None, "run: make man"
    assert words(kept) == words(text), "run: make man"


@pytest.mark.parametrize("asked", [["--help"], ["convert", "-h"]], ids=" ".join)
@pytest.mark.parametrize("columns", ["50", "80"])
def test_on_a_narrow_terminal_a_page_is_written_anew(asked: list[str], columns: str) -> None:
    said = subprocess.run(
        [*PROGRAM, *asked],
        env={**os.environ, "COLUMNS": columns},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert max(map(len, said.splitlines())) <= int(columns)
    assert "-h, --help" in said


def test_help_of_what_is_no_command_is_refused() -> None:
    done = subprocess.run([*PROGRAM, "convrt", "--help"], capture_output=True, text=True)

    assert done.returncode == 2
    assert "convrt" in done.stderr
