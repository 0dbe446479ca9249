"""How the program ends where a command did not: a sentence and an exit code."""

import sys

import typer

from recovery.words.errors import CANCELLED, USAGE, RecoveryError
from wizard.output import Output


def code_of(error: BaseException) -> int | None:
    """Says what has happened, and answers the exit code; None for what nobody expected."""
    if isinstance(error, RecoveryError):
        Output("--json" in sys.argv).problem(error.problem)
        return error.problem.exit_code
    if isinstance(error, typer.Abort | KeyboardInterrupt):
        return CANCELLED
    # typer's usage errors know how to show themselves; their class moved between its releases.
    show = getattr(error, "show", None)
    if show is None:
        return None
    show()
    return USAGE
