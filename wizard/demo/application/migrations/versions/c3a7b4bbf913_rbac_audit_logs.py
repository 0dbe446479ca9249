"""audit log of role changes

Revision ID: c3a7b4bbf913
Revises: ba1a5bcdb110
Create Date: 2026-01-19 10:02:31
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c3a7b4bbf913"
down_revision: str | None = "ba1a5bcdb110"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "rbac_audit_logs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("actor_id", sa.String(36), nullable=True),
        sa.Column("subject_user_id", sa.String(36), nullable=True),
        sa.Column("role_name", sa.String(80), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column(
            "happened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("action IN ('granted', 'revoked')", name="ck_rbac_audit_logs_action"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_rbac_audit_logs_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name="fk_rbac_audit_logs_actor_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["subject_user_id"],
            ["users.id"],
            name="fk_rbac_audit_logs_subject_user_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rbac_audit_logs"),
        comment="Who gave or took which role",
    )
    op.create_index("ix_rbac_audit_logs_organization_id", "rbac_audit_logs", ["organization_id"])
    op.create_index("ix_rbac_audit_logs_actor_id", "rbac_audit_logs", ["actor_id"])
    op.create_index("ix_rbac_audit_logs_subject_user_id", "rbac_audit_logs", ["subject_user_id"])


def downgrade() -> None:
    op.drop_table("rbac_audit_logs")
