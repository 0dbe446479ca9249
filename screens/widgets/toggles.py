"""Buttons that are on or off, and say so in words: a colour alone cannot be told apart."""

from textual.content import Content
from textual.widgets import Checkbox, RadioButton

from screens.words import plain


class Choice(RadioButton):
    """One of several."""

    def __init__(self, label: str, *, value: bool = False) -> None:
        self._says = plain(label)
        super().__init__(Content(self._says), value, compact=True)
        self._tell()

    def watch_value(self) -> None:
        super().watch_value()
        self._tell()

    def _tell(self) -> None:
        self.BUTTON_INNER = "●" if self.value else " "
        self.label = Content(f"{self._says}: chosen" if self.value else self._says)


class Tick(Checkbox):
    """Yes or no."""

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002
        self._says = plain(label)
        super().__init__(Content(self._says), compact=True, id=id)
        self._tell()

    def watch_value(self) -> None:
        super().watch_value()
        self._tell()

    def _tell(self) -> None:
        self.BUTTON_INNER = "X" if self.value else " "
        self.label = Content(f"{self._says}: {'yes' if self.value else 'no'}")
