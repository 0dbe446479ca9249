"""Text that is repainted only when it says something new."""

from textual.content import Content
from textual.widgets import Static

from screens.words import plain, plain_line


class Note(Static):
    """Words of any length; hidden while there are none."""

    def __init__(self, words: str = "", *, id: str | None = None, classes: str | None = None):  # noqa: A002
        super().__init__(Content(plain(words)), id=id, classes=classes, markup=False)
        self._said: Content = Content(plain(words))
        self.display = bool(words)

    def say(self, words: str | Content) -> None:
        """Shows ``words``, which are never markup."""
        content = words if isinstance(words, Content) else Content(plain(words))
        if content.is_same(self._said):
            return
        self._said = content
        shown = bool(content.plain)
        # A new layout repaints much more than this text.
        moves = shown != self.display or self.styles.auto_dimensions
        self.display = shown
        self.update(content, layout=moves)


class Line(Note):
    """One row of the screen: a new text never moves anything else."""

    DEFAULT_CSS = """
    Line { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def say(self, words: str | Content) -> None:
        super().say(plain_line(words) if isinstance(words, str) else words)
