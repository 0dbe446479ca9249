"""The statements that change the types of columns, and those that say which types there are."""

from collections import Counter
from collections.abc import Iterator

from psycopg import sql

from recovery.catalog.catalog import Catalog
from recovery.conversion import sequences
from recovery.conversion.closure import Closure, Member
from recovery.conversion.statements.statement import KEYS, REFERENCES, Statement, do
from recovery.record.events import Effort
from recovery.words.composing import composed, listed, written
from recovery.words.names import TableName


def types_are(expected: list[tuple[Member, str]]) -> str:
    """A check that columns have these types, by name; it raises if one has another."""
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
    return do(
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


def altered(catalog: Catalog, closure: Closure) -> Iterator[Statement]:
    """The statements that convert the columns, those of tables with a key in their own phase.

    What feeds them comes last.
    """
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
            evaluates=True,
        )
        for member in own:
            yield from _default_again(name, member, phase)
    for member, sequence in sequences.widened(catalog, closure):
        yield Statement(
            KEYS if member.is_key else REFERENCES,
            composed("ALTER SEQUENCE {s} AS bigint", s=written(sequence.identity)),
            f"sequence {sequence.identity}",
            "it would end where the smaller type ends",
            Counter(),
            (member.name.table,),
            _blocked(f"sequence {sequence.identity}"),
        )


def _identities(catalog: Catalog, members: list[Member]) -> str:
    """The sequences of identity columns, which change with their columns."""
    return "; ".join(
        _blocked(f"sequence {catalog.identities[member.place].identity}")
        for member in members
        if member.target.is_bigint and member.place in catalog.identities
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
    # A character default has no assignment cast to uuid, so it makes room.
    if member.target.is_uuid and default is not None:
        yield sql.SQL("ALTER COLUMN {} DROP DEFAULT").format(column)
    # An explicit cast to varchar(n) would cut off without a word; through text, it fails.
    through = target if member.target.is_uuid or member.target.is_bigint else sql.SQL("text")
    if member.target.is_array:
        through = sql.SQL("text[]")
    yield sql.SQL("ALTER COLUMN {} TYPE {} USING {}::{}").format(column, target, column, through)


def _default_again(table: TableName, member: Member, phase: int) -> Iterator[Statement]:
    default = member.column.default_expression
    if member.target.is_uuid and default is not None:
        yield Statement(
            phase,
            composed(
                "ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT ({default})::uuid",
                table=table.identifier,
                column=sql.Identifier(member.column.name),
                default=written(default),
            ),
            f"table {table}",
            "the default made room for the new type, and comes back cast",
            Counter(),
            (table,),
        )
