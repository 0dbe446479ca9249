"""The sessions as rows, for the command line."""

from collections.abc import Iterator

from recovery.record.events import Step
from recovery.record.history import History, StepState
from recovery.record.session_list import listed_sessions
from recovery.record.transaction import TransactionState, transaction_state
from recovery.words.errors import DONE
from wizard.output import Output


def tell(*, as_json: bool) -> int:
    """The command ``pg-rekey sessions``; answers its exit code."""
    output = Output(as_json)
    for row in listing():
        if as_json:
            output.value(row)
        else:
            output.line("  ".join(row.values()))
    return DONE


def listing() -> Iterator[dict[str, str]]:
    """One row a session: its id, target, environment, how far it is, and its folder."""
    for listed in listed_sessions():
        history = listed.history
        if history is None:
            yield {
                "session": listed.id,
                "database": "?",
                "environment": "?",
                "state": f"damaged: {listed.damage}",
                "folder": str(listed.folder),
            }
            continue
        yield {
            "session": listed.id,
            "database": history.profile.target.database,
            "environment": history.profile.environment,
            "state": state_in_words(history),
            "folder": str(listed.folder),
        }


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
