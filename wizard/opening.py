"""What is seen from the first moment, while the rest of the program is loaded."""

from collections.abc import Callable
from importlib import import_module

from textual.app import App, ComposeResult
from textual.widgets import Static

_PARTS = ("wizard.cli", "wizard.full_screen")


class Opening(App[bool]):
    """Says what happens, loads, and makes room for the wizard. Answers whether it was loaded."""

    CSS = "Static { padding: 0 1; }"

    def __init__(self, load: Callable[[], object]) -> None:
        super().__init__()
        self._load = load

    def compose(self) -> ComposeResult:
        yield Static("pg-rekey is opening ...")

    def on_mount(self) -> None:
        # Not before this is painted: loading keeps the interpreter busy.
        self.call_after_refresh(self.run_worker, self._load_and_leave, thread=True)

    def _load_and_leave(self) -> None:
        self._load()
        self.call_from_thread(self.exit, True)


def open_up() -> bool:
    """Loads the program behind the first screen; whether it is to go on."""
    return Opening(lambda: [import_module(part) for part in _PARTS]).run() is True
