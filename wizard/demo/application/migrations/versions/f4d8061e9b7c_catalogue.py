"""plans, prices, products and taxes

Revision ID: f4d8061e9b7c
Revises: 2e97b0d4c6a1
Create Date: 2023-06-19 09:47:12
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "f4d8061e9b7c"
down_revision: str | None = "2e97b0d4c6a1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
        sa.UniqueConstraint("code", name="uq_plans_code"),
    )
    op.create_table(
        "plan_features",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("plan_code", sa.String(40), nullable=False),
        sa.Column("feature", sa.String(80), nullable=False),
        sa.Column("limit_value", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_plan_features"),
    )
    op.create_table(
        "plan_prices",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("plan_code", sa.String(40), nullable=False),
        sa.Column("billing_interval", sa.String(20), server_default="month", nullable=False),
        sa.Column("amount", sa.Numeric(12, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_prices"),
    )
    op.create_table(
        "coupons",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("percent_off", sa.SmallInteger(), server_default=sa.text("10"), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("percent_off BETWEEN 1 AND 100", name="ck_coupons_percent_off_range"),
        sa.PrimaryKeyConstraint("id", name="pk_coupons"),
        sa.UniqueConstraint("code", name="uq_coupons_code"),
    )
    op.create_table(
        "tax_rates",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("country_code", sa.CHAR(2), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("rate", sa.Numeric(5, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tax_rates"),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("unit_price", sa.Numeric(12, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.UniqueConstraint("sku", name="uq_products_sku"),
    )
    op.create_table(
        "price_lists",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("currency_code", sa.CHAR(3), server_default="EUR", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_price_lists"),
    )
    op.create_table(
        "discount_rules",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("minimum_quantity", sa.Integer(), nullable=False),
        sa.Column("percent_off", sa.Numeric(5, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_discount_rules"),
    )
    op.create_table(
        "usage_meters",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_usage_meters"),
        sa.UniqueConstraint("code", name="uq_usage_meters_code"),
    )
    op.create_table(
        "revenue_accounts",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("account_number", sa.String(20), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revenue_accounts"),
    )


def downgrade() -> None:
    op.drop_table("revenue_accounts")
    op.drop_table("usage_meters")
    op.drop_table("discount_rules")
    op.drop_table("price_lists")
    op.drop_table("products")
    op.drop_table("tax_rates")
    op.drop_table("coupons")
    op.drop_table("plan_prices")
    op.drop_table("plan_features")
    op.drop_table("plans")
