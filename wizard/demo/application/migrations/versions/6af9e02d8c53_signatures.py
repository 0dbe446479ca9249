"""signature requests and their signers

Revision ID: 6af9e02d8c53
Revises: 14d3a96fe8b5
Create Date: 2025-06-30 09:21:16
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "6af9e02d8c53"
down_revision: str | None = "14d3a96fe8b5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "signature_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(20), server_default="sent", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name="fk_signature_requests_organization_id_document_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_signature_requests"),
    )
    op.create_index(
        "ix_signature_requests_organization_id_document_id",
        "signature_requests",
        ["organization_id", "document_id"],
    )
    op.create_table(
        "signature_signers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=True),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["signature_requests.id"],
            name="fk_signature_signers_request_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_signature_signers_user_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_signature_signers"),
    )
    op.create_index("ix_signature_signers_request_id", "signature_signers", ["request_id"])
    op.create_index("ix_signature_signers_user_id", "signature_signers", ["user_id"])


def downgrade() -> None:
    op.drop_table("signature_signers")
    op.drop_table("signature_requests")
