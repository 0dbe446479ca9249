"""The pages of --help, from the command line as it is: help_pages.py FOLDER."""

import sys
from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from wizard.cli import app
from wizard.help_pages import WIDTH


def pages() -> Iterator[tuple[str, str]]:
    """The name of each page, and its text."""
    yield "pg-rekey", _shown("--help")
    commands: dict[str, object] = vars(get_command(app))["commands"]
    for name in commands:
        yield name, _shown(name, "--help")


def _shown(*arguments: str) -> str:
    # Two columns are left free, as on a terminal.
    width = WIDTH - 2
    return CliRunner().invoke(app, arguments, prog_name="pg-rekey", terminal_width=width).stdout


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder = Path(sys.argv[1])
    for name, text in pages():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
