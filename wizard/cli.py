"""The command line. Without a command it opens the wizard; every command also works alone.
Options may stand before a command or behind it.

Exit codes: 0 done, 1 a check failed or the work was rolled back, 2 usage or profile, 3 cannot
connect, 4 refused, 130 cancelled.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

# A shell that completes a word waits for this module, and so does who asks for help: what a command
# needs, it imports itself.
import wizard
from wizard.completion import complete_for_named_shell
from wizard.option_places import OptionsInBothPlaces
from wizard.options import (
    DEFAULT_PROFILE,
    AcceptOldBackupOption,
    AttestedOption,
    Chosen,
    ConfirmOption,
    Connecting,
    ConnectingOrNew,
    DatabaseOption,
    DsnOption,
    JsonOption,
    Meant,
    PasswordOption,
    PlainOption,
    ScriptsOption,
    SessionArgument,
    SessionOption,
    spread,
)

if TYPE_CHECKING:
    from recovery.words.profile import Profile
    from wizard.headless import Client

app = typer.Typer(
    name="pg-rekey",
    cls=OptionsInBothPlaces,
    help=__doc__,
    add_completion=True,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    # Without it a page of help is there in half the time.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _client(chosen: Connecting, *, new: bool = False, looks: bool = False) -> "Client":
    """The client that the options of the command describe.

    Where a session can only be read, a command that only ``looks`` is told so; another is refused
    before it asks for anything.
    """
    from wizard.headless import Client, ask_on_terminal, offer_to_keep
    from wizard.output import Output
    from wizard.profile_options import profile_unless
    from wizard.which_session import refuse_to_write, to_work_on

    output = Output(as_json=chosen.as_json)
    profile = profile_unless(chosen.session, chosen)
    session = to_work_on(profile, chosen.session, output, new=new)
    if not looks:
        refuse_to_write(session)
    client = Client(session, output)
    if chosen.password_stdin:
        client.password = sys.stdin.readline().rstrip("\n")
    client.ask, client.offer_to_keep = ask_on_terminal, offer_to_keep
    output.opened(session)
    return client


def _meant(chosen: Chosen, session_id: str | None) -> "tuple[Profile | None, str | None]":
    """The profile, or the session where one is named: by its id or by the option."""
    from recovery.words.errors import ProfileError
    from wizard.profile_options import profile_unless

    named = {each for each in (session_id, chosen.session) if each is not None}
    if len(named) > 1:
        raise ProfileError(f"Two sessions are named: {' and '.join(named)}.", "Name one of them.")
    session_id = named.pop() if named else None
    return profile_unless(session_id, chosen), session_id


@app.callback(invoke_without_command=True)
@spread
def wizard_command(
    meant: Meant,
    context: typer.Context,
    session: SessionOption = None,
    plain: PlainOption = False,
    as_json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", hidden=True)] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, help="Print the version.")
    ] = False,
) -> int:
    """Opens the wizard: it leads through the whole recovery, and resumes one."""
    if version:
        sys.stdout.write(f"pg-rekey {wizard.__version__}\n")
        raise typer.Exit
    for given, option in ((as_json, "--json"), (password_stdin, "--password-stdin")):
        if given:
            context.fail(f"{option} is for commands; the wizard has no use for it.")
    from wizard.profile_options import profile_unless

    return _open_wizard(profile_unless(session, meant), session, plain=plain)


def _open_wizard(profile: "Profile | None", session_id: str | None, *, plain: bool) -> int:
    if plain:
        from wizard.plain import run as run_plain

        return run_plain(profile, session_id)
    from wizard.full_screen import run

    return run(profile=profile, session_id=session_id, program=wizard.__version__)


@app.command()
def demo(
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Walk the recovery without a screen.")
    ] = False,
    rows: Annotated[
        int, typer.Option("--rows", metavar="COUNT", min=1, help="Rows in all, about.")
    ] = 50_000,
    serve: Annotated[
        bool, typer.Option("--serve", help="Only keep the incident; use another terminal.")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="FOLDER", help="Keep the sessions in this folder."),
    ] = None,
) -> int:
    """Recovers a made-up incident on a private PostgreSQL server. It is gone when it ends."""
    from wizard.demo import command

    return command.run(rows=rows, unattended=unattended, serve=serve, keep=keep)


@app.command()
def init(
    dsn: DsnOption = None,
    database: DatabaseOption = None,
    scripts: ScriptsOption = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file.")
    ] = DEFAULT_PROFILE,
    password_stdin: PasswordOption = False,
) -> int:
    """Writes a commented profile from a live database. Only reads it."""
    from wizard import init as initial

    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    return initial.write(output, dsn or "", database, scripts, password)


@app.command()
@spread
def investigate(chosen: ConnectingOrNew) -> int:
    """Says what is wrong with the database. Only reads."""
    return _client(chosen, new=chosen.new).investigate()


@app.command()
@spread
def revision(
    chosen: ConnectingOrNew,
    confirm: Annotated[
        list[str] | None,
        typer.Option(
            "--confirm",
            metavar="REVISION",
            help="Your word that the schema is at it. Repeatable: for branches side by side.",
        ),
    ] = None,
) -> int:
    """Says which revision the schema is at. Only reads; 1 while it has to be confirmed."""
    return _client(chosen, new=chosen.new, looks=not confirm).revision(confirm or ())


@app.command()
@spread
def plan(
    chosen: ConnectingOrNew,
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
) -> int:
    """Plans the conversion. Only reads; exit code 4 if something is refused."""
    client = _client(chosen, new=chosen.new)
    code = client.plan(prove=prove, compatible=compatible, take=take or (), leave=leave or ())
    if sql and code == 0:
        text = client.session.read_plan()
        if chosen.as_json:
            client.output.value({"plan.sql": text})
        else:
            client.output.script(text)
    return code


@app.command()
@spread
def backup(
    chosen: ConnectingOrNew,
    backup_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="custom or directory.")
    ] = "custom",
) -> int:
    """Makes a backup and reads it whole. Only reads the database."""
    from recovery.words.errors import ProfileError

    if backup_format not in ("custom", "directory"):
        raise ProfileError(f"--format {backup_format}: unknown.", "Expected custom or directory.")
    named = cast("Literal['custom', 'directory']", backup_format)
    return _client(chosen, new=chosen.new).back_up(named)


@app.command()
@spread
def convert(
    chosen: Connecting,
    confirm: Annotated[
        str, typer.Option("--confirm", metavar="DATABASE", help="The database's name, typed.")
    ],
    commit: Annotated[bool, typer.Option("--commit", help="Commit at the gate.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Roll back there.")] = False,
    backup_attested: AttestedOption = None,
    gate_seconds: Annotated[
        float,
        typer.Option(
            "--gate-seconds",
            metavar="SECONDS",
            help="How long the gate waits, 4 hours at most.",
        ),
    ] = 900,
    accept_breaks: Annotated[
        bool, typer.Option("--accept-breaks", help="Go on with what the plan says may fail.")
    ] = False,
    accept_old_backup: AcceptOldBackupOption = False,
    plan_hash: Annotated[
        str | None,
        typer.Option(
            "--plan", metavar="HASH", help="Approves the plan with this SHA-256, or beginning."
        ),
    ] = None,
) -> int:
    """Runs the latest plan, then commits it or rolls it back. Asks, if nobody approved it."""
    from recovery.words import gate
    from recovery.words.errors import ProfileError

    if commit == rollback:
        given = (
            "Both --commit and --rollback are" if commit else "Neither --commit nor --rollback is"
        )
        raise ProfileError(f"{given} given.", "Say which of the two.")
    # Also what is no number.
    if not 1 <= gate_seconds <= gate.LONGEST:
        raise ProfileError(
            f"--gate-seconds {gate_seconds:g}: the gate waits {gate.LONGEST_IN_WORDS} at most, and "
            "1 second at least.",
            f"Give seconds from 1 to {gate.LONGEST:g}.",
        )
    return _client(chosen).convert(
        confirm,
        commit=commit,
        attested=backup_attested,
        gate_seconds=gate_seconds,
        accept_breaks=accept_breaks,
        accept_old_backup=accept_old_backup,
        plan=plan_hash,
    )


@app.command()
@spread
def migrate(
    chosen: Connecting,
    confirm: ConfirmOption = None,
    backup_attested: AttestedOption = None,
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
    accept_old_backup: AcceptOldBackupOption = False,
) -> int:
    """Sets the confirmed revision and migrates to head."""
    from recovery.record.events import Way
    from recovery.words.errors import ProfileError

    ways: dict[str, Way] = {}
    given = {Way.ADOPT: adopt, Way.REPAIR: repair, Way.ASIDE: aside}
    for way, revision in ((way, one) for way, some in given.items() for one in some or ()):
        if ways.setdefault(revision, way) is not way:
            both = f"--{ways[revision].name.lower()} and --{way.name.lower()}"
            raise ProfileError(f"{both} are both given for {revision}.", "Choose one.")
    return _client(chosen).migrate(
        ways,
        confirm,
        attested=backup_attested,
        despite_forecast=despite_forecast,
        accept_old_backup=accept_old_backup,
    )


@app.command()
@spread
def compatibility(
    chosen: Connecting,
    remove: Annotated[
        bool, typer.Option("--remove", help="Drop them; asks for --confirm.")
    ] = False,
    confirm: ConfirmOption = None,
    backup_attested: AttestedOption = None,
) -> int:
    """Lists or drops the operators for code that still has uuid. A plan has made them."""
    client = _client(chosen, looks=not remove)
    return client.compatibility(confirm, remove=remove, attested=backup_attested)


@app.command()
@spread
def verify(chosen: ConnectingOrNew) -> int:
    """Goes through the check-list; exit code 1 if a check failed."""
    return _client(chosen, new=chosen.new).verify()


@app.command("sessions")
def list_sessions(as_json: JsonOption = False) -> int:
    """Lists the sessions, newest first."""
    from wizard.listing import tell

    tell(as_json=as_json)
    return 0


@app.command()
@spread
def resume(chosen: Chosen, session_id: SessionArgument = None, plain: PlainOption = False) -> int:
    """Opens a session where it stands. Without a profile, the latest that is not finished."""
    from recovery.record.session_list import latest_unfinished
    from wizard.which_session import to_look_at

    profile, named = _meant(chosen, session_id)
    if profile is None and named is None:
        named = latest_unfinished().id
    session_id = to_look_at(profile, named)
    if plain or (not chosen.as_json and sys.stdout.isatty()):
        return _open_wizard(None, session_id, plain=plain)

    from recovery.record.session import open_session
    from wizard.output import Output

    output = Output(chosen.as_json)
    session = open_session(session_id)
    for entry in session.history().entries:
        output.entry(entry)
    if session.only_reads is not None:
        output.problem(session.only_reads)
    return 0


@app.command()
@spread
def report(chosen: Chosen, session_id: SessionArgument = None) -> int:
    """Writes report.md and report.json of a session. It goes on all the same."""
    from recovery.record.session import open_session
    from wizard.headless import Client
    from wizard.output import Output
    from wizard.which_session import refuse_to_write, to_look_at

    output = Output(chosen.as_json)
    session = open_session(to_look_at(*_meant(chosen, session_id)))
    refuse_to_write(session)
    output.opened(session)
    return Client(session, output).report()


@app.command()
@spread
def bundle(
    chosen: Chosen,
    session_id: SessionArgument = None,
    to: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="A file, or a folder for it."),
    ] = None,
    with_backup: Annotated[
        bool, typer.Option("--with-backup", help="The backup too: it is the data.")
    ] = False,
) -> int:
    """Packs a session into a file that can be sent to somebody."""
    from recovery.record import bundle as bundles
    from recovery.record.session import open_session
    from wizard.output import Output
    from wizard.which_session import to_look_at

    output = Output(chosen.as_json)
    session = open_session(to_look_at(*_meant(chosen, session_id)))
    output.opened(session)
    path = bundles.save(session, to, with_backup=with_backup)
    if output.as_json:
        output.value({"bundle": str(path)})
    else:
        output.line(bundles.saved(path, with_backup=with_backup))
    return 0


def main() -> None:
    """The program ``pg-rekey``: every expected error is a sentence and an exit code."""
    complete_for_named_shell()
    try:
        code = app(prog_name=app.info.name, standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        from wizard.ending import code_of

        code = code_of(error)
        if code is None:
            raise
    sys.exit(code)
