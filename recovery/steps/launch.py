"""Starting a runner: a step's work in a process of its own, which outlives its client."""

import os
import subprocess
from datetime import UTC, datetime

import msgspec

from recovery.connection.address import Address
from recovery.connection.children import python_module, without_password
from recovery.record import since_backup
from recovery.record.decisions import refuse_after_commit
from recovery.record.events import BackupFormat, Person, Step, StepStarted, Way
from recovery.record.session import Session
from recovery.words.errors import FAILED, Problem, Refused


class Options(msgspec.Struct, frozen=True):
    """What a client says when it starts a step. ``gate_seconds`` is how long the gate waits,
    never longer than its limit.

    ``address`` and ``password`` are the way to the target, as the client has resolved it.
    ``prove``: whether a plan, or the pending migrations, are run on a copy of the schema first;
    ``despite_forecast``: migrate though some would fail there. ``compatible``: whether a plan makes
    operators for code that still has the old type. ``ways`` says by revision what is done with the
    tables made by hand that it would create.
    """

    by: Person
    address: Address | None = None
    password: str | None = None
    backup_format: BackupFormat = "custom"
    ways: dict[str, Way] = {}
    despite_forecast: bool = False
    gate_seconds: float = 900
    prove: bool = True
    compatible: bool = False


def launch(session: Session, step: Step, options: Options) -> "subprocess.Popen[bytes]":
    """Starts a step in a process of its own. Raises ``Refused`` if it may not start now."""
    session.journal.refuse_to_write()
    holder = session.journal.holder()
    if holder is not None:
        raise Refused(
            f"Process {holder.pid} on {holder.host} already works on this session.",
            "Watch it with 'pg-rekey resume', or cancel it there.",
        )
    refuse_too_early(session, step)
    for command in session.journal.take_commands():
        # It was meant for a run that has ended.
        session.journal.refuse(command, "nothing was running")
    log = os.open(session.runner_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            python_module("recovery.steps.runner", str(session.folder), step),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=without_password(),
        )
    finally:
        os.close(log)
    assert process.stdin is not None
    try:
        process.stdin.write(msgspec.json.encode(options))
        process.stdin.close()
    except BrokenPipeError:
        # It ended already; what it has to say is in the journal or its log.
        process.wait()
    return process


def refuse_too_early(session: Session, step: Step) -> None:
    """Raises ``Refused`` if something else has to happen before a step."""
    history = session.history()
    waits_for = history.waits_for(step)
    if waits_for is not None:
        raise Refused(f"The {step} waits for {waits_for}.", "Do that first.")
    if step is Step.CONVERSION:
        refuse_after_commit(history, history.profile.target.database)
    since_backup.refuse_old(history, step, datetime.now(UTC))


def stillborn(session: Session, process: "subprocess.Popen[bytes]") -> Problem | None:
    """Why a runner that has ended did not even begin; None if it did, or still runs."""
    if process.poll() is None:
        return None
    if any(begun.pid == process.pid for begun in session.history().of(StepStarted)):
        return None
    return Problem(
        what=f"The runner ended before it began, with exit code {process.returncode}.",
        remedy="Read its log. Nothing was changed.",
        exit_code=FAILED,
        object=str(session.runner_log),
    )
