"""The program ``pg-rekey``: what can be said before the rest is loaded is said at once."""

import os
import sys

from wizard import __version__, help_pages

# Options that end before a wizard is seen, or need none.
_WITHOUT = {
    *("-h", "--help", "--version", "--plain", "--json", "--password-stdin", "--"),
    *("--install-completion", "--show-completion"),
}


def opens_the_wizard(arguments: list[str]) -> bool:
    """Whether a screen is wanted and can be shown. If in doubt, no: it is only shown later then."""
    # All options that are left by then take a value.
    values = {place + 1 for place, word in enumerate(arguments) if _takes_the_next(word)}
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


def _takes_the_next(word: str) -> bool:
    """Whether an option's value is the next word, and not in its own: ``--name=…``, ``-n…``."""
    if word.startswith("--"):
        return "=" not in word
    return word.startswith("-") and len(word) == 2


def main() -> None:
    """Runs the command line, and exits with its code."""
    match sys.argv[1:]:
        case ["--version"]:
            sys.stdout.write(f"pg-rekey {__version__}\n")
            return
        case words if sorted(words) in (["sessions"], ["--json", "sessions"]):
            # Typer alone would take as long as the list.
            from wizard.listing import tell

            tell(as_json="--json" in words)
            return
    if (page := help_pages.page(sys.argv[1:])) is not None:
        sys.stdout.write(page)
        return
    if opens_the_wizard(sys.argv[1:]):
        from wizard.opening import open_up

        if not open_up():
            return
    from wizard import cli

    cli.main()


if __name__ == "__main__":
    main()
