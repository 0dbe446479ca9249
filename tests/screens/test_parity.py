"""What was compared, in the tables of the conversion: every row is reached, found and read."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain, combinations, takewhile

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TabbedContent, TabPane

from recovery.record.events import CatalogDifference, ParityChecked, RollBack, Step
from screens.conversion import ConversionScreen
from screens.widgets.virtual_table import Column, widths
from tests.screens import story
from tests.screens.fakes import FakeWork
from tests.screens.stage import NOW, go_to, on_stage, settled, words_on

MANY = story.parity_of(10_000)


@asynccontextmanager
async def at_pane(
    pane: str, parity: ParityChecked, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[None]]:
    """The gate's pane of this number."""
    async with on_stage(FakeWork(story.at_the_gate(parity))).run_test(size=size) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        await press(pilot, pane)
        yield pilot


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


def content_of(pilot: Pilot[None]) -> list[str]:
    """The screen's lines without the steps beside them."""
    return [line.rpartition("│")[2] for line in words_on(pilot).splitlines()]


def rows_on(pilot: Pilot[None]) -> list[str]:
    """The table's lines, as they can be read."""
    lines = content_of(pilot)
    header = next(place for place, line in enumerate(lines) if "State  " in line)
    row = re.compile(
        r"  (DIFFERENT|MISSING|SAME|EXPECTED|BY OTHERS) |  \d+ (expected|unexplained|by others): "
    )
    rows = takewhile(row.match, lines[header + 1 :])
    return [line.strip(" ▁▂▃▄▅▆▇█") for line in rows]


@pytest.mark.parametrize(
    "size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)], ids=["80x24", "120x40"]
)
async def test_a_pane_stays_open_while_the_screen_is_brought_up_to_date(
    size: tuple[int, int],
) -> None:
    async with at_pane("2", story.PARITY, size) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ConversionScreen)
        tabs = screen.query_one(TabbedContent)
        panes = [pane.id for pane in tabs.query(TabPane)]
        # One after the other, these are the ways from each pane to each other one.
        for place in (*chain(*combinations(range(len(panes)), 2)), 0):
            before = tabs.active
            await pilot.press(str(place + 1))
            screen.show(screen.history, NOW)
            await pilot.pause()
            assert tabs.active == panes[place], f"{place + 1} pressed in {before}"


async def test_ten_thousand_foreign_keys_are_all_reached() -> None:
    async with at_pane("2", MANY) as pilot:
        assert "10,000 foreign keys, 1 differing." in words_on(pilot)
        assert "fk_00000 on table_10000: missing" in words_on(pilot)
        await press(pilot, "s", "end")
        assert "fk_00001 on table_09999: the same" in words_on(pilot)
        await press(pilot, "up", "pageup", "pagedown", "down")
        assert "fk_00001 on table_09999: the same" in words_on(pilot)
        await press(pilot, "home", "down", "pagedown")
        assert "on table_00006: the same" in words_on(pilot)
        assert "table_00006" in rows_on(pilot)[-1]


async def test_what_is_typed_filters_by_table_column_key_name_and_state() -> None:
    async with at_pane("2", story.differing_parity()) as pilot:
        for typed, found in {
            "table_050.": "1 match, 0 differing.",
            "organization_id": "31 matches, 0 differing.",
            "USERS.ID": "42 matches, 1 differing.",
            "077_document_id_fkey": "1 match, 0 differing.",
            "different": "1 match, 1 differing.",
            "same documents": "24 matches, 0 differing.",
            "nowhere": "0 matches, 0 differing.",
        }.items():
            await press(pilot, "slash")
            pilot.app.screen.query_one("#keys-pane Input", Input).value = typed
            await pilot.pause()
            assert f"97 foreign keys, 1 differing. {found}" in words_on(pilot), typed
            assert ("fkey on table_" in words_on(pilot)) is (typed != "nowhere")
            await press(pilot, "escape")
            assert "97 foreign keys, 1 differing. Sorted" in words_on(pilot)


async def test_the_cursor_stays_on_what_was_found() -> None:
    async with at_pane("2", MANY) as pilot:
        await press(pilot, "slash", *"00777", "enter", "down")
        assert len(rows_on(pilot)) == 2
        await press(pilot, "escape")
        assert len(rows_on(pilot)) > 2
        assert "fk_09223 on table_00777: the same" in words_on(pilot)
        assert any("table_00777" in row for row in rows_on(pilot))


async def test_what_differs_comes_first_in_every_order() -> None:
    async with at_pane("2", MANY) as pilot:
        for order, second in (("key", "00002"), ("table", "00001"), ("constraint", "09999")):
            assert f"Sorted by {order}." in words_on(pilot)
            first, after, *_ = rows_on(pilot)
            assert first.startswith("MISSING    table_10000")
            assert after.startswith(f"SAME       table_{second}")
            await press(pilot, "s")
        assert "Sorted by key." in words_on(pilot)


async def test_the_keys_work_whatever_has_the_focus() -> None:
    async with at_pane("2", MANY) as pilot:
        pilot.app.screen.query_one("#roll-back").focus()
        await press(pilot, "s")
        assert "Sorted by table." in words_on(pilot)
        await press(pilot, "slash", *"nrc1")  # keys of the screen are text here
        assert "0 matches" in words_on(pilot)


@pytest.mark.parametrize(("width", "beside"), [(80, False), (120, True)])
async def test_definitions_stand_side_by_side_where_there_is_room(width: int, beside: bool) -> None:
    async with at_pane("2", story.differing_parity(), (width, 40)) as pilot:
        shown = words_on(pilot)
        assert "table_001_user_id_fkey on table_001: ON DELETE CASCADE became" in shown
        lines = [line for line in shown.splitlines() if "Before  FOREIGN KEY (user_id)" in line]
        assert ["After   FOREIGN KEY (user_id)" in line for line in lines] == [beside]
        assert "ON UPDATE NO ACTION, validated." in shown
        assert "0 before, 0 after" in " ".join(" ".join(content_of(pilot)).split())


async def test_the_catalog_is_grouped_and_the_unexplained_comes_first() -> None:
    expected = (
        CatalogDifference("view", f"public.v{n:03}", "uuid", "text", "it shows the key")
        for n in range(1, 501)
    )
    parity = story.differing_parity()
    parity = msgspec.structs.replace(parity, catalog=(*expected, *parity.catalog))
    async with at_pane("4", parity, (120, 40)) as pilot:
        assert "2 unexplained, 502 expected." in words_on(pilot)
        lines = [line.split("  ")[0] for line in rows_on(pilot)]
        assert lines[:8] == [
            *("1 unexplained: comment", "DIFFERENT", "1 unexplained: index", "DIFFERENT"),
            *("2 expected: column", "EXPECTED", "EXPECTED", "500 expected: view"),
        ]
        # Headings are passed over.
        await press(pilot, "down")
        assert "index users_pkey: nothing explains it" in words_on(pilot)
        assert "Before  it was not there" in words_on(pilot)
        await press(pilot, "up")
        assert "column users.id: nothing explains it" in words_on(pilot)
        await press(pilot, "end")
        assert "view public.v500: it shows the key" in words_on(pilot)
        await press(pilot, "slash", *"unexplained")
        assert "2 matches, 2 unexplained." in words_on(pilot)
        await press(pilot, "escape", "s", "s")
        assert "Sorted by name." in words_on(pilot)
        assert "expected: view" not in words_on(pilot)


async def test_what_others_did_is_a_group_of_its_own_and_does_not_differ() -> None:
    theirs = CatalogDifference("table", "other.log", None, "there", by_others=True)
    key, *keys = story.PARITY.foreign_keys
    gone = msgspec.structs.replace(key, after=None, state="missing", by_others=True)
    parity = msgspec.structs.replace(
        story.PARITY, catalog=(*story.PARITY.catalog, theirs), foreign_keys=(gone, *keys)
    )
    assert parity.differences == 0
    async with at_pane("4", parity, (120, 40)) as pilot:
        assert "0 unexplained, 2 expected, 1 by others." in words_on(pilot)
        assert rows_on(pilot)[0].startswith("1 by others: table")
        assert "table other.log: done by others meanwhile: does not count" in words_on(pilot)
        await press(pilot, "2")
        assert "0 differing, 1 by others." in words_on(pilot)
        await press(pilot, "slash", *"by others", "enter")
        assert "missing, done by others meanwhile: does not count" in words_on(pilot)


async def test_a_catalog_without_a_difference_says_so() -> None:
    async with at_pane("4", msgspec.structs.replace(story.PARITY, catalog=())) as pilot:
        assert "2,431 compared, 0 unexplained, 0 expected." in words_on(pilot)
        await press(pilot, "slash", "s")
        assert "State  " not in words_on(pilot)


async def test_the_parity_of_an_earlier_attempt_is_not_shown_for_this_one() -> None:
    work = FakeWork(story.at_the_gate(story.differing_parity()))
    async with on_stage(work).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        assert "97 foreign keys, 1 differing." in words_on(pilot)
        work.give(RollBack(by=story.ADA))
        work.story.tell(story.started(Step.CONVERSION))
        await settled(pilot)
        for pane in "24":
            await press(pilot, pane)
            assert "Not checked yet." in words_on(pilot)
            assert "DIFFERENT" not in words_on(pilot)


def test_columns_share_the_room_and_the_last_give_way() -> None:
    columns = (Column("a", 4), Column("b", 6, grows=True), Column("c", 5, grows=True))
    assert widths(columns, 19) == [4, 6, 5]
    assert widths(columns, 22) == [4, 8, 6]
    assert widths(columns, 18) == [4, 12]
    assert widths(columns, 3) == [4]
