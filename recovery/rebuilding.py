"""How an object that hangs on a converted column is dropped, and made again with all it had."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from psycopg import sql

from recovery.objects import CatalogObject

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
}
_ACL_ITEM = re.compile(r'(?P<to>"(?:[^"]|"")*"|[^="]*)=(?P<what>[A-Za-z*]*)/(?P<by>.+)')
_FIRING = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The statements that drop an object, and those that make it again.

    ``rewritten`` has, by statement, what it was before it was repaired.
    """

    object: CatalogObject
    drop: tuple[str, ...]
    create: tuple[str, ...]
    rewritten: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What making an object again needs to know besides.

    ``columns`` are those of a relation, ``index`` is the one behind a constraint, ``favoured`` are
    the roles that default privileges would give something to.
    """

    columns: tuple[CatalogObject, ...]
    index: CatalogObject | None
    favoured: tuple[str, ...]


def rebuild(found: CatalogObject, around: Surroundings) -> Rebuild | None:
    """How to drop and make again; None for a kind that cannot be."""
    make = _MAKERS.get(found.kind)
    if make is None:
        return None
    drop, create = make(found, around)
    return Rebuild(found, tuple(drop), tuple(create))


def rewrite(made: Rebuild, instead: Mapping[str, str]) -> Rebuild:
    """The same with some statements replaced by others."""
    return replace(
        made,
        create=tuple(instead.get(text, text) for text in made.create),
        rewritten={instead[text]: text for text in made.create if text in instead},
    )


# Names and definitions come from the server as it writes them, quoted where they have to be.
def _sql(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def _literal(value: str) -> str:
    return sql.Literal(value).as_string(None)


Statements = tuple[list[str], list[str]]


def _view(found: CatalogObject, around: Surroundings) -> Statements:
    have = found.properties
    definition = have["definition"].rstrip().removesuffix(";")
    if found.kind == "VIEW":
        create = [_sql("CREATE VIEW", found.identity, _options(found), f"AS\n{definition}")]
    else:
        space = have.get("tablespace")
        # Filled by a statement of its own: a copy of the schema has none that is filled.
        create = [
            _sql(
                "CREATE MATERIALIZED VIEW",
                found.identity,
                f"USING {sql.Identifier(have['access method']).as_string(None)}",
                _options(found),
                f"TABLESPACE {sql.Identifier(space).as_string(None)}" if space else None,
                f"AS\n{definition}\n",
                "WITH NO DATA",
            )
        ]
    create += _owner(found)
    for column in around.columns:
        create += _column(found, column)
    create += _privileges(found, around, "TABLE", found.identity)
    for column in around.columns:
        create += _grants(
            column.properties.get("privileges", []), have["owner"], found.identity, column
        )
    create += _comment(found)
    if found.kind == "MATERIALIZED VIEW" and have["populated"]:
        create += [f"REFRESH MATERIALIZED VIEW {found.identity}", f"ANALYZE {found.identity}"]
    return [f"DROP {found.kind} {found.identity}"], create


def _options(found: CatalogObject) -> str | None:
    options = found.properties.get("options")
    if not options:
        return None
    named = (option.partition("=") for option in options)
    return "WITH (" + ", ".join(f"{name}={_literal(value)}" for name, _, value in named) + ")"


def _column(found: CatalogObject, column: CatalogObject) -> Iterator[str]:
    have = column.properties
    start = f"ALTER {found.kind} {found.identity} ALTER COLUMN {have['name']}"
    if "default" in have:
        yield f"{start} SET DEFAULT {have['default']}"
    if "statistics target" in have:
        yield f"{start} SET STATISTICS {have['statistics target']}"
    if "options" in have:
        yield f"{start} SET ({', '.join(have['options'])})"
    if "comment" in have:
        yield f"COMMENT ON COLUMN {column.identity} IS {_literal(have['comment'])}"


def _index(found: CatalogObject, _around: Surroundings) -> Statements:
    create = [found.properties["definition"], *_index_marks(found)]
    return [f"DROP INDEX {found.identity}"], create


def _index_marks(found: CatalogObject) -> Iterator[str]:
    """What an index has besides its definition."""
    have = found.properties
    if "tablespace" in have:
        space = sql.Identifier(have["tablespace"]).as_string(None)
        yield f"ALTER INDEX {found.identity} SET TABLESPACE {space}"
    yield from statistics_targets(found)
    if "clustered" in have:
        yield f"ALTER TABLE {have['table']} CLUSTER ON {have['name']}"
    if "replica identity" in have:
        yield f"ALTER TABLE {have['table']} REPLICA IDENTITY USING INDEX {have['name']}"
    yield from _comment(found)


def statistics_targets(index: CatalogObject) -> Iterator[str]:
    """What gives an index's columns their statistics targets."""
    for entry in index.properties.get("statistics", []):
        number, _, target = entry.partition("=")
        yield f"ALTER INDEX {index.identity} ALTER COLUMN {number} SET STATISTICS {target}"


def _constraint(found: CatalogObject, around: Surroundings) -> Statements:
    have = found.properties
    start = f"ALTER TABLE {have['table']}"
    create = [f"{start}\n  ADD CONSTRAINT {have['name']} {have['definition']}", *_comment(found)]
    if around.index is not None:
        create += _index_marks(around.index)
    return [f"{start} DROP CONSTRAINT {have['name']}"], create


def _rule(found: CatalogObject, _around: Surroundings) -> Statements:
    have = found.properties
    create = [have["definition"].removesuffix(";"), *_enabled(found), *_comment(found)]
    return [f"DROP {found.kind} {found.identity}"], create


def _enabled(found: CatalogObject) -> Iterator[str]:
    state = _FIRING.get(found.properties["enabled"])
    if state is not None:
        have = found.properties
        yield f"ALTER TABLE {have['table']} {state} {found.kind} {have['name']}"


def _policy(found: CatalogObject, _around: Surroundings) -> Statements:
    have = found.properties
    create = [
        _sql(
            f"CREATE POLICY {found.identity}",
            "AS PERMISSIVE" if have["permissive"] else "AS RESTRICTIVE",
            f"FOR {have['command']}",
            f"TO {', '.join(have['roles'])}",
            f"USING ({have['using']})" if "using" in have else None,
            f"WITH CHECK ({have['check']})" if "check" in have else None,
        ),
        *_comment(found),
    ]
    return [f"DROP POLICY {found.identity}"], create


def _routine(found: CatalogObject, around: Surroundings) -> Statements:
    create = [
        found.properties["definition"].rstrip(),
        *_owner(found),
        *_privileges(found, around, found.kind, found.identity),
        *_comment(found),
    ]
    return [f"DROP {found.kind} {found.identity}"], create


def _statistics(found: CatalogObject, _around: Surroundings) -> Statements:
    have = found.properties
    create = [have["definition"], *_owner(found)]
    if "statistics target" in have:
        create.append(
            f"ALTER STATISTICS {found.identity} SET STATISTICS {have['statistics target']}"
        )
    return [f"DROP STATISTICS {found.identity}"], [*create, *_comment(found)]


def _published(found: CatalogObject, _around: Surroundings) -> Statements:
    have = found.properties
    start = f"ALTER PUBLICATION {have['publication']}"
    columns = have.get("columns")
    create = _sql(
        f"{start} ADD TABLE {have['table']}",
        f"({', '.join(columns)})" if columns else None,
        f"WHERE ({have['where']})" if "where" in have else None,
    )
    return [f"{start} DROP TABLE {have['table']}"], [create]


_MAKERS: dict[str, Callable[[CatalogObject, Surroundings], Statements]] = {
    "VIEW": _view,
    "MATERIALIZED VIEW": _view,
    "INDEX": _index,
    "CONSTRAINT": _constraint,
    "RULE": _rule,
    "TRIGGER": _rule,
    "POLICY": _policy,
    "FUNCTION": _routine,
    "PROCEDURE": _routine,
    "STATISTICS": _statistics,
    "PUBLISHED TABLE": _published,
}


def _comment(found: CatalogObject) -> Iterator[str]:
    comment = found.properties.get("comment")
    if comment is not None:
        yield f"COMMENT ON {found.kind} {found.identity} IS {_literal(comment)}"


def _owner(found: CatalogObject) -> Iterator[str]:
    owner = sql.Identifier(found.properties["owner"]).as_string(None)
    yield f"ALTER {found.kind} {found.identity} OWNER TO {owner}"


# --- privileges -------------------------------------------------------------------------------


def _privileges(
    found: CatalogObject, around: Surroundings, kind: str, identity: str
) -> Iterator[str]:
    """Nothing if they are what every new object has; else all of them, from none."""
    owner, items = found.properties["owner"], found.properties["privileges"]
    if _usual(kind, owner, items) and not around.favoured:
        return
    roles = dict.fromkeys([owner, *around.favoured])
    named = ", ".join(["PUBLIC", *(sql.Identifier(role).as_string(None) for role in roles)])
    yield f"REVOKE ALL ON {kind} {identity} FROM {named}"
    yield from _grants(items, owner, f"{kind} {identity}")


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


def _grants(
    items: list[str], owner: str, target: str, column: CatalogObject | None = None
) -> Iterator[str]:
    # Those of the owner first: the others grant on what they were granted.
    for to, what, by in sorted(map(_parsed, items), key=lambda item: item[2] != owner):
        grantee = sql.Identifier(to).as_string(None) if to else "PUBLIC"
        for option in ("", "*"):
            letters = re.findall(r"[A-Za-z](?!\*)" if not option else r"[A-Za-z](?=\*)", what)
            if not letters:
                continue
            suffix = f" ({column.properties['name']})" if column is not None else ""
            named = ", ".join(_PRIVILEGES[letter] + suffix for letter in letters)
            grant = f"GRANT {named} ON {target} TO {grantee}"
            if option:
                grant += " WITH GRANT OPTION"
            if by == owner:
                yield grant
            else:
                yield f"SET LOCAL ROLE {sql.Identifier(by).as_string(None)}"
                yield grant
                yield "RESET ROLE"
