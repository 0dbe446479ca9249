"""Converting by command: the decision, and every way in which it can be interrupted."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from recovery.private import installations, scratch
from recovery.record import events as e
from tests.cli.conftest import make_template
from tests.cli.processes import (
    ended,
    event_of,
    in_the_way,
    interrupt,
    is_loading,
    is_waiting,
    runner_of,
)
from tests.cli.program import TEXT, UUID, Ended, Shell, type_of_key
from tests.cli.typist import at_a_terminal
from tests.conftest import Database
from tests.recovering import made_long_ago
from tests.waiting import until

linux = pytest.mark.skipif(sys.platform != "linux", reason="finds the runner in /proc")
ATTESTED = ("--backup-attested", "snapshot of noon")


def start(shell: Shell, database: Database, decision: str, *more: str) -> "subprocess.Popen[str]":
    said = (*ATTESTED, *shell.approving(), *more)
    return shell.start("convert", "--confirm", database.name, decision, *said)


def convert(shell: Shell, database: Database, decision: str, *more: str) -> Ended:
    said = (*ATTESTED, *shell.approving(), *more)
    return shell.run("convert", "--confirm", database.name, decision, *said)


def ending(shell: Shell) -> e.ConversionEnded:
    event = event_of(shell, e.ConversionEnded)
    assert isinstance(event, e.ConversionEnded)
    return event


# --- the decision -----------------------------------------------------------------------------


def test_rolling_back_ends_with_1_and_the_same_plan_can_be_committed_later(
    shell: Shell, small: Database
) -> None:
    shell.planned(small)

    rolled_back = convert(shell, small, "--rollback")
    assert rolled_back.code == 1
    assert "at the gate: 0 differences; nothing is committed" in rolled_back.out
    assert "ROLLED BACK: the operator chose ROLLBACK" in rolled_back.out
    assert type_of_key(small) == UUID
    assert ending(shell).by is not None

    again = shell.run("convert", "--confirm", small.name, "--commit")
    assert again.code == 0
    assert type_of_key(small) == TEXT


def test_committing_ends_with_0_and_changes_the_types(shell: Shell, small: Database) -> None:
    shell.planned(small)

    committed = convert(shell, small, "--commit", "--json")
    assert committed.code == 0
    (ended_row,) = [row for row in committed.rows if row["event"] == "ConversionEnded"]
    assert ended_row["outcome"] == "committed"
    (compared,) = [row for row in committed.rows if row["event"] == "ParityChecked"]
    assert {row["state"] for row in compared["foreign_keys"] + compared["tables"]} == {"same"}
    assert type_of_key(small) == TEXT
    assert small.rows("SELECT count(*) FROM orders JOIN users ON users.id = user_id") == [(20,)]


def test_a_backup_that_is_old_has_to_be_accepted(shell: Shell, small: Database) -> None:
    session = shell.planned(small)
    assert shell.run("backup").code == 0
    made_long_ago(session, 400)
    small.execute("DELETE FROM items WHERE order_id = 1; DELETE FROM orders WHERE id = 1")

    refused = shell.run("convert", "--confirm", small.name, "--commit", *shell.approving())
    assert refused.code == 4
    assert "The backup was made 400 days ago; the profile allows 24 hours." in refused.err
    assert "--accept-old-backup" in refused.err
    assert type_of_key(small) == UUID
    accepted = shell.run("convert", "--confirm", small.name, "--commit", "--accept-old-backup")
    assert accepted.code == 0
    assert "backup 400 days old accepted by " in accepted.out
    assert "1 row fewer in orders than in the backup. That at least was written" in accepted.out
    assert type_of_key(small) == TEXT


def test_a_database_that_changed_since_the_plan_is_refused(shell: Shell, small: Database) -> None:
    shell.planned(small)
    small.execute("CREATE TABLE notes (user_id uuid REFERENCES users)")

    refused = convert(shell, small, "--commit")
    assert refused.code == 4
    assert "not as it was when the plan was approved" in refused.out + refused.err
    assert "Make a new plan" in refused.out + refused.err
    assert type_of_key(small) == UUID


def test_what_cannot_be_carried_over_is_refused_by_name(shell: Shell, small: Database) -> None:
    small.execute("CREATE TABLE copies (was users)")
    shell.investigated(small)

    planned = shell.run("plan")
    assert planned.code == 4
    assert "REFUSED  column was of table public.copies" in planned.out
    refused = convert(shell, small, "--commit")
    assert refused.code == 4
    assert "The plan refuses 1 objects." in refused.err
    assert type_of_key(small) == UUID


def test_what_is_rewritten_and_what_breaks_is_shown_and_decided(
    shell: Shell, small: Database
) -> None:
    small.execute(
        """
        CREATE VIEW one AS SELECT id FROM users WHERE id <> gen_random_uuid();
        CREATE TABLE log (who uuid, by_whom uuid);
        INSERT INTO log SELECT id, id FROM users;
        CREATE FUNCTION name_of(who uuid) RETURNS text LANGUAGE sql
          AS 'SELECT name FROM public.users WHERE id = who';
        """
    )
    shell.investigated(small)

    planned = shell.run("plan", "--sql")
    assert planned.code == 0
    assert "proof passed: on a copy of the schema" in planned.out
    assert "REWRITTEN view public.one" in planned.out
    assert "<> (gen_random_uuid())::text" in planned.out
    assert "-- REWRITTEN: as it was, it would fail or mean something else. It was:" in planned.out
    assert "AT RUN TIME public.name_of(uuid), line 4: operator does not exist" in planned.out
    assert "AT RUN TIME log.who stays uuid, and holds values of users.id" in planned.out
    refused = convert(shell, small, "--commit")
    assert refused.code == 4
    assert "3 things that worked before" in refused.err
    assert "--accept-breaks" in refused.err

    again = shell.run(
        "plan", "--no-proof", "--compatibility", "--take", "log.who", "--leave", "log.by_whom"
    )
    assert again.code == 0
    assert "log.who is converted to varchar(36)" in again.out
    assert "log.by_whom is left as it is" in again.out
    assert 'operator "public".= (text, uuid)' in again.out
    # Not proved: the view is found on the way, and nothing is committed.
    failed = convert(shell, small, "--commit")
    assert failed.code == 1
    assert "conversion failed: operator does not exist: character varying <> uuid [42883]" in (
        failed.out
    )
    assert "  on: view public.one" in failed.out
    assert "  it means: An expression compares a converted column with a uuid" in failed.out
    assert "  statement: CREATE VIEW public.one" in failed.out
    small.execute("DROP VIEW one")
    assert shell.run("plan", "--no-proof", "--compatibility").code == 0
    assert convert(shell, small, "--commit").code == 0
    call = "SELECT name_of(by_whom) FROM log ORDER BY 1 LIMIT 1"
    assert small.rows(call) == [("user 1",)]

    assert "operator public.=(text,uuid)" in shell.run("compatibility").out
    assert shell.run("compatibility", "--remove").code == 2
    removed = shell.run("compatibility", "--remove", "--confirm", small.name)
    assert removed.code == 0
    assert "dropped operator public.<(text,uuid)" in removed.out
    with pytest.raises(psycopg.errors.UndefinedFunction):
        small.rows(call)
    report = shell.run("report")
    assert report.code == 0
    text = (shell.sessions()[0].folder / "report.md").read_text(encoding="utf-8")
    assert "log.who is converted to varchar(36): decided by" in text


def test_a_second_command_on_one_session_is_refused(shell: Shell, small: Database) -> None:
    shell.planned(small)
    with in_the_way(small) as get_out_of_the_way:
        first = start(shell, small, "--rollback")
        until(lambda: is_waiting(small))

        second = convert(shell, small, "--commit")
        assert second.code == 4
        assert "already works on this session" in second.err
        get_out_of_the_way()
        assert ended(first).code == 1
    assert type_of_key(small) == UUID


# --- interrupted ------------------------------------------------------------------------------


def test_ctrl_c_while_it_waits_for_locks_rolls_back(shell: Shell, small: Database) -> None:
    shell.planned(small)
    with in_the_way(small):
        client = start(shell, small, "--commit")
        until(lambda: is_waiting(small))
        interrupt(client)
        stopped = ended(client)

    assert stopped.code == 130
    assert "ROLLED BACK" in stopped.out
    assert ending(shell).outcome is e.Outcome.ROLLED_BACK
    assert type_of_key(small) == UUID


def test_ctrl_c_at_the_gate_rolls_back(shell: Shell, small: Database) -> None:
    """The client is held before it can decide, so that it is interrupted at the open gate."""
    shell.planned(small)
    with in_the_way(small) as get_out_of_the_way:
        client = start(shell, small, "--commit")
        until(lambda: is_waiting(small))
        client.send_signal(signal.SIGSTOP)
        get_out_of_the_way()
        until(lambda: event_of(shell, e.GateOpened))
        interrupt(client)
        client.send_signal(signal.SIGCONT)
        stopped = ended(client)

    assert stopped.code == 130
    assert ending(shell).outcome is e.Outcome.ROLLED_BACK
    assert ending(shell).reason == "the operator cancelled"
    assert type_of_key(small) == UUID
    assert is_waiting(small) is None


def test_ctrl_c_while_it_looks_around_is_a_cancel(shell: Shell, small: Database) -> None:
    shell.profile(small)
    shell.remember(small)
    with small.connect() as blocker:
        blocker.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        client = shell.start("investigate")
        until(lambda: is_waiting(small))
        interrupt(client)
        stopped = ended(client)

    assert stopped.code == 130
    assert "investigation failed: " in stopped.out
    assert "asked to stop" in stopped.out


@linux
def test_ctrl_c_as_soon_as_the_runner_starts_leaves_nothing_behind(
    shell: Shell, small: Database
) -> None:
    """The runner is not listening yet: without the client it would hold its locks at the gate."""
    shell.planned(small)
    client = start(shell, small, "--commit")
    runner = until(lambda: runner_of(client))
    until(lambda: is_loading(runner))
    interrupt(client)
    stopped = ended(client)
    goes_on = Path(f"/proc/{runner}").exists()
    if goes_on:
        os.kill(runner, signal.SIGKILL)

    assert stopped.code == 130
    assert not goes_on
    assert type_of_key(small) == UUID


def test_a_client_that_is_killed_at_the_gate_commits_nothing(shell: Shell, small: Database) -> None:
    shell.planned(small)
    with in_the_way(small) as get_out_of_the_way:
        client = start(shell, small, "--commit", "--gate-seconds", "1")
        until(lambda: is_waiting(small))
        client.send_signal(signal.SIGSTOP)
        get_out_of_the_way()
        until(lambda: event_of(shell, e.GateOpened))
        client.kill()
        client.communicate()
        until(lambda: event_of(shell, e.ConversionEnded))

    assert ending(shell).outcome is e.Outcome.ROLLED_BACK
    assert ending(shell).by is None
    assert "deadline" in ending(shell).reason
    assert type_of_key(small) == UUID


def test_a_client_that_decides_too_late_is_told(shell: Shell, small: Database) -> None:
    shell.planned(small)
    with in_the_way(small) as get_out_of_the_way:
        client = start(shell, small, "--commit", "--gate-seconds", "1")
        until(lambda: is_waiting(small))
        client.send_signal(signal.SIGSTOP)
        get_out_of_the_way()
        until(lambda: event_of(shell, e.StepFinished) and event_of(shell, e.ConversionEnded))
        client.send_signal(signal.SIGCONT)
        late = ended(client)

    assert late.code == 1
    assert "ROLLED BACK: the gate's deadline passed and nobody decided" in late.out
    assert type_of_key(small) == UUID


@linux
def test_a_runner_that_is_killed_is_noticed_and_the_server_is_asked(
    shell: Shell, small: Database
) -> None:
    shell.planned(small)
    with in_the_way(small):
        client = start(shell, small, "--commit")
        until(lambda: is_waiting(small))
        signal_runner(client)
        lost = ended(client)

    assert lost.code == 1
    assert "ROLLED BACK: its runner is gone, and COMMIT had not been sent" in lost.out
    assert "The process that did the conversion is gone." in lost.out
    assert type_of_key(small) == UUID


@linux
@pytest.mark.parametrize("command", ["verify", "backup"])
def test_a_runner_that_ends_before_it_begins_is_no_success(
    shell: Shell, small: Database, command: str
) -> None:
    shell.planned(small)
    client = shell.start(command)
    signal_runner(client)
    lost = ended(client)

    assert lost.code != 0
    assert lost.err or "gone" in lost.out


def signal_runner(client: "subprocess.Popen[str]") -> None:
    """kill -9 for the runner of a client."""
    os.kill(until(lambda: runner_of(client)), signal.SIGKILL)


def test_a_server_that_goes_down_half_way_is_told_and_nothing_is_committed(shell: Shell) -> None:
    with scratch.start(installations.for_servers()[0]) as server:
        make_template(server)
        database = Database(server, "small")
        shell.planned(database)
        blocker = database.connect()
        blocker.execute("SELECT count(*) FROM orders")
        client = start(shell, database, "--commit")
        until(lambda: is_waiting(database))
        server.close()
        blocker.close()
        lost = ended(client)

    assert lost.code in (1, 3)
    assert "conversion failed" in lost.out
    assert "what to do: " in lost.out
    assert ending(shell).outcome is e.Outcome.ROLLED_BACK


# --- which plan -------------------------------------------------------------------------------


def test_without_a_terminal_a_plan_that_nobody_has_approved_is_refused_with_what_to_type(
    shell: Shell, small: Database
) -> None:
    session = shell.planned(small)
    typed = ("convert", "--confirm", small.name, "--commit", *ATTESTED)

    refused = shell.run(*typed)
    assert refused.code == 4
    assert type_of_key(small) == UUID
    assert session.history().last(e.PlanApproved) is None
    as_json = shell.run(*typed, "--json")
    assert as_json.code == 4
    assert "--plan" in as_json.error["remedy"]

    command = refused.err.partition("pg-rekey convert ")[2].splitlines()[0]
    again = shell.run("convert", *shlex.split(command))
    assert again.code == 0, again.err
    assert "plan approved by " in again.out
    assert type_of_key(small) == TEXT


def test_another_plan_than_the_one_that_was_read_is_refused(shell: Shell, small: Database) -> None:
    shell.planned(small)
    _, read = shell.approving()
    again = shell.run("plan", "--no-proof", "--json").rows
    assert [row["sha256"] for row in again if row["event"] == "PlanMade"] == [read]
    assert convert(shell, small, "--rollback").code == 1

    # Approved once, it is so when it is made again, and no longer when it is another.
    small.execute("CREATE TABLE notes (user_id uuid REFERENCES users)")
    assert shell.run("plan", "--no-proof").code == 0
    for meant, code in (((), 4), (("--plan", read), 4), (("--plan", "latest"), 2)):
        refused = shell.run("convert", "--confirm", small.name, "--commit", *ATTESTED, *meant)
        assert refused.code == code, meant
    assert type_of_key(small) == UUID

    with at_a_terminal(shell, "convert", "--confirm", small.name, "--commit") as typist:
        typist.hears(f"Since the plan that was approved last ({read[:12]})")
        typist.hears("columns, new: notes.user_id", "3 tables", "Approve this plan?")
        typist.types("y")
        assert typist.ends().code == 4
    assert type_of_key(small) == UUID
    with at_a_terminal(shell, "convert", "--confirm", small.name, "--commit") as typist:
        typist.hears("Approve this plan? Type yes: ")
        typist.types("yes")
        assert typist.ends().code == 0
    assert type_of_key(small) == TEXT
