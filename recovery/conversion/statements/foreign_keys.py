"""The statements that drop foreign keys, make them again, and look whether they are as before."""

from collections import Counter
from collections.abc import Iterator

from psycopg import sql

from queries.rows import ForeignKeyRow
from recovery.catalog.catalog import Catalog
from recovery.conversion.closure import Closure
from recovery.conversion.statements.statement import DROP, RECREATE, Statement, do
from recovery.record.events import Effort
from recovery.words.composing import composed, listed, written
from recovery.words.names import TableName

# What a foreign key is counted under that is made again though no column of it is converted.
_IN_ORDER = "order kept"
_FIRING = {"D": "DISABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}


def dropped(catalog: Catalog, closure: Closure, foreign_key: ForeignKeyRow) -> Statement:
    """The statement that drops one."""
    return Statement(
        DROP,
        composed(
            "ALTER TABLE {table} DROP CONSTRAINT {name}",
            table=sql.Identifier(foreign_key.schema, foreign_key.table_name),
            name=sql.Identifier(foreign_key.name),
        ),
        described(catalog, foreign_key),
        _why_dropped(catalog, closure, foreign_key),
        _counted(closure, foreign_key),
        _ends(catalog, foreign_key),
    )


def recreated(
    catalog: Catalog, closure: Closure, foreign_key: ForeignKeyRow
) -> Iterator[Statement]:
    """The statements that make one again, with its comment and the states of its triggers."""
    table = sql.Identifier(foreign_key.schema, foreign_key.table_name)
    name = sql.Identifier(foreign_key.name)
    named = described(catalog, foreign_key)
    yield Statement(
        RECREATE,
        composed(
            "ALTER TABLE {table}\n  ADD CONSTRAINT {name} {definition}",
            table=table,
            name=name,
            definition=written(foreign_key.definition),
        ),
        named,
        "from its stored definition, in the original order: that decides which fires first",
        _counted(closure, foreign_key),
        _ends(catalog, foreign_key),
        effort=Effort.LOOK_UP if foreign_key.is_validated else Effort.CATALOG,
        evaluates=True,
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
            named,
            "dropping the foreign key dropped its comment",
            Counter(),
            _ends(catalog, foreign_key)[:1],
        )
    for state, function, on_table in foreign_key.trigger_states:
        yield Statement(
            RECREATE,
            _set_trigger_state(table, foreign_key.name, state, function, on_table),
            named,
            "the trigger was not in the normal state before",
            Counter(),
            _ends(catalog, foreign_key),
        )


def _set_trigger_state(
    table: sql.Identifier, constraint: str, state: str, function: str, on_table: str
) -> str:
    """The trigger's name has an oid in it, so it is looked up where the statement runs."""
    return do(
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


def are_there(foreign_keys: list[ForeignKeyRow]) -> str:
    """A check that all of them are as they were; it raises if one is not."""
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
        return do("BEGIN\n  NULL; -- there are none\nEND")
    return do(
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
    return Counter([closure.key_of(foreign_key) or _IN_ORDER])


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


def described(catalog: Catalog, foreign_key: ForeignKeyRow) -> str:
    """The foreign key in words."""
    return f"foreign key {foreign_key.name} of {catalog.table_name(foreign_key.table_oid)}"
