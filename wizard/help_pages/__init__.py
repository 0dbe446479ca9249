"""The pages of ``--help``, ready: made from the command line by ``make man``, and held against it.

Loading the command line takes many times as long as showing a page.
"""

import os

# How wide the pages are. On a narrower terminal, the command line writes them anew.
WIDTH = 80
# Importing pathlib would take as long as all else that is done here.
_HERE = os.path.dirname(__file__)  # noqa: PTH120


def page(arguments: list[str]) -> str | None:
    """The page that is asked for by a command line's words; None if it is to be made."""
    match arguments:
        case ["-h" | "--help"]:
            name = "pg-rekey"
        case [command, "-h" | "--help"] if command.isalpha():
            name = command
        case _:
            return None
    if not _is_wide_enough():
        return None
    try:
        with open(f"{_HERE}/{name}.txt", encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    except FileNotFoundError:
        return None


def _is_wide_enough() -> bool:
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told) >= WIDTH
    try:
        return os.get_terminal_size(1).columns >= WIDTH
    except OSError:
        return True
