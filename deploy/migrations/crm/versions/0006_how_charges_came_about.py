"""How charges came about, how orders were agreed to, and refunds"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
FIGURES = ("count", "each_fen", "of")


def upgrade() -> None:
    op.add_column("bill_item", sa.Column("reckoned", sa.String(length=12), nullable=True))
    for name in FIGURES:
        op.add_column("bill_item", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("product_order", sa.Column("proof", sa.String(length=16), nullable=False, server_default=""))
    op.create_table(
        "refund",
        sa.Column("bill_item_id", sa.Integer(), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["bill_item_id"], ["bill_item.id"]),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("bill_item_id"),
    )
    op.create_index("ix_refund_id", "refund", ["id"])


def downgrade() -> None:
    op.drop_table("refund")
    op.drop_column("product_order", "proof")
    for name in ("reckoned", *FIGURES):
        op.drop_column("bill_item", name)
