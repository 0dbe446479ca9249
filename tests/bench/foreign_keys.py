"""How long 10,000 foreign keys take to open, beside a bare DataTable of as many rows: seconds.

make bench
"""

import asyncio
import time
from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import DataTable

from screens.widgets.parity import ForeignKeys
from screens.widgets.virtual_table import VirtualTable
from tests.bench.catalog_size import rounded, say
from tests.screens import story

PARITY = story.parity_of(10_000)


class Ours(App[None]):
    """The foreign keys as the wizard shows them."""

    def compose(self) -> ComposeResult:
        yield ForeignKeys()

    def fill(self) -> None:
        self.query_one(ForeignKeys).tell(PARITY)
        self.query_one(VirtualTable).focus()


class Bare(App[None]):
    """The same rows in a DataTable."""

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def fill(self) -> None:
        table: DataTable[str] = self.query_one(DataTable)
        for column in ("State", "Referencing", "Key", "On delete"):
            table.add_column(column, width=16)
        for each in PARITY.foreign_keys:
            column = f"{each.table}.{', '.join(each.columns)}"
            table.add_row(each.state, column, each.key, each.on_delete)
        table.focus()


async def measure(app: Ours | Bare) -> dict[str, float]:
    """Seconds until rows can be seen, until the last one is, and for a page on the way back."""
    seconds: dict[str, float] = {}

    async def timed(name: str, pilot: Pilot[None], act: Callable[[], None], *keys: str) -> None:
        began = time.monotonic()
        act()
        await pilot.press(*keys)
        await pilot.pause()
        seconds[name] = time.monotonic() - began

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await timed("open", pilot, app.fill)
        await timed("the last", pilot, lambda: None, "ctrl+end" if isinstance(app, Bare) else "end")
        await timed("a page", pilot, lambda: None, "pageup")
    return seconds


def main() -> None:
    """Prints a line for each, and how much the first is of the second."""
    ours, bare = asyncio.run(measure(Ours())), asyncio.run(measure(Bare()))
    say(f"10,000 foreign keys: {rounded(ours)}")
    say(f"DataTable: {rounded(bare)}")
    say(f"ratio: {rounded({name: ours[name] / bare[name] for name in ours})}")


if __name__ == "__main__":
    main()
