"""questions asked about a document

Revision ID: f867c7e3d51c
Revises: 9d40b6c7e3a8
Create Date: 2026-04-20 14:22:38
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "f867c7e3d51c"
down_revision: str | None = "9d40b6c7e3a8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "document_questions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("asked_by_id", sa.String(36), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_questions_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"],
            ["users.id"],
            name="fk_document_questions_asked_by_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_questions"),
    )
    op.create_index("ix_document_questions_document_id", "document_questions", ["document_id"])
    op.create_index("ix_document_questions_asked_by_id", "document_questions", ["asked_by_id"])


def downgrade() -> None:
    op.drop_table("document_questions")
