"""tickets, knowledge base and service levels

Revision ID: e60d9b8a417f
Revises: 5ca1f7043de8
Create Date: 2024-05-27 16:05:33
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e60d9b8a417f"
down_revision: str | None = "5ca1f7043de8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "support_queues",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("email", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_support_queues"),
    )
    op.create_table(
        "service_level_targets",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("first_reply_minutes", sa.Integer(), nullable=False),
        sa.Column("resolution_minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_service_level_targets"),
    )
    op.create_table(
        "support_tickets",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("requester_id", sa.String(36), nullable=False),
        sa.Column("assignee_id", sa.String(36), nullable=True),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("state", sa.String(20), server_default="open", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_support_tickets_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["queue_id"],
            ["support_queues.id"],
            name="fk_support_tickets_queue_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"],
            ["users.id"],
            name="fk_support_tickets_requester_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"],
            ["users.id"],
            name="fk_support_tickets_assignee_id",
            ondelete="SET DEFAULT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_support_tickets"),
    )
    op.create_index("ix_support_tickets_organization_id", "support_tickets", ["organization_id"])
    op.create_index("ix_support_tickets_queue_id", "support_tickets", ["queue_id"])
    op.create_index("ix_support_tickets_requester_id", "support_tickets", ["requester_id"])
    op.create_index("ix_support_tickets_assignee_id", "support_tickets", ["assignee_id"])
    op.execute(
        "COMMENT ON CONSTRAINT fk_support_tickets_assignee_id ON support_tickets IS "
        "'Falls back to the column default, so that a default assignee can be set.'"
    )
    op.create_table(
        "ticket_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("is_internal", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name="fk_ticket_messages_ticket_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_messages"),
    )
    op.create_index("ix_ticket_messages_ticket_id", "ticket_messages", ["ticket_id"])
    op.create_table(
        "ticket_categories",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_categories"),
    )
    op.create_table(
        "knowledge_categories",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_knowledge_categories"),
    )
    op.create_table(
        "knowledge_articles",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("category", sa.String(120), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_knowledge_articles"),
    )
    op.create_table(
        "satisfaction_surveys",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("topic", sa.String(200), nullable=False),
        sa.Column("rating", sa.SmallInteger(), server_default=sa.text("5"), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="ck_satisfaction_surveys_rating_range"),
        sa.PrimaryKeyConstraint("id", name="pk_satisfaction_surveys"),
    )
    op.create_table(
        "canned_responses",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_canned_responses"),
    )


def downgrade() -> None:
    op.drop_table("canned_responses")
    op.drop_table("satisfaction_surveys")
    op.drop_table("knowledge_articles")
    op.drop_table("knowledge_categories")
    op.drop_table("ticket_categories")
    op.drop_table("ticket_messages")
    op.drop_table("support_tickets")
    op.drop_table("service_level_targets")
    op.drop_table("support_queues")
