"""SQL in colours: keywords, strings and comments apart, in the terminal's own sixteen colours."""

from bisect import bisect_right
from collections.abc import Sequence

from rich.syntax import Syntax
from rich.text import Text
from textual.widgets import TextArea

from screens.words import colourless, plain

# A longer piece takes the lexer a second and more; it is shown without colours.
_MOST = 100_000
# Folding more lines than this takes a second each time that the room for them changes.
_FOLDED = 5_000


def in_colours(sql: str, *, dark: bool) -> Text:
    """The text with its colours, for a dark or a light theme. Nothing in it is markup."""
    shown = plain(sql)
    if colourless() or len(shown) > _MOST:
        return Text(shown)
    text = Syntax("", "postgres", theme="ansi_dark" if dark else "ansi_light").highlight(shown)
    # The lexer ends what it reads with a line's end.
    text.truncate(len(shown))
    return text


class SqlArea(TextArea):
    """A script to be read. Each of its statements gets its colours when it comes into sight."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(read_only=True, show_line_numbers=True, id=id)
        self.cursor_blink = False
        # It would take the colours from the line.
        self.highlight_cursor_line = False
        self._begins: Sequence[int] = (0,)
        self._coloured: dict[int, list[Text]] = {}

    def read(self, script: str, lines: Sequence[int]) -> None:
        """Shows a script whose statements begin at these lines, counted from 1, in order."""
        self._begins = (0, *(line - 1 for line in lines))
        self._coloured.clear()
        shown = plain(script)
        self.soft_wrap = shown.count("\n") < _FOLDED
        self.load_text(shown)

    def get_line(self, line_index: int) -> Text:
        place = bisect_right(self._begins, line_index) - 1
        begin = self._begins[place]
        if place not in self._coloured:
            end = (*self._begins[place + 1 : place + 2], self.document.line_count)[0]
            piece = "\n".join(self.document.get_line(line) for line in range(begin, end))
            text = in_colours(piece, dark=self.app.current_theme.dark)
            self._coloured[place] = list(text.split("\n", allow_blank=True))
        line = self._coloured[place][line_index - begin].copy()
        line.end, line.no_wrap = "", True
        return line

    def notify_style_update(self) -> None:
        self._coloured.clear()
        super().notify_style_update()

    def go_to(self, line: int) -> None:
        """Brings a line, counted from 1, to the top."""
        self.move_cursor((line - 1, 0))
        top = self.wrapped_document.location_to_offset((line - 1, 0)).y
        self.scroll_to(y=top, animate=False)
