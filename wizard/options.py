"""The options that several commands have, and how a command takes many of them at once."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from wizard.completion import known_sessions

DEFAULT_PROFILE = Path("rekey.toml")


ProfileOption = Annotated[
    Path | None,
    typer.Option(
        "--profile", "-p", metavar="FILE", help="What is expected; ./rekey.toml if it is there."
    ),
]
DsnOption = Annotated[
    str | None,
    typer.Option("--dsn", metavar="DSN", help="libpq connection string, without a password."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", metavar="NAME", help="The expected name of the database."),
]
KeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key", metavar="KEY=TYPE", help="A key and its type: users.id=varchar(36). Repeatable."
    ),
]
ScriptsOption = Annotated[
    str | None, typer.Option("--scripts", metavar="FOLDER", help="Alembic's script location.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any profile entry as TOML: expect.least_tables=170. Repeatable.",
    ),
]
SessionOption = Annotated[
    str | None,
    typer.Option(
        "--session",
        "-s",
        metavar="ID",
        help="A session; else the latest for the target.",
        autocompletion=known_sessions,
    ),
]
SessionArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="ID",
        help="A session; else the latest for the target.",
        autocompletion=known_sessions,
    ),
]
NewOption = Annotated[bool, typer.Option("--new", help="Begin a new session.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
PlainOption = Annotated[
    bool, typer.Option("--plain", help="Prompts and plain lines, for screen readers.")
]
ConfirmOption = Annotated[
    str | None, typer.Option("--confirm", metavar="DATABASE", help="The database's name, typed.")
]
AcceptOldBackupOption = Annotated[
    bool,
    typer.Option("--accept-old-backup", help="Go on with a backup older than the profile allows."),
]
AttestedOption = Annotated[
    str | None,
    typer.Option("--backup-attested", metavar="TEXT", help="Names a backup made elsewhere."),
]


@dataclass(frozen=True, slots=True)
class Meant:
    """The options that say which profile is meant."""

    profile: ProfileOption = None
    dsn: DsnOption = None
    database: DatabaseOption = None
    keys: KeyOption = None
    scripts: ScriptsOption = None
    sets: SetOption = None


@dataclass(frozen=True, slots=True)
class Chosen(Meant):
    """The options of every command that works on one session."""

    session: SessionOption = None
    as_json: JsonOption = False


@dataclass(frozen=True, slots=True)
class Connecting(Chosen):
    """The same, where the server is asked."""

    password_stdin: PasswordOption = False


@dataclass(frozen=True, slots=True)
class ConnectingOrNew(Connecting):
    """The same, where a new session may begin."""

    new: NewOption = False


def spread(command: Callable[..., int]) -> Callable[..., int]:
    """A command whose first parameter is a class of options, with each as a parameter of its own.

    typer reads a command's parameters from its signature and knows no classes.
    """
    own = inspect.signature(command, eval_str=True).parameters
    first, *others = own.values()
    shared = inspect.signature(first.annotation, eval_str=True).parameters

    @functools.wraps(command)
    def called(**given: Any) -> int:
        options = first.annotation(**{name: given.pop(name) for name in shared})
        return command(options, **given)

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*others, *shared.values())
    ]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called
