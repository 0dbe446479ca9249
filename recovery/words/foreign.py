"""Text from elsewhere (a database, a script, another person), harmless for the outlet it goes to.

A name may have escape sequences, line ends, marks that turn a line around, and letters that nobody
sees. In each outlet it is to be read as what it is, and to be obeyed by nothing: a terminal, a
Markdown reader, a shell, psql.
"""

import json
import re
import shlex
from collections.abc import Callable
from typing import Any

# Unicode's Default_Ignorable_Code_Point, as far as Python takes it for printable, and what is drawn
# as nothing: the Braille blank and the null notehead.
_UNSEEN = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001d159\U000e0100-\U000e01ef"
)
_BACKSLASH = "\\"
_KNOWN = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_IS_UNSEEN = re.compile(f"[{_UNSEEN}]")


def seen(char: str) -> bool:
    """Whether a character is there for the eye, and does nothing else."""
    return char.isprintable() and _IS_UNSEEN.match(char) is None


def line(text: str) -> str:
    """The text in one line, for a terminal: what is not seen stands there as its code."""
    if text.isprintable() and _IS_UNSEEN.search(text) is None:
        return text
    return "".join(char if seen(char) else _code(char) for char in text)


def lines(text: str) -> str:
    """The text for a terminal, where its lines may stay."""
    return "\n".join(line(each.replace("\t", "  ")) for each in text.split("\n"))


def _code(char: str) -> str:
    """``\\n``, ``\\x1b``, ``\\u202e``: as many languages write it."""
    if (known := _KNOWN.get(char)) is not None:
        return known
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else _unicode(char, "\\u", "\\U")


def _unicode(char: str, four: str, eight: str) -> str:
    code = ord(char)
    return f"{four}{code:04x}" if code < 0x10000 else f"{eight}{code:08x}"


def legible(text: str) -> str:
    """What is left of a text without all that is not seen: nothing, if it says nothing."""
    return " ".join("".join(char if seen(char) else " " for char in text).split())


# --- Markdown and JSON ------------------------------------------------------------------------

# A square bracket makes a link only with what follows it, and an underscore means something at a
# word's end only: names stay as they are for who reads the file itself.
_MARKUP = re.compile(r"[\\`*<|~&]|\](?=[(\[:])|(?<![^\W_])_|_(?![^\W_])")


def markdown(text: str) -> str:
    """The text within a line or a table of Markdown, where nothing of it is markup."""
    # What stands for an unseen character has a backslash of its own.
    return _MARKUP.sub(lambda found: f"\\{found[0]}", line(text))


def as_json(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON in ASCII, without a character that a terminal would obey."""
    return json.dumps(value, default=str, indent=indent).replace("\x7f", "\\u007f")


def toml(text: str) -> str:
    """The text as a string of TOML."""
    quoted = text.replace(_BACKSLASH, _BACKSLASH * 2).replace('"', '\\"')
    return '"' + _escaped(quoted, lambda char: _unicode(char, "\\u", "\\U")) + '"'


# --- a shell ----------------------------------------------------------------------------------


def shell(word: str) -> str:
    """The text as one word of a command line; with escapes, as bash, zsh and ksh know them."""
    if all(map(seen, word)):
        return shlex.quote(word)
    return "$'" + "".join(map(_in_shell, word)) + "'"


def _in_shell(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if seen(char):
        return char
    # The bytes: \\u would be another character where the terminal is not UTF-8.
    return "".join(f"\\{byte:03o}" for byte in char.encode())


# --- SQL --------------------------------------------------------------------------------------


def comment(text: str) -> str:
    """The text as a comment of SQL; its further lines are set in."""
    return "-- " + "\n--   ".join(lines(text).split("\n"))


def identifier(name: str) -> str:
    """A name as SQL writes it between quotes; one that is not all seen with Unicode escapes."""
    quoted = name.replace('"', '""')
    if all(map(seen, name)):
        return f'"{quoted}"'
    return f'U&"{_escaped(quoted.replace(_BACKSLASH, _BACKSLASH * 2), _in_name)}"'


def read_identifier(inside: str) -> str:
    """The name of which ``identifier`` wrote this between ``U&"`` and ``"``."""
    name = _IN_NAME.sub(
        lambda found: _BACKSLASH if found[1] is None else chr(int(found[1].lstrip("+"), 16)),
        inside,
    )
    return name.replace('""', '"')


_IN_NAME = re.compile(r"\\(?:\\|([0-9A-Fa-f]{4}|\+[0-9A-Fa-f]{6}))")
# A statement in pieces. What is quoted by dollars and what has escapes already is looked over as
# a whole; in a comment nothing can be escaped.
_PIECE = re.compile(
    r"""
      --[^\n]*
    | /\*.*?\*/
    | (?<![\w$]) (?P<tag>\$(?:[^\W\d]\w*)?\$) (?P<body>.*?) (?P=tag)
    | (?<![\w$]) (?:[uU]&|[nNbBxX]) (?: "(?:[^"]|"")*" | '(?:[^']|'')*' )
    | (?<![\w$]) [eE]' (?P<escapes>(?:[^'\\]|''|\\.)*) '
    | ' (?P<string>(?:[^']|'')*) '
    | " (?P<name>(?:[^"]|"")*) "
    """,
    re.VERBOSE | re.DOTALL,
)


def statement(text: str) -> str:
    """A statement that means the same to PostgreSQL, with escapes for what is not seen.

    ``standard_conforming_strings`` has to be on. What cannot be escaped stays as it is: in
    comments, and where a string has no escapes by its kind.
    """
    if all(map(seen, text)):
        return text
    return _PIECE.sub(_piece, text)


def _piece(found: re.Match[str]) -> str:
    if (body := found["body"]) is not None:
        tag = found["tag"]
        return f"{tag}{statement(body)}{tag}"
    if (name := found["name"]) is not None:
        return identifier(name.replace('""', '"'))
    if (escapes := found["escapes"]) is not None:
        # A backslash before the character itself has no meaning of its own.
        return f"E'{_escaped(re.sub(_NEEDLESS, _bare, escapes, flags=re.DOTALL), _in_string)}'"
    string = found["string"]
    if string is None or all(map(seen, string)):
        return found[0]
    return f"E'{_escaped(string.replace(_BACKSLASH, _BACKSLASH * 2), _in_string)}'"


_NEEDLESS = r"\\(.)"


def _bare(found: re.Match[str]) -> str:
    return found[0] if seen(found[1]) else found[1]


def _escaped(text: str, write: Callable[[str], str]) -> str:
    return "".join(char if seen(char) else write(char) for char in text)


def _in_name(char: str) -> str:
    code = ord(char)
    return f"\\{code:04x}" if code < 0x10000 else f"\\+{code:06x}"


def _in_string(char: str) -> str:
    return _KNOWN.get(char) or _unicode(char, "\\u", "\\U")
