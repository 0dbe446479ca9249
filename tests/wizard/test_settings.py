"""The settings file: what it may say, and the sentence where it says something else."""

from pathlib import Path

import pytest
from textual.theme import BUILTIN_THEMES

from recovery.words.errors import USAGE
from tests.screens.story import PROFILE
from wizard import full_screen
from wizard.settings import CONFIG_VARIABLE, Settings, SettingsError, read_settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is read, not written yet."""
    path = tmp_path / "mine.toml"
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    return path


def _read() -> Settings:
    return read_settings(BUILTIN_THEMES, full_screen.bindings_together())


def test_what_is_set_is_read(file: Path) -> None:
    file.write_text(
        'theme = "ansi-light"\n[keys]\ncommit = "k"\nroll-back = "x,ctrl+x"\n'
        'scroll-down = "down,j"\nnext = "p"\nprevious = "n"\nhelp = "?"\n'
    )
    assert _read() == Settings(
        "ansi-light",
        {
            "commit": "k",
            "roll-back": "x,ctrl+x",
            "scroll-down": "down,j",
            "next": "p",
            "previous": "n",
            "help": "?",
        },
    )


def test_no_file_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert _read() == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('theme = "drakula"', "theme: there is no 'drakula'; known: ansi-dark, ansi-light"),
        ("theme = 3", "expected `str | null`, got `int` - at `$.theme`; known here: theme"),
        ('colour = "red"', "unknown field `colour`; known here: theme and [keys]"),
        ("theme =", "this is not TOML"),
        ('[keys]\ncomit = "k"', "keys.comit: there is no such action; known: approve, commands"),
        ('[keys]\ncommit = "r"', "keys.commit: 'r' is taken twice: by 'roll-back' too"),
        ('[keys]\ncommit = "1"', "'1' is taken twice: by 'Open the pane of this number' too"),
        ('[keys]\ncommit = "k"\nextend = "k"', "keys.extend: 'k' is taken twice: by 'commit' too"),
        ('[keys]\ncommit = "ctrl+b"', "'ctrl+b' cannot be used: tmux takes it"),
        ('[keys]\nnext = "ctrl+s"', "'ctrl+s' cannot be used: the terminal's flow control"),
        (
            '[keys]\nnext = "ctrl+j"',
            "'ctrl+j' cannot be used: a terminal cannot tell it from Enter",
        ),
        ('[keys]\nnext = "ctrl+o"', "'ctrl+o' cannot be used"),
        ('[keys]\nnext = "ctrl+q"', "'ctrl+q' cannot be used: it does the same everywhere"),
        ('[keys]\ncommit = "enter"', "'enter' cannot be used: it does the same everywhere"),
        ('[keys]\ncommit = "pgup"', "'pgup' cannot be used: there is no key of this name"),
        ('[keys]\ncommit = ","', "keys.commit: '' cannot be used: there is no key of this name"),
    ],
)
def test_a_mistake_is_a_sentence(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        _read()
    assert str(refused.value).startswith(f"{file}: ")
    assert words in str(refused.value)


def test_a_file_that_is_named_has_to_be_there(file: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        _read()


def test_they_are_read_before_anything_else_happens(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('theme = "drakula"')
    monkeypatch.setattr(full_screen, "unfit_terminal", lambda: None)
    with pytest.raises(SettingsError) as refused:
        full_screen.run(profile=PROFILE, session_id=None, program="0.1.0")
    assert refused.value.problem.exit_code == USAGE
    assert not (tmp_path / "sessions").exists()


def test_no_key_of_ours_is_eaten_on_the_way() -> None:
    ours = {binding.key for screen in full_screen.bindings_together() for binding in screen}
    assert not ours & {"ctrl+b", "ctrl+s", "ctrl+j", "ctrl+o"}
