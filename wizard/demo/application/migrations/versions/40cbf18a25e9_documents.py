"""documents, their versions, comments and shares

Revision ID: 40cbf18a25e9
Revises: 93e5d7106bfc
Create Date: 2023-03-20 11:05:37
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "40cbf18a25e9"
down_revision: str | None = "93e5d7106bfc"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "document_types",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_document_types"),
        sa.UniqueConstraint("code", name="uq_document_types_code"),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("owner_id", sa.String(36), nullable=False),
        sa.Column(
            "parent_document_id",
            sa.String(36),
            nullable=True,
            comment="The document that this one was derived from",
        ),
        sa.Column("document_type_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("status", sa.String(20), server_default="draft", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'review', 'final', 'archived')", name="ck_documents_status"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_documents_organization_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_documents_owner_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["document_type_id"],
            ["document_types.id"],
            name="fk_documents_document_type_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "parent_document_id"],
            ["documents.organization_id", "documents.id"],
            name="fk_documents_organization_id_parent_document_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("organization_id", "id", name="uq_documents_organization_id_id"),
        comment="Every document that a tenant keeps",
    )
    op.create_index("ix_documents_organization_id", "documents", ["organization_id"])
    op.create_index("ix_documents_owner_id", "documents", ["owner_id"])
    op.create_index("ix_documents_document_type_id", "documents", ["document_type_id"])
    op.create_index(
        "ix_documents_organization_id_parent_document_id",
        "documents",
        ["organization_id", "parent_document_id"],
    )
    op.create_table(
        "document_versions",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("created_by_id", sa.String(36), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("change_note", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_versions_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name="fk_document_versions_created_by_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_versions"),
    )
    op.create_index("ix_document_versions_document_id", "document_versions", ["document_id"])
    op.create_index("ix_document_versions_created_by_id", "document_versions", ["created_by_id"])
    op.create_table(
        "document_tags",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("color", sa.String(16), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_document_tags"),
        sa.UniqueConstraint("name", name="uq_document_tags_name"),
    )
    op.create_table(
        "document_tag_links",
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_tag_links_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"],
            ["document_tags.id"],
            name="fk_document_tag_links_tag_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "tag_id", name="pk_document_tag_links"),
    )
    op.create_index("ix_document_tag_links_tag_id", "document_tag_links", ["tag_id"])
    op.create_table(
        "document_comments",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_comments_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name="fk_document_comments_author_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_comments"),
    )
    op.create_index("ix_document_comments_document_id", "document_comments", ["document_id"])
    op.create_index("ix_document_comments_author_id", "document_comments", ["author_id"])
    op.create_table(
        "document_shares",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.String(36), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("access_level", sa.String(20), server_default="read", nullable=False),
        sa.CheckConstraint(
            "access_level IN ('read', 'comment', 'write')", name="ck_document_shares_access_level"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name="fk_document_shares_organization_id_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["memberships.organization_id", "memberships.user_id"],
            name="fk_document_shares_organization_id_user_id",
            ondelete="CASCADE",
            match="FULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_shares"),
        comment="A document shared with a member of the same organization",
    )
    op.create_index(
        "ix_document_shares_organization_id_document_id",
        "document_shares",
        ["organization_id", "document_id"],
    )
    op.create_index(
        "ix_document_shares_organization_id_user_id",
        "document_shares",
        ["organization_id", "user_id"],
    )
    op.execute(
        "COMMENT ON CONSTRAINT fk_document_shares_organization_id_user_id ON document_shares IS "
        "'A document is shared with members only, never across organizations.'"
    )
    op.create_table(
        "document_locks",
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("locked_by_id", sa.String(36), nullable=False),
        sa.Column(
            "locked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_locks_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["locked_by_id"],
            ["users.id"],
            name="fk_document_locks_locked_by_id",
            ondelete="CASCADE",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        sa.PrimaryKeyConstraint("document_id", name="pk_document_locks"),
    )
    op.create_index("ix_document_locks_locked_by_id", "document_locks", ["locked_by_id"])
    op.create_table(
        "document_links",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("source_document_id", sa.String(36), nullable=False),
        sa.Column("target_document_id", sa.String(36), nullable=False),
        sa.Column("relation", sa.String(40), server_default="related", nullable=False),
        sa.ForeignKeyConstraint(
            ["source_document_id"],
            ["documents.id"],
            name="fk_document_links_source_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_document_id"],
            ["documents.id"],
            name="fk_document_links_target_document_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_links"),
    )
    op.create_index(
        "ix_document_links_source_document_id", "document_links", ["source_document_id"]
    )
    op.create_index(
        "ix_document_links_target_document_id", "document_links", ["target_document_id"]
    )
    op.create_table(
        "document_access_requests",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("requester_id", sa.String(36), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_access_requests_document_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"],
            ["users.id"],
            name="fk_document_access_requests_requester_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_access_requests"),
    )
    op.create_index(
        "ix_document_access_requests_document_id", "document_access_requests", ["document_id"]
    )
    op.create_index(
        "ix_document_access_requests_requester_id", "document_access_requests", ["requester_id"]
    )
    op.create_table(
        "document_views",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("viewed_on", sa.Date(), nullable=False),
        sa.Column("seconds_open", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_views_document_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_views"),
        comment="One row for each time that a document was opened",
    )
    op.create_index("ix_document_views_document_id", "document_views", ["document_id"])


def downgrade() -> None:
    op.drop_table("document_views")
    op.drop_table("document_access_requests")
    op.drop_table("document_links")
    op.drop_table("document_locks")
    op.drop_table("document_shares")
    op.drop_table("document_comments")
    op.drop_table("document_tag_links")
    op.drop_table("document_tags")
    op.drop_table("document_versions")
    op.drop_table("documents")
    op.drop_table("document_types")
