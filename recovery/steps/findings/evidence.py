"""How a finding tells what was seen: not too much of it by name, and the SQL that shows it."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from recovery.words.composing import listed, pasted
from recovery.words.names import ColumnName, TableName

# More than so many are not told by name.
MOST_TOLD = 40


def told(lines: Sequence[str]) -> str:
    """Lines as one, not too many of them."""
    more = " and more" if len(lines) > MOST_TOLD else ""
    return "; ".join(lines[:MOST_TOLD]) + more


def references_to(key: ColumnName) -> str:
    """The SQL that shows a key, and what references it."""
    return pasted(
        "key_references",
        schema=sql.Literal(key.table.schema),
        table=sql.Literal(key.table.name),
        column=sql.Literal(key.name),
    )


def which_exist(tables: Iterable[TableName]) -> str:
    """The SQL that shows which of these tables are there."""
    names = (sql.Literal(table.identifier.as_string(None)) for table in tables)
    return pasted("named_tables", names=listed(names, ",\n  "))
