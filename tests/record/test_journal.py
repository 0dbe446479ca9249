"""The journal: nothing is lost, nothing is taken twice, and only one process works at a time."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from recovery.record.events import (
    AnyCommand,
    Cancel,
    CommandRefused,
    Commit,
    ExtendGate,
    Investigated,
    Reported,
    RollBack,
    StatementDone,
    Step,
    StepStarted,
    Unreadable,
)
from recovery.record.journal import Journal
from recovery.record.journal_file import FORMAT, JournalDamaged
from recovery.record.lease import Holder
from recovery.words.errors import REFUSED, Refused
from tests.facts import ANA, BEN, confirmed, investigated, opened, planned

HOLD = """
import sys
from pathlib import Path
from recovery.record.journal import Journal
journal = Journal(Path(sys.argv[1]))
journal.acquire()
print("held", flush=True)
sys.stdin.read()
journal.release()
"""
APPEND = """
import sys
from pathlib import Path
from recovery.record.events import Reported
from recovery.record.journal import Journal
journal = Journal(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    journal.append(Reported(sys.argv[2], str(number)))
"""
TAKE = """
import sys
from pathlib import Path
from recovery.record.journal import Journal
journal = Journal(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
while (taken := journal.take_commands()):
    for command in taken:
        print(command.seconds, flush=True)
"""


@pytest.fixture(params=["shared memory", "no shared memory"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite3"
    if request.param == "no shared memory":
        # In the way of the file, as on a file system that cannot share its memory.
        (tmp_path / "journal.sqlite3-shm").mkdir()
    return path


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Starts a process that opens the journal and says a word when it is there."""
    started: list[subprocess.Popen[str]] = []

    def begin(program: str, *arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(path), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() in ("held\n", "ready\n")
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def change(path: Path, statement: str, *parameters: str) -> None:
    """Changes the file behind the journal's back."""
    connection = sqlite3.connect(path)
    connection.execute(statement, parameters)
    connection.commit()
    connection.close()


# --- events -----------------------------------------------------------------------------------


def test_events_survive_the_end_of_the_process_that_wrote_them(path: Path) -> None:
    written = (opened(), confirmed(), investigated(), planned())
    first = Journal(path)
    for event in written:
        first.append(event)
    first.close()

    entries = Journal(path).entries()

    assert tuple(entry.event for entry in entries) == written
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert {entry.at.utcoffset() for entry in entries} == {entries[0].at.utcoffset()}
    assert str(entries[0].at.tzinfo) == "UTC"


def test_a_client_reads_on_from_what_it_has_seen(path: Path) -> None:
    writer, reader = Journal(path), Journal(path)
    writer.append(opened())
    (seen,) = reader.entries()
    writer.append(StatementDone(2, "orders", {"users.id": 3}, 0.25))

    assert [entry.number for entry in reader.entries(seen.number)] == [2]
    assert reader.entries(2) == ()


def test_two_processes_that_write_at_once_lose_nothing(path: Path, start: Start) -> None:
    each = 60
    Journal(path).append(opened())
    writers = {name: start(APPEND, name, str(each)) for name in ("one", "two")}
    for writer in writers.values():
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers.values():
        assert writer.wait(timeout=60) == 0

    entries = Journal(path).entries()
    assert [entry.number for entry in entries] == list(range(1, 2 * each + 2))
    for name in writers:
        own = [
            entry.event.json
            for entry in entries
            if isinstance(entry.event, Reported) and entry.event.markdown == name
        ]
        assert own == [str(number) for number in range(each)]


def test_what_a_killed_process_wrote_is_there(path: Path, start: Start) -> None:
    writer = start(APPEND, "killed", "1000000")
    assert writer.stdin is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()
    reader = Journal(path)
    while len(reader.entries()) < 20:
        pass
    seen = len(reader.entries())
    writer.send_signal(signal.SIGKILL)
    writer.wait()

    numbers = [
        entry.event.json for entry in Journal(path).entries() if isinstance(entry.event, Reported)
    ]
    assert len(numbers) >= seen
    assert numbers == [str(number) for number in range(len(numbers))]


# --- commands ---------------------------------------------------------------------------------


def test_a_command_is_taken_once_and_in_order(path: Path) -> None:
    client, runner = Journal(path), Journal(path)
    wishes: list[AnyCommand] = [
        ExtendGate(ANA, 60),
        Commit(ANA, "saas"),
        RollBack(BEN),
        Cancel(BEN),
    ]
    for wish in wishes:
        client.command(wish)

    assert client.commands() == wishes
    assert runner.take_commands() == wishes
    assert runner.take_commands() == []
    assert client.commands() == []
    client.command(wishes[0])
    assert runner.take_commands() == [wishes[0]]


def test_two_processes_never_take_the_same_command(path: Path, start: Start) -> None:
    client = Journal(path)
    for number in range(40):
        client.command(ExtendGate(ANA, number))
    takers = [start(TAKE), start(TAKE)]
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("go\n")
        taker.stdin.flush()

    taken = [line for taker in takers for line in taker.communicate(timeout=60)[0].split()]
    assert sorted(float(number) for number in taken) == list(range(40))


# --- the lease --------------------------------------------------------------------------------


def test_a_second_process_is_refused_while_the_first_lives(path: Path, start: Start) -> None:
    first = start(HOLD)
    second = Journal(path)

    with pytest.raises(Refused, match=f"Process {first.pid} on .* already works") as refused:
        second.acquire()

    assert refused.value.problem.exit_code == REFUSED
    assert "pg-rekey resume" in refused.value.problem.remedy
    holder = second.holder()
    assert holder is not None
    assert holder.pid == first.pid


def test_the_lease_can_be_taken_after_the_first_gave_it_up(path: Path, start: Start) -> None:
    first = start(HOLD)
    first.communicate("")
    second = Journal(path)

    assert second.holder() is None
    second.acquire()
    assert second.holder() == Holder.this_process()


def test_a_killed_process_holds_nothing(path: Path, start: Start) -> None:
    first = start(HOLD)
    first.send_signal(signal.SIGKILL)
    # Before it is waited for it is a zombie, which has ended, too.
    with suppress(ChildProcessError):
        os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
    second = Journal(path)

    assert second.holder() is None
    second.acquire()
    assert second.holder() == Holder.this_process()


def test_the_holder_may_take_its_own_lease_again(path: Path) -> None:
    journal = Journal(path)
    journal.acquire()
    journal.acquire()

    journal.release()
    assert journal.holder() is None


def test_nobody_gives_up_the_lease_of_another(path: Path, start: Start) -> None:
    first = start(HOLD)
    second = Journal(path)
    second.release()
    second.beat()

    holder = second.holder()
    assert holder is not None
    assert holder.pid == first.pid


def test_a_later_process_with_the_same_number_is_not_the_holder(path: Path) -> None:
    journal = Journal(path)
    journal.acquire()
    change(path, "UPDATE lease SET started = 'long ago'")

    assert journal.holder() is None


def test_a_holder_on_another_host_is_alive_as_long_as_it_is_heard_of(path: Path) -> None:
    journal = Journal(path)
    journal.acquire()
    change(path, "UPDATE lease SET host = 'elsewhere', boot = 'x', started = 'x'")

    with pytest.raises(Refused, match="on elsewhere already works on this session"):
        journal.acquire()

    change(path, "UPDATE lease SET heartbeat = '2026-01-01T00:00:00+00:00'")
    assert journal.holder() is None
    left = journal.left_by()
    assert left is not None
    assert not left.can_be_seen
    journal.acquire()
    assert journal.holder() == Holder.this_process()


def test_a_machine_that_got_another_name_knows_its_process(path: Path, start: Start) -> None:
    first = start(HOLD)
    change(path, "UPDATE lease SET host = 'elsewhere', heartbeat = '2026-01-01T00:00:00+00:00'")

    holder = Journal(path).holder()
    assert holder is not None
    assert holder.pid == first.pid


def test_a_holder_that_is_not_heard_of_is_told(path: Path, start: Start) -> None:
    first = start(HOLD)
    journal = Journal(path)
    assert journal.unheard() == ""

    change(path, "UPDATE lease SET heartbeat = '2026-01-01T00:00:00+00:00'")
    assert "has not been heard of since 2026-01-01 00:00:00 UTC" in journal.unheard()
    assert f"'kill -CONT {first.pid}'" in journal.unheard()


def test_an_earlier_start_of_the_machine_holds_nothing(path: Path) -> None:
    journal = Journal(path)
    journal.acquire()
    change(path, "UPDATE lease SET boot = 'an earlier one'")

    assert journal.holder() is None


# --- the file ---------------------------------------------------------------------------------


def test_only_the_owner_can_read_the_files(tmp_path: Path, path: Path) -> None:
    before = os.umask(0)
    try:
        journal = Journal(path)
        journal.append(opened())
        files = [file for file in tmp_path.iterdir() if file.is_file()]
        modes = {file.name: file.stat().st_mode & 0o777 for file in files}
    finally:
        os.umask(before)

    assert "journal.sqlite3" in modes
    assert set(modes.values()) == {0o600}


def test_a_journal_of_a_newer_program_is_refused_with_a_sentence(path: Path) -> None:
    Journal(path).close()
    change(path, f"PRAGMA user_version = {FORMAT + 1}")

    with pytest.raises(Refused, match=f"a newer pg-rekey .format {FORMAT + 1}") as refused:
        Journal(path)

    assert refused.value.problem.remedy == "Upgrade pg-rekey on this machine."


# As the first release wrote them: without what has been added since.
OLD = (
    '{"event":"SessionOpened","program":"0.1.0","profile":{"target":{"database":"saas"},'
    '"keys":{"users.id":"varchar(36)"}},"by":{"user":"ana","host":"bastion"}}',
    '{"event":"Investigated","findings":[{"severity":"note","code":"c","title":"t","evidence":"e",'
    '"remedy":"r"}],"keys":[],"claimed":[],"true_revision":null,"heads":[],"evidence":[],'
    '"collisions":[],"missing_tables":[],"tables":0,"foreign_keys":0,"orphans":[],"row_counts":{},'
    '"size_bytes":0,"server_time":"2026-11-01T03:00:00Z"}',
    '{"event":"PlanMade","sha256":"aa","fingerprint":"bb","database":"saas","phases":[],"tables":[],'
    '"foreign_keys":0,"refusals":[],"nothing_to_do":false}',
)


def test_a_journal_of_an_older_program_is_read(path: Path) -> None:
    Journal(path).close()
    for body in OLD:
        moment = "2026-11-01T03:00:00+00:00"
        change(path, f"INSERT INTO events (at, body) VALUES ('{moment}', '{body}')")
    journal = Journal(path)
    told = journal.history()
    assert told.profile.keys == {"users.id": "varchar(36)"}
    found = told.last(Investigated)
    assert found is not None
    assert [finding.query for finding in found.findings] == [""]
    assert told.plan is not None
    assert (told.plan.breaks, told.plan.compatible, told.plan.rebuilt) == (0, False, ())
    assert (told.plan.statements, told.plan.locked, told.plan.kept) == ((), (), ())
    journal.append(Reported("a", "b"))
    assert len(journal.history().entries) == len(OLD) + 1
    journal.close()


def test_a_file_that_is_no_journal_is_damaged(path: Path) -> None:
    path.write_bytes(b"what is this? " * 500)

    with pytest.raises(JournalDamaged, match="cannot be used: file is not a database") as damage:
        Journal(path)

    assert damage.value.problem.object == str(path)
    assert "Nothing was guessed" in damage.value.problem.remedy


def test_a_journal_that_was_cut_off_is_damaged(path: Path) -> None:
    journal = Journal(path)
    for _ in range(200):
        journal.append(planned())
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(JournalDamaged, match="cannot be used"):
        Journal(path).entries()


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        '{"event": "SomethingElse"}',
        '{"event": "Migrated", "heads": 5}',
        '{"event": "Migrated", "heads": [], "more": 1}',
    ],
)
def test_an_entry_that_cannot_be_read_hides_no_other(path: Path, body: str) -> None:
    journal = Journal(path)
    journal.append(opened())
    change(path, "INSERT INTO events (at, body) VALUES ('2026-01-01T00:00+00:00', ?)", body)
    journal.append(planned("aa"))

    first, lost, last = journal.history().entries
    assert (first.event, last.event) == (opened(), planned("aa"))
    assert isinstance(lost.event, Unreadable)
    assert lost.number == 2


def test_an_entry_that_is_missing_is_told(path: Path) -> None:
    journal = Journal(path)
    for event in (opened(), confirmed(), investigated(), planned("aa")):
        journal.append(event)
    change(path, "DELETE FROM events WHERE number IN (2, 3)")

    entries = journal.history().entries
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert [entry.event for entry in entries[1:3]] == [Unreadable("", "it is missing")] * 2
    assert [entry.number for entry in journal.entries(after=2)] == [3, 4]


def test_a_journal_whose_beginning_cannot_be_read_is_damaged(path: Path) -> None:
    """Of which database it is cannot be known then."""
    journal = Journal(path)
    journal.append(opened())
    change(path, "UPDATE events SET body = 'x'")

    with pytest.raises(JournalDamaged, match="first entry that cannot be read"):
        journal.history()


def test_a_command_that_cannot_be_read_keeps_no_other_from_being_carried_out(path: Path) -> None:
    journal = Journal(path)
    journal.command(RollBack(by=ANA))
    change(path, "INSERT INTO commands (at, body) VALUES ('2026-01-01T00:00:00', 'x')")
    journal.command(Cancel(by=BEN))

    assert journal.take_commands() == [RollBack(by=ANA), Cancel(by=BEN)]
    refused = journal.history().last(CommandRefused)
    assert refused is not None
    assert "cannot be read" in refused.reason
    assert journal.take_commands() == []


def test_a_journal_in_a_folder_that_is_gone_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(JournalDamaged, match="unable to open database file"):
        Journal(tmp_path / "gone" / "journal.sqlite3")


def test_the_runner_that_holds_the_lease_says_which_step_it_began(path: Path) -> None:
    journal = Journal(path)
    journal.acquire()
    journal.append(StepStarted(Step.BACKUP, os.getpid(), ANA))

    holder = journal.holder()
    begun = journal.history().last(StepStarted)
    assert holder is not None
    assert begun is not None
    assert begun.pid == holder.pid
