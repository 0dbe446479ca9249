"""language and time zone of a user, sessions by token

Revision ID: c51d08a7fb26
Revises: b36c4f98e01a
Create Date: 2024-02-05 13:19:40
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c51d08a7fb26"
down_revision: str | None = "b36c4f98e01a"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "users", sa.Column("language_code", sa.String(12), server_default="en", nullable=False)
    )
    op.add_column(
        "users", sa.Column("time_zone", sa.String(80), server_default="UTC", nullable=False)
    )
    op.create_index("ix_login_sessions_token_hash", "login_sessions", ["token_hash"])


def downgrade() -> None:
    op.drop_index("ix_login_sessions_token_hash", table_name="login_sessions")
    op.drop_column("users", "time_zone")
    op.drop_column("users", "language_code")
