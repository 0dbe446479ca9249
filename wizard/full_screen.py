"""The wizard on a full screen, with the keys and colours that somebody has set."""

import sys
from collections.abc import Iterator

from textual.binding import Binding
from textual.theme import BUILTIN_THEMES

from recovery.words.errors import USAGE
from recovery.words.profile import Profile
from screens.session_list import SessionsScreen
from screens.step_screen import StepScreen
from screens.widgets.help import HelpScreen
from screens.widgets.questions import Question, TypedQuestion
from wizard.app import Wizard
from wizard.local import LocalSessions
from wizard.ports import Work
from wizard.settings import read_settings
from wizard.terminal import unfit_terminal


def run(*, profile: Profile | None, session_id: str | None, program: str, passing: str = "") -> int:
    """Shows the wizard until it is left. Answers the exit code; raises ``RecoveryError``."""
    if (words := unfit_terminal()) is not None:
        sys.stderr.write(f"{words}\n")
        return USAGE
    settings = read_settings(BUILTIN_THEMES, bindings_together())
    sessions = LocalSessions(program)
    work: Work | None = None
    if session_id is not None:
        work = sessions.open(session_id)
    elif not any(sessions.listed()):
        if profile is None:
            sys.stderr.write(
                "There is no session to resume. Name a profile with --profile FILE; "
                "'pg-rekey init' writes one from a live database.\n"
            )
            return USAGE
        work = sessions.create(profile)
    app = Wizard(sessions, program, profile, work, settings, passing=passing)
    app.run()
    if app.farewell:
        sys.stdout.write(f"{app.farewell}\n")
    return app.return_code or 0


def bindings_together() -> Iterator[list[Binding]]:
    """For each kind of screen, the bindings that are in force on it."""
    everywhere = list(Binding.make_bindings(Wizard.BINDINGS))
    kinds: tuple[type, ...] = (SessionsScreen, Question, TypedQuestion, HelpScreen)
    for kind in (*StepScreen.__subclasses__(), *kinds):
        own = [vars(each).get("BINDINGS", ()) for each in kind.__mro__]
        yield [*everywhere, *(one for some in own for one in Binding.make_bindings(some))]
