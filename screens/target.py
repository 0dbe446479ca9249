"""Step 1: connect, read the identity card, and type the database's name."""

from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Button, Checkbox, Input

from recovery.record.events import Identity, Refusal, Step, TargetConfirmed
from recovery.record.history import History
from recovery.words import moments
from recovery.words.errors import Problem
from screens import words
from screens.step_screen import StepScreen
from screens.widgets.buttons import button
from screens.widgets.field import Field
from screens.widgets.help import page
from screens.widgets.problem import ProblemPanel
from screens.widgets.rows import Cell, Facts, Refusals, Rows
from screens.widgets.text import Note
from screens.widgets.toggles import Tick
from screens.wishes import ConfirmTarget, SignIn


@dataclass(frozen=True, slots=True)
class Connecting:
    """Somebody knocks at the server's door."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The way in works. ``refusals`` say why the target cannot be worked on."""

    identity: Identity
    refusals: tuple[Refusal, ...]
    password_from: str


@dataclass(frozen=True, slots=True)
class NotConnected:
    """The way in does not work.

    ``account`` is whose password is asked for, None if a password is not the trouble;
    ``without_keyring`` says why no keyring can keep it, None if one can.
    """

    problem: Problem
    account: str | None = None
    without_keyring: str | None = None


Connection = Connecting | Connected | NotConnected


class TargetScreen(StepScreen):
    """Which database this is. The connection is this program's own: it is not in the journal."""

    STEP = Step.TARGET
    NAME = "Target"
    START = "Connect"
    HELP = page("target")

    connection: Connection = Connecting()

    def compose_content(self) -> ComposeResult:
        with VerticalScroll(id="content", can_focus=False):
            yield Note(id="intro")
            yield ProblemPanel(id="unreachable")
            yield Facts(id="identity")
            yield Note("Refused, because:", id="refused-title", classes="section")
            yield Refusals(id="refusals")
            yield Note("Other databases on this server", id="others-title", classes="section")
            yield Rows("Database", "Size>", id="others")
        with Vertical(id="form"):
            yield Note(id="ask")
            yield Field(password=True, id="password")
            yield Tick("Keep it in the keyring", id="keep")
            yield Note(id="keyring")
            yield Field(id="name")

    def compose_actions(self) -> ComposeResult:
        yield button("Confirm the target", id="confirm")
        yield button("Connect again", id="again")

    def show_step(self, history: History, now: datetime) -> None:
        match self.connection:
            case Connecting():
                self._show_connecting()
            case NotConnected() as failed:
                self._show_no_connection(failed)
            case Connected() as connected:
                self._show_identity(connected, history.last(TargetConfirmed))

    def _show_connecting(self) -> None:
        target = self.history.profile.target
        self.query_one("#intro", Note).say(
            f"Connecting to {target.database}: {target.dsn or 'as the environment says'} ..."
        )
        self._show_parts()
        self.offer()

    def _show_no_connection(self, failed: NotConnected) -> None:
        self.query_one("#intro", Note).say("")
        self.query_one("#unreachable", ProblemPanel).tell(failed.problem)
        if failed.account is None:
            self._show_parts("unreachable")
            self.offer("again", focus="again")
            return
        self.query_one("#ask", Note).say(f"Password of {failed.account}:")
        self.query_one("#keyring", Note).say(failed.without_keyring or "")
        keyring = "keep" if failed.without_keyring is None else "keyring"
        self._show_parts("unreachable", "ask", "password", keyring)
        self.offer("start", focus="password")

    def _show_identity(self, connected: Connected, confirmed: TargetConfirmed | None) -> None:
        self.query_one("#intro", Note).say("")
        self.query_one("#identity", Facts).tell(_card(connected))
        self.query_one(Refusals).tell(connected.refusals)
        others = connected.identity.other_databases
        self.query_one("#others", Rows).fill(
            (other.name, words.size(other.size_bytes)) for other in others
        )
        shown = ["identity", *(["others-title", "others"] if others else [])]
        if connected.refusals:
            self._show_parts("refused-title", "refusals", *shown)
            self.offer("again", focus="again")
        elif confirmed is None or not confirmed.typed:
            self.query_one("#ask", Note).say(
                "Is this the database? Type its name to confirm; nothing is changed yet:"
            )
            self._show_parts("ask", "name", *shown)
            self.offer("confirm", "again", focus="name")
        else:
            self.query_one("#ask", Note).say(f"Confirmed by {confirmed.by}.")
            self._show_parts("ask", *shown)
            self.offer("continue", "again", focus="continue")

    def _show_parts(self, *ids: str) -> None:
        """Shows these parts of the screen and hides the others."""
        self.query_one("#content").set_class("identity" not in ids, "-short")
        for part in self.query("#content > *, #form > *"):
            if part.id != "intro":
                part.display = part.id in ids

    @on(Button.Pressed, "#start")
    @on(Input.Submitted, "#password")
    def connect(self) -> None:
        field = self.query_one("#password", Input)
        password, field.value = field.value, ""
        keep = self.query_one("#keep", Checkbox)
        self.post_message(SignIn(password, keep=keep.display and keep.value))

    @on(Button.Pressed, "#again")
    def connect_again(self) -> None:
        self.post_message(SignIn())

    @on(Button.Pressed, "#confirm")
    @on(Input.Submitted, "#name")
    def confirm(self) -> None:
        self.post_message(ConfirmTarget(self.query_one("#name", Input).value.strip()))


def _card(connected: Connected) -> list[tuple[str, Cell]]:
    """The identity card's lines."""
    identity = connected.identity
    seen = (
        "a Unix socket"
        if identity.server_address is None
        else f"{identity.server_address}:{identity.server_port}"
    )
    owns = (
        "all"
        if identity.owned_tables == identity.tables
        else f"{identity.owned_tables} of {identity.tables}"
    )
    superuser = ", superuser" if identity.superuser else ""
    return [
        ("Database", identity.database),
        ("Host", f"{identity.host}:{identity.port}; the server sees {seen}"),
        (
            "Server",
            f"PostgreSQL {identity.server_version_text}, "
            f"{'a standby, in recovery' if identity.in_recovery else 'not in recovery'}",
        ),
        ("Started", moments.full(identity.started)),
        ("Role", f"{identity.role}{superuser}; owns {owns} of the tables"),
        ("Size", f"{words.size(identity.size_bytes)} in {words.counted(identity.tables, 'table')}"),
        (
            "Connection",
            f"{'TLS' if identity.tls else 'no TLS'}, "
            f"{'through a pooler' if identity.pooled else 'no pooler'}",
        ),
        ("System", identity.system_identifier or "identifier not readable for this role"),
        ("Password", connected.password_from),
    ]
