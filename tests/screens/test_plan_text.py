"""plan.sql is read statement by statement, searched and taken along, with keys only."""

import msgspec
import pytest
from textual.pilot import Pilot

from recovery.record.events import Effort, Outcome, PlannedStatement, Step
from tests.screens import story
from tests.screens.fakes import FakeWork
from tests.screens.stage import go_to, on_stage, settled, words_on
from tests.screens.story import Story
from tests.screens.test_foreign_text import EVIL

SIZE = (80, 24)


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await settled(pilot)


async def at_the_text(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await go_to(pilot, Step.PLAN)
    await press(pilot, "3")


def line(text: str) -> int:
    """Where a text is in plan.sql, counted from 1."""
    return story.PLAN_SQL[: story.PLAN_SQL.index(text)].count("\n") + 1


async def test_a_statement_is_chosen_and_read() -> None:
    async with on_stage(FakeWork(story.planned())).run_test(size=SIZE) as pilot:
        await at_the_text(pilot)
        shown = words_on(pilot)
        assert "319 statements by phase" in shown
        assert "60 tables ACCESS EXCLUSIVE until the end" in shown
        await press(pilot, "down", "down", "enter", "down")
        shown = words_on(pilot)
        assert "Why    PostgreSQL does not change the type of a column" in shown
        assert "ACCESS EXCLUSIVE on view public.active_users, from here to the end" in shown
        assert "Time   at once: only the catalog is read or changed" in shown
        assert f"{line('DROP VIEW')}  DROP VIEW public.active_users;" in shown
        await press(pilot, "enter")
        shown = words_on(pilot)
        assert "Phase 2: view public.active_users. Escape: the list." in shown
        assert "Why    " not in shown
        assert shown.count("ALTER TABLE public.") > 3
        await press(pilot, "down", "down", "escape")
        shown = words_on(pilot)
        assert "Phase 2: policy own_documents ON public.documents" in shown
        assert "documents, as from the beginning: ACCESS EXCLUSIVE" in shown


async def test_the_statements_of_an_object_are_together() -> None:
    async with on_stage(FakeWork(story.planned())).run_test(size=SIZE) as pilot:
        await at_the_text(pilot)
        await press(pilot, *["down"] * 4, "enter", "down", "o")
        shown = words_on(pilot)
        assert "319 statements by object" in shown
        assert "Phase 4: Convert the referencing columns  ALTER TABLE public.table_004" in shown
        assert "Time   0.6 s to 3.6 s: 36.0 MB anew, measured elsewhere" in shown
        await press(pilot, "down")
        assert "Phase 6: Validate  ANALYZE public.table_004;" in words_on(pilot)
        assert "Time   not known: a sample of the rows is read" in words_on(pilot)
        await press(pilot, "up")
        await press(pilot, "o")
        assert "319 statements by phase" in words_on(pilot)
        assert "Phase 4: table table_004" in words_on(pilot)


@pytest.mark.slow
async def test_enter_goes_from_place_to_place_of_what_is_searched_for() -> None:
    async with on_stage(FakeWork(story.planned())).run_test(size=SIZE) as pilot:
        await at_the_text(pilot)
        await press(pilot, "slash", *"ANALYZE", "enter")
        first = line("ANALYZE public.table_001;")
        assert "1 of 60 places" in words_on(pilot)
        assert f"{first}  ANALYZE public.table_001;" in words_on(pilot)
        await press(pilot, "enter", "enter")
        assert "3 of 60 places" in words_on(pilot)
        await press(pilot, "escape")
        assert "Phase 6: table table_003. Escape: the list." in words_on(pilot)
        await press(pilot, "slash", *"zzz", "enter")
        assert "Not found." in words_on(pilot)
        await press(pilot, "escape", "escape")
        assert "319 statements by phase" in words_on(pilot)
        assert "Phase 6: table table_003" in words_on(pilot)


@pytest.mark.slow
async def test_what_it_took_before_is_told() -> None:
    async with on_stage(FakeWork(rolled_back())).run_test(size=SIZE) as pilot:
        await at_the_text(pilot)
        await press(pilot, *["down"] * 4, "enter", "down")
        assert "so long it took when this plan ran here at 03:" in words_on(pilot)


def rolled_back() -> Story:
    return story.ended(Outcome.ROLLED_BACK, "the operator chose ROLLBACK")


async def test_a_copy_is_saved_where_the_operator_says() -> None:
    work = FakeWork(story.planned())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await at_the_text(pilot)
        await press(pilot, "x")
        assert f"{story.SESSION}/plan.sql" in words_on(pilot)
        await press(pilot, *"out", "enter")
        assert "Saved to out/plan.sql" in words_on(pilot)
        assert work.asked[-1] == ("save plan", "out")
        await press(pilot, "x", "escape", "1", "x")
        assert len(pilot.app.screen_stack) == 2
    assert work.asked[-1] == ("save plan", "out")


@pytest.mark.slow
async def test_a_plan_of_an_older_program_has_its_text() -> None:
    plan = msgspec.structs.replace(story.PLAN, statements=(), locked=(), kept=())
    async with on_stage(FakeWork(story.planned(plan))).run_test(size=SIZE) as pilot:
        await at_the_text(pilot)
        assert "BEGIN;" in words_on(pilot)
        await press(pilot, "slash", *"view", "enter", "escape", "escape")
        assert "DROP VIEW" in words_on(pilot)


async def test_names_of_objects_are_text() -> None:
    evil = PlannedStatement(2, 2, EVIL, EVIL, (EVIL,), EVIL, Effort.CATALOG)
    plan = msgspec.structs.replace(story.PLAN, statements=(evil,))
    async with on_stage(FakeWork(story.planned(plan))).run_test(size=(120, 40)) as pilot:
        await at_the_text(pilot)
        await press(pilot, "o")
        shown = words_on(pilot)
        assert shown.count("[/x] [bold]Key (id)=([abc])[/bold]") >= 4
        assert not {"\x1b", "\x07", "\x9b"} & set(shown)
