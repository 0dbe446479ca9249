"""The wizard as prompts and plain lines: the whole recovery, and every way out of it."""

import os
import signal
import sys
from contextlib import closing

import pytest

from recovery.record import decisions
from recovery.record import events as e
from recovery.record.session import Session, this_person
from tests.cli.program import UUID, Shell, type_of_key
from tests.cli.typist import Typist, at_a_terminal
from tests.conftest import Database
from tests.recovering import made_long_ago
from tests.waiting import until
from wizard.demo import incident
from wizard.demo.expected import profile_text

GATE = "WAITING AT THE GATE"


@pytest.mark.slow
def test_the_incident_is_recovered_prompt_by_prompt(
    shell: Shell, incident_database: Database
) -> None:
    database = incident_database
    text = profile_text(database.dsn, database.name, environment="test")
    shell.folder.joinpath("rekey.toml").write_text(text, encoding="utf-8")
    with at_a_terminal(shell, "--plain") as typist:
        typist.hears("Password of postgres@")
        typist.types("not the password")
        typist.hears("is wrong.", "c[o]nnect, ")
        typist.answers("o")
        typist.hears("Password of postgres@")
        typist.types(database.password)
        typist.hears(f"database   {database.name} on ", "Step 1 of 8: Target, ready")
        typist.hears(f"TEST {database.name} (target not confirmed), READ ONLY")
        typist.answers("f")
        typist.hears("Type its name to confirm")
        typist.answers("crm_test_db")
        typist.hears("not done: 'crm_test_db' is not the name of the profile's database.")
        typist.answers("con")
        typist.hears("'con' is not a choice here.")
        typist.answers("confirm the target")
        typist.answers(database.name)
        typist.hears("Confirmed by ", "Target, done")
        typist.answers("c")

        typist.hears("Step 2 of 8: Investigation, ready", "[i]nvestigate, ")
        typist.answers("i")
        typist.hears("== investigation ==", "BLOCKER  users.id is uuid", "Investigation, done")
        typist.answers("h")
        typist.hears("BLOCKER: users.id is uuid", "SELECT")
        typist.answers("r")
        typist.hears(f"1. NEAREST {incident.TRUE_REVISION}", "Which of them is the schema at?")
        typist.answers("nowhere")
        typist.hears("'nowhere' is none of them.")
        typist.answers("c")
        typist.hears("Step 3 of 8: Plan, ready")
        typist.answers("m")
        typist.hears("phase 6: ", "[a]pprove the plan")
        typist.answers("a")
        typist.hears("Approve this plan?", "SHA-256")
        typist.answers("n")
        typist.hears("Plan, ready")
        typist.answers("a")
        typist.answers("y")
        typist.hears("plan approved by ", "Plan, done")
        typist.answers("c")
        typist.hears("Step 4 of 8: Backup, ready")
        typist.answers("b")
        typist.hears("read whole after it was written", "Backup, done")
        typist.answers("c")

        typist.hears("Step 5 of 8: Conversion, ready")
        typist.answers("s")
        typist.hears("will be locked")
        typist.answers("y")
        typist.hears("IN TRANSACTION", "parity: 0 differences", "rolls back by itself at ", GATE)
        typist.answers("c")
        typist.hears("This becomes permanent:", "Type the database's name to COMMIT (TEST)")
        typist.answers("COMMIT")
        typist.hears("'COMMIT' is not its name. Nothing is committed.", GATE)
        typist.answers("e")
        typist.hears("moved the deadline to ", GATE)
        typist.answers("c")
        typist.answers(database.name)
        typist.hears("COMMITTED: the operator chose COMMIT", "Conversion, done", "COMMITTED")
        typist.answers("c")

        typist.hears("Step 6 of 8: Migrations, not yet", "waits for the revision to be confirmed")
        typist.answers("r")
        typist.hears("Which of them is the schema at?")
        typist.answers("1")
        typist.hears(f"Is the schema at {incident.TRUE_REVISION}?", "5 extra")
        typist.answers("y")
        typist.hears(f"revision confirmed: {incident.TRUE_REVISION} by ", "Migrations, ready")
        typist.answers("m")
        typist.answers("y")
        typist.hears("migrations failed: ", "[a]dopt and migrate")
        typist.answers("a")
        typist.hears(f"Marked as done, without being run: {incident.VALUATIONS_REVISION}")
        typist.answers("y")
        typist.hears(f"revision {incident.VALUATIONS_REVISION} adopted", "Migrations, done")
        typist.answers("c")
        typist.answers("v")
        typist.hears("0 failed, 0 not checked", "Verification, done")
        typist.answers("c")
        typist.answers("w")
        typist.hears("report.md", "RECOVERED: every check was passed")
        typist.answers("q")
        ended = typist.ends()

    assert ended.code == 0
    assert database.password not in ended.out
    assert [c for c in ended.out if not c.isprintable() and c not in "\r\n"] == []
    assert shell.history().finished


# --- at the gate ------------------------------------------------------------------------------


def ready(shell: Shell, small: Database) -> Session:
    """A session in which nothing but the conversion is still to be done."""
    session = shell.planned(small)
    me = this_person()
    confirmed = session.history().last(e.TargetConfirmed)
    made = session.history().plan
    assert confirmed is not None
    assert made is not None
    session.journal.append(e.TargetConfirmed(confirmed.identity, confirmed.password_from, True, me))
    decisions.approve_plan(session, made.sha256, me)
    decisions.attest_backup(session, "snapshot of noon", me)
    return session


def somebody_waits(session: Session) -> bool | None:
    price = session.history().last(e.GatePrice)
    return True if price is not None and price.blocked else None


def to_the_gate(typist: Typist) -> None:
    typist.hears("Step 1 of 8: Target, done")
    typist.answers("c")
    typist.hears("Step 5 of 8: Conversion, ready")
    typist.answers("s")
    typist.answers("y")
    typist.hears("Nothing is committed. Locks held for ", GATE)


def test_the_end_of_input_leaves_the_gate_open_and_it_is_found_again(
    shell: Shell, small: Database
) -> None:
    session = ready(shell, small)
    come_back = f"pg-rekey resume {session.id} --plain"
    with at_a_terminal(shell, "resume", "--plain") as typist:
        to_the_gate(typist)
        typist.answers("\x04")
        typist.hears("The runner goes on. It rolls back by itself at ", come_back)
        assert typist.ends().code == 1
    assert session.journal.holder() is not None

    with at_a_terminal(shell, "resume", session.id, "--plain") as typist:
        typist.hears("Step 5 of 8: Conversion, running", "Nothing is committed.", GATE)
        with closing(small.connect()) as waits:
            waits.pgconn.send_query(b"SELECT count(*) FROM orders")
            until(lambda: somebody_waits(session))
            typist.answers("")
            typist.hears("1 sessions wait for the locks:", "SELECT count(*) FROM orders", GATE)
        typist.answers("q")
        typist.hears("Quit with a transaction open?")
        typist.answers("s")
        typist.hears(GATE)
        typist.answers("r")
        typist.hears("Roll back?")
        typist.answers("")
        typist.hears(GATE)
        typist.answers("r")
        typist.answers("y")
        typist.hears("ROLLED BACK: the operator chose ROLLBACK", "[s]tart the conversion")
        typist.answers("q")
        assert typist.ends().code == 1
    assert type_of_key(small) == UUID


def test_an_old_backup_needs_a_word(shell: Shell, small: Database) -> None:
    session = ready(shell, small)
    assert shell.run("backup").code == 0
    made_long_ago(session, 400)
    with at_a_terminal(shell, "resume", "--plain") as typist:
        typist.hears("Step 1 of 8: Target, done")
        typist.answers("c")
        typist.hears("Step 5 of 8: Conversion, ready")
        typist.answers("s")
        typist.hears("made 400 days ago", "the profile allows 24 hours", "Type 'old backup'")
        typist.answers("y")
        typist.hears("'y' is not the word", "Conversion, ready")
        typist.answers("s")
        typist.answers("old backup")
        typist.hears("Convert ", "Backup: made 400 days ago")
        typist.answers("y")
        typist.hears("Nothing is committed.", "Backup made 400 days ago. As many rows", GATE)
        typist.answers("r")
        typist.answers("y")
        typist.hears("ROLLED BACK: ")
        typist.answers("q")
        assert typist.ends().code == 1


def test_ctrl_c_at_the_gate_rolls_back_and_leaves(shell: Shell, small: Database) -> None:
    session = ready(shell, small)
    with at_a_terminal(shell, "resume", "--plain") as typist:
        to_the_gate(typist)
        os.killpg(typist.process.pid, signal.SIGINT)
        stopped = typist.ends()

    assert stopped.code == 130
    assert "ROLLED BACK: " in stopped.out
    assert session.journal.holder() is None
    assert type_of_key(small) == UUID


@pytest.mark.skipif(sys.platform != "linux", reason="only there a dead runner is told at once")
def test_a_question_is_taken_back_when_its_runner_is_gone(shell: Shell, small: Database) -> None:
    session = ready(shell, small)
    with at_a_terminal(shell, "resume", "--plain") as typist:
        to_the_gate(typist)
        typist.answers("c")
        typist.hears("Type the database's name to COMMIT")
        holder = session.journal.holder()
        assert holder is not None
        os.kill(holder.pid, signal.SIGKILL)
        typist.hears("ROLLED BACK: its runner is gone", "conversion failed: ", "Conversion, failed")
        typist.answers(small.name)
        typist.hears("is not a choice here.")
        typist.answers("q")
        assert typist.ends().code == 1
    assert type_of_key(small) == UUID
