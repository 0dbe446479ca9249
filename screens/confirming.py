"""The question which revision the schema is at, wherever it is asked."""

from recovery.record.candidates import named
from recovery.record.events import Step
from screens.consequences import what_is_confirmed
from screens.step_screen import StepScreen
from screens.widgets.questions import Question
from screens.wishes import ConfirmRevision, ShowStep
from screens.words import plain_line


def confirm_label(revisions: tuple[str, ...]) -> str:
    """What a button says that asks about these revisions."""
    return (
        f"Confirm {plain_line(named(revisions))}"
        if len(revisions) < 2
        else "Confirm these revisions"
    )


def ask_revision(screen: StepScreen, revisions: tuple[str, ...]) -> None:
    """Asks whether the schema is at these revisions; posts ``ConfirmRevision`` if it is said."""

    def answered(answer: str | None) -> None:
        if answer == "confirm":
            screen.post_message(ConfirmRevision(revisions))
        elif answer == "others":
            screen.post_message(ShowStep(Step.INVESTIGATION))

    elsewhere = screen.STEP is not Step.INVESTIGATION
    others = [("others", "Look at the others")] if elsewhere else []
    screen.app.push_screen(
        Question(
            f"Is the schema at {named(revisions)}?",
            what_is_confirmed(screen.history, revisions),
            ("back", "Not yet"),
            *others,
            ("confirm", confirm_label(revisions)),
        ),
        answered,
    )
