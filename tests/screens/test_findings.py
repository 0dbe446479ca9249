"""The findings are read one by one, with keys only, and their SQL is taken along."""

import msgspec
from textual.pilot import Pilot

from recovery.record.events import Finding, Severity, Step
from tests.screens import story
from tests.screens.fakes import FakeWork
from tests.screens.stage import current, go_to, on_stage, settled, words_on
from tests.screens.story import Story

SIZE = (80, 24)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)


async def at_the_findings(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await go_to(pilot, Step.INVESTIGATION)
    await settled(pilot)


def found(*findings: Finding) -> Story:
    told = msgspec.structs.replace(story.INVESTIGATED, findings=findings)
    return story.confirmed().tell(story.started(Step.INVESTIGATION), told)


async def test_they_are_chosen_with_the_arrows_and_enter_goes_on() -> None:
    async with on_stage(FakeWork(story.investigated())).run_test(size=SIZE) as pilot:
        await at_the_findings(pilot)
        shown = words_on(pilot)
        places = [shown.index(word) for word in ("BLOCKER", "WARNING", "NOTE")]
        assert places == sorted(places)
        assert "42 foreign keys in 38 columns" in shown
        assert "WHERE k.contype = 'f'" in shown
        await press(pilot, "down", "down", "up")
        assert "pipeline_templates and rbac_audit_logs do not exist" in words_on(pilot)
        await press(pilot, *["down"] * 9)
        assert "crm_test_db: 151 of the 165 tables" in words_on(pilot)
        await press(pilot, "enter")
        assert current(pilot) is Step.PLAN


async def test_the_sql_is_copied_and_saved() -> None:
    work = FakeWork(story.investigated())
    app = on_stage(work)
    async with app.run_test(size=SIZE) as pilot:
        await at_the_findings(pilot)
        await press(pilot, "y")
        assert app.clipboard == story.KEY_QUERY
        assert work.asked[-1] == ("copy", story.KEY_QUERY)
        assert "Also saved to" in words_on(pilot)
        await press(pilot, "down")
        assert "saved to" not in words_on(pilot)


async def test_without_sql_there_is_nothing_to_copy() -> None:
    work = FakeWork(story.investigated())
    app = on_stage(work)
    async with app.run_test(size=SIZE) as pilot:
        await at_the_findings(pilot)
        assert "Copy" in words_on(pilot)
        await press(pilot, *["down"] * 4)
        assert "Copy" not in words_on(pilot)
        await press(pilot, "y")
        await press(pilot, "2", "y")
        assert app.clipboard == ""


async def test_a_long_finding_is_scrolled_and_many_are_listed() -> None:
    query = "\n".join(f"SELECT {number};" for number in range(60))
    findings = [
        Finding(Severity.NOTE, "note", f"number {number}", "seen", "nothing", query)
        for number in range(40)
    ]
    async with on_stage(FakeWork(found(*findings))).run_test(size=SIZE) as pilot:
        await at_the_findings(pilot)
        await press(pilot, *["down"] * 30)
        assert words_on(pilot).count("number 30") == 2
        assert "SELECT 59;" not in words_on(pilot)
        await press(pilot, *["pagedown"] * 7)
        assert "SELECT 59;" in words_on(pilot)
        await press(pilot, "down")
        assert "number 31\n" in words_on(pilot)


async def test_nothing_found_is_said() -> None:
    async with on_stage(FakeWork(found())).run_test(size=SIZE) as pilot:
        await at_the_findings(pilot)
        assert "Nothing was found." in words_on(pilot)


async def test_that_nothing_holds_ids_without_a_foreign_key_is_said() -> None:
    told = msgspec.structs.replace(story.INVESTIGATED, soft_references=())
    work = FakeWork(story.confirmed().tell(story.started(Step.INVESTIGATION), told))
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await at_the_findings(pilot)
        await press(pilot, "5")
        shown = words_on(pilot)
        assert "No other column holds ids of a key" in shown
        assert "Decision" not in shown
