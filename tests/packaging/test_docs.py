"""What the documents name is there: files, pictures, commands, options, entries, rooms."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

import wizard
from recovery.words import errors
from recovery.words.profile import Section, parse
from scripts.screenshots import PICTURES
from wizard.cli import app
from wizard.full_screen import bindings_together
from wizard.settings import Settings

TREE = Path(__file__).parents[2]
README, CONTRIBUTING, CHANGELOG = (
    TREE / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")
)
DOCS = TREE / "docs"
PAGES = sorted(DOCS.glob("*.md"))
DOCUMENTS = [README, CONTRIBUTING, CHANGELOG, TREE / "tests/cases/README.md", *PAGES]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:[\w-]+ \| )?pg-rekey [^`]+)`")
NAMED = "pg-rekey"


def _text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def _blocks(document: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(_text(document)) if kind == language]


def _anchors(document: Path) -> set[str]:
    """What a link can point at: each heading, as it is written into a page's address."""
    headings = re.findall(r"^#+ (.+)$", _text(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def _every(language: str) -> list[object]:
    """The blocks in a language as parameters of a test, each by its document and place."""
    return [
        pytest.param(text, id=f"{document.name}-{number}")
        for document in DOCUMENTS
        for number, text in enumerate(_blocks(document, language), start=1)
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for name, anchor in LINK.findall(_text(document)):
        meant = (document.parent / name).resolve() if name else document
        assert meant.exists(), name
        assert not anchor or anchor in _anchors(meant), f"{name}#{anchor}"


def test_every_page_can_be_come_to_from_the_readme() -> None:
    linked = {(TREE / name).resolve() for name, _ in LINK.findall(_text(README)) if name}

    assert {*PAGES, CONTRIBUTING} - linked == set()


def test_the_script_makes_every_picture_and_each_is_shown() -> None:
    told = "".join(map(_text, DOCUMENTS))
    shown = {Path(name).stem for name, _ in LINK.findall(told) if name.endswith(".svg")}

    assert shown == set(PICTURES)
    assert {picture.stem for picture in (DOCS / "pictures").iterdir()} == shown


def _calls(text: str) -> Iterator[list[str]]:
    """What stands behind the program's name, for each time that a line of a shell runs it."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    for number, word in enumerate(words):
        if word == NAMED or word.endswith(f"/bin/{NAMED}"):
            rest = words[number + 1 :]
            ends = (place for place, each in enumerate(rest) if each in ("|", "&&", ";", ">"))
            yield rest[: next(ends, len(rest))]


def _mistake(words: list[str]) -> str | None:
    """What the program would not understand of its arguments; None if it understands all."""
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    current: TyperGroup | TyperCommand = program
    waiting = iter(words)
    for word in waiting:
        if word.startswith("-"):
            name, _, value = word.partition("=")
            options = [each for each in current.params if isinstance(each, TyperOption)]
            found = [each for each in options if name in (*each.opts, *each.secondary_opts)]
            if not found and name != "--help":
                return f"{current.name} has no {name}"
            # This one takes a shell's name, if there is one; typer does not know.
            takes = name == "--show-completion" or (found and not found[0].is_flag)
            if takes and not value:
                next(waiting, None)
        elif current is program:
            command = program.commands.get(word)
            if not isinstance(command, TyperCommand):
                return f"there is no command {word}"
            current = command
        elif not any(isinstance(each, TyperArgument) for each in current.params):
            return f"{current.name} takes no {word}"
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_exists(document: Path) -> None:
    blocks = "".join(_blocks(document, "console")).splitlines()
    lines = [line.removeprefix("$ ") for line in blocks if line.startswith("$ ")]
    inline = [" ".join(found.split()) for found in INLINE.findall(_text(document))]

    mistakes = [_mistake(call) for line in (*lines, *inline) for call in _calls(line)]

    assert [mistake for mistake in mistakes if mistake is not None] == []


def test_what_is_no_command_and_no_option_is_noticed() -> None:
    (mistyped,) = _calls("true && ~/x/bin/pg-rekey plann --sql > file   # a comment")
    assert mistyped == ["plann", "--sql"]
    assert _mistake(mistyped) == "there is no command plann"
    assert _mistake(["plan", "--sqll"]) == "plan has no --sqll"
    assert _mistake(["--profile", "rekey.toml", "plan", "rekey.toml"]) == "plan takes no rekey.toml"


def test_every_target_of_make_exists() -> None:
    there = set(re.findall(r"^(\w+):", _text(TREE / "Makefile"), re.MULTILINE))

    for document in DOCUMENTS:
        for line in "".join(_blocks(document, "console")).splitlines():
            if line.startswith("$ make "):
                words = shlex.split(line, comments=True)[2:]
                assert {word for word in words if "=" not in word} <= there, line


@pytest.mark.parametrize("text", _every("toml"))
def test_every_example_of_a_file_is_understood(text: str) -> None:
    if "theme" in tomllib.loads(text):
        msgspec.convert(tomllib.loads(text), Settings)
    elif "why" not in tomllib.loads(text):
        parse(text, Path("rekey.toml"), {"target": {"database": "saas_platform"}})


def test_every_entry_of_the_profile_is_told_of() -> None:
    told = set(re.findall(r"[`\[](\w+)[`\]]", _text(DOCS / "profile.md")))
    entries = {entry for section in Section.__subclasses__() for entry in section.__struct_fields__}

    assert entries - told == set()


def test_every_action_that_can_have_another_key_is_told_of() -> None:
    (told,) = re.findall(r"Actions that can have other keys: ([^.]+)\.", _text(DOCS / "guide.md"))
    there = {each.id for bindings in bindings_together() for each in bindings if each.id}

    assert sorted(" ".join(told.split()).split(", ")) == sorted(there)


def test_every_exit_code_is_told_of() -> None:
    codes = re.findall(r"^(\d+) +(\S.*)$", errors.__doc__ or "", re.MULTILINE)

    assert codes
    for code, meaning in codes:
        assert f"| {code} | {meaning} |" in _text(DOCS / "command-line.md")


def test_the_rooms_are_told_of_in_their_order_and_in_their_own_words() -> None:
    configured = tomllib.loads(_text(TREE / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (rooms,) = (each for each in configured if each.get("containers") == ["recovery"])
    expected = [
        (f"recovery/{room}", (import_module(f"recovery.{room}").__doc__ or "").strip())
        for floor in rooms["layers"]
        for room in floor.split(" | ")
    ]

    told = re.findall(r"^ *(?:\d+\. )?`(recovery/\w+)`: (.+)$", _text(CONTRIBUTING), re.MULTILINE)
    assert told == expected


def test_the_newest_release_is_this_version() -> None:
    unreleased, newest, *_ = re.findall(r"^## \[(.+?)\]", _text(CHANGELOG), re.MULTILINE)

    assert (unreleased, newest) == ("Unreleased", wizard.__version__)
