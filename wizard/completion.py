"""What a shell is told that completes a word."""

import os
import sys


def known_sessions(incomplete: str) -> list[str]:
    """The sessions that a shell may complete a word to."""
    from recovery.record import folders

    try:
        return [name for name in folders.session_ids() if name.startswith(incomplete)]
    except OSError:
        return []


def complete_for_named_shell() -> None:
    """Lets ``--show-completion`` take a shell's name; alone, typer looks which shell it is in."""
    match sys.argv[1:]:
        case ["--show-completion", shell]:
            os.environ["_PG_REKEY_COMPLETE"] = f"source_{shell}"
