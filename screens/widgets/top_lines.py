"""The two lines that are always in sight: which database, how it stands, which step."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from recovery.record.events import Step
from recovery.record.history import History
from recovery.record.transaction import TransactionState, target_words, transaction_state
from screens.widgets.steps import STEPS, in_a_line, state_word
from screens.widgets.text import Line

NOT_KNOWN = "NOT KNOWN NOW"


class TopLines(Vertical):
    """Database and host, environment, the transaction's state; the step, and how far all are.

    Where the steps have a list of their own, the session's name has their place.
    """

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Line(id="environment")
            yield Line(id="where")
            yield Line(id="standing")
        with Horizontal():
            yield Line(id="step")
            yield Line(id="states")
            yield Line(id="session")

    def tell(
        self,
        history: History,
        step: Step,
        title: str,
        session: str,
        starting: Step | None,
        *,
        known: bool,
    ) -> None:
        """Shows what the events say; if they cannot be read, that nothing is known of now."""
        environment = history.profile.environment
        label = self.query_one("#environment", Line)
        label.set_classes([f"-{environment}"])
        label.say(environment.upper())
        self.query_one("#where", Line).say(target_words(history))
        state = transaction_state(history)
        label = self.query_one("#standing", Line)
        label.set_class(known and state.open, "-open")
        label.set_class(not known or state is TransactionState.UNKNOWN, "-unknown")
        label.say(state if known else NOT_KNOWN)
        place = f"Step {STEPS.index(step) + 1} of {len(STEPS)}"
        word = state_word(history, step, starting)
        self.query_one("#step", Line).say(f"{place}: {title}, {word}")
        self.query_one("#states", Line).say(in_a_line(history, starting))
        self.query_one("#session", Line).say(session)
