"""SQL in colours: keywords, strings and comments apart, in the terminal's own sixteen colours."""

from rich.syntax import Syntax
from rich.text import Text

from screens.words import colourless, plain


def in_colours(sql: str, *, dark: bool) -> Text:
    """The text with its colours, for a dark or a light theme. Nothing in it is markup."""
    shown = plain(sql)
    if colourless():
        return Text(shown)
    text = Syntax("", "postgres", theme="ansi_dark" if dark else "ansi_light").highlight(shown)
    # The lexer ends what it reads with a line's end.
    text.truncate(len(shown))
    return text
