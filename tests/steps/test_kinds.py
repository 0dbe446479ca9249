"""The kinds of findings are data, and the themes say nothing that the data says."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from recovery.record.events import Finding, Severity
from recovery.steps import findings
from recovery.steps.findings import kinds
from recovery.steps.findings.kinds import KEY_PROPOSED, Kind

FOLDER = Path(findings.__path__[0])
THEMES = sorted(path for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "kinds"))
NAMED = {name: kind for name, kind in vars(kinds).items() if isinstance(kind, Kind)}


def _calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _found(path: Path) -> Iterator[tuple[str, set[str]]]:
    """The kinds of which a theme makes findings, each with the places that it fills."""
    for call in _calls(path):
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr="found"):
                yield name, {each.arg for each in call.keywords if each.arg} - {"query"}


def _places(kind: Kind) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(kind.remedy) if name is not None}


def test_every_id_is_written_once() -> None:
    written = [
        call.args[0].value
        for call in _calls(FOLDER / "kinds.py")
        if isinstance(call.func, ast.Name)
        and call.func.id == "Kind"
        and isinstance(call.args[0], ast.Constant)
    ]

    assert {kind.code for kind in kinds.KINDS} == set(written)
    assert [code for code, count in Counter(written).items() if count > 1] == []


def test_every_kind_is_told_of_once_and_found_by_a_theme() -> None:
    made = [name for theme in THEMES for name, _ in _found(theme)]

    assert Counter(kinds.KINDS) == Counter(NAMED.values())
    assert set(made) == set(NAMED)


def test_every_place_of_a_remedy_is_filled_and_no_other() -> None:
    for theme in THEMES:
        for name, filled in _found(theme):
            assert filled == _places(NAMED[name]), name


@pytest.mark.parametrize("theme", THEMES, ids=lambda path: path.stem)
def test_a_theme_makes_findings_of_the_kinds_only(theme: Path) -> None:
    called = {call.func.id for call in _calls(theme) if isinstance(call.func, ast.Name)}

    assert called.isdisjoint({"Finding", "Severity", "Kind"})
    assert "Severity" not in theme.read_text(encoding="utf-8")


def test_a_finding_has_what_its_kind_says_and_what_was_seen() -> None:
    found = KEY_PROPOSED.found("a title", "{seen}", query="SELECT 1;", key='"{a}".id')

    assert found == Finding(
        Severity.BLOCKER,
        "key-proposed",
        "a title",
        "{seen}",
        "Take it into the plan, or leave it: here in the pane of keys, or with "
        "'pg-rekey plan --take \"{a}\".id' and '--leave'.",
        "SELECT 1;",
    )


def test_a_place_that_is_not_filled_is_an_error() -> None:
    with pytest.raises(KeyError, match="key"):
        KEY_PROPOSED.found("a title", "seen")
