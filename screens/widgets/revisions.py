"""The revisions that the schema may be at, and how it differs from the chosen one."""

from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message

from recovery.record.candidates import Choosable, choosable, confirmable, differences, facts, named
from recovery.record.events import Investigated, RevisionConfirmed
from recovery.record.history import History
from screens import words
from screens.widgets.rows import Facts
from screens.widgets.text import Line, Note
from screens.widgets.virtual_table import Cell, Column, VirtualTable

_COLUMNS = (
    Column("Revision", 12),
    Column("State", 14, grows=True),
    Column("Missing", 7),
    Column("Other", 5),
    Column("Extra", 5),
    Column("Keys", 4),
)


class Revisions(Vertical):
    """What is known, a table of candidates, nearest first, and the one under the cursor in full."""

    BINDINGS = [
        Binding(
            "enter",
            "choose",
            "Confirm the revision under the cursor",
            show=False,
            tooltip="Asks first: what it means stands in the question.",
        ),
    ]

    @dataclass
    class Chosen(Message):
        """Enter was pressed on revisions."""

        revisions: tuple[str, ...]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._by: dict[tuple[str, ...], Choosable] = {}
        self._shown: tuple[Investigated | None, RevisionConfirmed | None] = (None, None)

    def compose(self) -> ComposeResult:
        yield Facts(id="revision-facts")
        yield Line(id="revision-words")
        with Container(id="candidates"):
            yield VirtualTable(_COLUMNS, self._cells)
            with VerticalScroll(id="differences"):
                yield Note(id="candidate")

    def tell(self, history: History) -> None:
        """Shows what the latest investigation found, and what was confirmed since."""
        self.query_one(Facts).tell(facts(history))
        shown = (history.last(Investigated), history.revision_confirmed)
        may = confirmable(history)
        if shown != self._shown:
            self._shown = shown
            self._by = {one.revisions: one for one in choosable(history)}
            self._table.fill(tuple(self._by))
        self.query_one("#candidates").display = bool(self._by)
        self.query_one("#revision-words", Line).say(
            "" if not self._by else self._counted() + (" Enter: confirm it." if may else "")
        )

    def _counted(self) -> str:
        if not any(one.candidate for one in self._by.values()):
            return f"{words.counted(len(self._by), 'revision')}, latest first; none compared."
        return f"{words.counted(len(self._by), 'candidate')}, nearest first. Tab: how it differs."

    @property
    def _table(self) -> VirtualTable[tuple[str, ...]]:
        return self.query_one(VirtualTable)

    def _cells(self, revisions: tuple[str, ...]) -> tuple[Cell, ...]:
        one = self._by[revisions]
        if one.candidate is None:
            marks: tuple[str, ...] = (*one.marks, "not compared")
            return (named(revisions), _marked(marks), "?", "?", "?", "?")
        counts = (one.candidate.missing, one.candidate.changed, one.candidate.extra)
        return (
            named(revisions),
            _marked(one.marks),
            *(words.number(each) for each in (*counts, one.candidate.key_types)),
        )

    @on(VirtualTable.Highlighted)
    def show_differences(self, event: VirtualTable.Highlighted) -> None:
        """Shows how the schema differs from the candidate under the cursor."""
        event.stop()
        row = self._table.row
        self.query_one("#candidate", Note).say("" if row is None else _told(self._by[row]))
        self.query_one("#differences").scroll_home(animate=False)

    def action_choose(self) -> None:
        """Asks about the candidate under the cursor."""
        row = self._table.row
        if row is not None and self._table.has_focus:
            self.post_message(self.Chosen(row))


def _marked(marks: tuple[str, ...]) -> Text:
    return Text(", ").join([words.state(mark) for mark in marks])


def _told(one: Choosable) -> Content:
    parts: list[Content | str | tuple[str, str]] = [
        (words.plain_line(one.words), "bold"),
        words.plain_line(f": {one.counts}"),
        words.plain_line(f"; {', '.join(one.marks)}" if one.marks else ""),
    ]
    for heading, lines in differences(one):
        parts.append((f"\n{words.plain_line(heading)}", "bold"))
        parts += [f"\n  {words.plain_line(line)}" for line in lines]
    return Content.assemble(*parts)
