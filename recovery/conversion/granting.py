"""Privileges as the catalog has them, given again to what is made again."""

import re
from collections.abc import Iterator

from psycopg import sql

from recovery.words.composing import composed, listed, written

_PRIVILEGES = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
    "m": "MAINTAIN",
    "X": "EXECUTE",
    "U": "USAGE",
}
_ACL_ITEM = re.compile(r'(?P<to>"(?:[^"]|"")*"|[^="]*)=(?P<what>[A-Za-z*]*)/(?P<by>.+)')


def privileges(
    kind: str, identity: str, owner: str, items: list[str], favoured: tuple[str, ...]
) -> Iterator[str]:
    """Nothing if they are what every new object has; else all of them, from none.

    ``kind`` is what GRANT calls it; ``favoured`` are the roles that default privileges would give
    something to.
    """
    if _usual(kind, owner, items) and not favoured:
        return
    target = sql.SQL(" ").join([written(kind), written(identity)])
    roles = dict.fromkeys([owner, *favoured])
    everybody = listed([sql.SQL("PUBLIC"), *map(sql.Identifier, roles)])
    yield composed("REVOKE ALL ON {target} FROM {everybody}", target=target, everybody=everybody)
    yield from grants(items, owner, target)


def _usual(kind: str, owner: str, items: list[str]) -> bool:
    """Whether a new object of this owner would have just these privileges."""
    # MAINTAIN came with version 17.
    usual = {owner: "arwdDxt"} if kind == "TABLE" else {"": "X", owner: "X"}
    parsed = [_parsed(item) for item in items]
    return {to for to, _, _ in parsed} == usual.keys() and all(
        by == owner and set(usual[to]) <= set(what) and "*" not in what for to, what, by in parsed
    )


def _parsed(item: str) -> tuple[str, str, str]:
    """Grantee (empty: PUBLIC), letters, grantor. As ``aclitem`` is written: ``to=letters/by``."""
    match = _ACL_ITEM.fullmatch(item)
    if match is None:
        raise ValueError(f"{item!r} is no aclitem")
    return _unquoted(match["to"]), match["what"], _unquoted(match["by"])


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def grants(
    items: list[str], owner: str, target: sql.Composable, column: str | None = None
) -> Iterator[str]:
    """What grants these privileges on an object, or on a column of it (as SQL writes its name)."""
    # Those of the owner first: the others grant on what they were granted.
    for to, what, by in sorted(map(_parsed, items), key=lambda item: item[2] != owner):
        grantee = sql.Identifier(to) if to else sql.SQL("PUBLIC")
        of = sql.SQL("") if column is None else sql.SQL(" ({})").format(written(column))
        for option in ("", "*"):
            letters = re.findall(r"[A-Za-z](?!\*)" if not option else r"[A-Za-z](?=\*)", what)
            if not letters:
                continue
            grant = composed(
                "GRANT {privileges} ON {target} TO {grantee}{option}",
                privileges=listed(written(_PRIVILEGES[letter]) + of for letter in letters),
                target=target,
                grantee=grantee,
                option=sql.SQL(" WITH GRANT OPTION" if option else ""),
            )
            if by == owner:
                yield grant
            else:
                yield composed("SET LOCAL ROLE {by}", by=sql.Identifier(by))
                yield grant
                yield "RESET ROLE"
