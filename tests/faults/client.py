"""A client in a process of its own: starts a step, and looks on until it is killed.

``python -m tests.faults.client FOLDER STEP``, with the options as JSON on standard input.
"""

import signal
import sys
from pathlib import Path

import msgspec

from recovery.record.events import Step
from recovery.record.session import Session
from recovery.steps.launch import Options, launch

if __name__ == "__main__":
    folder, step = sys.argv[1:]
    options = msgspec.json.decode(sys.stdin.buffer.read(), type=Options)
    launch(Session(Path(folder)), Step(step), options)
    signal.pause()
