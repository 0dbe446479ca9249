"""Help for a screen: what it is for, what can go wrong, and every key that works now."""

from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer

from screens.widgets.rows import Facts
from screens.widgets.text import Note

_PAGES = Path(__file__).parents[1] / "help"
# In a field a question mark is typed; F1 never is.
_KEYS = "question_mark,f1"
# Not every terminal's font has the signs.
_NAMES = str.maketrans(
    {"↑": "up", "↓": "down", "←": "left", "→": "right", "⏎": "enter", "⌫": "backspace"}
)

# For the BINDINGS of every screen that has a page.
HELP_KEY = Binding(
    _KEYS, "app.help", "Help", id="help", tooltip="What this screen is for, and its keys."
)


def page(name: str) -> str:
    """A page of ``screens/help``, as Markdown."""
    return (_PAGES / f"{name}.md").read_text(encoding="utf-8")


def legal_keys(screen: Screen[object]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What can be pressed now, and what it does: on the screen, and in what has the focus."""
    everywhere: dict[str, list[str]] = {}
    in_focus: dict[str, list[str]] = {}
    # What the footer shows comes first.
    active = sorted(screen.active_bindings.values(), key=lambda each: not each.binding.show)
    for node, binding, enabled, _ in active:
        if not enabled or binding.system or not binding.description:
            continue
        told = ". ".join(filter(None, (binding.description, binding.tooltip)))
        keys = everywhere if node in (screen, screen.app) else in_focus
        key = screen.app.get_key_display(binding).translate(_NAMES)
        keys.setdefault(told, []).append(key)
    return _rows(everywhere), _rows(in_focus)


def _rows(keys: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(" ".join(dict.fromkeys(many)), told) for told, many in keys.items()]


class HelpScreen(ModalScreen[None]):
    """The page of a screen, which is its ``HELP``, and below it the keys."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding(_KEYS, "dismiss(None)", "Close", show=False, id="help"),
    ]

    def __init__(self, of: Screen[object]) -> None:
        super().__init__()
        self._page = of.HELP or ""
        self._everywhere, self._in_focus = legal_keys(of)

    def compose(self) -> ComposeResult:
        # Takes a tenth of a second to import, and most people never ask.
        from textual.widgets import Markdown

        with Vertical(classes="help"):
            with VerticalScroll():
                yield Markdown(self._page, open_links=False)
                yield Note("Keys that work now", classes="section")
                yield Facts(id="keys")
                if self._in_focus:
                    yield Note("Keys of what has the focus", classes="section")
                yield Facts(id="keys-in-focus")
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#keys", Facts).tell(self._everywhere)
        self.query_one("#keys-in-focus", Facts).tell(self._in_focus)
