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
from screens.widgets.sql_log import ReadLog

ORDER = tuple(Step)


def screens_of(
    session: str, by: Person, read_plan: Callable[[], str], read_log: ReadLog
) -> dict[Step, StepScreen]:
    """A screen for each step of a session. The texts are those of plan.sql and sql.log."""
    made: tuple[StepScreen, ...] = (
        TargetScreen(session, by),
        InvestigationScreen(session, by),
        PlanScreen(session, by, read_plan),
        BackupScreen(session, by),
        ConversionScreen(session, by, read_log),
        MigrationsScreen(session, by),
        VerificationScreen(session, by),
        ReportScreen(session, by),
    )
    return {screen.STEP: screen for screen in made}


def first_open(history: History) -> Step:
    """The step that runs, or the first that is not done."""
    if history.running is not None:
        return history.running
    return next((step for step in ORDER if not history.state_of(step).settled), ORDER[-1])


def after(step: Step, history: History) -> Step:
    """The next step to go to; from the target, where the session was left."""
    if step is Step.TARGET:
        return first_open(history)
    later = (
        each
        for each in ORDER[ORDER.index(step) + 1 :]
        if history.state_of(each) is not StepState.SKIPPED
    )
    return next(later, step)


def neighbour(step: Step, distance: int) -> Step:
    """The step at a distance, or the last one in that direction."""
    return ORDER[max(0, min(len(ORDER) - 1, ORDER.index(step) + distance))]
