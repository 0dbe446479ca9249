"""The order of the steps, and where a session begins or goes on."""

from recovery.record.events import Step
from recovery.record.history import History, StepState

ORDER = tuple(Step)


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
