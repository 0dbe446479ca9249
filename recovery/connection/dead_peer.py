"""The line to the server: given up when it stays silent, instead of waiting for ever."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

# How long a server may take to answer what needs no work, in seconds.
ANSWER = 30.0


def hang_up(conn: psycopg.Connection[Any]) -> None:
    """Closes the line under a call that waits for the server, which then fails at once.

    ``close`` would wait for that call.
    """
    with (
        suppress(OSError, psycopg.OperationalError),
        socket.socket(fileno=os.dup(conn.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def answering(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Hangs up if what is asked inside is not answered; that then raises ``OperationalError``.

    For questions that are answered at once: TCP notices a cut line, but not a silent other end.
    """
    timer = threading.Timer(ANSWER, hang_up, [conn])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
