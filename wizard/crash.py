"""A crash of the wizard: told without what was in its variables."""

import textual
from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App


class SilentAboutVariables(App[None]):
    """Textual's crash report without local variables: a password may be among them."""

    def _fatal_error(self) -> None:
        self.bell()
        report = Traceback(show_locals=False, width=None, suppress=[textual])
        self._exit_renderables.append(Segments(self.console.render(report, self.console.options)))
        self._close_messages_no_wait()
