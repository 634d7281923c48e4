"""Invoices that were taken back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reversed_invoice",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("tax_id", sa.String(length=18), nullable=False),
        sa.Column("email", sa.String(length=100), nullable=False),
        sa.Column("issued_at", sa.String(length=26), nullable=False),
        sa.Column("reversal", sa.String(length=40), nullable=False),
        sa.Column("reversed_at", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reversal"),
    )
    op.create_index("ix_reversed_invoice_msisdn", "reversed_invoice", ["msisdn"])


def downgrade() -> None:
    op.drop_table("reversed_invoice")
