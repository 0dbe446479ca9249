"""Leaving while a transaction is open."""

from recovery.history import History
from recovery.standing import Standing, gate, standing
from screens import words
from screens.widgets.questions import Question


class QuitQuestion(Question):
    """What becomes of the open transaction."""

    def __init__(self, history: History) -> None:
        choices = [("stay", "Stay"), ("leave", "Leave it with the runner")]
        if standing(history) is not Standing.COMMITTING:
            choices.append(("roll-back", "ROLL BACK, then quit"))
        super().__init__(
            "Quit with a transaction open?",
            f"{standing(history)} in {history.profile.target.database}.\n\n"
            f"The runner is a process of its own: it goes on without this screen. "
            f"{until_when(history)}",
            *choices,
        )


def until_when(history: History) -> str:
    """How long the runner keeps the transaction open if nobody decides."""
    open_gate = gate(history)
    if open_gate is not None:
        return f"It rolls back by itself at {words.clock(open_gate.deadline)}."
    if standing(history) is Standing.COMMITTING:
        return "COMMIT has been sent and cannot be taken back."
    return "It goes on to the gate, waits there for a decision, and then rolls back by itself."
