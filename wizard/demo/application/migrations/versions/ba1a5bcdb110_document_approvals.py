"""document approvals and checksums

Revision ID: ba1a5bcdb110
Revises: 6af9e02d8c53
Create Date: 2025-10-13 13:37:44
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "ba1a5bcdb110"
down_revision: str | None = "6af9e02d8c53"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("checksum", sa.String(64), nullable=True))
    op.add_column("document_versions", sa.Column("checksum", sa.String(64), nullable=True))
    op.create_table(
        "document_approvals",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("approver_id", sa.String(36), nullable=False),
        sa.Column("decision", sa.String(20), server_default="pending", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "decision IN ('pending', 'approved', 'rejected')", name="ck_document_approvals_decision"
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_approvals_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"],
            ["users.id"],
            name="fk_document_approvals_approver_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_approvals"),
    )
    op.create_index("ix_document_approvals_document_id", "document_approvals", ["document_id"])
    op.create_index("ix_document_approvals_approver_id", "document_approvals", ["approver_id"])
    op.create_table(
        "approval_policies",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column(
            "required_approvals", sa.SmallInteger(), server_default=sa.text("1"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_approval_policies"),
    )


def downgrade() -> None:
    op.drop_table("approval_policies")
    op.drop_table("document_approvals")
    op.drop_column("document_versions", "checksum")
    op.drop_column("documents", "checksum")
