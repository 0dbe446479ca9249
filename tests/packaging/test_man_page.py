"""The man page is the command line's: made by a script, and as it is now."""

from pathlib import Path

from scripts.man_page import page

PAGE = Path(__file__).parents[2] / "docs" / "pg-rekey.1"


def test_the_man_page_says_what_the_command_line_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make man"
