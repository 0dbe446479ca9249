"""The end of sql.log, as it grows."""

from collections.abc import Callable

from textual.widgets import Log

from screens.words import plain

# Text of the log behind a byte, and the byte behind that text. From 0: its end, not all of it.
ReadLog = Callable[[int], tuple[str, int]]


class SqlLog(Log):
    """What was executed, newest last. Nothing is read while nobody looks."""

    def __init__(self, read: ReadLog, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(max_lines=2000, id=id)
        self._read = read
        self._at = 0

    def on_show(self) -> None:
        self.follow()

    def follow(self) -> None:
        """Shows what is new."""
        if self.is_on_screen:
            text, self._at = self._read(self._at)
            if text:
                self.write(plain(text))
