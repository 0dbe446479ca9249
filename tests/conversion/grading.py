"""Whether a database that was converted is as one that was not, by other means than the product's.

The twin is a copy from before. Both are dumped by pg_dump, and asked for what it does not write;
both are read and written to by each role, and what comes of it is compared.
"""

import re
from collections.abc import Iterator
from typing import Any

import psycopg

from tests.conftest import Database
from tests.conversion.behaviour import behaviour, outcome
from tests.recovering import contents_of, contents_query, difference, schema_of

# Types that PostgreSQL casts to by itself when one of them is exchanged for another.
_CAST = re.compile(
    r"::(?:uuid|integer|bigint|text|bpchar|character(?: varying)?(?:\(\d+\))?)(?:\[\])?(?!\w)"
)
# How pg_dump writes the state of a foreign key's trigger on a partition, in the order of the names,
# which have an oid in them and are the parent's afterwards. Whose state it is, is asked besides.
_STATE_OF_A_KEY = re.compile(
    r"--\n-- Name: [^\n]* RI_ConstraintTrigger_[ac]_\d+; Type: TRIGGER[^\n]*\n--\n\n\n"
    r"(ALTER TABLE [^\n]* TRIGGER \"RI_ConstraintTrigger_[ac])_\d+\";\n\n\n"
)
_NAMED = re.compile(r"(\b\w+\.(\w+)) AS \2\b")
_TABLE = re.compile(r"CREATE TABLE (\S+) \(")
_COLUMN = re.compile(r"    (\S+) ")

_TYPES = """
SELECT c.oid::regclass::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
  AND a.attnum > 0 AND NOT a.attisdropped
"""
# What pg_dump does not write: of partitions, of a foreign key's own triggers, of indexes' columns.
_UNWRITTEN = """
SELECT 'trigger', t.tgrelid::regclass::text, coalesce(k.conname, t.tgname),
       concat_ws(' ', t.tgfoid::regproc, t.tgtype, t.tgenabled)
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'public'::regnamespace
LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
UNION ALL
SELECT 'constraint', k.conrelid::regclass::text, k.conname,
       concat_ws(' ', k.contype, k.convalidated, k.condeferrable, k.condeferred, k.coninhcount,
                 k.conislocal, k.connoinherit, p.conname, obj_description(k.oid, 'pg_constraint'),
                 CASE WHEN k.contype <> 'c' THEN pg_get_constraintdef(k.oid) END)
FROM pg_constraint k
LEFT JOIN pg_constraint p ON p.oid = k.conparentid
WHERE k.connamespace = 'public'::regnamespace AND k.conrelid <> 0
UNION ALL
SELECT 'relation', c.oid::regclass::text, c.relkind::text,
       concat_ws(' ', c.relispopulated, c.relreplident, c.reloptions, t.reloptions,
                 c.relpersistence, s.spcname, obj_description(c.oid, 'pg_class'))
FROM pg_class c
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'column', a.attrelid::regclass::text, a.attname::text,
       concat_ws(' ', a.attstattarget, a.attoptions, a.attacl, a.attislocal, a.attinhcount)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped AND a.attnum > 0
UNION ALL
SELECT 'depends on an extension', pg_describe_object(classid, objid, objsubid), '', ''
FROM pg_depend WHERE deptype = 'x'
ORDER BY 1, 2, 3, 4
"""


def faults(database: Database, twin: Database, target: str, announced: set[str]) -> Iterator[str]:
    """What is not as it was but for the types, in words; nothing if all is well.

    ``target`` is the new type as PostgreSQL spells it. ``announced`` functions may fail now.
    """
    exchanged = _exchanged(database, twin)
    for (table, column), (was, now) in exchanged.items():
        if now != target or was not in ("uuid", "integer"):
            yield f"{table}.{column} was {was} and is {now}"
    yield from difference(_plain(schema_of(twin), exchanged), _plain(schema_of(database), {}))
    yield from difference(_unwritten(twin), _unwritten(database))
    before = contents_of(twin)
    try:
        after = contents_of(database)
    except psycopg.Error as error:
        yield f"not all can be read any more: {error}"
        return
    for relation in sorted({*before, *after}):
        if before.get(relation) != after.get(relation):
            yield f"{relation} had {before.get(relation)} and has {after.get(relation)}"
    for said_by in (behaviour, as_roles):
        was_said, now_said = dict(said_by(twin)), dict(said_by(database))
        for text, ended in was_said.items():
            if now_said[text] != ended and not any(name in text for name in announced):
                yield f"{text}: {_differing(ended, now_said[text])}"


def _differing(was: object, now: object) -> str:
    """Two outcomes in words, without the relations that have the same rows in both."""
    if isinstance(was, tuple) and isinstance(now, tuple) and was[0] == now[0]:
        was, now = ([row for row in a[1] if row not in b[1]] for a, b in ((was, now), (now, was)))
    return f"ended as {was}, and now as {now}"


def _exchanged(database: Database, twin: Database) -> dict[tuple[str, str], tuple[str, str]]:
    """The columns of tables that have another type now: which one they had, and which they have."""
    before, after = (
        {(table, column): type_ for table, column, type_ in each.rows(_TYPES)}
        for each in (twin, database)
    )
    return {
        place: (was, after.get(place, "gone"))
        for place, was in before.items()
        if after.get(place) != was
    }


def _unwritten(database: Database) -> str:
    return "\n".join(_without_casts(" | ".join(row)) for row in database.rows(_UNWRITTEN))


def _plain(dumped: str, exchanged: dict[tuple[str, str], tuple[str, str]]) -> str:
    """A dump with columns' types exchanged, and without casts between types of keys."""
    lines: list[str] = sorted(_STATE_OF_A_KEY.findall(dumped))
    table = None
    granted: list[str] = []
    for line in _STATE_OF_A_KEY.sub("", dumped).splitlines():
        opened = _TABLE.match(line)
        if opened is not None:
            table = opened[1].removeprefix("public.")
        elif line.startswith(")"):
            table = None
        column = _COLUMN.match(line)
        if table is not None and column is not None:
            was, now = exchanged.get((table, column[1]), ("", ""))
            rest = line[column.end() :]
            if was and re.match(f"{re.escape(was)}(?=[ ,]|$)", rest):
                line = f"{column[0]}{now}{rest.removeprefix(was)}"
        # Who granted first is of no account.
        if line.startswith(("GRANT ", "REVOKE ", "SET SESSION ", "RESET SESSION ")):
            granted.append(line)
            continue
        lines += _grants(granted)
        granted = []
        lines.append(_without_casts(line))
    return "\n".join([*lines, *_grants(granted)])


def _grants(lines: list[str]) -> list[str]:
    """Grants and revocations, each with who it is by, in an order of their own."""
    by = ""
    each = []
    for line in lines:
        if line.startswith("SET SESSION "):
            by = line
        elif line.startswith("RESET SESSION "):
            by = ""
        else:
            each.append(f"{by}{line}")
    return sorted(each)


def _without_casts(line: str) -> str:
    """A line without casts between the types of keys, and without the brackets of what was cast."""
    while (cast := _CAST.search(line)) is not None:
        before, after = line[: cast.start()], line[cast.end() :]
        if before.endswith(")"):
            opening = _opening(before)
            before = before[:opening] + before[opening + 1 : -1]
        elif (number := re.search(r"'(-?\d+)'$", before)) is not None:
            # An integer that a bigint is compared with.
            before = before[: number.start()] + number[1]
        line = before + after
    # A column that is shown cast has its name said.
    return _NAMED.sub(r"\1", line)


def _opening(text: str) -> int:
    """The place of the bracket that the last one of a text closes, quoted ones aside."""
    depth, quoted = 0, False
    for place in range(len(text) - 1, -1, -1):
        if text[place] == "'":
            quoted = not quoted
        elif not quoted:
            depth += {")": 1, "(": -1}.get(text[place], 0)
            if depth == 0:
                return place
    raise AssertionError(f"a bracket is not opened: {text}")


def as_roles(database: Database) -> Iterator[tuple[str, object]]:
    """What each role is shown by every relation and function, and may do to every table."""
    with database.connect() as conn:
        contents = contents_query(conn)
        for role in ("postgres", "reader", "writer", "keeper"):
            for text in _asked(conn):
                yield f"{role}: {text}", outcome(conn, text, "SELECT 1", role)
            for text in _changes(conn):
                yield f"{role}: {text}", outcome(conn, text, contents, role)


def _asked(conn: psycopg.Connection[Any]) -> list[str]:
    rows = conn.execute(
        "SELECT format('SELECT sum(hashtextextended(x::text, 0)) FROM %s x', oid::regclass) "
        "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r','p','v','m')"
        "UNION ALL SELECT format('SELECT x::text FROM %s() x ORDER BY 1', oid::regproc) "
        "FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND pronargs = 0 "
        "AND prorettype <> 'trigger'::regtype ORDER BY 1"
    )
    return [row[0] for row in rows]


def _changes(conn: psycopg.Connection[Any]) -> list[str]:
    rows = conn.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p') ORDER BY 1"
    )
    templates = ("DELETE FROM {}", "UPDATE {} SET n = n + 1", "UPDATE {} SET id = id, a = NULL")
    return [template.format(name) for (name,) in rows for template in templates]
