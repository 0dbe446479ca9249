"""Who works on a session: one process at a time, told apart from all that were and will be."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path


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

    @property
    def alive(self) -> bool:
        """Whether the process is there. On another host that cannot be known: taken as alive."""
        if self.host != socket.gethostname():
            return True
        return self.boot == _boot() and self.started == _start_of(self.pid) != ""


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
