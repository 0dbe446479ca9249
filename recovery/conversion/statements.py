"""The statements of a conversion, each composed once and shown as it will run."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from psycopg import sql

from queries.rows import ForeignKeyRow
from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.conversion.closure import Closure, Member
from recovery.conversion.rebuilding import Rebuild, statistics_targets
from recovery.record.events import Effort
from recovery.words.composing import composed, listed, written
from recovery.words.names import TableName

CHECK, DROP, KEYS, REFERENCES, RECREATE, VALIDATE = 1, 2, 3, 4, 5, 6
_VIEWS = ("VIEW", "MATERIALIZED VIEW")
# What a foreign key is counted under that is made again though no column of it is converted.
IN_ORDER = "order kept"
_FIRING = {"D": "DISABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``counts`` says, by key, what it adds to its phase.

    It works on ``tables``. ``locks`` says what it locks besides those that ``locked`` answers.
    """

    phase: int
    sql: str
    object: str
    why: str
    counts: Counter[str]
    tables: tuple[TableName, ...] = ()
    locks: str = ""
    effort: Effort = Effort.CATALOG


def preparation(database: str) -> Iterator[str]:
    """What the transaction begins with: its settings, and a guard against another database."""
    yield "SET LOCAL search_path = ''"
    yield "SET LOCAL lock_timeout = '5s'"
    yield "SET LOCAL statement_timeout = 0"
    yield "SET LOCAL idle_in_transaction_session_timeout = 0"
    # What policies would hide makes an error, never a wrong count.
    yield "SET LOCAL row_security = off"
    # In effect from 17 on; before, a name that PostgreSQL does not know would be an error.
    yield (
        "SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings "
        "WHERE name = 'transaction_timeout'"
    )
    # The bodies of functions that are made again name their tables by their own search_path.
    yield "SET LOCAL check_function_bodies = off"
    yield "SET LOCAL maintenance_work_mem = '256MB'"
    # For the comparison: it hashes every key once for each foreign key.
    yield "SET LOCAL work_mem = '256MB'"
    yield "SET LOCAL jit = off"
    # The keys' indexes were just written and are in memory. With the default, a small referencing
    # table is checked by reading all of a large referenced one: three times slower, measured.
    yield "SET LOCAL random_page_cost = 1.1"
    yield "SET LOCAL max_parallel_maintenance_workers = 2"
    yield _do(
        composed(
            """BEGIN
  IF pg_catalog.current_database() <> {database} THEN
    RAISE EXCEPTION 'pg-rekey: this plan is for another database';
  END IF;
END""",
            database=sql.Literal(database),
        )
    )


def _do(body: str) -> str:
    tag = "$pg_rekey$"
    while tag in body:
        tag = tag[:-1] + "_$"
    return f"DO {tag}\n{body}\n{tag}"


def locked(
    catalog: Catalog, closure: Closure, rebuilds: tuple[Rebuild, ...]
) -> dict[TableName, int]:
    """The tables that are locked before anything else, by name, and their oids."""
    oids = {oid for oid in closure.tables() if oid in catalog.tables}
    # A foreign key that keeps its place in the firing order may be on a table of its own,
    oids |= {foreign_key.table_oid for foreign_key in closure.foreign_keys}
    # and so may a policy or a trigger.
    tables = (_table_of(catalog, rebuild) for rebuild in rebuilds)
    oids |= {table.id[1] for table in tables if table is not None}
    return dict(sorted((catalog.table_name(oid), oid) for oid in oids))


def lock(tables: Iterable[TableName]) -> str:
    """All locks in one statement: it can be tried again without anything being half done."""
    return composed(
        "LOCK TABLE {tables}\n  IN ACCESS EXCLUSIVE MODE",
        tables=listed((name.identifier for name in tables), ",\n  "),
    )


def _table_of(catalog: Catalog, rebuild: Rebuild) -> CatalogObject | None:
    """The table that an object belongs to; None if it belongs to none, or to a view."""
    return catalog.named.get(("TABLE", rebuild.object.properties.get("table", "")))


def statements(
    catalog: Catalog,
    closure: Closure,
    rebuilds: tuple[Rebuild, ...],
    more: tuple[Statement, ...] = (),
) -> Iterator[Statement]:
    """The statements of the six phases, in order; ``more`` comes when all is made again."""
    everything = Counter(str(member.key) for member in closure.members.values())
    yield Statement(
        CHECK,
        _types_are([(m, m.column.type) for m in closure.members.values()]),
        "all converted columns",
        "every column still has the type that the plan was made for",
        everything,
    )
    for rebuild in reversed(rebuilds):
        yield from _rebuilding(catalog, DROP, rebuild, rebuild.drop)
    for foreign_key in closure.foreign_keys:
        yield Statement(
            DROP,
            composed(
                "ALTER TABLE {table} DROP CONSTRAINT {name}",
                table=sql.Identifier(foreign_key.schema, foreign_key.table_name),
                name=sql.Identifier(foreign_key.name),
            ),
            _described(catalog, foreign_key),
            _why_dropped(catalog, closure, foreign_key),
            _counted(closure, foreign_key),
            _ends(catalog, foreign_key),
        )
    altered = list(_alter_tables(catalog, closure))
    yield from (s for s in altered if s.phase == KEYS)
    yield from (s for s in altered if s.phase == REFERENCES)
    for foreign_key in closure.foreign_keys:
        yield from _recreate(catalog, closure, foreign_key)
    for rebuild in rebuilds:
        yield from _rebuilding(catalog, RECREATE, rebuild, rebuild.create)
    yield from _index_targets(catalog, closure, rebuilds)
    yield from more
    yield Statement(
        VALIDATE,
        _types_are([(m, m.target.name) for m in closure.members.values()]),
        "all converted columns",
        "every column has its new type",
        everything,
    )
    yield Statement(
        VALIDATE,
        _foreign_keys_are(closure.foreign_keys),
        "all recreated foreign keys",
        "every foreign key is there, validated as before",
        Counter(),
    )
    for oid in closure.tables():
        name = catalog.table_name(oid)
        yield Statement(
            VALIDATE,
            composed("ANALYZE {table}", table=name.identifier),
            f"table {name}",
            "the rewrite loses the planner's statistics",
            Counter(),
            (name,),
            effort=Effort.SAMPLE,
        )


def _index_targets(
    catalog: Catalog, closure: Closure, rebuilds: tuple[Rebuild, ...]
) -> Iterator[Statement]:
    """PostgreSQL makes the other indexes again by itself, without their statistics targets."""
    made = {rebuild.object.id for rebuild in rebuilds}
    tables = set(closure.tables())
    for found in catalog.objects.values():
        if found.kind == "INDEX" and "statistics" in found.properties and found.id not in made:
            table = catalog.named.get(("TABLE", found.properties["table"]))
            if table is not None and table.id[1] in tables:
                for text in statistics_targets(found):
                    yield Statement(
                        RECREATE,
                        text,
                        f"index {found.identity}",
                        "PostgreSQL makes the index again without it",
                        Counter(),
                        (catalog.table_name(table.id[1]),),
                    )


def _types_are(expected: list[tuple[Member, str]]) -> str:
    rows = listed(
        (
            sql.SQL("({}, {}, {})").format(
                sql.Literal(member.name.table.identifier.as_string(None)),
                sql.Literal(member.name.name),
                sql.Literal(type_),
            )
            for member, type_ in sorted(expected, key=lambda pair: pair[0].name)
        ),
        ",\n    ",
    )
    return _do(
        composed(
            """DECLARE
  wrong text;
BEGIN
  SELECT pg_catalog.string_agg(e.tab || '.' || e.col || ' is ' ||
           coalesce(pg_catalog.format_type(a.atttypid, a.atttypmod), 'not there'), ', ')
  INTO wrong
  FROM (VALUES
    {rows}
  ) AS e (tab, col, typ)
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = e.tab::pg_catalog.regclass AND a.attname = e.col AND NOT a.attisdropped
  WHERE pg_catalog.format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM e.typ;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'pg-rekey: unexpected types: ' || wrong;
  END IF;
END""",
            rows=rows,
        )
    )


def _alter_tables(catalog: Catalog, closure: Closure) -> Iterator[Statement]:
    for oid in closure.tables():
        members = closure.members_of(oid)
        # Partitions and children are altered through their parent.
        own = [member for member in members if member.column.inherited == 0]
        if not own:
            continue
        name = catalog.table_name(oid)
        parts = listed((part for member in own for part in _alter_column(member)), ",\n  ")
        keys = [member for member in own if member.is_key]
        counts = Counter(str(member.key) for member in own)
        tables = {name}
        for place, member in closure.members.items():
            if member.column.inherited and _root(catalog, place[0]) == oid:
                counts[str(member.key)] += 1
                tables.add(member.name.table)
        phase = KEYS if keys else REFERENCES
        yield Statement(
            phase,
            composed("ALTER TABLE {table}\n  {parts}", table=name.identifier, parts=parts),
            f"table {name}",
            "all of the table's columns in one statement: it is rewritten once",
            counts,
            tuple(sorted(tables)),
            _identities(catalog, own),
            Effort.REWRITE,
        )
        for member in own:
            # That of an identity column changes with it.
            sequence = catalog.serials.get(member.place)
            if sequence is not None and member.target.is_bigint:
                yield Statement(
                    phase,
                    composed("ALTER SEQUENCE {s} AS bigint", s=written(sequence.identity)),
                    f"sequence {sequence.identity}",
                    "it would end where the smaller type ends",
                    Counter(),
                    (name,),
                    _blocked(f"sequence {sequence.identity}"),
                )


def _identities(catalog: Catalog, members: list[Member]) -> str:
    """The sequences of identity columns, which change with their columns."""
    places = {member.place for member in members if member.target.is_bigint}
    return "; ".join(
        _blocked(f"sequence {name}")
        for (_, name), place in catalog.sequences.items()
        if place in places and place not in catalog.serials
    )


def _blocked(sequence: str) -> str:
    return f"SHARE ROW EXCLUSIVE on {sequence}: nextval waits"


def _root(catalog: Catalog, oid: int) -> int:
    while catalog.parents.get(oid):
        oid = catalog.parents[oid][0]
    return oid


def _alter_column(member: Member) -> Iterator[sql.Composed]:
    column, target = sql.Identifier(member.column.name), member.target.definition
    default = member.column.default_expression
    # A character default has no assignment cast to uuid, so it makes room and comes back cast.
    if member.target.is_uuid and default is not None:
        yield sql.SQL("ALTER COLUMN {} DROP DEFAULT").format(column)
    # An explicit cast to varchar(n) would cut off without a word; through text, it fails.
    through = target if member.target.is_uuid or member.target.is_bigint else sql.SQL("text")
    if member.target.is_array:
        through = sql.SQL("text[]")
    yield sql.SQL("ALTER COLUMN {} TYPE {} USING {}::{}").format(column, target, column, through)
    if member.target.is_uuid and default is not None:
        again = sql.SQL("ALTER COLUMN {} SET DEFAULT ({})::uuid")
        yield again.format(column, written(default))


def _recreate(
    catalog: Catalog, closure: Closure, foreign_key: ForeignKeyRow
) -> Iterator[Statement]:
    table = sql.Identifier(foreign_key.schema, foreign_key.table_name)
    name = sql.Identifier(foreign_key.name)
    described = _described(catalog, foreign_key)
    yield Statement(
        RECREATE,
        composed(
            "ALTER TABLE {table}\n  ADD CONSTRAINT {name} {definition}",
            table=table,
            name=name,
            definition=written(foreign_key.definition),
        ),
        described,
        "from its stored definition, in the original order: that decides which fires first",
        _counted(closure, foreign_key),
        _ends(catalog, foreign_key),
        effort=Effort.LOOK_UP if foreign_key.is_validated else Effort.CATALOG,
    )
    if foreign_key.comment is not None:
        yield Statement(
            RECREATE,
            composed(
                "COMMENT ON CONSTRAINT {name} ON {table} IS {comment}",
                name=name,
                table=table,
                comment=sql.Literal(foreign_key.comment),
            ),
            described,
            "dropping the foreign key dropped its comment",
            Counter(),
            _ends(catalog, foreign_key)[:1],
        )
    for state, function, on_table in foreign_key.trigger_states:
        yield Statement(
            RECREATE,
            _set_trigger_state(table, foreign_key.name, state, function, on_table),
            described,
            "the trigger was not in the normal state before",
            Counter(),
            _ends(catalog, foreign_key),
        )


def _set_trigger_state(
    table: sql.Identifier, constraint: str, state: str, function: str, on_table: str
) -> str:
    """The trigger's name has an oid in it, so it is looked up where the statement runs."""
    return _do(
        composed(
            """DECLARE
  name text;
BEGIN
  SELECT t.tgname INTO STRICT name
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint
  WHERE k.conrelid = {table}::pg_catalog.regclass AND k.conname = {constraint}
    AND t.tgfoid = {function}::pg_catalog.regproc
    AND t.tgrelid = {on_table}::pg_catalog.regclass;
  EXECUTE pg_catalog.format({template}, {on_table}::pg_catalog.regclass, name);
END""",
            table=sql.Literal(table.as_string(None)),
            constraint=sql.Literal(constraint),
            function=sql.Literal(function),
            on_table=sql.Literal(on_table),
            template=sql.Literal("ALTER TABLE %s " + _FIRING[state] + " %I"),
        )
    )


def _foreign_keys_are(foreign_keys: list[ForeignKeyRow]) -> str:
    rows = listed(
        (
            sql.SQL("({}, {}, {})").format(
                sql.Literal(sql.Identifier(k.schema, k.table_name).as_string(None)),
                sql.Literal(k.name),
                sql.Literal(k.definition),
            )
            for k in foreign_keys
        ),
        ",\n    ",
    )
    if not foreign_keys:
        return _do("BEGIN\n  NULL; -- there are none\nEND")
    return _do(
        composed(
            """DECLARE
  wrong text;
BEGIN
  SELECT pg_catalog.string_agg(e.tab || '.' || e.name, ', ')
  INTO wrong
  FROM (VALUES
    {rows}
  ) AS e (tab, name, definition)
  LEFT JOIN pg_catalog.pg_constraint k
    ON k.conrelid = e.tab::pg_catalog.regclass AND k.conname = e.name
  WHERE pg_catalog.pg_get_constraintdef(k.oid) IS DISTINCT FROM e.definition;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'pg-rekey: foreign keys differ: ' || wrong;
  END IF;
END""",
            rows=rows,
        )
    )


def _counted(closure: Closure, foreign_key: ForeignKeyRow) -> Counter[str]:
    return Counter([closure.key_of(foreign_key) or IN_ORDER])


def _why_dropped(catalog: Catalog, closure: Closure, foreign_key: ForeignKeyRow) -> str:
    if closure.key_of(foreign_key):
        return "its two sides have different types while the conversion runs"
    referenced = catalog.table_name(foreign_key.referenced_oid)
    return (
        f"none of its columns is converted: it comes back behind those that reference {referenced} "
        "and were created before it, so that they fire in the same order"
    )


def _ends(catalog: Catalog, foreign_key: ForeignKeyRow) -> tuple[TableName, ...]:
    """The referencing table, and the referenced one if that is another."""
    ends = (foreign_key.table_oid, foreign_key.referenced_oid)
    return tuple(dict.fromkeys(map(catalog.table_name, ends)))


def _rebuilding(
    catalog: Catalog, phase: int, rebuild: Rebuild, texts: tuple[str, ...]
) -> Iterator[Statement]:
    why = {
        DROP: "PostgreSQL does not change the type of a column that it hangs on",
        RECREATE: "as it was, with everything that it had",
    }[phase]
    table = _table_of(catalog, rebuild)
    for text in texts:
        was = rebuild.rewritten.get(text)
        yield Statement(
            phase,
            text,
            described(rebuild),
            why if was is None else f"REWRITTEN: it no longer compares. It was:\n{was}",
            Counter(),
            () if table is None else (catalog.table_name(table.id[1]),),
            _locks_of_drop(catalog, rebuild) if phase == DROP else "",
            _effort(rebuild, text),
        )


def _locks_of_drop(catalog: Catalog, rebuild: Rebuild) -> str:
    """A view is locked when it is dropped, or something on it, and not before."""
    found = rebuild.object
    possible = [found.name, *((kind, found.properties.get("table", "")) for kind in _VIEWS)]
    views = [name for name in possible if name[0] in _VIEWS and name in catalog.named]
    return ", ".join(f"ACCESS EXCLUSIVE on {kind.lower()} {name}" for kind, name in views)


def _effort(rebuild: Rebuild, text: str) -> Effort:
    """What the time of a statement depends on that makes an object again, or drops it."""
    if text.startswith("REFRESH "):
        return Effort.FILL
    if text.startswith("ANALYZE "):
        return Effort.SAMPLE
    if text.startswith(("CREATE INDEX ", "CREATE UNIQUE INDEX ")):
        return Effort.BUILD
    if text.startswith("ALTER INDEX ") and " SET TABLESPACE " in text:
        return Effort.BUILD
    if rebuild.object.kind == "CONSTRAINT" and text == rebuild.create[0]:
        checked = rebuild.object.properties["type"] == "c"
        valid = rebuild.object.properties["validated"]
        return Effort.BUILD if not checked else Effort.READ if valid else Effort.CATALOG
    return Effort.CATALOG


def described(rebuild: Rebuild) -> str:
    """The object in words."""
    return f"{rebuild.object.kind.lower()} {rebuild.object.identity}"


def _described(catalog: Catalog, foreign_key: ForeignKeyRow) -> str:
    return f"foreign key {foreign_key.name} of {catalog.table_name(foreign_key.table_oid)}"
