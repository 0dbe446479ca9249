"""How the time of a replay and a match grows with the number of revisions: seconds.

make bench
"""

import os
import tempfile
import time
from pathlib import Path

from recovery.private import installations
from recovery.revision import matching, migration_scripts, replay
from tests import histories
from tests.bench.catalog_size import rounded, say

LENGTHS = (125, 250, 500)


def measured(length: int) -> dict[str, float]:
    """One history without branches, replayed and matched at its middle."""
    major = installations.for_servers()[0].major
    with tempfile.TemporaryDirectory() as folder:
        history = histories.line(Path(folder) / "migrations", length)
        scripts = migration_scripts.scripts(str(history.location))
        began = time.perf_counter()
        # Nothing of it is in the cache, as long as that is a folder of this run's own.
        known = replay.replay(scripts, major=major)
        replayed = time.perf_counter() - began
        middle = (history.revisions[length // 2],)
        live = known.state(middle)
        began = time.perf_counter()
        found = matching.match(live, known, major=major, claimed=("r001",))
        matched = time.perf_counter() - began
    assert found.revisions == middle
    return {"replay": replayed, "match": matched, "both for each": (replayed + matched) / length}


def main() -> None:
    """A line for each length; then how much longer the longest takes for each revision."""
    each: list[float] = []
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        for length in LENGTHS:
            result = measured(length)
            each.append(result["both for each"])
            say(f"{length} revisions: {rounded(result)}")
    ratio = each[-1] / each[0]
    say(f"for each revision, {LENGTHS[-1]} take {ratio:.2f} times as long as {LENGTHS[0]}")


if __name__ == "__main__":
    main()
