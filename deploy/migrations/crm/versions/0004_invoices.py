"""Invoices"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("tax_id", sa.String(length=18), nullable=False),
        sa.Column("email", sa.String(length=100), nullable=False),
        sa.Column("issued_at", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("msisdn", "month"),
    )


def downgrade() -> None:
    op.drop_table("invoice")
