"""Points in lots, single calls, and since when a subscriber is suspended"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("suspended_at", sa.String(length=26), nullable=True))
    op.create_table(
        "points_lot",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("earned", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("earned_on", sa.Date(), nullable=False),
        sa.Column("expires_at", sa.String(length=26), nullable=False),
        sa.CheckConstraint('"left" >= 0 AND "left" <= earned', name="points"),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_points_lot_msisdn", "points_lot", ["msisdn", "expires_at"])
    op.create_table(
        "call_record",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("at", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("peer", sa.String(length=24), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_call_record_msisdn_at", "call_record", ["msisdn", "at"])


def downgrade() -> None:
    op.drop_table("call_record")
    op.drop_table("points_lot")
    op.drop_column("subscriber", "suspended_at")
