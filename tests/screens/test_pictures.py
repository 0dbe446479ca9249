"""Every screen in its main states, as pictures. Look at them before you accept new ones."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button
from textual.widgets._footer import FooterKey

from recovery.record.events import ConversionEnded, Outcome, Refusal, Step, StepFailed
from recovery.words.errors import Problem
from screens.target import Connected
from tests.screens import story
from tests.screens.fakes import PASSWORD_NEEDED, FakeSessions, FakeWork, listed
from tests.screens.stage import go_to, in_the_foyer, on_stage, scene, settled
from wizard.app import Wizard

SMALL, LARGE = (80, 24), (120, 40)
Scene = tuple[Wizard, Callable[[Pilot[None]], Awaitable[None]]]


def _lost() -> story.Story:
    return story.ended(Outcome.UNKNOWN, "the answer was lost, and the server cannot be reached")


def _failed() -> story.Story:
    return story.converting().tell(
        ConversionEnded(Outcome.ROLLED_BACK, "a statement failed", None),
        StepFailed(Step.CONVERSION, story.PROBLEM),
    )


def _not_read() -> Scene:
    """The gate, when the journal can be read no longer."""
    work = FakeWork(story.at_the_gate())
    app = on_stage(work)

    async def play(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await go_to(pilot, Step.CONVERSION)
        work.not_read = Problem("The journal cannot be used: disk I/O error.", "Mend the disk.", 1)
        await settled(pilot)

    return app, play


REFUSED_TARGET = Connected(
    story.IDENTITY,
    (
        Refusal(
            "saas_platform",
            "saas_owner owns 12 of 165 tables.",
            "Connect as the tables' owner, or as a member of the owning role.",
        ),
    ),
    "the keyring",
)

SCENES: dict[str, Callable[[], Scene]] = {
    "target": lambda: scene(story.begun(), Step.TARGET),
    "target-password": lambda: scene(story.begun(), Step.TARGET, connections=[PASSWORD_NEEDED]),
    "target-refused": lambda: scene(story.begun(), Step.TARGET, connections=[REFUSED_TARGET]),
    "target-confirmed": lambda: scene(story.confirmed(), Step.TARGET),
    "investigation-ready": lambda: scene(story.confirmed(), Step.INVESTIGATION),
    "investigation": lambda: scene(story.investigated(), Step.INVESTIGATION),
    "investigation-copied": lambda: scene(story.investigated(), Step.INVESTIGATION, "y"),
    "investigation-keys": lambda: scene(story.investigated(), Step.INVESTIGATION, "2"),
    "investigation-revisions": lambda: scene(story.investigated(), Step.INVESTIGATION, "3"),
    "investigation-revisions-claimed": lambda: scene(
        story.investigated(), Step.INVESTIGATION, "3", "down", "down", "down"
    ),
    "investigation-revisions-ambiguous": lambda: scene(
        story.investigated(story.AMBIGUOUS), Step.INVESTIGATION, "3"
    ),
    "investigation-revisions-exact": lambda: scene(
        story.investigated(story.EXACT), Step.INVESTIGATION, "3"
    ),
    "investigation-revisions-not-replayed": lambda: scene(
        story.investigated(story.NOT_REPLAYED), Step.INVESTIGATION, "3", "end"
    ),
    "investigation-revisions-no-server": lambda: scene(
        story.investigated(story.NO_SERVER), Step.INVESTIGATION, "3"
    ),
    "investigation-revisions-confirmed": lambda: scene(
        story.revision_confirmed(), Step.INVESTIGATION, "3"
    ),
    "investigation-confirm": lambda: scene(story.investigated(), Step.INVESTIGATION, "3", "enter"),
    "investigation-confirm-other": lambda: scene(
        story.investigated(), Step.INVESTIGATION, "3", "down", "down", "down", "enter"
    ),
    "investigation-confirm-ambiguous": lambda: scene(
        story.investigated(story.AMBIGUOUS), Step.INVESTIGATION, "3", "enter"
    ),
    "investigation-proposed-keys": lambda: scene(
        story.with_proposed_keys(), Step.INVESTIGATION, "5"
    ),
    "plan-undecided": lambda: scene(story.with_proposed_keys(), Step.PLAN),
    "investigation-tables": lambda: scene(story.investigated(), Step.INVESTIGATION, "4"),
    "investigation-soft": lambda: scene(story.investigated(), Step.INVESTIGATION, "5"),
    "investigation-decide": lambda: scene(story.investigated(), Step.INVESTIGATION, "5", "enter"),
    "investigation-decided": lambda: scene(
        story.investigated(),
        *(Step.INVESTIGATION, "5", "enter", "right", "right", "enter"),
        *("down", "enter", "right", "enter"),
    ),
    "plan": lambda: scene(story.planned(), Step.PLAN),
    "plan-tables": lambda: scene(story.planned(), Step.PLAN, "2"),
    "plan-sql": lambda: scene(story.planned(), Step.PLAN, "3"),
    "plan-statement": lambda: scene(
        story.planned(), Step.PLAN, "3", "down", "down", "enter", "down"
    ),
    "plan-objects": lambda: scene(story.planned(), Step.PLAN, "3", "o"),
    "plan-search": lambda: scene(story.planned(), Step.PLAN, "3", "slash", *"active", "enter"),
    "plan-kept": lambda: scene(story.planned(), Step.PLAN, "5"),
    "plan-breaks": lambda: scene(story.planned(), Step.PLAN, "4"),
    "plan-with-operators": lambda: scene(story.planned(story.COMPATIBLE_PLAN), Step.PLAN),
    "plan-refused": lambda: scene(story.planned(story.REFUSED_PLAN), Step.PLAN),
    "plan-approved": lambda: scene(story.approved(), Step.PLAN),
    "backup-ready": lambda: scene(story.approved(), Step.BACKUP),
    "backup-running": lambda: scene(story.backing_up(), Step.BACKUP),
    "backup": lambda: scene(story.backed_up(), Step.BACKUP),
    "backup-copied": lambda: scene(story.backed_up(), Step.BACKUP, "y"),
    "backup-help-keys": lambda: scene(story.backed_up(), Step.BACKUP, "question_mark", "end"),
    "conversion-not-yet": lambda: scene(story.confirmed(), Step.CONVERSION),
    "conversion-ready": lambda: scene(story.backed_up(), Step.CONVERSION),
    "conversion-locks": lambda: scene(story.waiting_for_locks(), Step.CONVERSION),
    "conversion-running": lambda: scene(story.converting(), Step.CONVERSION),
    "conversion-failed": lambda: scene(_failed(), Step.CONVERSION),
    "conversion-gate": lambda: scene(story.at_the_gate(), Step.CONVERSION),
    "conversion-gate-keys": lambda: scene(story.at_the_gate(), Step.CONVERSION, "2"),
    "conversion-gate-tables": lambda: scene(story.at_the_gate(), Step.CONVERSION, "3"),
    "conversion-gate-blocked": lambda: scene(story.at_the_gate(), Step.CONVERSION, "5"),
    "conversion-running-log": lambda: scene(story.converting(), Step.CONVERSION, "6"),
    "conversion-different": lambda: scene(
        story.at_the_gate(story.differing_parity()), Step.CONVERSION, "2"
    ),
    "conversion-filtered": lambda: scene(
        story.at_the_gate(story.differing_parity()), Step.CONVERSION, "2", "slash", *"user"
    ),
    "conversion-different-rest": lambda: scene(
        story.at_the_gate(story.differing_parity()), Step.CONVERSION, "4"
    ),
    "conversion-commit": lambda: scene(story.at_the_gate(), Step.CONVERSION, "c"),
    "conversion-roll-back": lambda: scene(story.at_the_gate(), Step.CONVERSION, "r"),
    "conversion-help": lambda: scene(story.at_the_gate(), Step.CONVERSION, "question_mark"),
    "conversion-palette": lambda: scene(story.at_the_gate(), Step.CONVERSION, "ctrl+p"),
    "conversion-quit": lambda: scene(story.at_the_gate(), Step.CONVERSION, "ctrl+q"),
    "conversion-committed": lambda: scene(story.committed(), Step.CONVERSION),
    "conversion-rolled-back": lambda: scene(
        story.ended(Outcome.ROLLED_BACK, "the deadline passed", None), Step.CONVERSION
    ),
    "conversion-unknown": lambda: scene(_lost(), Step.CONVERSION),
    "migrations-unconfirmed": lambda: scene(story.unconfirmed(story.committed()), Step.MIGRATIONS),
    "migrations-confirm": lambda: scene(
        story.unconfirmed(story.committed()), Step.MIGRATIONS, "tab", "enter"
    ),
    "migrations-no-revision": lambda: scene(
        story.unconfirmed(story.committed(), story.NO_SERVER), Step.MIGRATIONS
    ),
    "migrations-ready": lambda: scene(story.committed(), Step.MIGRATIONS),
    "migrations-collided": lambda: scene(story.collided(), Step.MIGRATIONS),
    "migrations-different": lambda: scene(story.collided_differently(), Step.MIGRATIONS),
    "migrations-question-by-hand": lambda: scene(
        story.collided_differently(), Step.MIGRATIONS, "enter"
    ),
    "conversion-not-read": _not_read,
    "migrations-would-fail": lambda: scene(story.would_fail(), Step.MIGRATIONS),
    "migrations-running": lambda: scene(story.migrating(), Step.MIGRATIONS),
    "migrations": lambda: scene(story.migrated(), Step.MIGRATIONS),
    "verification": lambda: scene(story.verified(), Step.VERIFICATION),
    "report-ready": lambda: scene(story.verified(), Step.REPORT),
    "report": lambda: scene(story.reported(), Step.REPORT),
}
# Those that differ most from the small ones; the others are looked at with all that is slow.
LARGE_ONES = ("investigation-revisions-claimed", "plan-statement", "conversion-different")
# These are like others, or tests of their own press the same keys: they are slow at any size.
VARIANTS = (
    "target-refused",
    "investigation-soft",
    "investigation-decide",
    "plan-sql",
    "plan-kept",
    "plan-undecided",
    "backup-ready",
    "conversion-ready",
    "conversion-gate-blocked",
    "conversion-palette",
    "migrations-collided",
    "migrations-unconfirmed",
    "target-password",
    "investigation-revisions-claimed",
    "investigation-revisions-no-server",
    "plan-tables",
    "plan-approved",
    "backup-running",
    "conversion-not-yet",
    "conversion-failed",
    "conversion-roll-back",
    "conversion-help",
    "report-ready",
    "investigation-copied",
    "investigation-keys",
    "investigation-revisions-exact",
    "investigation-revisions-confirmed",
    "investigation-confirm-other",
    "investigation-confirm-ambiguous",
    "investigation-tables",
    "investigation-decided",
    "plan-objects",
    "plan-search",
    "plan-with-operators",
    "backup-copied",
    "backup-help-keys",
    "conversion-gate-tables",
    "conversion-running-log",
    "conversion-filtered",
    "conversion-different-rest",
    "conversion-rolled-back",
    "migrations-confirm",
    "migrations-no-revision",
    "migrations-ready",
)


@pytest.fixture(autouse=True)
def _no_button_looks_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a moment a button shows that it was pressed; a picture may be of before or after that."""
    monkeypatch.setattr(Button, "_start_active_affect", lambda _button: None)


def everything_can_be_reached(pilot: Pilot[None]) -> None:
    """Every button can be clicked, and the keys' hints fit."""
    screen = pilot.app.screen
    for each in screen.query(Button):
        if each.display and each.region:
            assert screen.get_widget_at(*each.region.offset)[0] is each
            assert screen.region.contains_region(each.region)
    hints = list(screen.query(FooterKey))
    assert len(hints) <= 6
    assert all(screen.region.contains_region(hint.region) for hint in hints)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in VARIANTS else []) for n in SCENES],
)
def test_small(name: str, snap_compare: Any) -> None:
    app, play = SCENES[name]()

    async def play_and_check(pilot: Pilot[None]) -> None:
        await play(pilot)
        everything_can_be_reached(pilot)

    assert snap_compare(app, terminal_size=SMALL, run_before=play_and_check)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in LARGE_ONES else [pytest.mark.slow]) for n in SCENES],
)
def test_large(name: str, snap_compare: Any) -> None:
    app, play = SCENES[name]()
    assert snap_compare(app, terminal_size=LARGE, run_before=play)


def test_sessions(snap_compare: Any) -> None:
    sessions = FakeSessions(
        [
            listed("20261122-021000-77aa", story.at_the_gate()),
            listed("20261121-232000-0b1c", None, "The journal cannot be used: not a database."),
            listed("20261120-221500-9d2e", story.reported()),
        ]
    )
    assert snap_compare(in_the_foyer(sessions), press=["down", "down", "enter"])


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
def test_the_terminals_own_colours(theme: str, snap_compare: Any) -> None:
    app, play = SCENES["conversion-gate"]()
    app.theme = theme
    assert snap_compare(app, terminal_size=SMALL, run_before=play)


@pytest.mark.parametrize(
    "name", ["conversion-gate", "conversion-different", "backup-ready", "target", "verification"]
)
def test_without_colours(name: str, snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, play = SCENES[name]()
    assert snap_compare(app, terminal_size=SMALL, run_before=play)
