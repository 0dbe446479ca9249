"""What a conversion costs the line, counted at the terminal."""

import sys
import time

import pytest

from tests.conftest import Database, profile_for
from tests.recovering import Recovery
from tests.screens.terminal import Pty

MOST = 2048  # bytes a second
TABLES = 40
SCHEMA = "CREATE TABLE users (id uuid PRIMARY KEY);" + "".join(
    f"CREATE TABLE notes_{n} (id bigint PRIMARY KEY, user_id uuid REFERENCES users);"
    for n in range(TABLES)
)
# So that it lasts, and something changes all the time.
SLOWLY = """
CREATE FUNCTION dawdle() RETURNS event_trigger LANGUAGE plpgsql
  AS 'BEGIN PERFORM pg_catalog.pg_sleep(0.06); END';
CREATE EVENT TRIGGER dawdling ON ddl_command_start EXECUTE FUNCTION dawdle();
"""


def test_a_conversion_can_be_watched_over_a_bad_line(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(SCHEMA)
    # Before the plan: a function that is made after it asks for another.
    database.execute(SLOWLY)
    recovery = Recovery(database, profile_for(database, users__id="varchar(36)")).ready()
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("PG_REKEY_STATE", str(recovery.session.folder.parent))
    monkeypatch.setenv("PGPASSWORD", database.password)
    line = Pty([sys.executable, "-m", "wizard", "resume", recovery.session.id])
    try:
        line.wait_for("Step 1 of 8", "Continue")
        line.press("Enter")
        line.wait_for("Step 5 of 8", "Start the conversion")
        line.press("Enter")
        line.wait_for("Not yet")
        line.press("Right")
        line.press("Enter")
        line.wait_for_pattern(r"dropped +DONE")
        before, began = line.received, time.monotonic()
        # Not to the end: the gate is a whole screen, painted once.
        line.wait_for_pattern(r"recreated +RUNNING +3\d of 80")
        rate = (line.received - before) / (time.monotonic() - began)
        line.wait_for("WAITING AT THE GATE")
        line.press("r")
        line.wait_for("Not yet")
        line.press("Right")
        line.press("Enter")
        line.wait_for("ROLLED BACK")
    finally:
        line.close()
    assert rate < MOST
