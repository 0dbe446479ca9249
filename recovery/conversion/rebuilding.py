"""How an object that hangs on a converted column is dropped, and made again with all it had."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from recovery.catalog.objects import CatalogObject
from recovery.conversion.granting import grants, privileges
from recovery.words.composing import composed, listed, written

_FIRING = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_REPLICA_IDENTITY = {"f": "FULL", "n": "NOTHING"}
# Letters that stand for words in what a column has.
_WORDS = {
    "storage": {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"},
    "compression": {"p": "pglz", "l": "lz4"},
}


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The statements that drop an object, and those that make it again.

    Those in ``evaluating`` call functions of the database, those in ``moving`` say in which
    tablespace it is.
    """

    object: CatalogObject
    drop: tuple[str, ...]
    create: tuple[str, ...]
    evaluating: frozenset[str] = frozenset()
    moving: frozenset[str] = frozenset()


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
    placed = found if around.index is None else around.index
    moving = frozenset(_tablespace(placed))
    return Rebuild(found, tuple(drop), tuple(create), evaluating=evaluating, moving=moving)


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
        # It is moved and filled by statements of their own: a copy of the schema has no tablespace.
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
    of_columns = {
        column.properties["name"]: column.properties.get("privileges", [])
        for column in around.columns
    }
    of_columns.update(have.get("privileges on system columns", {}))
    for name, granted in of_columns.items():
        create += grants(granted, have["owner"], parts["object"], name)
    create += _row_type(found)
    if have.get("replica identity") in _REPLICA_IDENTITY:
        identity = written(_REPLICA_IDENTITY[have["replica identity"]])
        create.append(
            composed("ALTER TABLE {object} REPLICA IDENTITY {identity}", identity=identity, **parts)
        )
    create += _marks(found)
    if found.kind == "MATERIALIZED VIEW" and have["populated"]:
        create.append(composed("REFRESH MATERIALIZED VIEW {object}", **parts))
        create.append(composed("ANALYZE {object}", **parts))
    return [_drop(found)], create


def _drop(found: CatalogObject) -> str:
    return composed("DROP {kind} {object}", **_parts(found))


def _options(found: CatalogObject) -> sql.Composable:
    options = _listed_options(found)
    return sql.SQL("") if options is None else sql.SQL(" WITH ({})").format(options)


def _listed_options(found: CatalogObject) -> sql.Composable | None:
    options = found.properties.get("options")
    if not options:
        return None
    named = (option.partition("=") for option in options)
    return listed(
        sql.SQL("{}={}").format(written(name), sql.Literal(value)) for name, _, value in named
    )


def _column(found: CatalogObject, column: CatalogObject) -> Iterator[str]:
    have = column.properties
    parts = _parts(found) | {"column": written(have["name"])}
    for part, clause in (
        ("default", "SET DEFAULT {}"),
        ("statistics target", "SET STATISTICS {}"),
        ("options", "SET ({})"),
        ("storage", "SET STORAGE {}"),
        ("compression", "SET COMPRESSION {}"),
    ):
        if part in have:
            value = _WORDS[part][have[part]] if part in _WORDS else have[part]
            said = written(", ".join(value) if isinstance(value, list) else str(value))
            yield composed(
                "ALTER {kind} {object} ALTER COLUMN {column} {clause}",
                clause=sql.SQL(clause).format(said),
                **parts,
            )
    yield from _marks(column)


def _row_type(found: CatalogObject) -> Iterator[str]:
    """What a view's row type has of its own."""
    have, parts = found.properties, _parts(found)
    if "type privileges" in have:
        yield from privileges("TYPE", found.identity, have["owner"], have["type privileges"], ())
    if "type comment" in have:
        said = sql.Literal(have["type comment"])
        yield composed("COMMENT ON TYPE {object} IS {comment}", comment=said, **parts)
    yield from _labels(found, "TYPE", have.get("type security labels", []))


def _index(found: CatalogObject, _around: Surroundings) -> Statements:
    return [_drop(found)], [found.properties["definition"], *_index_marks(found)]


def _index_marks(found: CatalogObject) -> Iterator[str]:
    """What an index has besides its definition."""
    have, parts = found.properties, _parts(found)
    yield from _tablespace(found)
    yield from lost_by_index(found)
    if "clustered" in have:
        yield composed("ALTER TABLE {table} CLUSTER ON {name}", **parts)
    if "replica identity" in have:
        yield composed("ALTER TABLE {table} REPLICA IDENTITY USING INDEX {name}", **parts)
    yield from _comment(found)


def _tablespace(found: CatalogObject) -> Iterator[str]:
    if "tablespace" in found.properties:
        space = sql.Identifier(found.properties["tablespace"])
        yield composed("ALTER {kind} {object} SET TABLESPACE {space}", space=space, **_parts(found))


def lost_by_index(index: CatalogObject) -> Iterator[str]:
    """What gives an index again that PostgreSQL does not: neither CREATE INDEX nor ALTER TYPE."""
    for entry in index.properties.get("statistics", []):
        number, _, target = entry.partition("=")
        yield composed(
            "ALTER INDEX {object} ALTER COLUMN {number} SET STATISTICS {target}",
            number=written(number),
            target=written(target),
            **_parts(index),
        )
    yield from _extensions(index)


def lost_by_partition(found: CatalogObject) -> Iterator[str]:
    """What gives an index, or its constraint, again that PostgreSQL makes from the parent's."""
    if found.kind == "CONSTRAINT":
        yield from _comment(found)
        return
    options = _listed_options(found)
    if options is not None:
        yield composed("ALTER INDEX {object} SET ({options})", options=options, **_parts(found))
    yield from _index_marks(found)


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
    create = [found.properties["definition"].removesuffix(";"), *_enabled(found), *_marks(found)]
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
        create += _marks(copy)
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
        *_marks(found),
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


def _marks(found: CatalogObject) -> Iterator[str]:
    """What is said of an object by statements of its own, whatever its kind."""
    yield from _comment(found)
    yield from _extensions(found)
    yield from _labels(found, found.kind, found.properties.get("security labels", []))


def _labels(found: CatalogObject, kind: str, labels: list[str]) -> Iterator[str]:
    for entry in labels:
        provider, _, label = entry.partition("=")
        yield composed(
            "SECURITY LABEL FOR {provider} ON {kind} {object} IS {label}",
            provider=sql.Identifier(provider),
            label=sql.Literal(label),
            **_parts(found) | {"kind": written(kind)},
        )


def _extensions(found: CatalogObject) -> Iterator[str]:
    for extension in found.properties.get("depends on extensions", []):
        yield composed(
            "ALTER {kind} {object} DEPENDS ON EXTENSION {extension}",
            extension=sql.Identifier(extension),
            **_parts(found),
        )


def _privileges(found: CatalogObject, around: Surroundings, kind: str) -> Iterator[str]:
    have = found.properties
    return privileges(kind, found.identity, have["owner"], have["privileges"], around.favoured)


def _owner(found: CatalogObject) -> Iterator[str]:
    owner = sql.Identifier(found.properties["owner"])
    yield composed("ALTER {kind} {object} OWNER TO {owner}", owner=owner, **_parts(found))
