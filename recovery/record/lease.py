"""Who works on a session: one process at a time, told apart from all that were and will be."""

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recovery.words import moments

# A holder is heard of every five seconds. After so long it is told that it is not; and after so
# long one that cannot be looked at, on another machine, is no longer taken as alive.
_TOLD_AFTER = timedelta(seconds=20)
_GIVEN_UP_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease: a process, told apart from a later one with the same number."""

    pid: int
    started: str
    host: str
    boot: str

    @classmethod
    def this_process(cls) -> "Holder":
        """The process that asks."""
        return cls(os.getpid(), _start_of(os.getpid()), socket.gethostname(), _boot())

    def alive(self, heard: datetime) -> bool:
        """Whether the process is there; ``heard`` is when it last gave a sign of life.

        A machine may have got another name, and a container has one of its own: where no such
        process can be seen and the name is another, the signs of life decide.
        """
        if self.boot == _boot() and self.started == _start_of(self.pid) != "":
            return True
        return not self.can_be_seen and datetime.now(UTC) - heard < _GIVEN_UP_AFTER

    @property
    def can_be_seen(self) -> bool:
        """Whether it is a process of this machine, so that one that is not seen is not there."""
        return self.host == socket.gethostname()

    def unheard(self, heard: datetime) -> str:
        """That it has given no sign of life for too long, and what to do; empty if it has."""
        if datetime.now(UTC) - heard < _TOLD_AFTER:
            return ""
        return (
            f"The runner, process {self.pid} on {self.host}, has not been heard of since "
            f"{moments.full(heard)}: it is stopped, hangs, or cannot write into the "
            f"session's folder, and does nothing that it is asked for. There, "
            f"'kill -CONT {self.pid}' lets a stopped one go on."
        )


def _boot() -> str:
    """What tells this start of the machine from others; empty where nothing does."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _start_of(pid: int) -> str:
    """When a process started; empty if there is none. Without /proc: whether there is one."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
        # The command's name, in brackets, may hold blanks; the state follows it, the start is the
        # 22nd field. A zombie has ended.
        fields = stat.rpartition(")")[2].split()
        return "" if fields[0] in ("Z", "X") else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "running"
    return "running"
