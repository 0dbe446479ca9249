"""Every foreign key before and after: those that differ first, with both definitions below."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable

from recovery.events import SAME, ForeignKeyParity
from screens import words
from screens.widgets.line import Note

# A table of 10,000 rows takes more than a second to lay out.
_SHOWN = 1000
# Together as wide as 80 columns allow; the one under the cursor is shown in full.
_COLUMNS = (("State", 9), ("Referencing", 28), ("Key", 18), ("On delete", 11))


class ForeignKeys(Vertical):
    """The table of foreign keys, and the one under the cursor in full."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._all: tuple[ForeignKeyParity, ...] = ()
        self._sorted: list[ForeignKeyParity] = []

    def compose(self) -> ComposeResult:
        yield Note("Not checked yet.", id="parity-words")
        table: DataTable[Text] = DataTable(cursor_type="row", zebra_stripes=True)
        for column, width in _COLUMNS:
            table.add_column(column, width=width)
        yield table
        yield Note(id="definitions")

    def fill(self, foreign_keys: tuple[ForeignKeyParity, ...]) -> None:
        """Shows these foreign keys; does nothing if they are shown already."""
        if foreign_keys is self._all:
            return
        self._all = foreign_keys
        self._sorted = sorted(foreign_keys, key=_order)
        table: DataTable[Text] = self.query_one(DataTable)
        table.clear()
        for each in self._sorted[:_SHOWN]:
            table.add_row(*_cells(each))
        self.query_one("#parity-words", Note).say(self._summary())

    def _summary(self) -> str:
        differing = sum(each.state != SAME for each in self._all)
        rest = len(self._all) - _SHOWN
        more = f" The first {_SHOWN:,} are listed." if rest > 0 else ""
        return (
            f"{words.counted(len(self._all), 'foreign key')} before and after, "
            f"{differing} differing.{more}"
        )

    @on(DataTable.RowHighlighted)
    def show_definitions(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        if not 0 <= event.cursor_row < len(self._sorted):
            return
        each = self._sorted[event.cursor_row]
        validated = "validated" if each.validated else "NOT VALIDATED"
        said = "the same" if each.state == SAME else each.state
        self.query_one("#definitions", Note).say(
            Content.assemble(
                (words.plain(f"{each.name} on {each.table}: {said}, {validated}"), "bold"),
                f"\nOrphans {_orphans(each)}",
                "\nBefore  ",
                words.plain(each.before),
                "\nAfter   ",
                words.plain(each.after or "it is gone"),
            )
        )


def _order(each: ForeignKeyParity) -> tuple[bool, bool, str, str]:
    """What differs comes first, what has nothing to do with the keys last."""
    return each.state == SAME, not each.key, each.key, each.name


def _cells(each: ForeignKeyParity) -> list[Text]:
    return [
        words.state(SAME if each.state == SAME else "different"),
        Text(words.plain(f"{each.table}.{', '.join(each.columns)}")),
        Text(words.plain(each.key or "not converted")),
        Text(words.plain(each.on_delete)),
    ]


def _orphans(each: ForeignKeyParity) -> str:
    if each.orphans_before is None or each.orphans_after is None:
        return "not counted: none of its columns is converted"
    return f"{words.number(each.orphans_before)} before, {words.number(each.orphans_after)} after"
