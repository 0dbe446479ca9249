"""Tables that are read, not worked in: cells wrap, so that nothing is cut off at 80 columns."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from recovery.record.events import Refusal
from screens.words import plain, plain_line

# Of a tuple each is a line of its own.
Cell = str | Text | tuple[str, ...]


class _Wrapped(Text):
    """A name that does not fit into a line is broken behind a slash, or else an underscore."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        broken = Text("\n").join(self.divide(_breaks(self.plain, width)))
        return broken.wrap(
            console,
            width,
            justify=justify,
            overflow=overflow,
            tab_size=tab_size,
            no_wrap=no_wrap,
        )


def _breaks(text: str, width: int) -> Iterator[int]:
    """Where names are broken that are wider than ``width`` cells."""
    for name in re.finditer(r"\S+", text):
        begin = name.start()
        behind = "/" if "/" in name[0] else "_"
        for part in re.finditer(f"[^{behind}]*{behind}+|[^{behind}]+", name[0]):
            start, end = name.start() + part.start(), name.start() + part.end()
            if start > begin and cell_len(text[begin:end]) > width:
                yield start
                begin = start


def _text(cell: Cell) -> Text:
    """A cell that is never markup."""
    if isinstance(cell, Text):
        return cell
    return _Wrapped("\n".join(map(plain_line, (cell,) if isinstance(cell, str) else cell)))


class Rows(Static):
    """A table; repainted only when a row differs. Hidden while it has no rows."""

    def __init__(self, *columns: str, id: str | None = None) -> None:  # noqa: A002
        """Columns whose name ends in ``>`` are aligned to the right; without names: no header."""
        super().__init__(id=id)
        self._columns = columns
        self._rows: list[tuple[Text, ...]] = []
        self.display = False

    def fill(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Shows these rows and no others."""
        texts = [tuple(_text(cell) for cell in row) for row in rows]
        if texts == self._rows:
            return
        self._rows = texts
        self.display = bool(texts)
        table = Table(
            box=None,
            padding=(0, 2, 0, 0),
            pad_edge=False,
            show_header=any(self._columns),
            header_style="bold underline",
        )
        for column in self._columns:
            table.add_column(
                Text(column.removesuffix(">")),
                justify="right" if column.endswith(">") else "left",
                overflow="fold",
            )
        for row in texts:
            table.add_row(*row)
        self.update(table)


class Facts(Rows):
    """Labels and what they stand for."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__("", "", id=id)

    def tell(self, facts: Iterable[tuple[str, Cell]]) -> None:
        """Shows a line for each fact."""
        self.fill((Text(label, style="bold"), value) for label, value in facts)


class Refusals(Rows):
    """What is refused by name, why, and what to do."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__("", id=id)

    def tell(self, refusals: Iterable[Refusal]) -> None:
        """Shows a paragraph for each."""
        self.fill([_paragraph(refusal)] for refusal in refusals)


def _paragraph(refusal: Refusal) -> Text:
    return Text.assemble(
        (plain_line(refusal.object), "bold"),
        plain(f"\n{refusal.reason}\n"),
        ("To do: ", "bold"),
        plain(refusal.remedy),
    )
