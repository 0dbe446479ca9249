"""object storage, uploads and retention

Revision ID: a85f2c64d0b3
Revises: 40cbf18a25e9
Create Date: 2023-04-17 10:30:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a85f2c64d0b3"
down_revision: str | None = "40cbf18a25e9"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "storage_backends",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("region", sa.String(40), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_storage_backends"),
        sa.UniqueConstraint("name", name="uq_storage_backends_name"),
    )
    op.create_table(
        "storage_objects",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("backend_name", sa.String(80), nullable=False),
        sa.Column("object_key", sa.String(500), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.String(128), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("size_bytes >= 0", name="ck_storage_objects_size_bytes_positive"),
        sa.PrimaryKeyConstraint("id", name="pk_storage_objects"),
        sa.UniqueConstraint("object_key", name="uq_storage_objects_object_key"),
    )
    op.create_table(
        "document_files",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("object_key", sa.String(500), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_files_document_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_files"),
    )
    op.create_index("ix_document_files_document_id", "document_files", ["document_id"])
    op.create_table(
        "upload_sessions",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("received_bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_upload_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_upload_sessions"),
    )
    op.create_index("ix_upload_sessions_user_id", "upload_sessions", ["user_id"])
    op.create_table(
        "file_formats",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("extension", sa.String(16), nullable=False),
        sa.Column("media_type", sa.String(120), nullable=False),
        sa.Column("can_preview", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_formats"),
    )
    op.create_table(
        "retention_policies",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_retention_policies"),
    )
    op.create_table(
        "storage_quotas",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("plan_code", sa.String(40), nullable=False),
        sa.Column("limit_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "warn_at_percent", sa.SmallInteger(), server_default=sa.text("80"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_storage_quotas"),
    )


def downgrade() -> None:
    op.drop_table("storage_quotas")
    op.drop_table("retention_policies")
    op.drop_table("file_formats")
    op.drop_table("upload_sessions")
    op.drop_table("document_files")
    op.drop_table("storage_objects")
    op.drop_table("storage_backends")
