"""Keys that nobody named, and columns that hold ids without a foreign key; decided one by one."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable

from recovery.record.events import Investigated, SoftReference
from screens import words
from screens.widgets.text import Note

# Together as wide as 80 columns allow; the one under the cursor is shown in full.
_COLUMNS = (("Decision", 8), ("Column", 32), ("Type", 8), ("Holds", 18))


class SoftReferences(Vertical):
    """The table of what can be decided, and the one under the cursor in full."""

    @dataclass
    class Chosen(Message):
        """Enter was pressed on a row, or it was clicked."""

        reference: SoftReference

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: list[tuple[SoftReference, str]] | None = None

    def compose(self) -> ComposeResult:
        yield Note(id="soft-words")
        table: DataTable[Text] = DataTable(cursor_type="row", zebra_stripes=True)
        for column, width in _COLUMNS:
            table.add_column(column, width=width)
        yield table
        yield Note(id="soft-detail")

    def fill(self, found: Investigated, decided: Mapping[str, str]) -> None:
        """Shows what was found; ``decided`` has, by column, a word for what was decided."""
        shown = [(each, decided.get(each.column, "open")) for each in found.decidable]
        if shown == self._shown:
            return
        keys = {one.key for one in found.proposed_keys}
        self._shown = shown
        table: DataTable[Text] = self.query_one(DataTable)
        table.display = bool(shown)
        row = table.cursor_row
        table.clear()
        for each, word in shown:
            table.add_row(
                words.state(word),
                Text(words.plain_line(each.column)),
                Text(words.plain_line(each.type)),
                Text(
                    "it is a key"
                    if each.column in keys
                    else words.plain_line(each.key or "nothing known")
                ),
            )
        table.move_cursor(row=row)
        self.query_one("#soft-words", Note).say(_summary(shown, keys))

    @on(DataTable.RowHighlighted)
    def show_detail(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        if (chosen := self._at(event.cursor_row)) is not None:
            self.query_one("#soft-detail", Note).say(told(chosen))

    @on(DataTable.RowSelected)
    def choose(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if (chosen := self._at(event.cursor_row)) is not None:
            self.post_message(self.Chosen(chosen))

    def _at(self, row: int) -> SoftReference | None:
        shown = self._shown or []
        return shown[row][0] if 0 <= row < len(shown) else None


def _summary(shown: list[tuple[SoftReference, str]], keys: set[str]) -> str:
    """How many there are of each kind, and how many are open."""
    if not shown:
        return "No other column holds ids of a key, as far as its type tells."
    wrong = [word for each, word in shown if each.column in keys]
    soft = [(each, word) for each, word in shown if each.column not in keys]
    told = []
    if wrong:
        told.append(
            f"{words.counted(len(wrong), 'key')} not of the expected type; "
            f"{wrong.count('open')} open. The plan waits for that."
        )
    if soft:
        undecided = sum(word == "open" and each.key is not None for each, word in soft)
        told.append(
            f"{words.counted(len(soft), 'column')} may hold ids of a key without a foreign key; "
            f"{undecided} that do are open."
        )
    return " ".join([*told, "Enter on one: take it into the plan, or leave it."])


def told(each: SoftReference) -> Content:
    """What is known of a column."""
    becomes = "It cannot be converted." if each.becomes is None else f"It can be {each.becomes}."
    return Content.assemble(
        (words.plain_line(f"{each.column} is {each.type}"), "bold"),
        words.plain_line(f": {each.seen}. {becomes}"),
    )
