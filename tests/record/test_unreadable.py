"""A journal with an entry that is damaged, missing, doubled or of a newer program: each in turn."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from recovery.record import unreadable
from recovery.record.events import Outcome, Step
from recovery.record.history import History
from recovery.record.journal import Journal
from recovery.record.report import as_data
from recovery.record.report_markdown import as_markdown
from recovery.record.transaction import TransactionState, gate, target_words, transaction_state
from tests.screens import story
from wizard.event_lines import lines as event_lines
from wizard.session_rows import state_in_words


def _kind(body: str) -> dict[str, str]:
    return {"event": json.loads(body)["event"]}


def _newer(body: str) -> str:
    fields = json.loads(body)
    return json.dumps({**fields, "of the next version": True})


def _other(body: str) -> str:
    return json.dumps({"event": "OfTheNextVersion", "what": body[:20]})


# What becomes of an entry's body; None: the entry is gone.
FAULTS: dict[str, Callable[[str], str | None]] = {
    "not JSON": lambda _body: "\x00 not JSON",
    "cut off": lambda body: body[: len(body) // 2],
    "nulls": lambda body: json.dumps(
        {k: v if k == "event" else None for k, v in json.loads(body).items()}
    ),
    "a field more": _newer,
    "another event": _other,
    "missing": lambda _body: None,
}
STORIES: dict[str, Callable[[], story.Story]] = {
    "at the gate": story.at_the_gate,
    "reported": story.reported,
}


def _journal(path: Path, name: str) -> History:
    journal = Journal(path)
    told = STORIES[name]()
    for entry in told.entries:
        journal.append(entry.event)
    true = journal.history()
    journal.close()
    return true


def _with_fault(path: Path, number: int, fault: Callable[[str], str | None]) -> History:
    """The journal with one entry changed; it is as before afterwards."""
    with closing(sqlite3.connect(path)) as connection:
        (row,) = connection.execute("SELECT * FROM events WHERE number = ?", [number])
        body = fault(row[2])
        if body is None:
            connection.execute("DELETE FROM events WHERE number = ?", [number])
        else:
            connection.execute("UPDATE events SET body = ? WHERE number = ?", [body, number])
        connection.commit()
        journal = Journal(path)
        try:
            return journal.history()
        finally:
            journal.close()
            connection.execute("INSERT OR REPLACE INTO events VALUES (?, ?, ?)", row)
            connection.commit()


def _is_all_told(history: History) -> None:
    """Whatever shows a session can show this one."""
    state_in_words(history)
    target_words(history)
    gate(history)
    as_data("a-session", history)
    assert unreadable.told(history) in as_markdown("a-session", history)
    for step in Step:
        history.state_of(step)
        history.waits_for(step)
    for entry in history.unreadable:
        assert any("cannot be read" in line for line in event_lines(entry.event))


def _numbers(true: History) -> Iterator[int]:
    """Every kind of entry once, and every one that decides something; not the first of all."""
    seen: set[str] = set()
    for entry in true.entries[1:]:
        kind = type(entry.event).__name__
        if kind not in seen or kind.startswith(("Step", "Commit", "Conversion", "Gate")):
            yield entry.number
        seen.add(kind)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", STORIES)
def test_nothing_is_claimed_that_cannot_have_been_read(
    tmp_path: Path, name: str, fault: str
) -> None:
    path = tmp_path / "journal.sqlite3"
    true = _journal(path, name)
    allowed = {transaction_state(true), TransactionState.UNKNOWN}
    if name == "at the gate":
        # The gate's own entry is gone: what goes before it can still be read.
        allowed.add(TransactionState.IN_TRANSACTION)
    for number in _numbers(true):
        history = _with_fault(path, number, FAULTS[fault])
        lost = [entry.number for entry in history.unreadable]
        kind = type(true.entries[number - 1].event).__name__
        # A decision and an outcome are read though something beside them cannot be.
        assert lost == [number] or kind in ("CommitIntended", "ConversionEnded"), kind
        assert transaction_state(history) in allowed, kind
        assert history.outcome in (true.outcome, Outcome.UNKNOWN), kind
        assert true.recovered or not history.recovered
        _is_all_told(history)


@pytest.mark.parametrize("name", STORIES)
def test_an_entry_that_is_there_twice_changes_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / "journal.sqlite3"
    true = _journal(path, name)
    for number in _numbers(true):
        entries = true.entries
        twice = History((*entries[:number], entries[number - 1], *entries[number:]))
        assert transaction_state(twice) is transaction_state(true)
        assert twice.outcome is true.outcome
        assert (twice.recovered, twice.finished) == (true.recovered, true.finished)


def test_which_entries_they_are_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    true = _journal(path, "reported")
    assert unreadable.told(true) == ""
    history = _with_fault(path, 3, FAULTS["nulls"])
    kind = type(true.entries[2].event).__name__
    assert f"1 entry of the journal cannot be read (no. 3, {kind})" in unreadable.told(history)
