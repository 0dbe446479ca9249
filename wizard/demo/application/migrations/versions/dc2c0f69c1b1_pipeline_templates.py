"""pipeline templates and their stages

Revision ID: dc2c0f69c1b1
Revises: c3a7b4bbf913
Create Date: 2026-02-09 15:48:20
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "dc2c0f69c1b1"
down_revision: str | None = "c3a7b4bbf913"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "pipeline_templates",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("created_by_id", sa.String(36), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_pipeline_templates_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name="fk_pipeline_templates_created_by_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pipeline_templates"),
        sa.UniqueConstraint(
            "organization_id", "name", name="uq_pipeline_templates_organization_id_name"
        ),
    )
    op.create_index(
        "ix_pipeline_templates_organization_id", "pipeline_templates", ["organization_id"]
    )
    op.create_index("ix_pipeline_templates_created_by_id", "pipeline_templates", ["created_by_id"])
    op.create_table(
        "pipeline_template_stages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("template_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column(
            "win_probability", sa.SmallInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.CheckConstraint(
            "win_probability BETWEEN 0 AND 100",
            name="ck_pipeline_template_stages_win_probability_percent",
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["pipeline_templates.id"],
            name="fk_pipeline_template_stages_template_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pipeline_template_stages"),
    )
    op.create_index(
        "ix_pipeline_template_stages_template_id", "pipeline_template_stages", ["template_id"]
    )


def downgrade() -> None:
    op.drop_table("pipeline_template_stages")
    op.drop_table("pipeline_templates")
