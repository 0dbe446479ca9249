"""The line is lost between COMMIT and its answer: the server is asked, and nothing is guessed.

Each way once; fifty times with ``make slow``.
"""

import threading
from collections.abc import Callable

import pytest

from recovery.record import events as e
from recovery.server import committing
from recovery.server.committing import Patience
from recovery.server.reconcile import reconcile
from tests.conftest import Database
from tests.faults.distant import behind, is_after
from tests.faults.proxy import AtCommit, Proxy
from tests.recovering import ME

OUTCOMES: dict[AtCommit, e.Outcome] = {
    "deafen": e.Outcome.COMMITTED,
    "swallow": e.Outcome.ROLLED_BACK,
}
TIMES = [pytest.param(n, marks=[pytest.mark.slow] if n >= 1 else []) for n in range(50)]


@pytest.mark.parametrize("silent", [False, True], ids=["cut", "silent"])
@pytest.mark.parametrize("way", OUTCOMES)
@pytest.mark.parametrize("time", TIMES)
def test_what_became_of_it_is_asked_of_the_server(
    distant: Database,
    monkeypatch: pytest.MonkeyPatch,
    way: AtCommit,
    silent: bool,
    time: int,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("in flight", OUTCOMES[way].value)
    monkeypatch.setattr(committing, "PATIENCE", Patience(first=0.1, silence=1, asking=20))
    with Proxy(distant.server.port) as proxy:
        recovery = behind(proxy, distant)
        proxy.at_commit = way
        if not silent:
            cutting = threading.Thread(target=_cut_and_mend, args=[proxy])
            cutting.start()
        outcome = recovery.convert_here(e.Commit(by=ME, typed=distant.name))
        assert outcome is OUTCOMES[way], recovery.ended.reason
        assert "the server says that transaction" in recovery.ended.reason
        is_after(distant, outcome)


def _cut(proxy: Proxy) -> None:
    proxy.saw_commit.wait()
    proxy.cut()


def _cut_and_mend(proxy: Proxy) -> None:
    _cut(proxy)
    proxy.mend()


@pytest.mark.parametrize("way", OUTCOMES)
def test_while_the_network_is_down_it_is_unknown_and_resolved_later(
    distant: Database, monkeypatch: pytest.MonkeyPatch, way: AtCommit
) -> None:
    monkeypatch.setattr(committing, "PATIENCE", Patience(first=0.1, silence=1, asking=0.5))
    with Proxy(distant.server.port) as proxy:
        recovery = behind(proxy, distant)
        proxy.at_commit = way
        threading.Thread(target=_cut, args=[proxy]).start()
        assert recovery.convert_here(e.Commit(by=ME, typed=distant.name)) is e.Outcome.UNKNOWN
        history = recovery.session.history()
        assert history.waits_for(e.Step.CONVERSION) == (
            "the server to say what became of the last conversion"
        )
        proxy.mend()
        reconcile(recovery.session, recovery.door)
        assert recovery.outcome() is OUTCOMES[way], recovery.ended.reason
        is_after(distant, OUTCOMES[way])
