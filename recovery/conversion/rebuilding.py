"""How an object that hangs on a converted column is dropped, and made again with all it had."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from recovery.catalog.objects import CatalogObject
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
}
_ACL_ITEM = re.compile(r'(?P<to>"(?:[^"]|"")*"|[^="]*)=(?P<what>[A-Za-z*]*)/(?P<by>.+)')
_NAME = r'(?:"(?:[^"]|"")*"|U&"(?:[^"]|"")*"|[^\s"]+)'
_PLACES = re.compile(rf"ALTER (?:INDEX|MATERIALIZED VIEW) {_NAME}\.{_NAME} SET TABLESPACE {_NAME}")
_FIRING = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The statements that drop an object, and those that make it again.

    Those in ``evaluating`` call functions of the database.
    """

    object: CatalogObject
    drop: tuple[str, ...]
    create: tuple[str, ...]
    evaluating: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What making an object again needs to know besides.

    ``columns`` are those of a relation, ``index`` is the one behind a constraint, ``favoured`` are
    the roles that default privileges would give something to. ``calls``: functions that are not
    PostgreSQL's own are called in it. ``copies`` are a trigger's on partitions.
    """

    columns: tuple[CatalogObject, ...]
    index: CatalogObject | None
    favoured: tuple[str, ...]
    calls: bool = False
    copies: tuple[CatalogObject, ...] = ()


def rebuild(found: CatalogObject, around: Surroundings) -> Rebuild | None:
    """How to drop and make again; None for a kind that cannot be."""
    make = _MAKERS.get(found.kind)
    if make is None:
        return None
    drop, create = make(found, around)
    evaluating = frozenset(text for text in create if _evaluates(found, around, text))
    return Rebuild(found, tuple(drop), tuple(create), evaluating=evaluating)


def _evaluates(found: CatalogObject, around: Surroundings, text: str) -> bool:
    """Whether a statement calls functions of the database, or plans a query that does."""
    if text.startswith(("REFRESH ", "ANALYZE ")):
        return True
    # What these say is parsed by the same search_path; the comparison sees what came of it.
    if found.kind == "INDEX":
        return around.calls and text == found.properties["definition"]
    if found.kind == "CONSTRAINT" and found.properties["type"] != "c":
        return around.calls and " ADD CONSTRAINT " in text
    return found.kind == "CONSTRAINT" and " VALIDATE CONSTRAINT " in text


Statements = tuple[list[str], list[str]]


def _parts(found: CatalogObject) -> dict[str, sql.Composable]:
    """What the templates name: the object's kind and name, its table, and its own name alone."""
    parts: dict[str, sql.Composable] = {
        "kind": written(found.kind),
        "object": written(found.identity),
    }
    for part in ("table", "name", "definition"):
        if part in found.properties:
            parts[part] = written(found.properties[part])
    return parts


def _clause(template: LiteralString, value: str | None) -> sql.Composable:
    """A clause that is left out if there is nothing to say in it."""
    return sql.SQL("") if value is None else sql.SQL(template).format(written(value))


def _view(found: CatalogObject, around: Surroundings) -> Statements:
    have = found.properties
    parts = _parts(found) | {
        "options": _options(found),
        "definition": written(have["definition"].rstrip().removesuffix(";")),
    }
    if found.kind == "VIEW":
        create = [composed("CREATE VIEW {object}{options} AS\n{definition}", **parts)]
    else:
        # It is moved and filled by statements of their own: see ``places``.
        create = [
            composed(
                "CREATE MATERIALIZED VIEW {object} USING {method}{options} "
                "AS\n{definition}\nWITH NO DATA",
                method=sql.Identifier(have["access method"]),
                **parts,
            ),
            *_tablespace(found),
        ]
    create += _owner(found)
    for column in around.columns:
        create += _column(found, column)
    create += _privileges(found, around, "TABLE")
    for column in around.columns:
        granted = column.properties.get("privileges", [])
        create += _grants(granted, have["owner"], parts["object"], column)
    create += _comment(found)
    if found.kind == "MATERIALIZED VIEW" and have["populated"]:
        create.append(composed("REFRESH MATERIALIZED VIEW {object}", **parts))
        create.append(composed("ANALYZE {object}", **parts))
    return [_drop(found)], create


def _drop(found: CatalogObject) -> str:
    return composed("DROP {kind} {object}", **_parts(found))


def _options(found: CatalogObject) -> sql.Composable:
    options = found.properties.get("options")
    if not options:
        return sql.SQL("")
    named = (option.partition("=") for option in options)
    each = (sql.SQL("{}={}").format(written(name), sql.Literal(value)) for name, _, value in named)
    return sql.SQL(" WITH ({})").format(listed(each))


def _column(found: CatalogObject, column: CatalogObject) -> Iterator[str]:
    have = column.properties
    parts = _parts(found) | {"column": written(have["name"])}
    for part, clause in (
        ("default", "SET DEFAULT {}"),
        ("statistics target", "SET STATISTICS {}"),
        ("options", "SET ({})"),
    ):
        if part in have:
            value = have[part]
            said = written(", ".join(value) if isinstance(value, list) else str(value))
            yield composed(
                "ALTER {kind} {object} ALTER COLUMN {column} {clause}",
                clause=sql.SQL(clause).format(said),
                **parts,
            )
    yield from _comment(column)


def _index(found: CatalogObject, _around: Surroundings) -> Statements:
    return [_drop(found)], [found.properties["definition"], *_index_marks(found)]


def _index_marks(found: CatalogObject) -> Iterator[str]:
    """What an index has besides its definition."""
    have, parts = found.properties, _parts(found)
    yield from _tablespace(found)
    yield from statistics_targets(found)
    if "clustered" in have:
        yield composed("ALTER TABLE {table} CLUSTER ON {name}", **parts)
    if "replica identity" in have:
        yield composed("ALTER TABLE {table} REPLICA IDENTITY USING INDEX {name}", **parts)
    yield from _comment(found)


def _tablespace(found: CatalogObject) -> Iterator[str]:
    if "tablespace" in found.properties:
        space = sql.Identifier(found.properties["tablespace"])
        yield composed("ALTER {kind} {object} SET TABLESPACE {space}", space=space, **_parts(found))


def places(text: str) -> bool:
    """Whether a statement only says in which tablespace something is: a copy has none."""
    return _PLACES.fullmatch(text) is not None


def statistics_targets(index: CatalogObject) -> Iterator[str]:
    """What gives an index's columns their statistics targets."""
    for entry in index.properties.get("statistics", []):
        number, _, target = entry.partition("=")
        yield composed(
            "ALTER INDEX {object} ALTER COLUMN {number} SET STATISTICS {target}",
            number=written(number),
            target=written(target),
            **_parts(index),
        )


def _constraint(found: CatalogObject, around: Surroundings) -> Statements:
    parts = _parts(found)
    have = found.properties
    # What it says is parsed with no search_path, what it calls is called with the database's.
    twice = around.calls and have["type"] == "c" and have["validated"]
    later = written(" NOT VALID" if twice else "")
    create = [
        composed(
            "ALTER TABLE {table}\n  ADD CONSTRAINT {name} {definition}{later}", later=later, **parts
        )
    ]
    if twice:
        create.append(composed("ALTER TABLE {table} VALIDATE CONSTRAINT {name}", **parts))
    create += _comment(found)
    if around.index is not None:
        create += _index_marks(around.index)
    return [composed("ALTER TABLE {table} DROP CONSTRAINT {name}", **parts)], create


def _rule(found: CatalogObject, _around: Surroundings) -> Statements:
    create = [found.properties["definition"].removesuffix(";"), *_enabled(found), *_comment(found)]
    return [_drop(found)], create


def _trigger(found: CatalogObject, around: Surroundings) -> Statements:
    drop, create = _rule(found, around)
    have = found.properties
    for copy in around.copies:
        parts = _parts(copy)
        # Up to 14 a partition's trigger may have a name of its own.
        if copy.properties["name"] != have["name"]:
            was = written(have["name"])
            create.append(
                composed("ALTER TRIGGER {was} ON {table} RENAME TO {name}", was=was, **parts)
            )
        if copy.properties["enabled"] != have["enabled"]:
            state = written(_FIRING[copy.properties["enabled"]])
            create.append(
                composed("ALTER TABLE ONLY {table} {state} TRIGGER {name}", state=state, **parts)
            )
        create += _comment(copy)
    return drop, create


def _enabled(found: CatalogObject) -> Iterator[str]:
    state = found.properties["enabled"]
    if state != "O":
        said = written(_FIRING[state])
        yield composed("ALTER TABLE {table} {state} {kind} {name}", state=said, **_parts(found))


def _policy(found: CatalogObject, _around: Surroundings) -> Statements:
    have = found.properties
    create = composed(
        "CREATE POLICY {object} AS {mode} FOR {command} TO {roles}{using}{check}",
        mode=written("PERMISSIVE" if have["permissive"] else "RESTRICTIVE"),
        command=written(have["command"]),
        roles=listed(map(written, have["roles"])),
        using=_clause(" USING ({})", have.get("using")),
        check=_clause(" WITH CHECK ({})", have.get("check")),
        **_parts(found),
    )
    return [_drop(found)], [create, *_comment(found)]


def _routine(found: CatalogObject, around: Surroundings) -> Statements:
    create = [
        found.properties["definition"].rstrip(),
        *_owner(found),
        *_privileges(found, around, found.kind),
        *_comment(found),
    ]
    return [_drop(found)], create


def _statistics(found: CatalogObject, _around: Surroundings) -> Statements:
    have = found.properties
    create = [have["definition"], *_owner(found)]
    if "statistics target" in have:
        target = written(str(have["statistics target"]))
        create.append(
            composed(
                "ALTER STATISTICS {object} SET STATISTICS {target}", target=target, **_parts(found)
            )
        )
    return [_drop(found)], [*create, *_comment(found)]


def _published(found: CatalogObject, _around: Surroundings) -> Statements:
    have = found.properties
    parts = _parts(found) | {"publication": written(have["publication"])}
    columns = have.get("columns")
    create = composed(
        "ALTER PUBLICATION {publication} ADD TABLE {table}{columns}{where}",
        columns=_clause(" ({})", ", ".join(columns) if columns else None),
        where=_clause(" WHERE ({})", have.get("where")),
        **parts,
    )
    return [composed("ALTER PUBLICATION {publication} DROP TABLE {table}", **parts)], [create]


_MAKERS: dict[str, Callable[[CatalogObject, Surroundings], Statements]] = {
    "VIEW": _view,
    "MATERIALIZED VIEW": _view,
    "INDEX": _index,
    "CONSTRAINT": _constraint,
    "RULE": _rule,
    "TRIGGER": _trigger,
    "POLICY": _policy,
    "FUNCTION": _routine,
    "PROCEDURE": _routine,
    "STATISTICS": _statistics,
    "PUBLISHED TABLE": _published,
}


def _comment(found: CatalogObject) -> Iterator[str]:
    comment = found.properties.get("comment")
    if comment is not None:
        said = sql.Literal(comment)
        yield composed("COMMENT ON {kind} {object} IS {comment}", comment=said, **_parts(found))


def _owner(found: CatalogObject) -> Iterator[str]:
    owner = sql.Identifier(found.properties["owner"])
    yield composed("ALTER {kind} {object} OWNER TO {owner}", owner=owner, **_parts(found))


# --- privileges -------------------------------------------------------------------------------


def _privileges(found: CatalogObject, around: Surroundings, kind: str) -> Iterator[str]:
    """Nothing if they are what every new object has; else all of them, from none."""
    owner, items = found.properties["owner"], found.properties["privileges"]
    if _usual(kind, owner, items) and not around.favoured:
        return
    target = sql.SQL(" ").join([written(kind), written(found.identity)])
    roles = dict.fromkeys([owner, *around.favoured])
    everybody = listed([sql.SQL("PUBLIC"), *map(sql.Identifier, roles)])
    yield composed("REVOKE ALL ON {target} FROM {everybody}", target=target, everybody=everybody)
    yield from _grants(items, owner, target)


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
    items: list[str], owner: str, target: sql.Composable, column: CatalogObject | None = None
) -> Iterator[str]:
    # Those of the owner first: the others grant on what they were granted.
    for to, what, by in sorted(map(_parsed, items), key=lambda item: item[2] != owner):
        grantee = sql.Identifier(to) if to else sql.SQL("PUBLIC")
        for option in ("", "*"):
            letters = re.findall(r"[A-Za-z](?!\*)" if not option else r"[A-Za-z](?=\*)", what)
            if not letters:
                continue
            of = _clause(" ({})", None if column is None else column.properties["name"])
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
