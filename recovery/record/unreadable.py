"""What is told where entries of a journal cannot be read."""

from recovery.record.events import Unreadable
from recovery.record.history import History

# So many of them are named.
_NAMED = 5


def told(history: History) -> str:
    """Which entries cannot be read, and what that means; empty if all can."""
    lost = history.unreadable
    if not lost:
        return ""
    named = [
        f"no. {entry.number}, {entry.event.kind or 'of unknown kind'}"
        for entry in lost[:_NAMED]
        if isinstance(entry.event, Unreadable)
    ]
    more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
    many = "1 entry" if len(lost) == 1 else f"{len(lost)} entries"
    return (
        f"{many} of the journal cannot be read ({'; '.join(named)}{more}): what was said there is "
        "not known, and nothing is guessed of it."
    )
