"""accounts, contacts, deals and leads

Revision ID: 2e97b0d4c6a1
Revises: a85f2c64d0b3
Create Date: 2023-05-22 13:18:26
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "2e97b0d4c6a1"
down_revision: str | None = "a85f2c64d0b3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "crm_accounts",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("owner_id", sa.String(36), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("website", sa.String(255), nullable=True),
        sa.Column("annual_revenue", sa.Numeric(14, 2), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_crm_accounts_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_crm_accounts_owner_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crm_accounts"),
        sa.UniqueConstraint("organization_id", "id", name="uq_crm_accounts_organization_id_id"),
    )
    op.create_index("ix_crm_accounts_organization_id", "crm_accounts", ["organization_id"])
    op.create_index("ix_crm_accounts_owner_id", "crm_accounts", ["owner_id"])
    op.create_table(
        "crm_contacts",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("full_name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(255), nullable=True),
        sa.Column("phone", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "account_id"],
            ["crm_accounts.organization_id", "crm_accounts.id"],
            name="fk_crm_contacts_organization_id_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crm_contacts"),
    )
    op.create_index(
        "ix_crm_contacts_organization_id_account_id",
        "crm_contacts",
        ["organization_id", "account_id"],
    )
    op.create_table(
        "crm_pipelines",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_crm_pipelines_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crm_pipelines"),
    )
    op.create_index("ix_crm_pipelines_organization_id", "crm_pipelines", ["organization_id"])
    op.create_table(
        "crm_stages",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("pipeline_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column(
            "win_probability", sa.SmallInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.CheckConstraint(
            "win_probability BETWEEN 0 AND 100", name="ck_crm_stages_win_probability_percent"
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"],
            ["crm_pipelines.id"],
            name="fk_crm_stages_pipeline_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crm_stages"),
    )
    op.create_index("ix_crm_stages_pipeline_id", "crm_stages", ["pipeline_id"])
    op.create_table(
        "crm_lost_reasons",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_crm_lost_reasons"),
    )
    op.create_table(
        "crm_deals",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.String(36), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("amount", sa.Numeric(14, 2), nullable=False),
        sa.Column("currency_code", sa.CHAR(3), server_default="EUR", nullable=False),
        sa.Column("expected_close_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["crm_stages.id"], name="fk_crm_deals_stage_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_crm_deals_owner_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "account_id"],
            ["crm_accounts.organization_id", "crm_accounts.id"],
            name="fk_crm_deals_organization_id_account_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crm_deals"),
    )
    op.create_index("ix_crm_deals_stage_id", "crm_deals", ["stage_id"])
    op.create_index("ix_crm_deals_owner_id", "crm_deals", ["owner_id"])
    op.create_index(
        "ix_crm_deals_organization_id_account_id", "crm_deals", ["organization_id", "account_id"]
    )
    op.create_table(
        "crm_activities",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=True),
        sa.Column("kind", sa.String(20), server_default="call", nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deal_id"], ["crm_deals.id"], name="fk_crm_activities_deal_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_crm_activities_user_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crm_activities"),
    )
    op.create_index("ix_crm_activities_deal_id", "crm_activities", ["deal_id"])
    op.create_index("ix_crm_activities_user_id", "crm_activities", ["user_id"])
    op.create_table(
        "crm_notes",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["crm_accounts.id"], name="fk_crm_notes_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crm_notes"),
    )
    op.create_index("ix_crm_notes_account_id", "crm_notes", ["account_id"])
    op.create_table(
        "crm_lead_sources",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_crm_lead_sources"),
    )
    op.create_table(
        "crm_leads",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("assigned_to_id", sa.String(36), nullable=True),
        sa.Column("full_name", sa.String(200), nullable=False),
        sa.Column("company", sa.String(200), nullable=True),
        sa.Column("email", sa.String(255), nullable=True),
        sa.Column("score", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_crm_leads_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["assigned_to_id"],
            ["users.id"],
            name="fk_crm_leads_assigned_to_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crm_leads"),
    )
    op.create_index("ix_crm_leads_organization_id", "crm_leads", ["organization_id"])
    op.create_index("ix_crm_leads_assigned_to_id", "crm_leads", ["assigned_to_id"])
    op.create_table(
        "crm_campaigns",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_crm_campaigns_period"),
        sa.PrimaryKeyConstraint("id", name="pk_crm_campaigns"),
    )
    op.create_table(
        "crm_segments",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_crm_segments"),
    )


def downgrade() -> None:
    op.drop_table("crm_segments")
    op.drop_table("crm_campaigns")
    op.drop_table("crm_leads")
    op.drop_table("crm_lead_sources")
    op.drop_table("crm_notes")
    op.drop_table("crm_activities")
    op.drop_table("crm_deals")
    op.drop_table("crm_lost_reasons")
    op.drop_table("crm_stages")
    op.drop_table("crm_pipelines")
    op.drop_table("crm_contacts")
    op.drop_table("crm_accounts")
