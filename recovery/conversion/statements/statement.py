"""One statement of a conversion, and the phases that it may belong to."""

from collections import Counter
from dataclasses import dataclass

from recovery.record.events import Effort
from recovery.words.names import TableName

CHECK, DROP, KEYS, REFERENCES, RECREATE, VALIDATE = 1, 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``counts`` says, by key, what it adds to its phase.

    It works on ``tables``. ``locks`` says what it locks besides what the transaction begins with.
    ``evaluates``: it may call functions of the database, which look up names by the search_path.
    ``only_there``: on a copy of the schema there is nothing for it to do.
    """

    phase: int
    sql: str
    object: str
    why: str
    counts: Counter[str]
    tables: tuple[TableName, ...] = ()
    locks: str = ""
    effort: Effort = Effort.CATALOG
    evaluates: bool = False
    only_there: bool = False


def do(body: str) -> str:
    """A block of PL/pgSQL as a statement, whatever is quoted in it."""
    tag = "$pg_rekey$"
    while tag in body:
        tag = tag[:-1] + "_$"
    return f"DO {tag}\n{body}\n{tag}"
