"""Things before and after: filtered, sorted, and the one under the cursor with both definitions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from screens import words
from screens.widgets.field import Field
from screens.widgets.text import Note
from screens.widgets.virtual_table import Cell, Column, Heading, VirtualTable

T = TypeVar("T")

_NOT_YET = "Not checked yet."


@dataclass(frozen=True, slots=True)
class Order(Generic[T]):
    """A way to sort. ``group`` says what goes under one heading."""

    words: str
    key: Callable[[T], tuple[str, ...]]
    group: Callable[[T], str] | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing in full."""

    title: str
    before: str
    after: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Compared(Generic[T]):
    """What is compared.

    ``text`` is what a filter is matched against; ``differing`` is the word for what differs.
    """

    columns: tuple[Column, ...]
    cells: Callable[[T], Sequence[Cell]]
    differs: Callable[[T], bool]
    text: Callable[[T], str]
    detail: Callable[[T], Detail]
    orders: tuple[Order[T], ...]
    differing: str
    filter_by: str


class Comparison(Vertical, Generic[T]):
    """A table of what was compared: what differs comes first, in every order."""

    def __init__(self, compared: Compared[T], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._compared = compared
        self._order = compared.orders[0]
        self._all: Sequence[T] = ()
        self._said = _NOT_YET
        self._typed = ""

    def compose(self) -> ComposeResult:
        yield Note(_NOT_YET, id="said")
        yield Field(id="filter", placeholder=f"{self._compared.filter_by}; Escape shows all")
        yield VirtualTable(self._compared.columns, self._compared.cells)
        with VerticalScroll(id="detail"):
            yield Note(id="title")
            with Container(id="definitions"):
                yield Note(id="before")
                yield Note(id="after")
            yield Note(id="more")

    def on_mount(self) -> None:
        for part in ("#filter", VirtualTable, "#detail"):
            self.query_one(part).display = False

    def clear(self) -> None:
        """Says that nothing is checked yet."""
        self.fill((), _NOT_YET)

    def fill(self, rows: Sequence[T], said: str) -> None:
        """Shows these, and what there is to say of them; does nothing if they are shown already."""
        if rows is self._all and said == self._said:
            return
        self._all, self._said = rows, said
        self._show()

    @property
    def _field(self) -> Input:
        return self.query_one("#filter", Input)

    @property
    def _table(self) -> VirtualTable[T]:
        return self.query_one(VirtualTable)

    def _show(self) -> None:
        for part in (VirtualTable, "#detail"):
            self.query_one(part).display = bool(self._all)
        shown = self._filtered()
        self._table.fill(self._lines(shown))
        self.query_one("#said", Note).say(self._summary(shown))

    def _filtered(self) -> list[T]:
        """The rows that have every word of the filter, in order."""
        typed = self._typed.casefold().split()
        text = self._compared.text
        rows = (
            [row for row in self._all if _has(text(row).casefold(), typed)] if typed else self._all
        )
        return sorted(rows, key=lambda row: (not self._compared.differs(row), self._order.key(row)))

    def _lines(self, rows: list[T]) -> list[T | Heading]:
        if self._order.group is None:
            return [*rows]
        lines: list[T | Heading] = []
        for group, members in groupby(rows, self._order.group):
            together = list(members)
            lines += [Heading(f"{words.number(len(together))} {group}"), *together]
        return lines

    def _summary(self, shown: list[T]) -> str:
        if not self._all:
            return self._said
        order = f"Sorted by {self._order.words}."
        if not self._typed.strip():
            return f"{self._said} {order} / filter, s sort"
        differing = words.number(sum(map(self._compared.differs, shown)))
        return (
            f"{self._said} {words.counted(len(shown), 'match', 'matches')}, "
            f"{differing} {self._compared.differing}. {order}"
        )

    @on(VirtualTable.Highlighted)
    def show_detail(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        row = self._table.row
        detail = Detail("", "", "") if row is None else self._compared.detail(row)
        self.query_one("#title", Note).say(Content.styled(words.plain_line(detail.title), "bold"))
        self.query_one("#before", Note).say(_labelled("Before  ", detail.before))
        self.query_one("#after", Note).say(_labelled("After   ", detail.after))
        self.query_one("#more", Note).say(detail.more)
        self.query_one("#detail").scroll_home(animate=False)

    # --- what is asked for ---

    def action_filter(self) -> None:
        """Opens the line that the filter is typed into."""
        if self._all:
            self._field.display = True
            self._field.focus()

    def action_show_all(self) -> None:
        """Closes and clears the filter."""
        if self._field.display:
            self._field.value = ""
            self._field.display = False
            self._table.focus()

    def action_sort(self) -> None:
        """Sorts in the next order."""
        orders = self._compared.orders
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._show()

    @on(Input.Changed, "#filter")
    def filter_by(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._typed:
            self._typed = event.value
            self._show()

    @on(Input.Submitted, "#filter")
    def go_to_rows(self, event: Input.Submitted) -> None:
        event.stop()
        self._table.focus()


def _has(text: str, typed: list[str]) -> bool:
    return all(word in text for word in typed)


def _labelled(label: str, definition: str) -> Content:
    return (
        Content.assemble((label, "bold"), words.definition(definition))
        if definition
        else Content("")
    )
