"""The page of findings is the data's: made by a script, and as it is now."""

from pathlib import Path

from scripts.findings_page import page

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"


def test_the_page_says_what_findings_there_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make findings"
