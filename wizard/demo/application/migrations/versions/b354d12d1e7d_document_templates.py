"""document templates and the documents made from them

Revision ID: b354d12d1e7d
Revises: f867c7e3d51c
Create Date: 2026-05-11 10:50:13
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "b354d12d1e7d"
down_revision: str | None = "f867c7e3d51c"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "document_templates",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("created_by_id", sa.String(36), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_document_templates_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name="fk_document_templates_created_by_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_templates"),
    )
    op.create_index(
        "ix_document_templates_organization_id", "document_templates", ["organization_id"]
    )
    op.create_index("ix_document_templates_created_by_id", "document_templates", ["created_by_id"])
    op.create_table(
        "generated_documents",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("template_id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("generated_by_id", sa.String(36), nullable=True),
        sa.Column("parameters", postgresql.JSONB(), nullable=True),
        sa.Column(
            "generated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["document_templates.id"],
            name="fk_generated_documents_template_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_generated_documents_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["generated_by_id"],
            ["users.id"],
            name="fk_generated_documents_generated_by_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_generated_documents"),
    )
    op.create_index("ix_generated_documents_template_id", "generated_documents", ["template_id"])
    op.create_index("ix_generated_documents_document_id", "generated_documents", ["document_id"])
    op.create_index(
        "ix_generated_documents_generated_by_id", "generated_documents", ["generated_by_id"]
    )


def downgrade() -> None:
    op.drop_table("generated_documents")
    op.drop_table("document_templates")
