"""The profile that the options of a command describe."""

import tomllib
from typing import Any

from recovery.words.errors import ProfileError
from recovery.words.profile import Profile, database_of, load, merged
from wizard.options import DEFAULT_PROFILE, Meant


def profile_of(meant: Meant) -> Profile | None:
    """The profile that is meant; None if neither a file nor a target is named."""
    path = meant.profile
    if path is None and DEFAULT_PROFILE.exists() and meant.dsn is None:
        path = DEFAULT_PROFILE
    changes = _changes(meant, alone=path is None)
    if path is None and not changes:
        return None
    return load(path, changes)


def profile_unless(session_id: str | None, meant: Meant) -> Profile | None:
    """The profile that is meant; None where a session is named, which has its own.

    Raises ``ProfileError`` for options that would say nothing to that.
    """
    if session_id is None:
        return profile_of(meant)
    options = {
        "--profile": meant.profile,
        "--dsn": meant.dsn,
        "--database": meant.database,
        "--key": meant.keys,
        "--scripts": meant.scripts,
        "--set": meant.sets,
    }
    for option, given in options.items():
        if given:
            raise ProfileError(
                f"Session {session_id} has the profile that it was opened with: "
                f"{option} says nothing to it.",
                f"Leave {option} out, or the session.",
            )
    return None


def _changes(meant: Meant, *, alone: bool) -> dict[str, Any]:
    """What the command line says of the profile, shaped like the file.

    A connection string also says which database is expected, but only ``alone``: against a file's
    word for that, it is what is checked.
    """
    changes: dict[str, Any] = {}
    for assignment in meant.sets or []:
        changes = merged(changes, _assignment(assignment))
    target: dict[str, str] = {}
    if meant.dsn is not None:
        target["dsn"] = meant.dsn
        named = database_of(meant.dsn)
        if named is not None and alone:
            target["database"] = named
    if meant.database is not None:
        target["database"] = meant.database
    keys: dict[str, str] = {}
    for key in meant.keys or []:
        column, equals, type_ = key.partition("=")
        if not equals:
            raise ProfileError(f"--key {key}: it names no type.", "Expected users.id=varchar(36).")
        keys[column.strip()] = type_.strip()
    if target:
        changes = merged(changes, {"target": target})
    if keys:
        changes = merged(changes, {"keys": keys})
    if meant.scripts is not None:
        changes = merged(changes, {"alembic": {"script_location": meant.scripts}})
    return changes


def _assignment(text: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    try:
        return tomllib.loads(f"{name} = {value}") if equals else tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Not the value: somebody may have put a password there.
        raise ProfileError(
            f"--set {name}: this is not TOML.",
            "Expected NAME=VALUE in TOML: expect.least_tables=170.",
        ) from error
