"""Questions that have to be answered before anything goes on. Escape is always the safe answer."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Input

from screens.widgets.buttons import button
from screens.widgets.field import Field
from screens.widgets.help import HELP_KEY, page
from screens.widgets.text import Note


class Question(ModalScreen[str | None]):
    """A choice. Answers the chosen button's id, or None for escape.

    The first choice has the focus: it has to be the one that changes nothing.
    """

    HELP = page("question")
    BINDINGS = [
        HELP_KEY,
        Binding("escape", "dismiss(None)", "Back", tooltip="Changes nothing."),
        Binding("tab,right", "app.focus_next", "The next answer", show=False),
        Binding("shift+tab,left", "app.focus_previous", "The answer before", show=False),
    ]

    def __init__(self, title: str, text: str | Content, *choices: tuple[str, str]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._choices = choices

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Note(self._title, classes="title")
            with VerticalScroll(can_focus=False):
                yield Note(id="text")
            with Horizontal(classes="answers"):
                for choice, label in self._choices:
                    yield button(label, id=choice)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#text", Note).say(self._text)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id)


class TypedQuestion(ModalScreen[str | None]):
    """A question that is answered by typing. Answers what was typed, or None for escape.

    ``accepts`` says why what was typed will not do; the question then stays open.
    """

    HELP = page("typed-question")
    BINDINGS = [HELP_KEY, Binding("escape", "dismiss(None)", "Back", tooltip="Changes nothing.")]

    def __init__(
        self,
        title: str,
        text: str | Content,
        label: str,
        confirm: str,
        accepts: Callable[[str], str | None],
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._label = label
        self._confirm = confirm
        self._accepts = accepts

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Note(self._title, classes="title")
            with VerticalScroll(can_focus=False):
                yield Note(id="text")
            yield Note(self._label, classes="label")
            yield Field(id="typed")
            yield Note(id="refusal", classes="refusal")
            with Horizontal(classes="answers"):
                yield button("Back", id="back")
                yield button(self._confirm, id="confirm", classes="danger far")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#text", Note).say(self._text)
        self.query_one(Input).focus()

    def on_input_submitted(self) -> None:
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "back":
            self.dismiss(None)
        else:
            self._answer()

    def _answer(self) -> None:
        typed = self.query_one(Input).value
        refusal = self._accepts(typed)
        if refusal is None:
            self.dismiss(typed)
        else:
            self.query_one("#refusal", Note).say(refusal)
            self.query_one(Input).focus()
