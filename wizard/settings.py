"""What a person sets for every session, in ``config.toml``: the theme, and other keys."""

import os
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec
import platformdirs
from textual.binding import Binding
from textual.keys import Keys, key_to_character

from recovery.words.errors import USAGE, RecoveryError

CONFIG_VARIABLE = "PG_REKEY_CONFIG"

# Keys that never arrive as themselves: tmux's prefix, flow control, and what a terminal sends for
# other keys. Ctrl+O is one of them on BSD.
_EATEN = {
    "ctrl+b": "tmux takes it",
    "ctrl+s": "the terminal's flow control takes it",
    "ctrl+o": "the terminal may take it",
    "ctrl+j": "a terminal cannot tell it from Enter",
    "ctrl+m": "a terminal cannot tell it from Enter",
    "ctrl+i": "a terminal cannot tell it from Tab",
    "ctrl+h": "a terminal cannot tell it from Backspace",
}
# Keys that move, choose and leave everywhere.
_FIXED = ("enter", "escape", "tab", "shift+tab", "backspace", "delete", "ctrl+c", "ctrl+q")


class SettingsError(RecoveryError):
    """The settings say something that cannot be meant."""

    exit_code = USAGE


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``keys`` maps the id of a binding to the keys that it has instead, with commas between."""

    theme: str | None = None
    keys: dict[str, str] = {}


def settings_file() -> Path:
    """``$PG_REKEY_CONFIG``, or ``config.toml`` in the user's config directory."""
    chosen = os.environ.get(CONFIG_VARIABLE)
    return Path(chosen) if chosen else platformdirs.user_config_path("pg-rekey") / "config.toml"


def read_settings(themes: Collection[str], screens: Iterable[Collection[Binding]]) -> Settings:
    """What the file says; nothing if there is none.

    ``screens`` has the bindings that are in force together. Raises ``SettingsError``.
    """
    path = settings_file()
    if not path.exists() and not os.environ.get(CONFIG_VARIABLE):
        return Settings()
    try:
        settings = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings)
    except (OSError, UnicodeDecodeError) as error:
        raise _error(path, f"cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise _error(path, f"this is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        known = "known here: theme and [keys]"
        raise _error(path, f"{str(error)[0].lower()}{str(error)[1:]}; {known}") from error
    if settings.theme is not None and settings.theme not in themes:
        raise _error(path, f"theme: there is no {settings.theme!r}; known: {_listed(themes)}")
    for what in _mistakes(settings.keys, [list(screen) for screen in screens]):
        raise _error(path, what)
    return settings


def _error(path: Path, what: str) -> SettingsError:
    return SettingsError(
        f"{path}: {what}",
        "Correct the settings, or take the file away: it is not needed.",
        object=str(path),
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _mistakes(keys: Mapping[str, str], screens: list[list[Binding]]) -> Iterable[str]:
    """What is wrong with the keys, in words."""
    known = {binding.id for screen in screens for binding in screen if binding.id is not None}
    for name, wanted in keys.items():
        if name not in known:
            yield f"keys.{name}: there is no such action; known: {_listed(known)}"
            return
        for key in _split(wanted):
            if (why := _unfit(key)) is not None:
                yield f"keys.{name}: {key!r} cannot be used: {why}"
    for screen in screens:
        yield from _taken_twice(keys, screen)


def _split(keys: str) -> list[str]:
    """Keys as bindings have them: ``?`` is ``question_mark``."""
    made = Binding.make_bindings([Binding(keys, "")]) if keys.replace(",", "").strip() else ()
    return [binding.key for binding in made] or [""]


def _unfit(key: str) -> str | None:
    """Why a key cannot be used, in words; None if it can."""
    if key in _EATEN:
        return _EATEN[key]
    if key in _FIXED:
        return "it does the same everywhere"
    if key not in {each.value for each in Keys} and key_to_character(key) is None:
        return "there is no key of this name"
    return None


def _taken_twice(keys: Mapping[str, str], screen: list[Binding]) -> Iterable[str]:
    """Keys that two actions of one screen would have."""
    owners: dict[str, str] = {}
    for name, wanted in keys.items():
        for key in _split(wanted) if any(each.id == name for each in screen) else ():
            if (owner := owners.setdefault(key, name)) != name:
                yield f"keys.{name}: {key!r} is taken twice: by {owner!r} too"
    for binding in screen:
        name = binding.id or binding.description
        if name not in keys and (owner := owners.get(binding.key, name)) != name:
            yield f"keys.{owner}: {binding.key!r} is taken twice: by {name!r} too"
