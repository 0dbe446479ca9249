"""The catalog's questions: files that a person can read and paste, and the loader for them."""

import ast
import dataclasses
import re
from importlib import resources
from pathlib import Path

import pytest
from psycopg import sql

import queries
import recovery
import wizard
from queries import compose, rows, text
from queries.ask import _for_psycopg

FOLDER = Path(str(resources.files(queries)))
NAMES = sorted(file.stem for file in FOLDER.glob("*.sql"))
PLACE = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


def _comment(name: str) -> str:
    return "\n".join(line for line in text(name).splitlines() if line.startswith("--"))


def _body(name: str) -> str:
    """The statement without comments."""
    return "\n".join(line.partition("--")[0] for line in text(name).splitlines())


def test_there_are_questions() -> None:
    assert len(NAMES) >= 15
    assert {"columns", "foreign_keys", "dependents", "identity"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_begins_with_what_it_asks(name: str) -> None:
    assert text(name).startswith("-- ")
    assert re.search(r"[?.;]( |$)", _comment(name).splitlines()[0])


@pytest.mark.parametrize("name", NAMES)
def test_the_comment_names_what_has_to_be_filled_in(name: str) -> None:
    body, comment = _body(name), _comment(name)

    for place in set(PLACE.findall(body)):
        assert f"{{{place}}}" in comment, f"{{{place}}} is not explained"
    for parameter in set(re.findall(r":'(\w+)'", body)):
        assert parameter in comment, f"{parameter} is not explained"
    if not re.search(r":'\w+'|%\(", body):
        assert "Parameters: none" in comment or "Composed:" in comment


@pytest.mark.parametrize("name", NAMES)
def test_a_question_can_be_pasted_into_psql(name: str) -> None:
    """psql writes a parameter ``:'name'``; ``%(name)s`` is Python's and a syntax error there."""
    assert "%(" not in text(name)
    assert text(name).rstrip().endswith(";")
    quoted_away = re.sub(r"[$](\w+)[$].*[$]\1[$]", "", _body(name), flags=re.DOTALL)
    assert quoted_away.count(";") == 1


@pytest.mark.parametrize("name", NAMES)
def test_no_question_depends_on_the_search_path(name: str) -> None:
    named = re.findall(r"\b(?:FROM|JOIN)\s+(?:LATERAL\s+)?([a-z_.]+)", _body(name))

    assert [table for table in named if re.match("(?!pg_catalog[.]|pg_rekey[.]).*pg_", table)] == []


def test_psqls_parameters_become_psycopgs() -> None:
    assert ":'pid'" in text("blocked")
    assert "%(pid)s::int" in _for_psycopg("blocked")
    assert ":'" not in _for_psycopg("blocked")
    assert "ANY (%(relations)s)" in _for_psycopg("blockers")


@pytest.mark.parametrize("name", NAMES)
def test_a_cast_is_no_parameter_and_a_percent_sign_none_either(name: str) -> None:
    asked = _for_psycopg(name)
    parameters = set(re.findall(r":'(\w+)'", text(name)))

    assert asked.count("::") == text(name).count("::")
    filled = asked % dict.fromkeys(parameters, "FILLED")
    assert filled.count("FILLED") == len(re.findall(r":'\w+'", text(name)))
    assert filled.count("%") == text(name).count("%")


def test_composed_names_are_quoted() -> None:
    composed = compose("row_count", table=sql.Identifier("crm", 'a"b'))

    assert composed.as_string(None).strip().endswith('FROM "crm"."a""b";')


def test_a_place_that_is_not_filled_is_an_error() -> None:
    with pytest.raises(KeyError, match="table"):
        compose("row_count")


def test_a_question_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        text("no_such_question")


def _strings_of(package: Path) -> set[str]:
    """Every string that the code of a package writes."""
    return {
        node.value
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_question_is_asked_by_somebody() -> None:
    asked = {
        string
        for package in (recovery, wizard)
        for string in _strings_of(Path(package.__path__[0]))
    }

    assert [name for name in NAMES if name not in asked] == []


def test_every_row_says_which_question_it_answers() -> None:
    for row in vars(rows).values():
        if not dataclasses.is_dataclass(row):
            continue
        files = re.findall(r"(\w+)\.sql", row.__doc__ or "")
        assert files, row
        assert set(files) <= set(NAMES), row


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (row, name)
        for row in vars(rows).values()
        if dataclasses.is_dataclass(row)
        for name in re.findall(r"(\w+)\.sql", row.__doc__ or "")
    ],
)
def test_a_row_has_the_columns_of_its_question(row: type, name: str) -> None:
    missing = [
        field.name
        for field in dataclasses.fields(row)
        if not re.search(rf"(?:\bAS|\.)\s*{field.name}\b", text(name))
    ]

    assert missing == []
