"""The program ``pg-rekey``: the wizard says at once that it comes, before the rest is loaded."""

import os
import sys

# Options that end before a wizard is seen, or need none.
_WITHOUT = {
    *("-h", "--help", "--version", "--plain", "--json"),
    *("--install-completion", "--show-completion"),
}


def _opens_the_wizard(arguments: list[str]) -> bool:
    """Whether a screen is wanted and can be shown. If in doubt, no: it is only shown later then."""
    # All options that are left by then take a value.
    values = {place + 1 for place, word in enumerate(arguments) if word.startswith("-")}
    commands = [
        word
        for place, word in enumerate(arguments)
        if not word.startswith("-") and place not in values
    ]
    return (
        (not commands or commands[0] == "resume")
        and _WITHOUT.isdisjoint(arguments)
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("TERM") not in (None, "", "dumb")
    )


def main() -> None:
    """Runs the command line, and exits with its code."""
    if _opens_the_wizard(sys.argv[1:]):
        from wizard.opening import open_up

        if not open_up():
            return
    from wizard import cli

    cli.main()


if __name__ == "__main__":
    main()
