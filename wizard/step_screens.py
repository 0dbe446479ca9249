"""The screen of each step."""

from collections.abc import Callable

from recovery.record.events import Person, Step
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


def screens_of(
    session: str, by: Person, read_plan: Callable[[], str], read_log: ReadLog
) -> dict[Step, StepScreen]:
    """A screen for each step of a session. ``read_plan`` gives plan.sql's text."""
    made: tuple[StepScreen, ...] = (
        TargetScreen(session, by),
        InvestigationScreen(session, by),
        PlanScreen(session, by, read_plan),
        BackupScreen(session, by),
        ConversionScreen(session, by, read_log),
        MigrationsScreen(session, by, read_log),
        VerificationScreen(session, by),
        ReportScreen(session, by),
    )
    return {screen.STEP: screen for screen in made}
