"""Whether the outline of a journal says what the whole of it says, at every moment of it."""

from collections.abc import Iterable
from pathlib import Path

from recovery.record.events import AnyEvent, Step
from recovery.record.history import History
from recovery.record.journal import Journal
from recovery.record.outline import outline
from recovery.record.transaction import target_words, transaction_state
from wizard.session_rows import state_in_words


def holds_at_every_moment(events: Iterable[AnyEvent], folder: Path) -> int:
    """Asserts it for the journal as it was behind each event; answers how many were left out."""
    path = folder / "journal.sqlite3"
    journal = Journal(path)
    for event in events:
        journal.append(event)
        assert _told_by(outline(path)) == _told_by(journal.history()), event
    journal.close()
    return len(Journal(path).entries()) - len(outline(path).entries)


def _told_by(history: History) -> dict[str, object]:
    """All that a list of sessions can show of one, and that a session is chosen by."""
    return {
        "state": state_in_words(history),
        "transaction": transaction_state(history),
        "target": target_words(history),
        "profile": (history.opened_with, history.profile),
        "running": history.running,
        "finished": history.finished,
        "recovered": history.recovered,
        "steps": [(history.state_of(step), history.waits_for(step)) for step in Step],
        "skipped": [history.skipped_because(step) for step in Step],
        "open": (history.open_keys, history.open_soft_references, history.start_revisions),
    }
