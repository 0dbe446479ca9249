"""Which functions would call something else than before, without failing: bodies that are strings.

PostgreSQL looks into them each time they are run. Those in SQL can be made again with a parsed body
on a copy of the schema, which shows what they call; the others are only read.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import permutations, zip_longest
from typing import Any

import psycopg

from queries.rows import CallRow
from recovery.catalog import expressions
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.conversion import collations, routines
from recovery.conversion.closure import Closure
from recovery.conversion.overloads import signature
from recovery.record.events import Break
from recovery.words.composing import composed, written

# Bodies can be parsed from this version on.
_PARSED_BODIES = 140000
_STRING = re.compile(r"^AS (\$\w*\$)(?P<body>.*)\1\s*\Z", re.DOTALL | re.MULTILINE)
# What is taken as well, by what is given.
_ALIKE = {"character varying": ("text",), "character": ("text", "character varying")}
_OWN_PATH = re.compile(r"^ SET (search_path TO .*)$", re.MULTILINE)

# By function, what its body calls.
Called = dict[str, tuple[CallRow, ...]]


def called(conn: psycopg.Connection[Any], catalog: Catalog) -> Called:
    """What the bodies of functions in SQL call, as the schema is now: of those that are parsed."""
    if conn.info.server_version < _PARSED_BODIES:
        return {}
    with conn.transaction(force_rollback=True):
        parsed = [
            one for one in routines.of_language(catalog, "sql") if _is_parsed(conn, catalog, one)
        ]
        conn.execute("SET LOCAL search_path = ''")
        calls = expressions.calls_of(conn, routines=[one.identity for one in parsed])
    return {one.identity: calls.get(one.name, ()) for one in parsed}


def _is_parsed(conn: psycopg.Connection[Any], catalog: Catalog, routine: CatalogObject) -> bool:
    """Makes a function again with a parsed body, if it has none and can have one."""
    text = routine.properties["definition"]
    body = _STRING.search(text)
    if body is None:
        return False
    own_path = _OWN_PATH.search(text)
    try:
        with conn.transaction():
            conn.execute(routines.search_path(catalog))
            if own_path is not None:
                conn.execute(composed("SET LOCAL {path}", path=written(own_path[1])))
            conn.execute(f"{text[: body.start()]}BEGIN ATOMIC\n{body['body']}\n;\nEND")
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        # Not all that may stand in a string can be parsed before it is run.
        return False
    return True


def changed(before: Called, now: Called, made: Collection[str]) -> Iterator[Break]:
    """What calls something else than before, or does not know by which collation to compare.

    What the plan has ``made``, for code that still has the old type, is meant to be called.
    """
    for function, calls in before.items():
        if function not in now:
            continue
        called_now = (callee for callee in expressions.own(now[function]) if callee not in made)
        pairs = zip_longest(expressions.own(calls), called_now)
        for was, is_ in dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]):
            cause = f"calls {is_ or 'nothing'} where it called {was or 'nothing'}"
            yield Break(function, None, cause, routines.CHECKED)
        known = {(call.called, call.place) for call in calls if call.collation == ""}
        for call in now[function]:
            new = call.collation == "" and (call.called, call.place) not in known
            if new and collations.compares(call):
                name, _ = signature(call.called)
                cause = f"{name} is given two collations, and takes neither [42P22]"
                yield Break(function, None, cause, routines.CHECKED)


def suspicious(catalog: Catalog, closure: Closure, looked_into: Collection[str]) -> Iterator[Break]:
    """Lines that may call another function than before, of those that were not ``looked_into``.

    Only of functions that name a converted table or are triggers of one.
    """
    pairs = _pairs(catalog, closure)
    if not pairs:
        return
    calling = re.compile(
        r"\b(" + "|".join(map(re.escape, sorted(pairs))) + r")\"?\s*\(", re.IGNORECASE
    )
    for language in ("sql", "plpgsql"):
        for routine in routines.touching(catalog, closure, language):
            text = routine.properties["definition"]
            body = _STRING.search(text)
            if body is None or routine.identity in looked_into:
                continue
            head = text.count("\n", 0, body.start())
            for number, line in enumerate(body[0].splitlines(), start=1):
                if (call := calling.search(line)) is not None:
                    was, now = pairs[call[1].lower()]
                    cause = f"{line.strip()[:200]} (may call {now} where it called {was})"
                    yield Break(routine.identity, head + number, cause, routines.READ)


def _pairs(catalog: Catalog, closure: Closure) -> dict[str, tuple[str, str]]:
    """By bare name, in lower case: of overloads, one that takes an old type, one the new one."""
    overloads: dict[str, list[str]] = defaultdict(list)
    for found in catalog.objects.values():
        if found.kind in ("FUNCTION", "AGGREGATE"):
            overloads[signature(found.identity)[0]].append(found.identity)
    found_pairs: dict[str, tuple[str, str]] = {}
    for name, callees in overloads.items():
        for was, now in permutations(callees, 2):
            taken = zip(signature(was)[1], signature(now)[1], strict=False)
            if any(_follows(one, other, closure) for one, other in taken):
                bare = name.rpartition(".")[2].strip('"').lower()
                found_pairs.setdefault(bare, (was, now))
    return found_pairs


def _follows(old: str, new: str, closure: Closure) -> bool:
    """Whether a column that was given as the one type might be given as the other afterwards."""
    return old != new and any(
        old == member.column.type.partition("(")[0]
        and new in (member.target.name.partition("(")[0], *_ALIKE.get(member.target.family, ()))
        for member in closure.members.values()
    )
