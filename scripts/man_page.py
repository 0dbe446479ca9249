"""The man page, from the command line as it is: man_page.py FILE."""

import sys
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

import wizard
from recovery.record.folders import JOURNAL, STATE_VARIABLE
from recovery.words import errors
from wizard.cli import app
from wizard.settings import CONFIG_VARIABLE

NAME = "recovers a PostgreSQL database whose key columns have the wrong type"
DESCRIPTION = (
    "Without a command, pg-rekey opens a wizard in the terminal. It leads through the recovery of "
    "one database in eight steps: target, investigation, plan, backup, conversion, migrations, "
    "verification and report. Every step can also be done by a command.",
    "Nothing is written to the database before its name was typed, the plan was approved, and a "
    "backup was made and read whole, or attested. The conversion is one transaction. It stops "
    "before COMMIT and waits for the operator; silence, a passed deadline and a killed process all "
    "mean ROLLBACK.",
    "The work is done by a process of its own, which goes on when the terminal is lost. What it "
    "does is written to a journal in the session's folder, from which every client goes on.",
    "Every command works on the latest session of the profile's database, until --new or a changed "
    "profile begins another; a report ends nothing. An option may stand before a command or behind "
    "it; given in both places, the one behind wins, and one that may be repeated adds up.",
)
# typer's own two, whose words change with its version.
COMPLETION = {
    "--install-completion": ("", "Installs completion for the shell that this is run from."),
    "--show-completion": (
        "[SHELL]",
        "Prints the completion script of bash, zsh or fish; without a name, of the shell that this "
        "is run from.",
    ),
}
ENVIRONMENT = {
    STATE_VARIABLE: "Where sessions are kept, instead of ~/.local/state/pg-rekey.",
    CONFIG_VARIABLE: "The file of settings, instead of ~/.config/pg-rekey/config.toml.",
    "PGHOST, PGPORT, PGUSER, PGDATABASE, PGSERVICE, PGSSLMODE ...": (
        "libpq's variables say what the connection string does not."
    ),
    "PGPASSFILE, PGPASSWORD": (
        "Where libpq finds the password, if not in ~/.pgpass. Others can read PGPASSWORD on some "
        "systems."
    ),
    "NO_COLOR": "If it is set and not empty, nothing has a colour.",
    "TERM": "The wizard is not shown if it is dumb or not set; --plain does without.",
    "TMPDIR": "Where the private server is made on which a plan is tried.",
    "PATH": "Where pg_dump and pg_restore are looked for, after the usual folders.",
}
FILES = {
    "./rekey.toml": "The profile, if none is named: what is expected of the database.",
    "~/.config/pg-rekey/config.toml": "Theme and keys of the wizard. Need not be there.",
    "~/.local/state/pg-rekey/ID/": "A session. Nothing in it but the backup is secret.",
    f"~/.local/state/pg-rekey/ID/{JOURNAL}": "What happened, in the order in which it did.",
    "~/.local/state/pg-rekey/ID/plan.sql": "The statements that were approved; psql can run them.",
    "~/.local/state/pg-rekey/ID/sql.log": "What was sent to the server to change it.",
    "~/.local/state/pg-rekey/ID/runner.log": "What else the process had to say that did the work.",
    "~/.local/state/pg-rekey/ID/backup/": "The backup, with its manifest.json. It is the data.",
    "~/.local/state/pg-rekey/ID/report.md, report.json": "The report.",
    "~/.pgpass, ~/.pg_service.conf": "libpq's own.",
}
EXAMPLES = {
    "pg-rekey demo": "Shows everything on a private server that vanishes with it.",
    'pg-rekey init --dsn "host=db.internal user=owner dbname=saas_platform"': (
        "Writes rekey.toml from a live database."
    ),
    "pg-rekey --profile rekey.toml": "Opens the wizard.",
    "pg-rekey convert --confirm saas_platform --rollback": "A dress rehearsal of the conversion.",
    "pg-rekey resume": "Opens the session of ./rekey.toml's database where it stands.",
}
# An option of so many commands is told of once, for all of them.
COMMON = 3
# What stands at the left, in roff, and its text.
Told = tuple[str, str]


def page() -> str:
    """The page in roff, for man(7)'s macros."""
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    return "\n".join([*_head(), *_commands(program), *_tail()]) + "\n"


def _head() -> Iterator[str]:
    yield '.\\" Written by "make man" from the command line itself. Not edited by hand.'
    yield f'.TH PG\\-REKEY 1 "" "pg\\-rekey {wizard.__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"pg\\-rekey \\- {_plain(NAME)}"
    yield ".SH SYNOPSIS"
    yield ".B pg\\-rekey\n.RI [ options ]\n.br"
    yield ".B pg\\-rekey\n.I command\n.RI [ options ]\n.RI [ arguments ]"
    yield ".SH DESCRIPTION"
    yield "\n.PP\n".join(map(_plain, DESCRIPTION))


def _commands(program: TyperGroup) -> Iterator[str]:
    commands = [each for each in program.commands.values() if isinstance(each, TyperCommand)]
    counted = Counter(_told(each) for command in commands for each in _options(command))
    common = {told: None for told, count in counted.items() if count >= COMMON}

    yield ".SH OPTIONS"
    yield "Without a command:"
    yield from _entries([(_bold("-h, --help"), "Shows the options, those of a command behind it.")])
    yield from _own_and_common(program, common)
    yield ".SH COMMANDS"
    for command in commands:
        yield f'.SS "{" ".join(_synopsis(command))}"'
        yield _plain(command.help or "")
        yield from _own_and_common(command, common)
    yield ".SH COMMON OPTIONS"
    yield from _entries(common)


def _synopsis(command: TyperCommand) -> Iterator[str]:
    """A command with what it cannot do without, and its arguments."""
    yield _literal(command.name or "")
    for each in command.params:
        if isinstance(each, TyperArgument):
            yield f"[{each.metavar}]"
        elif isinstance(each, TyperOption) and each.required:
            yield f"{_literal(each.opts[0])} {_value(each)}"


def _own_and_common(command: TyperCommand | TyperGroup, common: Container[Told]) -> Iterator[str]:
    options = list(_options(command))
    yield from _entries(told for told in map(_told, options) if told not in common)
    shared = [_literal(each.opts[0]) for each in options if _told(each) in common]
    if shared:
        yield f".PP\nCommon options: {', '.join(shared)}."


def _options(command: TyperCommand | TyperGroup) -> Iterator[TyperOption]:
    return (each for each in command.params if isinstance(each, TyperOption) and not each.hidden)


def _told(option: TyperOption) -> Told:
    """An option's names with what follows them, in roff, and its help."""
    value, text = COMPLETION.get(option.opts[0], (_value(option), option.help or ""))
    default = option.default
    if not option.is_flag and default is not None and not callable(default):
        text = f"{text} Default: {default}."
    names = ", ".join([*sorted(option.opts, key=len), *option.secondary_opts])
    return f"{_bold(names)} {_italic(value)}".strip(), text


def _value(option: TyperOption) -> str:
    return "" if option.is_flag else option.metavar or option.opts[0].lstrip("-").upper()


def _tail() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    yield from _entries((_bold(code), f"{meaning}.") for code, meaning in _exit_codes())
    yield ".SH ENVIRONMENT"
    yield from _entries((_bold(name), text) for name, text in ENVIRONMENT.items())
    yield ".SH FILES"
    yield from _entries((_italic(name), text) for name, text in FILES.items())
    yield ".SH EXAMPLES"
    yield from _entries((_bold(name), text) for name, text in EXAMPLES.items())
    yield ".SH SEE ALSO"
    yield ".BR psql (1),\n.BR pg_dump (1),\n.BR pg_restore (1)"


def _exit_codes() -> Iterator[tuple[str, str]]:
    """The table that the module of errors has in its first words."""
    for line in (errors.__doc__ or "").splitlines():
        code, _, meaning = line.partition(" ")
        if code.isdecimal():
            yield code, meaning.strip().capitalize()


def _entries(entries: Iterable[Told]) -> Iterator[str]:
    for name, text in entries:
        yield f".TP\n{name}\n{_plain(text)}"


def _bold(text: str) -> str:
    return f"\\fB{_literal(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{_literal(text)}\\fR" if text else ""


def _literal(text: str) -> str:
    """Text that may be copied: its hyphens stay what they are."""
    return _plain(text).replace("-", "\\-")


def _plain(text: str) -> str:
    """Text that roff does not take for its own, without line breaks."""
    words = " ".join(text.split()).replace("\\", "\\e")
    return f"\\&{words}" if words.startswith((".", "'")) else words


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
