"""The command line. Without a command it opens the wizard; every command also works alone.

Exit codes: 0 done, 1 a check failed or the work was rolled back, 2 usage or profile, 3 cannot
connect, 4 refused, 130 cancelled.
"""

import functools
import inspect
import os
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

# A shell that completes a word waits for this module: what a command needs, it imports itself.
import wizard
from recovery.record.folders import session_ids
from recovery.words.errors import CANCELLED, DONE, USAGE, ProfileError, RecoveryError

if TYPE_CHECKING:
    from recovery.words.profile import Profile
    from wizard.headless import Client

DEFAULT_PROFILE = Path("rekey.toml")

app = typer.Typer(
    name="pg-rekey",
    help=__doc__,
    add_completion=True,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _known_sessions(incomplete: str) -> list[str]:
    """The sessions that a shell may complete a word to."""
    try:
        return [name for name in session_ids() if name.startswith(incomplete)]
    except OSError:
        return []


ProfileOption = Annotated[
    Path | None,
    typer.Option("--profile", "-p", help="What is expected; ./rekey.toml if it is there."),
]
DsnOption = Annotated[
    str | None, typer.Option("--dsn", help="libpq connection string, without a password.")
]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="The expected name of the database.")
]
KeyOption = Annotated[
    list[str] | None,
    typer.Option("--key", help="A key and its type: users.id=varchar(36). Repeatable."),
]
ScriptsOption = Annotated[str | None, typer.Option("--scripts", help="Alembic's script location.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any profile entry as TOML: expect.least_tables=170. Repeatable."),
]
SessionOption = Annotated[
    str | None,
    typer.Option(
        "--session",
        "-s",
        help="A session; else the latest for the target.",
        autocompletion=_known_sessions,
    ),
]
SessionArgument = Annotated[
    str | None, typer.Argument(metavar="ID", autocompletion=_known_sessions)
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
    password_stdin: PasswordOption = False
    as_json: JsonOption = False


@dataclass(frozen=True, slots=True)
class ChosenOrNew(Chosen):
    """The same, where a new session may begin."""

    new: NewOption = False


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first parameter is a class of options, with each as a parameter of its own.

    typer reads a command's parameters from its signature and knows no classes.
    """
    own = inspect.signature(command, eval_str=True).parameters
    first, *others = own.values()
    shared = inspect.signature(first.annotation, eval_str=True).parameters

    @functools.wraps(command)
    def called(**given: Any) -> None:
        options = first.annotation(**{name: given.pop(name) for name in shared})
        command(options, **given)

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*others, *shared.values())
    ]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


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


def _changes(meant: Meant) -> dict[str, Any]:
    """What the command line says of the profile, shaped like the file."""
    from recovery.words import profile as profiles

    changes: dict[str, Any] = {}
    for assignment in meant.sets or []:
        changes = profiles.merged(changes, _assignment(assignment))
    target: dict[str, str] = {}
    if meant.dsn is not None:
        target["dsn"] = meant.dsn
        named = profiles.database_of(meant.dsn)
        if named is not None:
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
        changes = profiles.merged(changes, {"target": target})
    if keys:
        changes = profiles.merged(changes, {"keys": keys})
    if meant.scripts is not None:
        changes = profiles.merged(changes, {"alembic": {"script_location": meant.scripts}})
    return changes


def _profile(meant: Meant) -> "Profile | None":
    """The profile that is meant; None if neither a file nor a target is named."""
    from recovery.words import profile as profiles

    path, changes = meant.profile, _changes(meant)
    if path is None and DEFAULT_PROFILE.exists() and meant.dsn is None:
        path = DEFAULT_PROFILE
    if path is None and not changes:
        return None
    return profiles.load(path, changes)


def _client(chosen: Chosen, *, new: bool = False, finished: bool = False) -> "Client":
    """The client that the options of the command describe."""
    from wizard.headless import Output, ask_on_terminal, offer_to_keep, open_client

    output = Output(as_json=chosen.as_json)
    profile = None if chosen.session is not None else _profile(chosen)
    client = open_client(profile, chosen.session, output, new=new, finished=finished)
    if chosen.password_stdin:
        client.password = sys.stdin.readline().rstrip("\n")
    client.ask, client.offer_to_keep = ask_on_terminal, offer_to_keep
    if not output.as_json:
        output.line(f"session {client.session.id}")
    return client


def _exit(code: int) -> None:
    raise typer.Exit(code)


@app.callback(invoke_without_command=True)
@spread
def wizard_command(
    meant: Meant,
    context: typer.Context,
    session: SessionOption = None,
    plain: PlainOption = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Opens the wizard: it leads through the whole recovery, and resumes one."""
    if version:
        from wizard.headless import Output

        Output().line(f"pg-rekey {wizard.__version__}")
        _exit(DONE)
    if context.invoked_subcommand is not None:
        return
    _exit(_open_wizard(_profile(meant), session, plain=plain))


def _open_wizard(profile: "Profile | None", session_id: str | None, *, plain: bool) -> int:
    if plain:
        from wizard.plain import run as run_plain

        return run_plain(profile, session_id)
    from wizard.app import run

    return run(profile=profile, session_id=session_id, program=wizard.__version__)


@app.command()
def demo(
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Walk the recovery without a screen.")
    ] = False,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Rows in all, about.")] = 50_000,
    serve: Annotated[
        bool, typer.Option("--serve", help="Only keep the incident; use another terminal.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Keep the sessions in this folder.")
    ] = None,
) -> None:
    """Recovers a made-up incident on a private PostgreSQL server, gone when it ends."""
    from wizard.demo import command

    _exit(command.run(rows=rows, unattended=unattended, serve=serve, keep=keep))


@app.command()
def init(
    dsn: DsnOption = None,
    database: DatabaseOption = None,
    scripts: ScriptsOption = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file.")] = DEFAULT_PROFILE,
    password_stdin: PasswordOption = False,
) -> None:
    """Writes a commented profile from a live database, which is only read."""
    from wizard import init as initial

    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    _exit(initial.write(output, dsn or "", database, scripts, password))


@app.command()
@spread
def investigate(chosen: ChosenOrNew) -> None:
    """Says what is wrong with the database. Only reads."""
    _exit(_client(chosen, new=chosen.new).investigate())


@app.command()
@spread
def revision(
    chosen: ChosenOrNew,
    confirm: Annotated[
        list[str] | None,
        typer.Option(
            "--confirm",
            metavar="REVISION",
            help="Your word that the schema is at it. Repeatable: for branches side by side.",
        ),
    ] = None,
) -> None:
    """Says which revision the schema is at. Only reads; 1 while it has to be confirmed."""
    _exit(_client(chosen, new=chosen.new).revision(confirm or ()))


@app.command()
@spread
def plan(
    chosen: ChosenOrNew,
    sql: Annotated[bool, typer.Option("--sql", help="Print plan.sql.")] = False,
    prove: Annotated[
        bool, typer.Option("--proof/--no-proof", help="Run it on a copy of the schema first.")
    ] = True,
    compatible: Annotated[
        bool,
        typer.Option("--compatibility", help="Make operators for code that still has uuid."),
    ] = False,
    take: Annotated[
        list[str] | None,
        typer.Option(
            "--take", metavar="COLUMN", help="Convert a soft reference or a key. Repeatable."
        ),
    ] = None,
    leave: Annotated[
        list[str] | None,
        typer.Option(
            "--leave", metavar="COLUMN", help="Leave a soft reference or a key. Repeatable."
        ),
    ] = None,
) -> None:
    """Plans the conversion. Only reads; exit code 4 if something is refused."""
    client = _client(chosen, new=chosen.new)
    code = client.plan(prove=prove, compatible=compatible, take=take or (), leave=leave or ())
    if sql and code == DONE:
        text = client.session.plan_file.read_text(encoding="utf-8")
        if chosen.as_json:
            client.output.value({"plan.sql": text})
        else:
            sys.stdout.write(text)
    _exit(code)


@app.command()
@spread
def backup(
    chosen: ChosenOrNew,
    backup_format: Annotated[str, typer.Option("--format", help="custom or directory.")] = "custom",
) -> None:
    """Makes a backup and reads it whole. Only reads the database."""
    if backup_format not in ("custom", "directory"):
        raise ProfileError(f"--format {backup_format}: unknown.", "Expected custom or directory.")
    named = cast("Literal['custom', 'directory']", backup_format)
    _exit(_client(chosen, new=chosen.new).back_up(named))


@app.command()
@spread
def convert(
    chosen: Chosen,
    confirm: Annotated[
        str, typer.Option("--confirm", metavar="DATABASE", help="The database's name, typed.")
    ],
    commit: Annotated[
        bool | None, typer.Option("--commit/--rollback", help="What to do at the gate.")
    ] = None,
    backup_attested: Annotated[
        str | None, typer.Option("--backup-attested", help="Names a backup made elsewhere.")
    ] = None,
    gate_seconds: Annotated[
        float, typer.Option("--gate-seconds", min=1, help="How long the gate waits.")
    ] = 900,
    accept_breaks: Annotated[
        bool, typer.Option("--accept-breaks", help="Go on with what the plan says may fail.")
    ] = False,
) -> None:
    """Runs the plan that was made last, and commits it or rolls it back at the gate."""
    if commit is None:
        raise ProfileError("Neither --commit nor --rollback is given.", "Say which of the two.")
    _exit(
        _client(chosen).convert(
            confirm,
            commit=commit,
            attested=backup_attested,
            gate_seconds=gate_seconds,
            accept_breaks=accept_breaks,
        )
    )


@app.command()
@spread
def migrate(
    chosen: Chosen,
    confirm: ConfirmOption = None,
    adopt: Annotated[
        list[str] | None,
        typer.Option("--adopt", metavar="REVISION", help="Keep tables made by hand. Repeatable."),
    ] = None,
    repair: Annotated[
        list[str] | None,
        typer.Option("--repair", metavar="REVISION", help="Make them the script's, keep them."),
    ] = None,
    aside: Annotated[
        list[str] | None,
        typer.Option("--aside", metavar="REVISION", help="Rename them, let the script run."),
    ] = None,
    despite_forecast: Annotated[
        bool, typer.Option("--despite-forecast", help="Go on with what failed on a copy.")
    ] = False,
) -> None:
    """Sets the confirmed revision and migrates to head."""
    from recovery.record.events import Way

    ways = {
        **dict.fromkeys(adopt or (), Way.ADOPT),
        **dict.fromkeys(repair or (), Way.REPAIR),
        **dict.fromkeys(aside or (), Way.ASIDE),
    }
    _exit(_client(chosen).migrate(ways, confirm, despite_forecast=despite_forecast))


@app.command()
@spread
def compatibility(
    chosen: Chosen,
    remove: Annotated[
        bool, typer.Option("--remove", help="Drop them; asks for --confirm.")
    ] = False,
    confirm: ConfirmOption = None,
) -> None:
    """Lists the operators that a plan made for code that still has uuid, or drops them."""
    _exit(_client(chosen, finished=True).compatibility(confirm, remove=remove))


@app.command()
@spread
def verify(chosen: ChosenOrNew) -> None:
    """Goes through the check-list; exit code 1 if a check failed."""
    _exit(_client(chosen, new=chosen.new).verify())


@app.command("sessions")
def list_sessions(as_json: JsonOption = False) -> None:
    """Lists the sessions, newest first."""
    from wizard.headless import Output
    from wizard.listing import listing

    output = Output(as_json)
    for row in listing():
        if as_json:
            output.value(row)
        else:
            output.line("  ".join(str(value) for value in row.values()))
    _exit(DONE)


@app.command()
def resume(
    session_id: SessionArgument = None,
    as_json: JsonOption = False,
    plain: PlainOption = False,
) -> None:
    """Opens a session where it stands; the latest unfinished one if none is named."""
    from recovery.record import session as sessions
    from wizard.headless import Output

    if session_id is None:
        session_id = sessions.latest_id()
    if plain or (not as_json and sys.stdout.isatty()):
        _exit(_open_wizard(None, session_id, plain=plain))
    output = Output(as_json)
    session = sessions.open_session(session_id)
    for entry in session.history().entries:
        output.entry(entry)
    if session.only_reads is not None:
        output.problem(session.only_reads)
    _exit(DONE)


@app.command()
def report(
    session_id: SessionArgument = None,
    as_json: JsonOption = False,
) -> None:
    """Writes report.md and report.json of a session, the latest if none is named."""
    from recovery.record import session as sessions
    from wizard.headless import Client, Output

    client = Client(sessions.open_session(session_id or sessions.latest_id()), Output(as_json))
    _exit(client.report())


@app.command()
def bundle(
    session_id: SessionArgument = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, or a folder for it.")
    ] = None,
    with_backup: Annotated[
        bool, typer.Option("--with-backup", help="The backup too: it is the data.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Packs a session, the latest if none is named, into a file that can be sent to somebody."""
    from recovery.record import bundle as bundles
    from recovery.record import session as sessions
    from wizard.headless import Output

    session = sessions.open_session(session_id or sessions.latest_id())
    path = bundles.save(session, output, with_backup=with_backup)
    told = Output(as_json)
    if as_json:
        told.value({"bundle": str(path)})
    else:
        told.line(bundles.saved(path, with_backup=with_backup))
    _exit(DONE)


def _complete_for_named_shell() -> None:
    """Lets ``--show-completion`` take a shell's name; alone, typer looks which shell it is in."""
    match sys.argv[1:]:
        case ["--show-completion", shell]:
            os.environ["_PG_REKEY_COMPLETE"] = f"source_{shell}"


def main() -> None:
    """The program ``pg-rekey``: every expected error is a sentence and an exit code."""
    _complete_for_named_shell()
    try:
        code = app(prog_name=app.info.name, standalone_mode=False)
    except RecoveryError as error:
        from wizard.headless import Output

        Output("--json" in sys.argv).problem(error.problem)
        code = error.problem.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = CANCELLED
    except Exception as error:
        # typer's usage errors know how to show themselves; their class moved between its releases.
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        code = USAGE
    sys.exit(code)
