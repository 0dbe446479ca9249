"""A line to a server that can be cut, silenced or half-closed, on loopback."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal

AtCommit = Literal["pass", "swallow", "deafen"]


class Proxy:
    """Forwards bytes between its own port and a server's, as long as it is told to.

    ``at_commit`` is what becomes of a client's COMMIT: it is passed on ("pass"), swallowed
    ("swallow"), or passed on and its answer swallowed ("deafen").
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._elsewhere: tuple[int, int] | None = None
        self.lines = 0
        self.at_commit: AtCommit = "pass"
        self.saw_commit = threading.Event()
        self._deaf: set[socket.socket] = set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._passing: list[threading.Event] = []
        self._refusing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.close()
        self.cut()

    def lead_elsewhere(self, port: int, after: int = 0) -> None:
        """New lines lead to another server, behind so many that still lead to the first."""
        self.lines = 0
        self._elsewhere = (port, after)

    def _leads_to(self) -> int:
        """Where a new line leads. ``lines`` counts them."""
        self.lines += 1
        if self._elsewhere is None or self.lines <= self._elsewhere[1]:
            return self._to
        return self._elsewhere[0]

    def cut(self) -> None:
        """Closes every line at once, and takes no new one."""
        self._refusing = True
        self._let_through()
        for pair in self._pairs:
            for end in pair:
                _close(end)

    def silence(self) -> None:
        """Keeps every line open and passes nothing on; new lines work."""
        for passing in self._passing:
            passing.clear()

    def _let_through(self) -> None:
        for passing in self._passing:
            passing.set()

    def half_close(self) -> None:
        """Tells every client that the server has no more to say; the server hears nothing of it."""
        self._refusing = True
        for client, _ in self._pairs:
            with suppress(OSError):
                client.shutdown(socket.SHUT_WR)

    def mend(self) -> None:
        """Lets everything through again; what was cut stays cut."""
        self._refusing = False
        self._let_through()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                _close(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._leads_to()))
            except OSError:
                _close(client)
                continue
            self._pairs.append((client, server))
            passing = threading.Event()
            passing.set()
            self._passing.append(passing)
            for ends in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=[*ends, passing], daemon=True).start()

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, watched: bool, passing: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if watched and b"COMMIT" in data and self.at_commit != "pass":
                    if self.at_commit == "swallow":
                        self.saw_commit.set()
                        continue
                    self._deaf.add(source)
                passing.wait()
                if sink in self._deaf:
                    self.saw_commit.set()
                    continue
                sink.sendall(data)
        for end in (source, sink):
            _close(end)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
