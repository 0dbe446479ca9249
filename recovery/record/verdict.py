"""Whether a recovery has come to its end, in the words that every client and the report use."""

from recovery.record.history import History

_RECOVERED = "RECOVERED: every check was passed"
_NOT_RECOVERED = "RECOVERY NOT COMPLETE: not every check was passed"


def verdict(history: History) -> str:
    """How a recovery stands."""
    return _RECOVERED if history.recovered else _NOT_RECOVERED
