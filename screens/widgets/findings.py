"""What was found, the gravest first; the chosen finding in full, with the SQL that shows it."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList

from recovery.record.events import Finding, Severity
from screens import words
from screens.widgets.sql import in_colours
from screens.widgets.text import Line, Note

_ORDER = tuple(Severity)


class Findings(Vertical):
    """A list with a cursor, and the finding under it below. It never has the focus."""

    class Moved(Message):
        """Another finding is shown."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._given: tuple[Finding, ...] | None = None
        self._sorted: list[Finding] = []

    def compose(self) -> ComposeResult:
        yield Line(id="findings-words")
        listed = OptionList(id="findings-list", compact=True, markup=False)
        listed.can_focus = False
        yield listed
        with VerticalScroll(can_focus=False):
            yield Note(id="finding")

    def fill(self, findings: tuple[Finding, ...]) -> None:
        """Shows these findings; does nothing if they are shown already."""
        if findings is self._given:
            return
        self._given = findings
        self._sorted = sorted(findings, key=lambda finding: _ORDER.index(finding.severity))
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(map(_line, self._sorted))
        listed.highlighted = 0 if findings else None
        self.query_one("#findings-words", Line).say(
            f"{words.counted(len(findings), 'finding')}. Up and Down choose, PgUp and PgDn scroll."
            if findings
            else "Nothing was found."
        )

    @property
    def chosen(self) -> tuple[int, Finding] | None:
        """The finding under the cursor, and its number in the list, from 1."""
        place = self.query_one(OptionList).highlighted
        return None if place is None else (place + 1, self._sorted[place])

    def move(self, rows: int) -> None:
        """Moves the cursor, not beyond the ends."""
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            listed.highlighted = min(max(listed.highlighted + rows, 0), len(self._sorted) - 1)

    @on(OptionList.OptionHighlighted)
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        finding = self._sorted[event.option_index]
        self.query_one("#finding", Note).say(_told(finding, dark=self.app.current_theme.dark))
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self.post_message(self.Moved())


def _line(finding: Finding) -> Content:
    space = " " * (max(map(len, _ORDER)) - len(finding.severity) + 2)
    title = words.plain_line(finding.title)
    return Content.from_rich_text(Text.assemble(words.state(finding.severity), space, title))


def _told(finding: Finding, *, dark: bool) -> Content:
    parts: list[Content | str | tuple[str, str]] = [
        Content.from_rich_text(Text.assemble(words.state(finding.severity), "  ")),
        (words.plain_line(finding.title), "bold"),
        "\n",
        words.plain_line(finding.evidence),
    ]
    if finding.remedy:
        parts += [("\nTo do: ", "bold"), words.plain(finding.remedy)]
    if finding.query:
        shown = Content.from_rich_text(in_colours(finding.query, dark=dark))
        parts += [("\nSQL that shows it", "bold"), " (y copies it)\n", shown]
    return Content.assemble(*parts)
