"""What may be a secret, in a URL or in somebody's statement, and must not be written down."""

import re
from urllib.parse import parse_qsl, urlsplit, urlunsplit

# Names of parameters whose value lets somebody in. Also as a part: X-Amz-Signature, apiToken.
_TELLING = re.compile(
    r"token|secret|passw|pwd|signature|credential|authoriz|api[-_]?key|access[-_]?key|session[-_]?id"
    r"|jwt|^(auth|key|sig|code|pass|sid)$",
    re.IGNORECASE,
)
_USER_IN_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s?#]*@")
_ASSIGNED = re.compile(r"--?([\w-]+)=\S|\b(\w+)=\S")


def in_url(url: str) -> str | None:
    """Which part of a URL lets somebody in, in words; None if none does."""
    if _USER_IN_URL.match(url):
        return "the user or password before the @"
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    for text in (parts.query, parts.fragment):
        for name, _ in parse_qsl(text, keep_blank_values=True):
            if _TELLING.search(name):
                return f"the parameter {name!r}"
    return None


def place(url: str) -> str:
    """Where a URL leads, to be written down: without the parts in which a service puts tickets.

    These are user and password, a path's parameters, the query and the fragment.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, re.sub(r";[^/]*", "", parts.path), "", ""))


def in_word(word: str) -> str | None:
    """Which part of a command's word lets somebody in, in words; None if none seems to."""
    if re.search(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s?#:@]*:[^/\s?#]*@", word):
        return "the password in a URL"
    for found in _ASSIGNED.finditer(word):
        name = found[1] or found[2]
        if _TELLING.search(name):
            return f"the value of {name!r}"
    return None


# Strings first: what looks like a comment or a number in one is none. Whatever has no end (the
# server cuts a long statement off) goes to the end. With a backslash in a string, where it ends
# depends on a setting of that session: nothing behind it is kept.
_CONSTANT = re.compile(
    r"""
      (?P<name> "(?:[^"]|"")*(?:"|$) )
    | (?P<comment> --[^\n]*(?:\n|$) | /\*(?:(?!/\*).)*?\*/ | /\*.* )
    | (?<![\w$]) (?P<tag>\$(?:[^\W\d]\w*)?\$) .*? (?:(?P=tag)|$)
    | (?: (?<![\w$]) (?:[eEbBxXnN]|[uU]&) )? '(?: [^'\\]*\\.* | (?:[^'\\]|'')*(?:'|$) )
    | (?<![\w$]) \d[\w.]*
    """,
    re.VERBOSE | re.DOTALL,
)


def without_constants(query: str) -> str:
    """A statement without its constants and comments: a question mark for each constant."""
    return _CONSTANT.sub(_left, query).strip()


def _left(found: re.Match[str]) -> str:
    if found["name"] is not None:
        return found[0]
    return " " if found["comment"] is not None else "?"
