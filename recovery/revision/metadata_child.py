"""Says what an application's SQLAlchemy models would create, as PostgreSQL's SQL.

Run as a script by the application's interpreter, which has nothing of pg-rekey and may be an old
one: only the standard library and the application's SQLAlchemy (1.4 or newer) are needed. The
arguments are ``module:attribute`` and the number of a file descriptor, which the answer is written
to, one JSON object: "schemas" and "statements", or "error". Standard output is the application's.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

_LONGEST_REASON = 500


def metadata_of(source: str) -> Any:
    """The ``MetaData`` that is meant. Raises ``LookupError`` with the reason if there is none."""
    module_name, _, path = source.partition(":")
    found = attempt(f"{module_name} cannot be imported", importlib.import_module, module_name)
    sqlalchemy = attempt("SQLAlchemy cannot be imported", importlib.import_module, "sqlalchemy")
    for name in path.split("."):
        found = attempt(f"{module_name} has no {path}", getattr, found, name)
    if not isinstance(found, sqlalchemy.MetaData):
        hint = ""
        if isinstance(getattr(found, "metadata", None), sqlalchemy.MetaData):
            hint = f"; {source}.metadata is one"
        raise LookupError(f"{source} is no MetaData, but of the type {type(found).__name__}{hint}")
    if not found.tables:
        raise LookupError(f"{source} has no tables: name a module that imports all models")
    return found


def statements_of(metadata: Any) -> "list[str]":
    """What creates the tables and all that goes with them."""
    from sqlalchemy import create_mock_engine
    from sqlalchemy.dialects.postgresql.base import PGDialect

    # Drivers' own dialects double each "%".
    dialect: Any = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
    statements = []

    def note(statement: Any, *_: Any, **__: Any) -> None:
        # Rows that the application begins with are not its structure.
        if not getattr(statement, "is_dml", False):
            statements.append(str(statement.compile(dialect=dialect)).strip())

    # No driver is loaded, and nothing connects.
    metadata.create_all(create_mock_engine("postgresql://", note), checkfirst=False)
    return statements


def schemas_of(metadata: Any) -> "set[str]":
    """The schemas that tables, their columns' types and sequences are said to be in."""
    places = list(metadata.tables.values())
    for table in metadata.tables.values():
        for column in table.columns:
            places += [column.type, getattr(column.type, "item_type", None), column.default]
    named = {getattr(place, "schema", None) for place in places}
    return {str(schema) for schema in named if schema}


def attempt(what: str, function: Any, *arguments: Any) -> Any:
    """The function's answer. The application's code raises what it likes, and may exit."""
    try:
        return function(*arguments)
    except BaseException as error:  # noqa: BLE001
        said = " ".join(str(error).split())[:_LONGEST_REASON]
        raise LookupError(f"{what}: {type(error).__name__}: {said}".rstrip(": ")) from None


def answer(source: str) -> "dict[str, Any]":
    """What goes back."""
    try:
        metadata = metadata_of(source)
        what = f"{source} cannot be written as SQL"
        return {
            "schemas": sorted(attempt(what, schemas_of, metadata)),
            "statements": attempt(what, statements_of, metadata),
        }
    except LookupError as error:
        return {"error": str(error)}


def main() -> None:
    """Answers, and ends at once: threads that the application has started are not waited for."""
    source, descriptor = sys.argv[1], int(sys.argv[2])
    del sys.argv[1:]
    # The application's folder comes first; that of this file would bring pg-rekey's modules.
    here = Path(__file__).resolve().parent
    others = [entry for entry in sys.path if not entry or Path(entry).resolve() != here]
    sys.path[:] = [str(Path.cwd()), *others]
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(answer(source), file)
    os._exit(0)


if __name__ == "__main__":
    main()
