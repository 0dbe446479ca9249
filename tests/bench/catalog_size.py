"""How reading a catalog and planning grow with it: seconds and megabytes, and their ratio.

make bench
"""

import json
import resource
import subprocess
import sys
import time
from typing import Any

import psycopg

from recovery.catalog import catalog
from recovery.conversion import plan
from recovery.private import scratch
from recovery.server.door import sign_in
from recovery.steps.investigation import investigate
from recovery.words.profile import Profile, parse

SMALL, LARGE = 1_000, 10_000


def make(conn: psycopg.Connection[Any], tables: int) -> None:
    """A database of so many tables, three foreign keys each, all of them tied to one key."""
    conn.execute("CREATE TABLE t0 (id uuid PRIMARY KEY, note text)")
    conn.commit()
    for first in range(1, tables, 250):
        for number in range(first, min(first + 250, tables)):
            parents = (0 if number % 10 == 0 else number - 1, number // 2, number // 3)
            conn.execute(
                f"CREATE TABLE t{number} (id uuid PRIMARY KEY, note text, "
                + ", ".join(
                    f"{column} uuid REFERENCES t{parent}"
                    for column, parent in zip("abc", parents, strict=True)
                )
                + ")"
            )
        conn.commit()


def measure(dsn: str, password: str) -> dict[str, float]:
    """Seconds of each part, and the most memory that this process has held."""
    profile = _profile(dsn)
    seconds: dict[str, float] = {}

    def timed(name: str, began: float) -> None:
        seconds[name] = time.monotonic() - began

    signed_in = sign_in(profile, password)
    identity = signed_in.identity
    with signed_in.door.connect(autocommit=True) as conn:
        began = time.monotonic()
        investigate(conn, profile)
        timed("investigation", began)
        began = time.monotonic()
        found = catalog.read(conn)
        timed("catalog", began)
        began = time.monotonic()
        made = plan.build(found, profile, identity)
        timed("plan", began)
    seconds["foreign keys"] = len(found.foreign_keys)
    seconds["statements"] = len(made.statements)
    seconds["MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return seconds


def _profile(dsn: str) -> Profile:
    return parse(
        f'environment = "test"\n[target]\ndsn = "{dsn}"\ndatabase = "postgres"\n'
        '[keys]\n"t0.id" = "varchar(36)"\n'
    )


def main() -> None:
    """Prints a line for each size, and how much the second is of the first."""
    if len(sys.argv) == 2:
        say(json.dumps(measure(sys.argv[1], sys.stdin.read())))
        return
    results = []
    for tables in (SMALL, LARGE):
        settings = {"max_locks_per_transaction": "256", "shared_buffers": "256MB"}
        with scratch.start(settings=settings) as server:
            with server.connect() as conn:
                make(conn, tables)
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.catalog_size", server.conninfo()],
                input=server.password,
                capture_output=True,
                text=True,
                check=True,
            )
        results.append(json.loads(done.stdout))
        say(f"{tables} tables: {rounded(results[-1])}")
    small, large = results
    say(f"ratio: {rounded({name: large[name] / small[name] for name in small})}")


def say(text: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def rounded(values: dict[str, float]) -> str:
    """Measurements as a line."""
    return ", ".join(f"{name} {value:.3f}" for name, value in values.items())


if __name__ == "__main__":
    main()
