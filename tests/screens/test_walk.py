"""The recovery from start to finish, with keys only; and what goes wrong on the way."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from recovery.record.events import (
    BackupCompared,
    CommandRefused,
    Commit,
    CommitIntended,
    ExtendGate,
    GateExtended,
    Outcome,
    Person,
    PlanApproved,
    RollBack,
    RowsSince,
    Step,
    StepFailed,
    Way,
)
from recovery.record.history import History
from recovery.record.journal_file import only_read
from recovery.record.ownership import Exposed
from recovery.record.transaction import TransactionState, transaction_state
from screens.wishes import RunStep
from tests.screens import story
from tests.screens.fakes import (
    CONNECTED,
    PASSWORD,
    PASSWORD_NEEDED,
    FakeSessions,
    FakeWork,
    listed,
)
from tests.screens.stage import current, go_to, in_the_foyer, on_stage, settled, words_on

SIZE = (80, 24)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)


async def type_in(pilot: Pilot[None], text: str) -> None:
    await press(pilot, *["underscore" if char == "_" else char for char in text], "enter")


async def test_from_the_first_key_to_the_report() -> None:
    work = FakeWork(story.begun(), [PASSWORD_NEEDED, CONNECTED])
    app = on_stage(work)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "needs a password" in words_on(pilot)
        await type_in(pilot, PASSWORD.replace(" ", ""))
        assert "crm_test_db" in words_on(pilot)
        await type_in(pilot, "saas_platform")
        assert current(pilot) is Step.TARGET
        await press(pilot, "enter")  # continue
        await press(pilot, "enter")  # investigate
        assert "BLOCKER" in words_on(pilot)
        await press(pilot, "3", "enter", "right", "enter")  # the nearest revision, confirmed
        assert "CONFIRMED, NEAREST" in words_on(pilot)
        await press(pilot, "enter")  # continue
        await press(pilot, "enter")  # make the plan
        await press(pilot, "enter")
        await press(pilot, "right", "enter")  # approve
        assert "APPROVED by ada@bastion" in words_on(pilot)
        await press(pilot, "enter")  # continue
        await press(pilot, "enter")  # back up
        assert "read back whole" in words_on(pilot)
        await press(pilot, "enter")  # continue
        await press(pilot, "enter")  # start the conversion
        await press(pilot, "right", "enter")
        assert "WAITING AT THE GATE" in words_on(pilot)
        await press(pilot, "c")
        await type_in(pilot, "saas_platform")
        assert "COMMITTED by ada@bastion" in words_on(pilot)
        await press(pilot, "enter")  # continue
        await press(pilot, "enter")  # migrate
        await press(pilot, "right", "enter")
        assert "ADOPTABLE" in words_on(pilot)
        await press(pilot, "enter")
        await press(pilot, "right", "enter")
        assert "Read back" in words_on(pilot)
        await press(pilot, "enter")  # continue
        await press(pilot, "enter")  # verify
        assert "NOT CHECKED" in words_on(pilot)
        await press(pilot, "enter")  # continue
        await press(pilot, "enter")  # write the report
        assert "The report is written" in words_on(pilot)
        await press(pilot, "enter")  # quit
    assert app.return_code == 0
    assert work.story.history.finished
    runs = [wish for wish in work.asked if isinstance(wish, RunStep)]
    assert [wish.step for wish in runs].count(Step.MIGRATIONS) == 2
    assert runs[-3].ways == {story.VALUATIONS.revision: Way.ADOPT}


@pytest.mark.parametrize("size", [SIZE, (120, 40)], ids=["80x24", "120x40"])
async def test_an_old_failure_is_put_away_while_the_step_is_started_again(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = StepFailed(Step.PLAN, story.PROBLEM)
    work = FakeWork(story.investigated().tell(story.started(Step.PLAN), failed))
    async with on_stage(work).run_test(size=size) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.PLAN)
        assert "Step 3 of 8: Plan, failed" in words_on(pilot)
        assert story.PROBLEM.what in words_on(pilot)
        # Its runner has not written anything yet.
        monkeypatch.setattr(work, "run", lambda _: None)
        await press(pilot, "enter")
        shown = words_on(pilot)
        assert "Step 3 of 8: Plan, starting" in shown
        assert "Starting ..." in shown
        assert story.PROBLEM.what not in shown
        assert "failed" not in shown
        await press(pilot, "n")
        assert "Starting ..." not in words_on(pilot)


async def test_a_wrong_name_does_not_confirm_the_target() -> None:
    work = FakeWork(story.begun())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await type_in(pilot, "crm_test_db")
        assert "'crm_test_db' is not the name" in words_on(pilot)
        assert "target not confirmed" in words_on(pilot)
        await press(pilot, "enter")
        assert current(pilot) is Step.TARGET


async def test_the_password_is_kept_only_if_asked_for() -> None:
    with_keyring = type(PASSWORD_NEEDED)(PASSWORD_NEEDED.problem, PASSWORD_NEEDED.account, None)
    for keys, kept in (((), False), (("tab", "space", "shift+tab"), True)):
        work = FakeWork(story.begun(), [with_keyring, CONNECTED])
        async with on_stage(work).run_test(size=SIZE) as pilot:
            await settled(pilot)
            assert "Keep it in the keyring: no" in words_on(pilot)
            await press(pilot, *keys)
            assert ("Keep it in the keyring: yes" in words_on(pilot)) is kept
            await type_in(pilot, "secret")
        assert ("keep" in work.asked) is kept


async def test_commit_needs_the_name() -> None:
    work = FakeWork(story.at_the_gate())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "c")
        assert "This becomes permanent" in words_on(pilot)
        await type_in(pilot, "crm_test_db")
        assert "is not its name" in words_on(pilot)
        await press(pilot, "escape")
        assert "WAITING AT THE GATE" in words_on(pilot)
    assert not any(isinstance(asked, Commit) for asked in work.asked)


async def test_an_old_backup_needs_a_word_before_the_conversion_starts() -> None:
    old = msgspec.structs.replace(story.BACKUP, started=story.NIGHT - timedelta(days=400))
    work = FakeWork(story.backed_up().tell(old))
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.BACKUP)
        assert "400 days ago; what was written since is not in it" in words_on(pilot)
        await go_to(pilot, Step.CONVERSION)
        await press(pilot, "enter")
        shown = " ".join(words_on(pilot).split())
        assert "The backup was made 400 days ago" in shown
        assert "the profile allows 24 hours" in shown
        await type_in(pilot, "yes")
        assert "'yes' is not the word." in words_on(pilot)
        await press(pilot, *["backspace"] * 3)
        await type_in(pilot, "old backup")
        assert "Convert saas_platform now?" in words_on(pilot)
        assert "Backup: made 400 days ago" in words_on(pilot)
        await press(pilot, "right", "enter")
    assert ("accept", "old backup") in work.asked
    assert work.asked[-1] == RunStep(Step.CONVERSION)


async def test_what_was_written_since_the_backup_is_said_at_the_gate() -> None:
    counted = BackupCompared(
        story.BACKUP.started, 1740.0, 2, (RowsSince("orders", 1000, 1777), RowsSince("b", 2, 1))
    )
    work = FakeWork(story.at_the_gate().tell(counted))
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        shown = " ".join(words_on(pilot).split())
        assert "Backup made 30 minutes ago. 777 rows more in orders than in the backup;" in shown
        assert "1 more of 2 tables. That at least was written since." in shown
        await press(pilot, "c")
        shown = " ".join(words_on(pilot).split())
        assert "1 row fewer in b than" in shown


async def test_an_empty_name_is_asked_for_and_a_decision_is_said_to_be_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = FakeWork(story.at_the_gate())
    # The runner has not answered yet.
    monkeypatch.setattr(work, "give", work.asked.append)
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "c", "enter")
        assert "Nothing was typed: COMMIT needs the database's name." in words_on(pilot)
        await type_in(pilot, "saas_platform")
        assert "COMMIT is on its way to the runner." in words_on(pilot)
        assert "Waiting for your decision." not in words_on(pilot)
        work.story.tell(CommandRefused("commit", "one table differs", story.ADA))
        await settled(pilot)
        assert "Waiting for your decision." in words_on(pilot)
        await press(pilot, "r", "right", "enter")
        assert "ROLL BACK is on its way to the runner." in words_on(pilot)


async def test_what_is_only_locked_is_named() -> None:
    plan = msgspec.structs.replace(story.PLAN, locked=(*story.PLAN.locked, "crm_notes"))
    told = story.planned(plan).tell(PlanApproved(plan.sha256, story.ADA), story.BACKUP)
    async with on_stage(FakeWork(told)).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        await press(pilot, "enter")
        shown = " ".join(words_on(pilot).split())
        assert "61 tables will be locked (1 of them only locked, not converted:" in shown
        assert "crm_notes" in shown


async def test_a_demo_says_beforehand_that_its_session_goes() -> None:
    goes = "it goes with the demo when you quit."
    for passing, said in (("", "the session's folder holds the evidence."), (goes, goes)):
        app = on_stage(FakeWork(story.reported()), passing=passing)
        async with app.run_test(size=SIZE) as pilot:
            await settled(pilot)
            await go_to(pilot, Step.REPORT)
            assert f"The report is written; {said}" in " ".join(words_on(pilot).split())


async def test_commit_is_impossible_while_anything_differs() -> None:
    work = FakeWork(story.at_the_gate(story.differing_parity()))
    app = on_stage(work)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert not app.screen.query_one("#commit", Button).display
        await press(pilot, "c")
        assert len(app.screen_stack) == 2
        assert "COMMIT is impossible" in words_on(pilot)


async def test_the_focus_never_starts_on_commit() -> None:
    app = on_stage(FakeWork(story.at_the_gate()))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert app.screen.focused is None
        await press(pilot, "enter", "enter")
        assert "WAITING AT THE GATE" in words_on(pilot)


async def test_rollback_is_one_confirmation_away() -> None:
    for told in (story.converting(), story.at_the_gate(), story.waiting_for_locks()):
        work = FakeWork(told)
        async with on_stage(work).run_test(size=SIZE) as pilot:
            await settled(pilot)
            await press(pilot, "r", "right", "enter")
            assert "ROLLED BACK by ada@bastion" in words_on(pilot)
        assert isinstance(work.asked[-1], RollBack)


async def test_escape_and_enter_leave_the_transaction_alone() -> None:
    work = FakeWork(story.at_the_gate())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "r", "escape")
        await press(pilot, "r", "enter")
        assert "WAITING AT THE GATE" in words_on(pilot)
    assert not any(isinstance(asked, RollBack) for asked in work.asked)


async def test_the_deadline_can_be_moved() -> None:
    work = FakeWork(story.at_the_gate())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "at 03:45:00 UTC" in words_on(pilot)
        await press(pilot, "e")
        assert "at 04:00:00 UTC" in words_on(pilot)
    assert work.asked[-1] == ExtendGate(by=story.ADA, seconds=900.0)


async def test_a_deadline_on_another_day_has_its_date_and_a_refused_one_its_reason() -> None:
    told = story.at_the_gate()
    told.tell(GateExtended(story.NIGHT + timedelta(hours=23), story.ADA))
    app = on_stage(FakeWork(told))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "at 2026-11-23 02:00:00 UTC" in words_on(pilot)
        told.tell(CommandRefused("ExtendGate", "it would be for more than 4 hours", story.ADA))
        await settled(pilot)
        assert "refused: it would be for more than 4 hours" in words_on(pilot)
        await press(pilot, "ctrl+q")
        assert "at 2026-11-23 02:00:00 UTC" in words_on(pilot)
        await press(pilot, "escape")
        told.tell(GateExtended(story.DEADLINE, story.ADA))
        await settled(pilot)
        assert "more than 4 hours" not in words_on(pilot)


async def test_quitting_with_a_transaction_open_asks() -> None:
    app = on_stage(FakeWork(story.at_the_gate()))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "ctrl+q")
        assert "It rolls back by itself at 03:45:00 UTC" in words_on(pilot)
        await press(pilot, "ctrl+q", "enter")  # a second time changes nothing; stay
        assert len(app.screen_stack) == 2
        await press(pilot, "q", "right", "enter")
    assert app.return_code == 0
    assert f"pg-rekey resume {story.SESSION}" in app.farewell


async def test_rolling_back_on_the_way_out() -> None:
    work = FakeWork(story.at_the_gate())
    app = on_stage(work)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "q", "right", "right", "enter")
    assert app.return_code == 0
    assert work.story.history.outcome is Outcome.ROLLED_BACK


async def test_quitting_without_a_transaction_just_quits() -> None:
    app = on_stage(FakeWork(story.backed_up()))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+q")
    assert app.return_code == 0
    assert app.farewell == ""


async def test_a_second_wizard_watches_and_sees_the_decision() -> None:
    work = FakeWork(story.at_the_gate())
    app = on_stage(work)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "c", "f1")
        work.give(RollBack(by=Person("bob", "desk")))
        await settled(pilot)
        assert len(app.screen_stack) == 2, "the question was about a gate that is closed"
        assert "ROLLED BACK by bob@desk" in words_on(pilot)


async def test_a_step_that_runs_elsewhere_is_refused_with_a_sentence() -> None:
    work = FakeWork(story.confirmed())
    work.alive = True
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.INVESTIGATION)
        await press(pilot, "enter")
        assert "already works on this session" in words_on(pilot)


async def test_a_lost_runner_is_asked_about() -> None:
    work = FakeWork(story.at_the_gate())
    work.alive = False
    async with on_stage(work).run_test(size=SIZE) as pilot:
        for _ in range(3):
            await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        assert "its runner is gone" in words_on(pilot)
    assert work.asked.count("reconcile") == 1


async def test_a_lost_runner_without_a_connection_is_said() -> None:
    work = FakeWork(story.at_the_gate(), [PASSWORD_NEEDED])
    work.alive = False
    async with on_stage(work).run_test(size=SIZE) as pilot:
        for _ in range(3):
            await settled(pilot)
        assert "The process that worked on this step is gone" in words_on(pilot)


async def test_a_session_that_others_may_change_is_marked_in_the_list_and_told() -> None:
    exposed = Exposed(Path("/s"), "others may write its folder", "chmod go-w /s")
    sessions = FakeSessions(
        [listed("one", story.planned(), None, only_read(exposed, Path("/s")).problem)]
    )
    sessions.work.only_reads = only_read(exposed, Path("/s")).problem
    async with in_the_foyer(sessions, None).run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "ONLY TO BE READ" in words_on(pilot)
        await pilot.press("enter")
        await settled(pilot)
        for told in ("others may write its folder", "another plan, journal or backup", "go-w /s"):
            assert told in words_on(pilot)


async def test_a_session_that_can_only_be_read_is_shown_as_it_was() -> None:
    work = FakeWork(story.at_the_gate())
    work.alive = False
    work.only_reads = only_read("it was begun on another machine (db2)", Path("/s")).problem
    last = story.at_the_gate().entries[-1].at
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert current(pilot) is Step.CONVERSION
        assert "begun on another machine (db2)" in words_on(pilot)
        assert f"was so at {last:%Y-%m-%d %H:%M:%S}" in words_on(pilot)
        await settled(pilot)
        assert "is gone" not in words_on(pilot)
        await press(pilot, "p")
        assert "begun on another machine (db2)" in words_on(pilot)
    assert work.asked == []


async def test_while_the_journal_cannot_be_read_nothing_is_said_of_commit() -> None:
    work = FakeWork(story.at_the_gate())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "COMMIT is possible" in words_on(pilot)
        asked = [*work.asked]
        work.not_read = story.PROBLEM
        await settled(pilot)
        assert "NOT KNOWN NOW" in words_on(pilot)
        assert "COMMIT" not in words_on(pilot)
        assert "ROLL BACK" not in words_on(pilot)
        assert "Waiting for your decision" not in words_on(pilot)
        for key in ("c", "r", "e"):
            await press(pilot, key)
        assert work.asked == asked
        work.not_read = None
        await settled(pilot)
        assert "COMMIT is possible" in words_on(pilot)
        assert "COMMIT ..." in words_on(pilot)


async def test_what_failed_can_be_saved_as_a_bundle() -> None:
    story_so_far = story.converting().tell(StepFailed(Step.CONVERSION, story.PROBLEM))
    work = FakeWork(story_so_far)
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.BACKUP)
        assert "Save a bundle" not in words_on(pilot)
        await go_to(pilot, Step.CONVERSION)
        await pilot.click("#bundle")
        await settled(pilot)
        said = " ".join(words_on(pilot).split())
        assert f"Saved to /home/ada/{story.SESSION}-bundle-20260304-032500.tar.gz;" in said
        assert "nothing secret is in it." in said


async def test_an_unknown_outcome_is_asked_about_again_on_request() -> None:
    work = FakeWork(story.ended(Outcome.UNKNOWN, "the answer was lost"))
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        assert "do nothing yet" in words_on(pilot)
        await press(pilot, "enter")
        assert "ROLLED BACK" in words_on(pilot)


async def test_work_needs_a_connection() -> None:
    work = FakeWork(story.confirmed(), [PASSWORD_NEEDED])
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "tab", "n", "enter")
        assert current(pilot) is Step.TARGET
        assert "not connected to the database yet" in words_on(pilot)
    assert not any(isinstance(asked, RunStep) for asked in work.asked)


async def test_a_step_that_is_not_allowed_says_what_it_waits_for() -> None:
    async with on_stage(FakeWork(story.planned())).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        assert "This step waits for the plan to be approved." in words_on(pilot)
        assert not pilot.app.screen.query_one("#start", Button).display


async def test_a_plan_that_is_not_the_files_cannot_be_approved() -> None:
    work = FakeWork(story.planned())
    work.plan_text += "DROP TABLE users;\n"
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.PLAN)
        assert "is not the file that this plan was made with" in words_on(pilot)
        assert not pilot.app.screen.query_one("#approve", Button).display


async def test_a_backup_can_be_attested() -> None:
    work = FakeWork(story.approved())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.BACKUP)
        pilot.app.screen.query_one("#statement").focus()
        await press(pilot, *"snap", "space", *"0300", "enter")
        assert "ATTESTED" in words_on(pilot)
        assert "this is the operator's word" in words_on(pilot)


async def test_the_chosen_format_is_asked_for() -> None:
    work = FakeWork(story.approved())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.BACKUP)
        pilot.app.screen.query_one("#format").focus()
        assert "one file (custom format): chosen" in words_on(pilot)
        await press(pilot, "down", "space")
        assert "several tables at a time): chosen" in words_on(pilot)
        assert words_on(pilot).count("chosen") == 1
        await pilot.click("#start")
        await settled(pilot)
    assert work.asked[-1] == RunStep(Step.BACKUP, backup_format="directory")


async def test_sessions_are_listed_and_opened() -> None:
    sessions = FakeSessions(
        [listed("broken", None, "not a database"), listed("other", story.investigated())],
        FakeWork(story.investigated()),
    )
    app = in_the_foyer(sessions)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert "What to do: Nothing is guessed from it" in words_on(pilot)
        await pilot.press("down", "enter")
        await settled(pilot)
        assert current(pilot) is Step.TARGET
        await press(pilot, "enter")
        assert current(pilot) is Step.PLAN


async def test_a_new_session_begins_at_the_target() -> None:
    app = in_the_foyer(FakeSessions([listed("other", story.reported())]))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        assert "Is this the database?" in words_on(pilot)


def test_standing() -> None:
    expected = {
        TransactionState.READ_ONLY: story.backed_up(),
        TransactionState.IN_TRANSACTION: story.converting(),
        TransactionState.AT_THE_GATE: story.at_the_gate(),
        TransactionState.COMMITTING: story.at_the_gate().tell(CommitIntended("7", story.ADA)),
        TransactionState.COMMITTED: story.committed(),
        TransactionState.ROLLED_BACK: story.ended(Outcome.ROLLED_BACK, "the deadline passed", None),
        TransactionState.UNKNOWN: story.ended(Outcome.UNKNOWN, "the answer was lost"),
        TransactionState.MIGRATING: story.migrating(),
    }
    assert {word: transaction_state(told.history) for word, told in expected.items()} == {
        word: word for word in expected
    }
    assert transaction_state(History()) is TransactionState.READ_ONLY


async def test_a_runner_that_is_not_heard_of_does_not_look_as_if_it_waited() -> None:
    work = FakeWork(story.at_the_gate())
    async with on_stage(work).run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "Waiting for your decision" in words_on(pilot)
        work.silent = "The runner has not been heard of since 03:30."
        await settled(pilot)
        assert "has not been heard of since 03:30" in words_on(pilot)
        assert "Waiting for your decision" not in words_on(pilot)
