"""Before the steps: which session to go on with, or a new one."""

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList
from textual.widgets.option_list import Option

from recovery.record.events import Step
from recovery.record.history import History, StepState
from recovery.record.session_list import Listed
from recovery.record.transaction import TransactionState, target_words, transaction_state
from recovery.words.errors import REFUSED, Problem
from recovery.words.profile import Profile
from screens.widgets.help import HELP_KEY, page
from screens.widgets.problem import ProblemPanel
from screens.widgets.text import Line
from screens.wishes import NewSession, OpenSession
from screens.words import plain_line

_NEW = "new"


class SessionsScreen(Screen[None]):
    """The sessions of this machine, newest first, damaged ones among them."""

    HELP = page("sessions")
    BINDINGS = [
        HELP_KEY,
        Binding("q", "app.quit", "Quit", show=False, id="quit", tooltip="Leaves pg-rekey."),
    ]

    def __init__(self, program: str, profile: Profile | None, sessions: Iterable[Listed]) -> None:
        super().__init__()
        self._program = program
        self._profile = profile
        self._sessions = {listed.id: listed for listed in sessions}

    def compose(self) -> ComposeResult:
        yield Line(
            f"pg-rekey {self._program}: which session? Up and Down choose, Enter opens.", id="title"
        )
        options = OptionList(compact=True, markup=False)
        at_work = [each for each in self._sessions.values() if _at_work(each)]
        for listed in at_work:
            # Whatever holds locks comes first, and Enter goes there.
            options.add_option(Option(_described(listed), id=listed.id))
        if self._profile is not None:
            target = self._profile.target.database
            label = self._profile.environment.upper()
            options.add_option(
                Option(Content(f"New session for {plain_line(target)} ({label})\n"), id=_NEW)
            )
        for listed in self._sessions.values():
            if listed not in at_work:
                options.add_option(Option(_described(listed), id=listed.id))
        options.highlighted = 0
        yield options
        yield ProblemPanel()
        yield Footer(show_command_palette=False)

    @on(OptionList.OptionSelected)
    def open(self, event: OptionList.OptionSelected) -> None:
        chosen = event.option_id or _NEW
        if chosen == _NEW:
            self.post_message(NewSession())
            return
        damage = self._sessions[chosen].damage
        if damage is None:
            self.post_message(OpenSession(chosen))
        else:
            self.refuse(
                Problem(
                    what=damage,
                    remedy="Nothing is guessed from it: look at the database itself, then begin a "
                    "new session. Keep the folder as evidence.",
                    exit_code=REFUSED,
                    object=str(self._sessions[chosen].folder),
                )
            )

    def refuse(self, problem: Problem) -> None:
        """Shows why a session was not opened."""
        self.query_one(ProblemPanel).tell(problem)


def _at_work(listed: Listed) -> bool:
    return listed.history is not None and listed.history.running is not None


def _described(listed: Listed) -> Content:
    """A session in two lines."""
    if listed.history is None:
        return Content.assemble(
            (listed.id, "bold"), f"  DAMAGED\n  {plain_line(listed.damage or '')}"
        )
    history = listed.history
    exposed = "" if listed.exposed is None else "  ONLY TO BE READ"
    label = history.profile.environment.upper()
    return Content.assemble(
        (listed.id, "bold"),
        f"  {label}  {plain_line(target_words(history))}{exposed}\n  {_how_far(history)}",
    )


def _how_far(history: History) -> str:
    """What a session came to, in words."""
    state = transaction_state(history)
    known = "" if state is TransactionState.READ_ONLY else f"{state}; "
    if history.running is not None:
        return f"{known}{history.running} running"
    if history.finished:
        return f"{known}reported"
    done = [step for step in Step if history.state_of(step) is StepState.DONE]
    return f"{known}done: {', '.join(done) or 'nothing yet'}"
