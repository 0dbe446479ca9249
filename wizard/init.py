"""Writes a first profile from a live database: everything found, commented, to be read and cut."""

from collections import Counter
from pathlib import Path

import psycopg

from recovery.catalog import catalog
from recovery.catalog.catalog import Catalog
from recovery.server import target
from recovery.server.door import PasswordNeeded, sign_in
from recovery.words import foreign
from recovery.words.errors import DONE, ProfileError, Refused
from recovery.words.profile import Profile, TargetSection, database_of, dsn_problem
from wizard.event_lines import identity_lines
from wizard.headless import ask_on_terminal
from wizard.output import Output

_TEMPLATE = """# What pg-rekey is to expect of {database}. No password belongs here: it is
# asked for, or taken from the keyring (service pg-rekey), ~/.pgpass, a service file or PGPASSWORD.

# production, staging or test: shown on every screen.
environment = "production"

[target]
# A libpq connection string.
dsn = {dsn}
# The name that the operator has to type. Another database is refused.
database = {name}

[keys]
# Each key column and the type that the application expects. Every column that references one goes
# with it. Found here: uuid columns that foreign keys reference.
{keys}

# Columns that hold ids without a foreign key are found by 'pg-rekey investigate': take each in
# above, or name it in leave = ["table.column"], before the first [section]. scope = "type" there
# takes every column of the keys' type.

# Where a copy of the schema may be made to try the plan, if PostgreSQL of the same major version is
# not on this machine: a database of its own on this server, dropped afterwards. Its password is
# looked for in ~/.pgpass and the keyring; the target's is not tried.
# [proof]
# dsn = "host=staging user=owner dbname=postgres"

# Beyond this age a backup needs a typed word before anything is written to the database.
# [backup]
# max_age_hours = 24

[expect]
# Tables that have to be there when all is done.
tables = []
# How many there are to be at least ({tables} now).
least_tables = {tables}
# Tables whose number of rows has to be as before.
row_counts = [{row_counts}]

{alembic}
# Where there is no Alembic project, the application's SQLAlchemy models say which types keys have.
# The application's interpreter imports them, in its folder; paths are relative to this file.
# [metadata]
# source = "app.models:Base.metadata"
# python = "/srv/app/.venv/bin/python"
# folder = "/srv/app"

# Checks of services, as many as you like:
# [[http]]
# name = "backend health"
# url = "http://127.0.0.1:8000/health"
# status = 200
# json = {{ status = "healthy" }}
"""
_ALEMBIC = """[alembic]
# The folder with env.py and versions/, relative to this file.
script_location = {scripts}
# version_table = "alembic_version"
# version_table_schema = "public"
# search_path = "app,public"                # if env.py sets one
# command = ["/srv/app/.venv/bin/alembic"]  # migrate with the application's own
# folder = "/srv/app"                       # where that is run
"""


def write(
    output: Path, dsn: str, database: str | None, scripts: str | None, password: str | None
) -> int:
    """Writes the profile. Raises ``ProfileError``, ``Unreachable``; ``Refused`` if it exists."""
    if output.exists():
        raise Refused(f"{output} exists.", "Name another file with --output.", object=str(output))
    if (problem := dsn_problem(dsn)) is not None:
        raise ProfileError(f"--dsn: {problem}.", "Correct the connection string.")
    profile = Profile(TargetSection(database or database_of(dsn) or "", dsn))
    try:
        signed_in = sign_in(profile, password)
    except PasswordNeeded as needed:
        typed = None if password is not None else ask_on_terminal(needed.account)
        if typed is None:
            raise
        signed_in = sign_in(profile, typed)
    if database is not None:
        target.refuse_others(signed_in.identity, profile)
    with signed_in.door.of(signed_in.identity).connect() as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = catalog.read(conn)
    try:
        output.write_text(_text(found, dsn, signed_in.identity.database, scripts), encoding="utf-8")
    except OSError as error:
        raise Refused(
            f"The profile cannot be written: {error.strerror}.",
            "Name another file with --output.",
            object=str(output),
        ) from error
    for line in (*identity_lines(signed_in.identity), f"written: {output}"):
        Output().line(line)
    return DONE


def _text(found: Catalog, dsn: str, database: str, scripts: str | None) -> str:
    keys = _referenced_uuids(found)
    lines = [f'{_quoted(name)} = "varchar(36)"  # {count} foreign keys' for name, count in keys]
    tables = sorted({name.rpartition(".")[0] for name, _ in keys})
    alembic = _ALEMBIC.format(scripts=_quoted(scripts or "migrations"))
    return _TEMPLATE.format(
        database=foreign.line(database),
        dsn=_quoted(dsn),
        name=_quoted(database),
        keys="\n".join(lines) or '# "users.id" = "varchar(36)"',
        tables=len(found.tables),
        row_counts=", ".join(map(_quoted, tables)),
        alembic=alembic if scripts else "".join(f"# {line}\n" for line in alembic.splitlines()),
    )


def _referenced_uuids(found: Catalog) -> list[tuple[str, int]]:
    """The uuid columns that foreign keys reference and that reference nothing else themselves."""
    counts: Counter[str] = Counter()
    referencing = {
        (key.table_oid, number)
        for key in found.foreign_keys
        for number in key.column_numbers
        if key.referenced_oid != key.table_oid
    }
    for key in found.foreign_keys:
        for number in key.referenced_numbers:
            place = (key.referenced_oid, number)
            if found.columns[place].type == "uuid" and place not in referencing:
                counts[str(found.column_name(place))] += 1
    return counts.most_common()


def _quoted(text: str) -> str:
    """A TOML string."""
    return foreign.toml(text)
