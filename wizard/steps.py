"""The order of the steps, the screen of each, and where a session begins or goes on."""

from collections.abc import Callable

from recovery.events import Person, Step
from recovery.history import History, StepState
from screens.backup import BackupScreen
from screens.conversion import ConversionScreen
from screens.investigation import InvestigationScreen
from screens.migrations import MigrationsScreen
from screens.plan import PlanScreen
from screens.report import ReportScreen
from screens.step_screen import StepScreen
from screens.target import TargetScreen
from screens.verification import VerificationScreen

ORDER = tuple(Step)


def screens_of(
    session: str, by: Person, read_plan: Callable[[], str], plan_file: str
) -> dict[Step, StepScreen]:
    """A screen for each step of a session. ``read_plan`` gives the text of ``plan_file``."""
    made: tuple[StepScreen, ...] = (
        TargetScreen(session, by),
        InvestigationScreen(session, by),
        PlanScreen(session, by, read_plan, plan_file),
        BackupScreen(session, by),
        ConversionScreen(session, by),
        MigrationsScreen(session, by),
        VerificationScreen(session, by),
        ReportScreen(session, by),
    )
    return {screen.STEP: screen for screen in made}


def first_open(history: History) -> Step:
    """The step that runs, or the first that is not done."""
    if history.running is not None:
        return history.running
    undone = (step for step in _wanted(history) if history.state_of(step) is not StepState.DONE)
    return next(undone, ORDER[-1])


def after(step: Step, history: History) -> Step:
    """The next step to go to; from the target, where the session was left."""
    if step is Step.TARGET:
        return first_open(history)
    later = (each for each in _wanted(history) if ORDER.index(each) > ORDER.index(step))
    return next(later, step)


def _wanted(history: History) -> tuple[Step, ...]:
    """The steps that have something to do."""
    nothing_to_do = history.plan is not None and history.plan.nothing_to_do
    passed_over = (Step.BACKUP, Step.CONVERSION) if nothing_to_do else ()
    return tuple(step for step in ORDER if step not in passed_over)


def neighbour(step: Step, distance: int) -> Step:
    """The step at a distance, or the last one in that direction."""
    return ORDER[max(0, min(len(ORDER) - 1, ORDER.index(step) + distance))]
