"""Runs migration scripts on a connection, with Alembic's own machinery.

The application's env.py is not run: what that file sets up (listeners, several databases) does not
happen; the version table, its schema and the search_path come from the profile.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory

from recovery.words.names import TableName

# Answers the next step for as long as there is one; Alembic runs and commits a step, its revision
# with it, before it asks for the next.
Steps = Callable[[tuple[str, ...]], Iterable[RevisionStep]]


@contextmanager
def engine(
    connect: Callable[[], psycopg.Connection[Any]], log: Callable[[str], None]
) -> Iterator[sa.Engine]:
    """Alembic's way in: our own connections, each statement told to ``log`` before it runs."""
    made = sa.create_engine("postgresql+psycopg://", creator=connect, poolclass=sa.pool.NullPool)
    sa.event.listen(
        made,
        "before_cursor_execute",
        lambda _c, _cursor, statement, _p, _context, _many: log(statement),
    )
    try:
        yield made
    finally:
        made.dispose()


def driver_of(connection: sa.Connection) -> psycopg.Connection[Any]:
    """Our own connection, behind SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def upgrade(
    directory: ScriptDirectory,
    connection: sa.Connection,
    version_table: TableName,
    steps: Steps,
    applied: Callable[[tuple[str, ...]], None] = lambda _heads: None,
) -> None:
    """Runs steps, each in a transaction; ``applied`` is told the heads after each.

    ``connection`` must be fresh: with a transaction open Alembic would leave the commit to us.
    Raises what the scripts raise, and Alembic's and SQLAlchemy's errors.
    """

    def told(ctx: Any, step: Any, heads: Collection[str], run_args: Any) -> None:
        applied(tuple(sorted(heads)))

    def next_steps(current: Any, context: MigrationContext) -> Iterable[RevisionStep]:
        return steps(tuple(current))

    environment = EnvironmentContext(Config(), directory, fn=next_steps, destination_rev="heads")
    with environment:
        environment.configure(
            connection=connection,
            transaction_per_migration=True,
            on_version_apply=told,
            version_table=version_table.name,
            version_table_schema=version_table.schema,
        )
        with environment.begin_transaction():
            environment.run_migrations()


def decided(step: RevisionStep, statements: Collection[str], *, run: bool) -> RevisionStep:
    """The step with statements before its script, in its transaction; or without the script."""
    script = step.migration_fn

    def instead(**options: Any) -> None:
        for statement in statements:
            driver_of(op.get_bind()).execute(statement)
        if run:
            script(**options)

    step.migration_fn = instead
    return step
