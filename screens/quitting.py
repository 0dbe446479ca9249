"""Leaving while a transaction is open."""

from datetime import datetime

from recovery.record.history import History
from recovery.record.transaction import TransactionState, transaction_state, until_when
from screens.widgets.questions import Question


class QuitQuestion(Question):
    """What becomes of the open transaction."""

    def __init__(self, history: History, now: datetime) -> None:
        choices = [("stay", "Stay"), ("leave", "Leave it with the runner")]
        if transaction_state(history) is not TransactionState.COMMITTING:
            choices.append(("roll-back", "ROLL BACK, then quit"))
        super().__init__(
            "Quit with a transaction open?",
            f"{transaction_state(history)} in {history.profile.target.database}.\n\n"
            f"The runner is a process of its own: it goes on without this screen. "
            f"{until_when(history, now)}",
            *choices,
        )
