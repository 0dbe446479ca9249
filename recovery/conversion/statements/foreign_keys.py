"""The statements that drop foreign keys, make them again, and look whether they are as before."""

from collections import Counter
from collections.abc import Iterable, Iterator

from psycopg import sql

from queries.rows import ForeignKeyCopyRow, ForeignKeyRow
from recovery.catalog.catalog import Catalog
from recovery.conversion.closure import Closure
from recovery.conversion.statements.statement import DROP, RECREATE, Statement, do
from recovery.record.events import Effort
from recovery.words.composing import composed, listed, written
from recovery.words.names import TableName

_FIRING = {
    "D": "DISABLE TRIGGER",
    "R": "ENABLE REPLICA TRIGGER",
    "A": "ENABLE ALWAYS TRIGGER",
}


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
        "its two sides have different types while the conversion runs",
        Counter([closure.key_of(foreign_key)]),
        _ends(catalog, foreign_key),
    )


def recreated(
    catalog: Catalog, closure: Closure, foreign_key: ForeignKeyRow
) -> Iterator[Statement]:
    """The statements that make one again, with its comment and what its copies had."""
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
        "from its stored definition",
        Counter([closure.key_of(foreign_key)]),
        _ends(catalog, foreign_key),
        effort=Effort.LOOK_UP if foreign_key.is_validated else Effort.CATALOG,
        evaluates=True,
    )
    if foreign_key.comment is not None:
        yield _comment(catalog, foreign_key, table, foreign_key.name, foreign_key.comment)
    yield from _copies(catalog, foreign_key)


def _copies(catalog: Catalog, foreign_key: ForeignKeyRow) -> Iterator[Statement]:
    """What PostgreSQL's copies for partitions had, which were dropped with the foreign key."""
    copies = catalog.key_copies.get(foreign_key.oid, [])
    named, ends = described(catalog, foreign_key), _ends(catalog, foreign_key)
    if any(copy.name != foreign_key.name for copy in copies):
        yield Statement(
            RECREATE,
            _names_of_copies(foreign_key, copies),
            named,
            "its copies for partitions had other names than they get",
            Counter(),
            ends,
        )
    for copy in copies:
        table = written(copy.relation)
        if copy.comment is not None:
            yield _comment(catalog, foreign_key, table, copy.name, copy.comment)
        if copy.is_validated and not foreign_key.is_validated:
            yield Statement(
                RECREATE,
                composed(
                    "ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
                    table=table,
                    name=sql.Identifier(copy.name),
                ),
                named,
                "this partition was validated by itself",
                Counter(),
                ends,
                effort=Effort.LOOK_UP,
                evaluates=True,
            )


def _comment(
    catalog: Catalog,
    foreign_key: ForeignKeyRow,
    table: sql.Composable,
    name: str,
    comment: str,
) -> Statement:
    return Statement(
        RECREATE,
        composed(
            "COMMENT ON CONSTRAINT {name} ON {table} IS {comment}",
            name=sql.Identifier(name),
            table=table,
            comment=sql.Literal(comment),
        ),
        described(catalog, foreign_key),
        "dropping the foreign key dropped its comment",
        Counter(),
        _ends(catalog, foreign_key)[:1],
    )


def _names_of_copies(foreign_key: ForeignKeyRow, copies: list[ForeignKeyCopyRow]) -> str:
    """By way of names that no other has: two copies may have each other's."""
    return do(
        composed(
            """DECLARE
  copy record;
BEGIN
  FOR copy IN
    WITH RECURSIVE family AS (
      SELECT k.* FROM pg_catalog.pg_constraint k
      WHERE k.conrelid = {table}::pg_catalog.regclass AND k.conname = {constraint}
      UNION ALL
      SELECT k.* FROM family f JOIN pg_catalog.pg_constraint k ON k.conparentid = f.oid
    )
    SELECT turn, e.tab, CASE turn WHEN 1 THEN k.conname ELSE 'pg_rekey_' || k.oid END AS old,
           CASE turn WHEN 1 THEN 'pg_rekey_' || k.oid ELSE e.name END AS new
    FROM (VALUES
      {rows}
    ) AS e (tab, referenced, name)
    JOIN family k ON k.conrelid = e.tab::pg_catalog.regclass
                 AND k.confrelid = e.referenced::pg_catalog.regclass
    CROSS JOIN (VALUES (1), (2)) AS turns (turn)
    WHERE k.conname <> e.name
    ORDER BY turn
  LOOP
    EXECUTE pg_catalog.format(
      'ALTER TABLE %s RENAME CONSTRAINT %I TO %I', copy.tab, copy.old, copy.new);
  END LOOP;
END""",
            table=sql.Literal(foreign_key.relation),
            constraint=sql.Literal(foreign_key.name),
            rows=_rows((copy.relation, copy.referenced, copy.name) for copy in copies),
        )
    )


def _rows(values: Iterable[tuple[str | None, ...]]) -> sql.Composable:
    rows = (sql.SQL("({})").format(listed(map(sql.Literal, row))) for row in values)
    return listed(rows, ",\n      ")


def firing_as_before(catalog: Catalog, foreign_key: ForeignKeyRow) -> Iterator[Statement]:
    """The statement that gives its triggers the names and states that they had.

    Triggers fire in the order of their names. From 15 on, PostgreSQL renames a partition's trigger
    with its parent's, and refuses to rename it alone.
    """
    triggers = catalog.triggers_of(foreign_key.oid)
    wanted = [one for one in triggers if not one.is_copy or one.state != "O"]
    if not wanted:
        return
    yield Statement(
        RECREATE,
        do(
            composed(
                """DECLARE
  it record;
BEGIN
  FOR it IN
    SELECT t.tgrelid::pg_catalog.regclass AS tab, t.tgname AS now, e.name, e.state
    FROM (VALUES
      {rows}
    ) AS e (relation, con, tab, function, name, state)
    JOIN pg_catalog.pg_constraint k ON k.conrelid = e.relation::pg_catalog.regclass
                                   AND k.conname = e.con
    JOIN pg_catalog.pg_trigger t ON t.tgconstraint = k.oid
                                AND t.tgrelid = e.tab::pg_catalog.regclass
                                AND t.tgfoid = e.function::pg_catalog.regproc
    -- Renaming one renames its copies, so theirs is the first turn.
    ORDER BY e.name IS NOT NULL
  LOOP
    IF it.state IS NOT NULL THEN
      EXECUTE pg_catalog.format('ALTER TABLE ONLY %s %s %I', it.tab, it.state, it.now);
    END IF;
    IF it.name IS NOT NULL THEN
      BEGIN
        EXECUTE pg_catalog.format('ALTER TRIGGER %I ON %s RENAME TO %I', it.now, it.tab, it.name);
      EXCEPTION WHEN duplicate_object THEN
        NULL; -- on a copy of the schema another may have it; the firing order is compared
      END;
    END IF;
  END LOOP;
END""",
                rows=_rows(
                    (
                        one.relation,
                        one.constraint_name,
                        one.table_name,
                        one.function,
                        None if one.is_copy else one.name,
                        _FIRING.get(one.state),
                    )
                    for one in wanted
                ),
            )
        ),
        described(catalog, foreign_key),
        "its triggers fire in the order of their names, and in the state that they had",
        Counter(),
        _ends(catalog, foreign_key),
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


def _ends(catalog: Catalog, foreign_key: ForeignKeyRow) -> tuple[TableName, ...]:
    """The referencing table, and the referenced one if that is another."""
    ends = (foreign_key.table_oid, foreign_key.referenced_oid)
    return tuple(dict.fromkeys(map(catalog.table_name, ends)))


def described(catalog: Catalog, foreign_key: ForeignKeyRow) -> str:
    """The foreign key in words."""
    return f"foreign key {foreign_key.name} of {catalog.table_name(foreign_key.table_oid)}"
