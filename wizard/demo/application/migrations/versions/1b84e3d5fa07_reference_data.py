"""countries, currencies, languages and other reference data

Revision ID: 1b84e3d5fa07
Revises: 6d1f0a9c7e42
Create Date: 2023-01-23 14:40:03
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "1b84e3d5fa07"
down_revision: str | None = "6d1f0a9c7e42"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "countries",
        sa.Column("code", sa.CHAR(2), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("calling_code", sa.String(8), nullable=True),
        sa.PrimaryKeyConstraint("code", name="pk_countries"),
        sa.UniqueConstraint("name", name="uq_countries_name"),
        comment="ISO 3166-1",
    )
    op.create_table(
        "regions",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("country_code", sa.CHAR(2), nullable=False),
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(
            ["country_code"],
            ["countries.code"],
            name="fk_regions_country_code",
            ondelete="RESTRICT",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_regions"),
        comment="ISO 3166-2",
    )
    op.create_index("ix_regions_country_code", "regions", ["country_code"])
    op.create_table(
        "currencies",
        sa.Column("code", sa.CHAR(3), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("minor_units", sa.SmallInteger(), server_default=sa.text("2"), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_currencies"),
        comment="ISO 4217",
    )
    op.create_table(
        "exchange_rates",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("currency_code", sa.CHAR(3), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(18, 8), nullable=False),
        sa.CheckConstraint("rate >= 0", name="ck_exchange_rates_rate_positive"),
        sa.ForeignKeyConstraint(
            ["currency_code"],
            ["currencies.code"],
            name="fk_exchange_rates_currency_code",
            ondelete="RESTRICT",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_exchange_rates"),
    )
    op.create_index("ix_exchange_rates_currency_code", "exchange_rates", ["currency_code"])
    op.create_table(
        "languages",
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column(
            "is_right_to_left", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.PrimaryKeyConstraint("code", name="pk_languages"),
    )
    op.create_table(
        "time_zones",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("utc_offset_minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_time_zones"),
        sa.UniqueConstraint("name", name="uq_time_zones_name"),
    )
    op.create_table(
        "industries",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_industries"),
        sa.UniqueConstraint("code", name="uq_industries_code"),
    )
    op.create_table(
        "measurement_units",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("symbol", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("dimension", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_measurement_units"),
    )
    op.create_table(
        "public_holidays",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("country_code", sa.CHAR(2), nullable=False),
        sa.Column("holiday_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_public_holidays"),
    )


def downgrade() -> None:
    op.drop_table("public_holidays")
    op.drop_table("measurement_units")
    op.drop_table("industries")
    op.drop_table("time_zones")
    op.drop_table("languages")
    op.drop_table("exchange_rates")
    op.drop_table("currencies")
    op.drop_table("regions")
    op.drop_table("countries")
