"""Which revision the schema is at: what was found is read, and the operator's word is asked for."""

from collections.abc import Sequence

import msgspec
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from recovery.record.events import Answer, RevisionConfirmed, Step
from screens.widgets.virtual_table import Cell, VirtualTable
from tests.screens import story
from tests.screens.fakes import FakeWork
from tests.screens.stage import current, go_to, on_stage, settled, words_on
from tests.screens.story import Story

SIZE = (80, 24)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)


async def at(pilot: Pilot[None], step: Step, *keys: str) -> None:
    await settled(pilot)
    await go_to(pilot, step)
    await press(pilot, *keys)


async def click(pilot: Pilot[None], button: str) -> None:
    assert await pilot.click(button)
    await settled(pilot)


def said(pilot: Pilot[None]) -> str:
    """What can be read, whatever the lines; of a question, only what it says itself."""
    screen = pilot.app.screen
    if isinstance(screen, ModalScreen):
        return " ".join(str(screen.query_one("#text", Static).content).split())
    return " ".join(words_on(pilot).split())


def confirmed(work: FakeWork) -> tuple[str, ...] | None:
    told = work.story.history.last(RevisionConfirmed)
    return None if told is None else told.revisions


async def test_the_claim_the_answer_and_the_differences_are_read() -> None:
    async with on_stage(FakeWork(story.investigated())).run_test(size=SIZE) as pilot:
        await at(pilot, Step.INVESTIGATION, "3")
        assert "Claimed dc2c0f69c1b1 (pipeline templates)" in said(pilot)
        assert "Found ba1a5bcdb110 is the nearest: 5 extra, 93 of a key's type" in said(pilot)
        assert "not yet; the migrations wait for it" in said(pilot)
        assert "By hand: 5" in said(pilot)
        await press(pilot, "tab", "end")
        assert "Types of keys: 93" in said(pilot)
        assert "and 88 more" in said(pilot)
        await press(pilot, "shift+tab", "down", "down", "down", "tab")
        assert "missing table: pipeline_template_stages, pipeline_templates" in said(pilot)
        await press(pilot, "shift+tab", "down")
        assert "They were not kept" in said(pilot)


async def test_the_nearest_is_confirmed_by_a_button_that_never_has_the_focus() -> None:
    work = FakeWork(story.investigated())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await at(pilot, Step.INVESTIGATION)
        focused = pilot.app.screen.focused
        assert focused is not None
        assert focused.id == "continue"
        await click(pilot, "#confirm-revision")
        assert "sets alembic_version from dc2c0f69c1b1 to ba1a5bcdb110" in said(pilot)
        assert "The 6 pending migrations run from there" in said(pilot)
        await press(pilot, "enter")
        assert confirmed(work) is None
        await click(pilot, "#confirm-revision")
        await press(pilot, "right", "enter")
        assert confirmed(work) == ("ba1a5bcdb110",)
        assert not pilot.app.screen.query_one("#confirm-revision", Button).display
        await press(pilot, "enter")
        assert current(pilot) is Step.PLAN


async def test_that_another_is_not_the_nearest_is_said_before_it_is_confirmed() -> None:
    work = FakeWork(story.investigated())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await at(pilot, Step.INVESTIGATION, "3", "down", "down", "down", "enter")
        assert "It is NOT the nearest: ba1a5bcdb110 (document approvals) is" in said(pilot)
        assert "leaves alembic_version as it is, at dc2c0f69c1b1" in said(pilot)
        await press(pilot, "right", "enter")
        assert confirmed(work) == ("dc2c0f69c1b1",)
        assert "CONFIRMED, CLAIMED" in words_on(pilot)


async def test_what_cannot_be_told_apart_is_named() -> None:
    told = story.investigated(story.AMBIGUOUS)
    async with on_stage(FakeWork(told)).run_test(size=SIZE) as pilot:
        await at(pilot, Step.INVESTIGATION, "3")
        assert "ba1a5bcdb110 or c3a7b4bbf913: nothing in the catalog tells them apart" in said(
            pilot
        )
        assert "AS NEAR" in words_on(pilot)
        await press(pilot, "down", "enter")
        assert "It may as well be ba1a5bcdb110" in said(pilot)


async def test_what_was_not_run_says_why_and_can_still_be_confirmed() -> None:
    work = FakeWork(story.investigated(story.NOT_REPLAYED))
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await at(pilot, Step.INVESTIGATION, "3", "end")
        assert "it comes after c3a7b4bbf913, which failed" in said(pilot)
        await press(pilot, "enter")
        assert "It was NOT COMPARED with the schema" in said(pilot)
        await press(pilot, "right", "enter")
        assert confirmed(work) == ("dc2c0f69c1b1",)


async def test_without_a_server_to_replay_on_the_scripts_revisions_are_offered() -> None:
    work = FakeWork(story.unconfirmed(story.committed(), story.NO_SERVER))
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await at(pilot, Step.MIGRATIONS)
        assert "No revision was found. Choose one in step 2, pane 3" in said(pilot)
        await at(pilot, Step.INVESTIGATION, "3")
        assert "No PostgreSQL server can be started here" in said(pilot)
        await press(pilot, *["down"] * 6, "enter", "right", "enter")
        assert confirmed(work) == ("ba1a5bcdb110",)


async def test_an_exact_match_of_the_claim_needs_no_word() -> None:
    told = story.investigated(story.EXACT)
    async with on_stage(FakeWork(told)).run_test(size=SIZE) as pilot:
        await at(pilot, Step.INVESTIGATION, "3")
        assert "Found dc2c0f69c1b1, exactly, as claimed" in said(pilot)
        assert "not needed: the catalog is exactly as claimed" in said(pilot)
        assert not pilot.app.screen.query_one("#confirm-revision", Button).display


async def test_the_migrations_ask_for_it_where_they_wait() -> None:
    work = FakeWork(story.unconfirmed(story.committed()))
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await at(pilot, Step.MIGRATIONS)
        assert "This step waits for the revision to be confirmed." in said(pilot)
        await click(pilot, "#confirm-revision")
        await press(pilot, "right", "enter")
        assert current(pilot) is Step.INVESTIGATION
        await at(pilot, Step.MIGRATIONS)
        await click(pilot, "#confirm-revision")
        await press(pilot, "right", "right", "enter")
        assert confirmed(work) == ("ba1a5bcdb110",)
        assert "Confirmed ba1a5bcdb110, by ada@bastion" in said(pilot)
        await press(pilot, "enter")
        assert "The revision was confirmed by ada@bastion: nearest with differences" in said(pilot)


async def test_what_has_moved_on_is_not_confirmed_again() -> None:
    async with on_stage(FakeWork(story.migrated())).run_test(size=SIZE) as pilot:
        await at(pilot, Step.INVESTIGATION, "3", "enter")
        assert "Is the schema at" not in words_on(pilot)


async def test_a_key_that_nobody_named_is_decided_before_the_plan() -> None:
    work = FakeWork(story.with_proposed_keys())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await at(pilot, Step.PLAN)
        assert "waits for a decision about teams.id" in said(pilot)
        await at(pilot, Step.INVESTIGATION, "5")
        assert "1 key not of the expected type; 1 open" in said(pilot)
        await press(pilot, "enter")
        assert "differs from what is expected" in said(pilot)
        await press(pilot, "right", "enter")
        assert "LEFT" in words_on(pilot)
        await at(pilot, Step.PLAN)
        assert "waits for" not in said(pilot)


async def test_many_revisions_are_drawn_as_far_as_they_are_seen() -> None:
    count = 500
    states = tuple(
        msgspec.structs.replace(story.NEAREST, revisions=(f"r{number:05}",))
        for number in range(count)
    )
    told = Story(story.confirmed().entries)
    match = msgspec.structs.replace(
        story.MATCH, answer=Answer.NEAREST, revisions=states[0].revisions, candidates=states
    )
    told.tell(msgspec.structs.replace(story.INVESTIGATED, match=match))
    async with on_stage(FakeWork(told)).run_test(size=SIZE) as pilot:
        await at(pilot, Step.INVESTIGATION)
        drawn: list[object] = []
        table = pilot.app.screen.query_one(VirtualTable)
        cells = table._cells

        def counted(row: object) -> Sequence[Cell]:
            drawn.append(row)
            return cells(row)

        table._cells = counted
        await press(pilot, "3", "end")
        assert f"r{count - 1:05}" in words_on(pilot)
        assert len(drawn) < 100
