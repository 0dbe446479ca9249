"""A session as a row of the list, and how far it is."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from recovery.record.events import Step
from recovery.record.history import History, StepState
from recovery.record.session_list import Listed, listed_session
from recovery.record.transaction import TransactionState, transaction_state
from recovery.words.errors import Problem


def row_of(folder: Path) -> tuple[dict[str, str], bool]:
    """A session's target, environment and state; and whether it could be read."""
    listed = listed_session(folder)
    history = listed.history
    if history is None:
        damage = f"damaged: {listed.damage}"
        return {"database": "?", "environment": "?", "state": damage}, False
    return {
        "database": history.profile.target.database,
        "environment": history.profile.environment,
        "state": state_in_words(history),
    }, True


def exposed(sessions: Iterable[Listed]) -> Iterator[Problem]:
    """Why some of them can only be read: once, if it is the same for several."""
    yield from dict.fromkeys(each.exposed for each in sessions if each.exposed is not None)


def state_in_words(history: History) -> str:
    """How far a session is: what runs, what failed, or what comes next."""
    if transaction_state(history) is TransactionState.AT_THE_GATE:
        return "waiting at the gate, with locks held"
    if history.running is not None:
        return f"{history.running} is running"
    for step in Step:
        state = history.state_of(step)
        if state is StepState.FAILED:
            return f"{step} failed"
        if not state.settled:
            return f"{step} is next"
    return "finished"
