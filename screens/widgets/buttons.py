"""Buttons one row high, so that all of a screen's fit into 24 rows."""

from textual.content import Content
from textual.widgets import Button

from screens.words import plain


def button(label: str, *, id: str, classes: str = "") -> Button:  # noqa: A002
    """A button whose label is never markup."""
    return Button(Content(plain(label)), id=id, classes=classes, compact=True)
