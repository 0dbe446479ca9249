"""What a run of the migrations has committed: each revision is a transaction of its own."""

from collections.abc import Iterator

from recovery.record.events import (
    RevisionFinished,
    RevisionIntended,
    RevisionSet,
    RevisionStarted,
)
from recovery.record.history import History


def committed(run: History, *, line_lost: bool) -> str:
    """What is known to be committed, in words; empty if nothing is.

    If the line was lost, that which was begun last may be, too.
    """
    return "; ".join(_told(run, line_lost=line_lost))


def _told(run: History, *, line_lost: bool) -> Iterator[str]:
    begun = ""
    for entry in run.entries:
        match entry.event:
            case RevisionIntended(heads=heads):
                begun = f"the version table's setting to {', '.join(heads) or 'nothing'}"
            case RevisionStarted(revision=revision):
                begun = f"revision {revision}"
            case RevisionSet(heads=heads):
                begun = ""
                yield f"the version table, set to {', '.join(heads) or 'nothing'}"
            case RevisionFinished(revision=revision):
                begun = ""
                yield f"revision {revision}"
    if begun and line_lost:
        yield f"maybe {begun}: the next run looks"
