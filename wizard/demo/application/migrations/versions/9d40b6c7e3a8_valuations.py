"""valuations of documents

Revision ID: 9d40b6c7e3a8
Revises: 7e1c58f0b2d4
Create Date: 2026-03-23 11:40:55
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "9d40b6c7e3a8"
down_revision: str | None = "7e1c58f0b2d4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "valuation_methods",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_valuation_methods"),
        sa.UniqueConstraint("code", name="uq_valuation_methods_code"),
    )
    op.create_table(
        "valuations",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("method_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.String(36), nullable=False),
        sa.Column("amount", sa.Numeric(14, 2), nullable=False),
        sa.Column("currency_code", sa.CHAR(3), server_default="EUR", nullable=False),
        sa.Column("valued_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["method_id"],
            ["valuation_methods.id"],
            name="fk_valuations_method_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name="fk_valuations_created_by_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name="fk_valuations_organization_id_document_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_valuations"),
        sa.UniqueConstraint("organization_id", "id", name="uq_valuations_organization_id_id"),
        comment="What a document's subject was valued at",
    )
    op.create_index("ix_valuations_method_id", "valuations", ["method_id"])
    op.create_index("ix_valuations_created_by_id", "valuations", ["created_by_id"])
    op.create_index(
        "ix_valuations_organization_id_document_id",
        "valuations",
        ["organization_id", "document_id"],
    )
    op.create_table(
        "valuation_assumptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("valuation_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("value", sa.Numeric(18, 4), nullable=False),
        sa.ForeignKeyConstraint(
            ["valuation_id"],
            ["valuations.id"],
            name="fk_valuation_assumptions_valuation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_valuation_assumptions"),
    )
    op.create_index(
        "ix_valuation_assumptions_valuation_id", "valuation_assumptions", ["valuation_id"]
    )
    op.create_table(
        "valuation_comparables",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("valuation_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=True),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("amount", sa.Numeric(14, 2), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_valuation_comparables_document_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "valuation_id"],
            ["valuations.organization_id", "valuations.id"],
            name="fk_valuation_comparables_organization_id_valuation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_valuation_comparables"),
    )
    op.create_index(
        "ix_valuation_comparables_document_id", "valuation_comparables", ["document_id"]
    )
    op.create_index(
        "ix_valuation_comparables_organization_id_valuation_id",
        "valuation_comparables",
        ["organization_id", "valuation_id"],
    )
    op.create_table(
        "valuation_reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("valuation_id", sa.BigInteger(), nullable=False),
        sa.Column("reviewer_id", sa.String(36), nullable=False),
        sa.Column("outcome", sa.String(20), server_default="pending", nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["valuation_id"],
            ["valuations.id"],
            name="fk_valuation_reviews_valuation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["users.id"],
            name="fk_valuation_reviews_reviewer_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_valuation_reviews"),
    )
    op.create_index("ix_valuation_reviews_valuation_id", "valuation_reviews", ["valuation_id"])
    op.create_index("ix_valuation_reviews_reviewer_id", "valuation_reviews", ["reviewer_id"])


def downgrade() -> None:
    op.drop_table("valuation_reviews")
    op.drop_table("valuation_comparables")
    op.drop_table("valuation_assumptions")
    op.drop_table("valuations")
    op.drop_table("valuation_methods")
