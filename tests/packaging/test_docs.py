"""What the documents name is there, and the script makes every picture that they show."""

import re
from pathlib import Path

import pytest

from scripts.screenshots import PICTURES

TREE = Path(__file__).parents[2]
DOCUMENTS = [TREE / "README.md", *sorted((TREE / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def _anchors(document: Path) -> set[str]:
    """What a link can point at: each heading, as it is written into a page's address."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for name, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        meant = (document.parent / name).resolve() if name else document
        assert meant.exists(), name
        assert not anchor or anchor in _anchors(meant), f"{name}#{anchor}"


def test_the_script_makes_every_picture_and_each_is_shown() -> None:
    told = "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    shown = {Path(name).stem for name, _ in LINK.findall(told) if name.endswith(".svg")}

    assert shown == set(PICTURES)
    assert {picture.stem for picture in (TREE / "docs" / "pictures").iterdir()} == shown
