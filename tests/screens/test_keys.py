"""Every key that is shown and every button that is offered does something, at both sizes."""

from collections.abc import Callable, Collection

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Button
from textual.widgets._footer import FooterKey

from recovery.record.events import Outcome, Step
from screens.widgets.help import legal_keys
from tests.screens import story
from tests.screens.fakes import FakeSessions, FakeWork, listed
from tests.screens.stage import go_to, in_the_foyer, on_stage, settled, words_on
from tests.screens.story import Story
from wizard.app import Wizard

SIZES = SMALL, LARGE = [(80, 24), (120, 40)]
PLACES: dict[str, tuple[Callable[[], Story], Step]] = {
    "target-new": (story.begun, Step.TARGET),
    "target": (story.confirmed, Step.TARGET),
    "investigation": (story.investigated, Step.INVESTIGATION),
    "plan": (story.planned, Step.PLAN),
    "backup-ready": (story.approved, Step.BACKUP),
    "backup-running": (story.backing_up, Step.BACKUP),
    "backup": (story.backed_up, Step.BACKUP),
    "conversion-ready": (story.backed_up, Step.CONVERSION),
    "conversion": (story.converting, Step.CONVERSION),
    "gate": (story.at_the_gate, Step.CONVERSION),
    "unknown": (lambda: story.ended(Outcome.UNKNOWN, "lost"), Step.CONVERSION),
    "migrations-unconfirmed": (lambda: story.unconfirmed(story.committed()), Step.MIGRATIONS),
    "migrations": (story.collided, Step.MIGRATIONS),
    "verification": (story.verified, Step.VERIFICATION),
    "report": (story.reported, Step.REPORT),
}
# Their keys are those of the places beside them.
LIKE_OTHERS = (
    "backup-ready",
    "backup-running",
    "backup",
    "conversion-ready",
    "conversion",
    "unknown",
    "migrations-unconfirmed",
    "verification",
)
# What every step has is pressed at both ends only.
EVERYWHERE = {"Next", "Previous", "Quit"}
ENDS = ("target", "report")


def _seen(pilot: Pilot[None], work: FakeWork) -> object:
    return pilot.app.return_code, len(work.asked), words_on(pilot)


async def _back(pilot: Pilot[None], step: Step) -> None:
    """To the step's own screen again."""
    while isinstance(pilot.app.screen, ModalScreen):
        await pilot.press("escape")
        await pilot.pause()
    await go_to(pilot, step)


async def _read_all(pilot: Pilot[None]) -> str:
    """What can be read while it is scrolled to its end."""
    pages = [words_on(pilot)]
    while True:
        await pilot.press("pagedown")
        await pilot.pause()
        if words_on(pilot) == pages[-1]:
            return "\n".join(pages)
        pages.append(words_on(pilot))


def _hints(pilot: Pilot[None]) -> list[FooterKey]:
    return list(pilot.app.screen.query(FooterKey))


async def _help_tells(pilot: Pilot[None], hints: list[FooterKey]) -> None:
    """The help that is open has a page and each of the keys."""
    text = await _read_all(pilot)
    assert "What it does" in text
    assert "What it does not do" in text
    assert "What can go wrong" in text
    rows = [(line.split()[:2], line) for line in text.splitlines() if line.split()]
    for hint in hints:
        assert any(hint.key_display in keys and hint.description in line for keys, line in rows), (
            hint.key_display
        )


async def _press_each(pilot: Pilot[None], work: FakeWork, step: Step, but: Collection[str]) -> None:
    """Each key of the footer, the one last that may leave the program."""
    hints = _hints(pilot)
    assert len(hints) <= 6
    assert "Help" in {hint.description for hint in hints}
    chosen = [hint for hint in hints if hint.description not in but]
    for hint in sorted(chosen, key=lambda hint: hint.description == "Quit"):
        before = _seen(pilot, work)
        await pilot.press(hint.key)
        await settled(pilot)
        assert _seen(pilot, work) != before, hint.key
        if hint.description == "Help" and pilot.app.size == SMALL:
            await _help_tells(pilot, hints)
        if pilot.app.return_code is None:
            await _back(pilot, step)


async def _click_each(pilot: Pilot[None], work: FakeWork, step: Step) -> None:
    """Each button that is offered, but the one that leaves."""
    for place in pilot.app.screen.query("#actions Button").results(Button):
        if place.display and place.id != "leave":
            before = _seen(pilot, work)
            assert await pilot.click(place)
            await settled(pilot)
            assert _seen(pilot, work) != before, place.id
            await _back(pilot, step)


@pytest.mark.parametrize(
    ("place", "size"),
    [
        pytest.param(
            place,
            size,
            # The layout of all steps is the same.
            marks=[] if size == SMALL and place not in LIKE_OTHERS else [pytest.mark.slow],
            id=f"{place}-{size[0]}x{size[1]}",
        )
        for place in PLACES
        for size in SIZES
    ],
)
async def test_every_key_and_button(place: str, size: tuple[int, int]) -> None:
    chapter, step = PLACES[place]
    work = FakeWork(chapter())
    async with on_stage(work).run_test(size=size) as pilot:
        await settled(pilot)
        await go_to(pilot, step)
        await _click_each(pilot, work, step)
        await _press_each(pilot, work, step, () if place in ENDS else EVERYWHERE)


async def test_help_of_the_list_and_of_a_question() -> None:
    app = in_the_foyer(FakeSessions([listed("one", story.at_the_gate())]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        hints = _hints(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        await _help_tells(pilot, hints)
    work = FakeWork(story.at_the_gate())
    async with on_stage(work).run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press("c", "f1")
        await pilot.pause()
        assert "Changes nothing." in await _read_all(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "This becomes permanent" in words_on(pilot)


def _offered(app: Wizard) -> set[str]:
    return {command.title for command in app.get_system_commands(app.screen)}


@pytest.mark.parametrize(
    ("told", "legal", "illegal"),
    [
        (story.at_the_gate(), {"Decide: COMMIT ...", "ROLL BACK", "Extend by 15 min"}, {"Approve"}),
        (
            story.at_the_gate(story.differing_parity()),
            {"ROLL BACK", "Extend by 15 min"},
            {"COMMIT", "Decide: COMMIT ..."},
        ),
        (
            story.converting(),
            {"ROLL BACK"},
            {"COMMIT", "Decide: COMMIT ...", "Extend", "Extend by 15 min"},
        ),
        (story.committed(), {"Continue"}, {"COMMIT", "ROLL BACK", "Start the conversion"}),
    ],
    ids=["gate", "different", "converting", "committed"],
)
async def test_the_palette_offers_what_is_legal(
    told: Story, legal: set[str], illegal: set[str]
) -> None:
    app = on_stage(FakeWork(told))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        offered = _offered(app)
        assert offered >= legal | {"Go to step 3: Plan", "Help", "Quit", "Theme"}
        assert not offered & (illegal | {"Go to step 5: Conversion"})


async def _choose(pilot: Pilot[None], words: str) -> None:
    await pilot.press("ctrl+p")
    await pilot.pause()
    await pilot.press(*words)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.press("enter")
    await settled(pilot)


async def test_what_the_palette_offers_works() -> None:
    work = FakeWork(story.at_the_gate())
    async with on_stage(work).run_test(size=SMALL) as pilot:
        await settled(pilot)
        await _choose(pilot, "commit")
        assert "This becomes permanent" in words_on(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert "This becomes permanent" in words_on(pilot), "a question is answered first"
        await pilot.press("escape")
        await _choose(pilot, "extend")
        assert "at 04:00:00 UTC" in words_on(pilot)
        await _choose(pilot, "plan")
        assert "Step 3 of 8" in words_on(pilot)
        await _choose(pilot, "quit")
        assert "Quit with a transaction open?" in words_on(pilot)


@pytest.mark.parametrize(
    ("chapter", "shown"),
    [
        (story.backed_up, "n Next  p Previous  ? Help"),
        (story.converting, "n Next  p Previous  ? Help  y Copy  r ROLL BACK  ^q Quit"),
        (story.at_the_gate, " ? Help  y Copy  c COMMIT  r ROLL BACK  e Extend  ^q Quit"),
        (story.committed, "n Next  p Previous  ? Help"),
    ],
)
async def test_next_and_previous_have_hints_where_there_is_room(
    chapter: Callable[[], Story], shown: str
) -> None:
    async with on_stage(FakeWork(chapter())).run_test(size=SMALL) as pilot:
        await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        assert shown in words_on(pilot).splitlines()[-1]


async def test_a_question_has_hints_for_its_own_keys_only() -> None:
    async with on_stage(FakeWork(story.at_the_gate())).run_test(size=SMALL) as pilot:
        await settled(pilot)
        for key, shown in (("c", "f1 Help  esc Back"), ("r", "? Help  esc Back")):
            await pilot.press(key)
            await pilot.pause()
            assert words_on(pilot).splitlines()[-1].strip() == shown
            await pilot.press("escape")
            await pilot.pause()


async def test_help_lists_no_key_that_is_typed_or_has_nothing_to_work_on() -> None:
    async with on_stage(FakeWork(story.begun())).run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert legal(pilot) >= {"tab", "f1"}
        assert not legal(pilot) & {"/", "s", "esc", "n", "?"}
    async with on_stage(FakeWork(story.at_the_gate())).run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert not legal(pilot) & {"/", "s"}
        await pilot.press("2")
        await pilot.pause()
        assert legal(pilot) >= {"/", "s", "n", "?"}


def legal(pilot: Pilot[None]) -> set[str]:
    """The keys of the screen that its help lists."""
    everywhere, _ = legal_keys(pilot.app.screen)
    return {key for keys, _ in everywhere for key in keys.split()}
