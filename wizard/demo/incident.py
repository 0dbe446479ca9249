"""Builds the incident: an application's database whose keys are uuid and whose revision is a lie.

The imaginary application's migrations say ``String(36)`` for the keys of users, organizations and
documents and for whatever references them, and for nothing else. So ``VARCHAR(36)`` in their SQL
marks exactly the columns that somebody once turned into uuid.
"""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql

from wizard.demo.filling import fill

PRODUCTION = "saas_platform"
DECOY = "crm_test_db"
REHEARSAL = "saas_rehearsal"

TRUE_REVISION = "ba1a5bcdb110"
CLAIMED_REVISION = "dc2c0f69c1b1"
HEAD_REVISION = "b354d12d1e7d"
FOLDERS_REVISION = "7e1c58f0b2d4"
VALUATIONS_REVISION = "9d40b6c7e3a8"

SCRIPT_LOCATION = Path(__file__).parent / "application" / "migrations"

MISSING_TABLES = (
    "rbac_audit_logs",
    "pipeline_templates",
    "pipeline_template_stages",
    "folders",
    "document_questions",
    "document_templates",
    "generated_documents",
)
HAND_MADE_TABLES = (
    "valuation_methods",
    "valuations",
    "valuation_assumptions",
    "valuation_comparables",
    "valuation_reviews",
)


def _silent(message: str) -> None:
    del message


def build(
    connect: Callable[[str], psycopg.Connection[Any]],
    *,
    rows: int = 50_000,
    claimed: str = CLAIMED_REVISION,
    progress: Callable[[str], None] = _silent,
) -> None:
    """Create production, the decoy and the rehearsal copy on a server that has none of them.

    ``connect`` opens the named database as a superuser, or as a role that may create databases.
    Production gets about ``rows`` rows in all and at least one in every table, the decoy a
    twentieth of that; both say ``claimed`` in ``alembic_version``. The same arguments always give
    the same rows. Not for several threads at once: Alembic's contexts are global.

    Raises ``ValueError`` if ``rows`` is not positive, ``alembic.util.CommandError`` if ``claimed``
    is no revision of the application, and ``psycopg.Error`` as the server does, for one if a
    database of that name exists. What was created before a server's error stays.
    """
    if rows < 1:
        raise ValueError(f"rows must be positive, not {rows}")
    # Raises for a revision that the application does not have.
    ScriptDirectory.from_config(alembic_config()).get_revision(claimed)
    _create_database(connect, PRODUCTION)
    progress(f"{PRODUCTION}: creating the tables")
    _create_tables(connect, claimed)
    _create_database(connect, DECOY, template=PRODUCTION)
    for database, wanted in ((PRODUCTION, rows), (DECOY, max(1, rows // 20))):
        progress(f"{database}: filling the tables")
        with connect(database) as conn:
            conn.autocommit = True
            filled = fill(conn, seed=database, rows=wanted)
            conn.execute("ANALYZE")
        progress(f"{database}: {filled:,} rows")
    _create_database(connect, REHEARSAL, template=PRODUCTION)
    progress(f"{REHEARSAL}: copied from {PRODUCTION}")


def alembic_config(output: StringIO | None = None) -> Config:
    """The application's Alembic configuration, without the logging that ``alembic.ini`` sets up.

    ``output`` takes the SQL text of Alembic's offline mode.
    """
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(SCRIPT_LOCATION).replace("%", "%%"))
    return config


def migration_sql(revisions: str) -> str:
    """The SQL text of the upgrade to a revision, or through a range ``FROM:TO``.

    Raises ``alembic.util.CommandError`` for a revision that the application does not have.
    """
    output = StringIO()
    command.upgrade(alembic_config(output), revisions, sql=True)
    return output.getvalue()


def _create_tables(connect: Callable[[str], psycopg.Connection[Any]], claimed: str) -> None:
    with connect(PRODUCTION) as conn:
        conn.autocommit = True
        conn.execute(_with_uuid_keys(migration_sql(TRUE_REVISION)))
        conn.execute(_with_uuid_keys(migration_sql(f"{FOLDERS_REVISION}:{VALUATIONS_REVISION}")))
        _generate_keys_in_the_database(conn)
        conn.execute("UPDATE alembic_version SET version_num = %s", (claimed,))


def _with_uuid_keys(statements: str) -> bytes:
    return statements.replace("VARCHAR(36)", "UUID").encode()


def _generate_keys_in_the_database(conn: psycopg.Connection[Any]) -> None:
    for table in ("users", "organizations", "documents"):
        conn.execute(
            sql.SQL("ALTER TABLE {} ALTER COLUMN id SET DEFAULT gen_random_uuid()").format(
                sql.Identifier(table)
            )
        )


def _create_database(
    connect: Callable[[str], psycopg.Connection[Any]], name: str, template: str = "template1"
) -> None:
    with connect("postgres") as conn:
        conn.autocommit = True
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
