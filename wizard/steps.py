"""The order of the steps, and where a session begins or goes on."""

from recovery.events import Step
from recovery.history import History, StepState

ORDER = tuple(Step)


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
