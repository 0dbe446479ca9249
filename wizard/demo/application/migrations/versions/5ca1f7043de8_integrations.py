"""integrations, webhooks, imports and exports

Revision ID: 5ca1f7043de8
Revises: c51d08a7fb26
Create Date: 2024-03-11 09:33:27
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "5ca1f7043de8"
down_revision: str | None = "c51d08a7fb26"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "integration_providers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_integration_providers"),
    )
    op.create_table(
        "integrations",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("provider_code", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), server_default="connected", nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_integrations_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_integrations"),
    )
    op.create_index("ix_integrations_organization_id", "integrations", ["organization_id"])
    op.create_table(
        "webhook_event_types",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_event_types"),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("target_url", sa.String(500), nullable=False),
        sa.Column("secret_hash", sa.String(128), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_webhooks_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_organization_id", "webhooks", ["organization_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("target_url", sa.String(500), nullable=False),
        sa.Column("response_status", sa.SmallInteger(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    op.create_table(
        "import_jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("state", sa.String(20), server_default="done", nullable=False),
        sa.Column("imported_rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_import_jobs"),
    )
    op.create_table(
        "export_jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("object_key", sa.String(500), nullable=True),
        sa.Column("format", sa.String(20), server_default="csv", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_export_jobs"),
    )
    op.create_table(
        "field_mappings",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("source_field", sa.String(120), nullable=False),
        sa.Column("target_field", sa.String(120), nullable=False),
        sa.Column("transformation", sa.String(80), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_field_mappings"),
    )
    op.create_table(
        "rate_limits",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("route", sa.String(200), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rate_limits"),
    )
    op.create_table(
        "outbound_addresses",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=False),
        sa.Column("purpose", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbound_addresses"),
    )


def downgrade() -> None:
    op.drop_table("outbound_addresses")
    op.drop_table("rate_limits")
    op.drop_table("field_mappings")
    op.drop_table("export_jobs")
    op.drop_table("import_jobs")
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
    op.drop_table("webhook_event_types")
    op.drop_table("integrations")
    op.drop_table("integration_providers")
