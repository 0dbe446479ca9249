"""Text from a database is text: no markup, and nothing that a terminal would obey."""

import msgspec
import pytest

from recovery.record.events import (
    CatalogDifference,
    Finding,
    LockAttemptFailed,
    Severity,
    Step,
    StepFailed,
)
from recovery.words.errors import Problem
from screens import words
from tests.screens import story
from tests.screens.fakes import FakeSessions, FakeWork, listed
from tests.screens.stage import go_to, in_the_foyer, on_stage, settled, words_on
from tests.screens.story import Story

EVIL = "[/x] [bold]Key (id)=([abc])[/bold] \x1b]0;gotcha\x07 \x9b31m"
READ = "[/x] [bold]Key (id)=([abc])[/bold]"


def _investigated() -> Story:
    found = msgspec.structs.replace(
        story.INVESTIGATED, findings=(Finding(Severity.BLOCKER, *[EVIL] * 5),)
    )
    return story.confirmed().tell(story.started(Step.INVESTIGATION), found)


def _failed() -> Story:
    problem = Problem(EVIL, EVIL, 1, EVIL, EVIL, EVIL, EVIL, EVIL)
    return story.confirmed().tell(
        story.started(Step.INVESTIGATION), StepFailed(Step.INVESTIGATION, problem)
    )


def _waiting() -> Story:
    blocker = msgspec.structs.replace(story.BLOCKED[0], query=EVIL, application=EVIL)
    return story.begun_to_convert().tell(LockAttemptFailed(1, 3, (blocker,)))


def _different() -> Story:
    parity = story.differing_parity()
    rows = [
        msgspec.structs.replace(row, name=EVIL, before=EVIL, after=EVIL, table=EVIL)
        for row in parity.foreign_keys
    ]
    evil = CatalogDifference(f"{EVIL}\n", EVIL, EVIL, EVIL, EVIL)
    return story.at_the_gate(
        msgspec.structs.replace(parity, foreign_keys=tuple(rows), catalog=(evil, evil))
    )


CASES = {
    "finding": (_investigated, Step.INVESTIGATION, ()),
    "problem": (_failed, Step.INVESTIGATION, ()),
    "locks": (_waiting, Step.CONVERSION, ()),
    "parity": (_different, Step.CONVERSION, ("2",)),
    "catalog": (_different, Step.CONVERSION, ("4",)),
}


@pytest.mark.parametrize("case", CASES)
async def test_it_is_shown_as_it_is(case: str) -> None:
    chapter, step, keys = CASES[case]
    async with on_stage(FakeWork(chapter())).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await go_to(pilot, step)
        await pilot.press(*keys)
        await settled(pilot)
        shown = words_on(pilot)
        assert "[/x]" in shown
        assert not {"\x1b", "\x07", "\x9b"} & set(shown)


async def test_a_sessions_damage_is_text() -> None:
    app = in_the_foyer(FakeSessions([listed("broken", None, EVIL)]))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert words_on(pilot).count(READ) == 2


def test_control_characters_are_made_visible() -> None:
    assert words.plain("a\x1b[2Jb\tc\nd\x9b\u202e") == "a\\x1b[2Jb  c\nd\\x9b\\u202e"
    assert words.plain_line("a\nb\u3164") == "a\\nb\\u3164"


def test_no_state_is_a_dark_grey_word_where_colours_are_not_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert words.state("wrong").style == "bold red"
    monkeypatch.setenv("NO_COLOR", "1")
    assert words.state("wrong").style == "bold"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.9, "59 s"), (125, "2 min 05 s"), (3_840, "1 h 04 min")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


def test_sizes_and_counts() -> None:
    assert [words.size(n) for n in (None, 0, 1023, 1536, 48_318_382_080)] == [
        "unknown size",
        "0 bytes",
        "1023 bytes",
        "1.5 kB",
        "45.0 GB",
    ]
    assert words.counter(-3) == "0:00"
    assert words.progress({"a.id": 4, "b.id": 2, "c.id": 1}, {"a.id": 3, "d.id": 1}, ["a.id"]) == (
        "a.id 3/4, others 1/3"
    )
    assert words.fitted("abcdefgh", 6) == "abc..."
