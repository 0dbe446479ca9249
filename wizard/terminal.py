"""The terminal that the wizard is shown on: whether it is fit, and what happens when it is gone."""

import asyncio
import os
import select
import signal
import sys
import threading
import time
from functools import partial
from typing import Any

from textual.app import App


def unfit_terminal() -> str | None:
    """Why the wizard cannot be shown here, in words; None if it can."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return (
            "The wizard needs a terminal on standard input and output. Without one, use "
            "'pg-rekey --plain', or 'investigate', 'plan', 'backup', 'convert', 'migrate' and "
            "'verify'."
        )
    if os.environ.get("TERM") in (None, "", "dumb"):
        return (
            "The wizard needs a terminal that can move its cursor; TERM is 'dumb' or not set. "
            "'pg-rekey --plain' needs none."
        )
    return None


def exit_with_the_line(app: App[Any]) -> None:
    """Has an application leave when the line or the machine goes down.

    Textual would go on without a terminal.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, _exit_soon, app, 128 + number)
    app.set_interval(1, partial(_exit_without_terminal, app))


def _exit_without_terminal(app: App[Any]) -> None:
    """Leaves when the terminal is gone and nobody has sent a signal; Textual would spin."""
    terminal = select.poll()
    terminal.register(0, 0)
    if any(what & (select.POLLHUP | select.POLLERR) for _, what in terminal.poll(0)):
        _exit_soon(app, 128 + signal.SIGHUP)


def _exit_soon(app: App[Any], code: int) -> None:
    def end() -> None:
        time.sleep(2)
        os._exit(code)

    # Textual's writer can wait for ever on a terminal that is gone.
    threading.Thread(target=end, daemon=True).start()
    app.exit(return_code=code)
