"""A table that draws only the rows in sight: ten thousand are as quick to open as ten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.words import plain

T = TypeVar("T")
Cell = str | Text

_GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """``least`` is its width in cells, which one that ``grows`` exceeds where there is room."""

    title: str
    least: int
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A line above a group of rows, which the cursor passes over."""

    words: str


def widths(columns: Sequence[Column], width: int) -> list[int]:
    """How wide each column is, in cells; the last ones are left out where there is no room."""
    shown: list[Column] = []
    for column in columns:
        if shown and sum(each.least + _GAP for each in shown) + column.least > width:
            break
        shown.append(column)
    room = width - sum(each.least + _GAP for each in shown) + _GAP
    growing = sum(each.grows for each in shown)
    shares = iter((room + place) // growing for place in reversed(range(growing)))
    return [each.least + (next(shares) if each.grows else 0) for each in shown]


class VirtualTable(ScrollView, Generic[T], can_focus=True):
    """Rows of one line each under a header, with a cursor.

    A DataTable measures every row before it shows the first one.
    """

    ALLOW_SELECT = False
    BINDINGS = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home", "edge(False)", show=False),
        Binding("end", "edge(True)", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--header",
        "virtual-table--heading",
        "virtual-table--cursor",
    }
    DEFAULT_CSS = """
    VirtualTable {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        & > .virtual-table--header { background: $panel; text-style: bold; }
        & > .virtual-table--heading { text-style: bold; }
        & > .virtual-table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus > .virtual-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        &:ansi > .virtual-table--header { background: ansi_default; text-style: bold underline; }
        &:ansi > .virtual-table--cursor {
            background: ansi_default; color: ansi_default; text-style: reverse;
        }
        &:ansi:focus > .virtual-table--cursor { text-style: bold reverse; }
    }
    """

    cursor: var[int] = var(0, init=False, always_update=True)
    """The line under the cursor; headings count as lines."""

    class Highlighted(Message):
        """The cursor stands on another row, or on none."""

    def __init__(self, columns: Sequence[Column], cells: Callable[[T], Sequence[Cell]]) -> None:
        """``cells`` are a row's, one for each column."""
        super().__init__()
        self._columns = columns
        self._cells = cells
        self._lines: Sequence[T | Heading] = ()

    @property
    def row(self) -> T | None:
        """The row under the cursor."""
        line = self._lines[self.cursor] if self.cursor < len(self._lines) else None
        return None if isinstance(line, Heading) else line

    def fill(self, lines: Sequence[T | Heading]) -> None:
        """Shows these; the cursor stays on its row if that is among them."""
        was = self.row
        self._lines = lines
        self.virtual_size = Size(self.size.width, len(lines) + 1)
        self.refresh()
        kept = next((place for place, line in enumerate(lines) if line is was), None)
        if kept is None:
            self._go_to(0)
        else:
            self.cursor = kept

    def watch_cursor(self, old: int, new: int) -> None:
        for line in {old, new}:
            self.refresh_line(line + 1)
        self._scroll_to_cursor()
        self.post_message(self.Highlighted())

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def _scroll_to_cursor(self) -> None:
        """A group's heading comes into sight with its first row."""
        above = self._lines[self.cursor - 1 : self.cursor]
        headings = sum(isinstance(line, Heading) for line in above)
        self.scroll_to_region(
            Region(0, self.cursor + 1 - headings, self.size.width, 1 + headings),
            spacing=Spacing(top=1),
            animate=False,
            force=True,
            x_axis=False,
        )

    # --- where the cursor goes ---

    def action_move(self, lines: int) -> None:
        self._go_to(self.cursor + lines, down=lines > 0)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self.size.height - 2))

    def action_edge(self, last: bool) -> None:
        self._go_to(len(self._lines) if last else 0, down=not last)

    def on_click(self, event: events.Click) -> None:
        line = self.scroll_offset.y + event.y - 1
        if event.y > 0 and line < len(self._lines) and not isinstance(self._lines[line], Heading):
            self.cursor = line

    def _go_to(self, line: int, *, down: bool = True) -> None:
        """Puts the cursor on the line, or on the next row where there is a heading."""
        last = len(self._lines) - 1
        line = max(0, min(line, last))
        if line <= last and isinstance(self._lines[line], Heading):
            line += 1 if down or line == 0 else -1
        self.cursor = line

    # --- how a line looks ---

    def render_line(self, y: int) -> Strip:
        if y == 0:
            style = self.get_component_rich_style("virtual-table--header")
            return self._drawn([column.title for column in self._columns], style)
        place = self.scroll_offset.y + y - 1
        if place >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        line = self._lines[place]
        if isinstance(line, Heading):
            style = self.get_component_rich_style("virtual-table--heading")
            return self._strip(_one_line(line.words), style)
        if place == self.cursor:
            style = self.get_component_rich_style("virtual-table--cursor")
            return self._drawn(self._cells(line), style, over=style)
        return self._drawn(self._cells(line), self.rich_style)

    def _drawn(self, cells: Sequence[Cell], style: Style, over: Style | None = None) -> Strip:
        text = Text()
        shown = widths(self._columns, self.scrollable_content_region.width)
        for cell, width in zip(cells, shown, strict=False):
            fitted = _one_line(cell)
            fitted.truncate(width, overflow="ellipsis", pad=True)
            fitted.pad_right(_GAP)
            text.append_text(fitted)
        return self._strip(text, style, over)

    def _strip(self, text: Text, style: Style, over: Style | None = None) -> Strip:
        """A line of the table's whole width; ``over`` hides the text's own colours."""
        segments = Segment.apply_style(text.render(self.app.console), style, over)
        return Strip(segments).adjust_cell_length(self.size.width, style)


def _one_line(cell: Cell) -> Text:
    """A cell that is never markup, and that no line feed breaks."""
    if isinstance(cell, Text):
        return cell.copy()
    return Text(plain(cell).replace("\n", "\u240a"), end="")
