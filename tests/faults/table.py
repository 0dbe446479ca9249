"""The results of the fault matrix as the page that docs/ keeps."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

INTRO = """# Reliability

Written by `make reliability`, which runs what it tells of with real faults: a real server, real
processes that are killed, a real line that is cut. Not edited by hand.

## Every fault at every moment

What the database was when the fault was over: entirely **before** the conversion, or entirely
**after** it; in each case the journal said the same. From there each session went on to a verified
recovery, and the password was in no file of its folder, and in no process's arguments or
environment.

- *client*: the wizard or a command; *runner*: the process that does a step's work.
- *backends terminated*: `pg_terminate_backend` for every session of pg-rekey.
- *server stopped*: all its sessions ended at once, with crash recovery.
- *line cut*, *half-closed*, *silent*: by a proxy between pg-rekey and the server.
- *disk full*: nothing that the runner writes can grow, the journal included.
- *time-outs expired*: all that the server has were set short for the database, and passed.

"""
IN_FLIGHT = """
## COMMIT in flight

The line was lost between COMMIT and its answer, by cutting it or by silence. The server was asked
by the transaction's id, and the journal says what it answered.

"""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One test of the matrix; the numbers are the places of its row and its column."""

    row: int
    column: int
    moment: str
    fault: str
    result: str


def page(cells: Iterable[Cell], in_flight: Iterable[tuple[str, bool]]) -> str:
    """``in_flight`` is what the server had done, and whether that is what was told."""
    ordered = sorted(cells)
    results = {(cell.moment, cell.fault): cell.result for cell in ordered}
    moments = list(dict.fromkeys(cell.moment for cell in ordered))
    faults = [cell.fault for cell in ordered if cell.row == 0]
    lines = [f"| | {' | '.join(faults)} |", f"|---|{'---|' * len(faults)}"]
    for moment in moments:
        row = " | ".join(results.get((moment, fault), "not run") for fault in faults)
        lines.append(f"| {moment} | {row} |")
    told = sorted(in_flight)
    right, all_of = Counter(way for way, ok in told if ok), Counter(way for way, _ in told)
    flights = [f"| {way} | {right[way]} of {all_of[way]} |" for way in all_of]
    head = ["| what the server had done | told rightly |", "|---|---|"]
    return INTRO + "\n".join(lines) + "\n" + IN_FLIGHT + "\n".join([*head, *flights]) + "\n"
