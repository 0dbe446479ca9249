"""What a person sets, and what a person takes along: other keys, a theme, copies."""

from pathlib import Path

import pytest
from textual.widgets._footer import FooterKey

from recovery.record import session
from recovery.record.events import Step, StepFailed
from tests.screens import story
from tests.screens.fakes import FakeSessions, FakeWork
from tests.screens.stage import go_to, on_stage, settled, words_on
from wizard.app import Wizard
from wizard.local import LocalWork
from wizard.settings import Settings

SIZE = (80, 24)


async def test_a_rebound_key_works_and_the_old_one_does_not() -> None:
    mine = Settings("ansi-light", {"commit": "k", "help": "h", "commands": "f2"})
    work = FakeWork(story.at_the_gate())
    app = Wizard(FakeSessions(), story.PROGRAM, None, work, mine, look_every=None)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert app.theme == "ansi-light"
        assert "k" in {hint.key_display for hint in app.screen.query(FooterKey)}
        for key in ("c", "question_mark", "f1", "ctrl+p"):
            await pilot.press(key)
            await pilot.pause()
            assert len(app.screen_stack) == 2, key
        await pilot.press("h")
        await pilot.pause()
        assert "Step 5: Conversion" in words_on(pilot)
        await pilot.press("h")
        await pilot.pause()
        await pilot.press("f2")
        await pilot.pause()
        assert "Search for commands" in words_on(pilot)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("k")
        await pilot.pause()
        assert "This becomes permanent" in words_on(pilot)


async def test_a_failure_is_copied_and_saved(tmp_path: Path) -> None:
    opened = session.create(story.PROFILE, story.PROGRAM, tmp_path)

    class InAFolder(FakeWork):
        save_copy = LocalWork(opened).save_copy

    told = story.begun_to_convert().tell(StepFailed(Step.CONVERSION, story.PROBLEM))
    app = on_stage(InAFolder(told))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        await pilot.press("y")
        await settled(pilot)
        saved = opened.folder / "copied.txt"
        assert "Sent to the terminal's clipboard: foreign key constraint" in words_on(pilot)
        assert "copied.txt" in words_on(pilot).replace("\n", "")
        assert app.clipboard.startswith('foreign key constraint "x_fkey" cannot be implemented ')
        assert f"Statement: {story.PROBLEM.statement}" in app.clipboard
        assert saved.read_text() == f"{app.clipboard}\n"
        assert saved.stat().st_mode & 0o077 == 0
        await pilot.press("p")
        await pilot.press("n")
        await settled(pilot)
        assert "Sent to" not in words_on(pilot)
    opened.close()


@pytest.mark.slow
async def test_what_each_step_has_to_copy() -> None:
    for told, step, text in (
        (story.planned(), Step.PLAN, f"{FakeWork.folder}/plan.sql"),
        (story.backed_up(), Step.BACKUP, story.BACKUP.restore_command),
        (story.at_the_gate(), Step.CONVERSION, f"pg-rekey resume {story.SESSION}"),
        (story.reported(), Step.REPORT, story.REPORTED.markdown),
        (story.confirmed(), Step.INVESTIGATION, None),
    ):
        work = FakeWork(told)
        async with on_stage(work).run_test(size=SIZE) as pilot:
            await settled(pilot)
            await go_to(pilot, step)
            await pilot.press("y")
            await settled(pilot)
            copied = [asked[1] for asked in work.asked if isinstance(asked, tuple)]
            assert copied[1:] == ([] if text is None else [text])
            assert ("Sent to the terminal" in words_on(pilot)) is (text is not None)
