"""Proofs of who somebody is, and visits to shops"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "papers",
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("password", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id_number", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id_tail", sa.LargeBinary(length=32), nullable=False),
        sa.Column("puk", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("msisdn"),
    )
    op.create_table(
        "proof_tries",
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("msisdn"),
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("shop_id", sa.String(length=40), nullable=False),
        sa.Column("errand", sa.String(length=32), nullable=False),
        sa.Column("at", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visit_msisdn_at", "visit", ["msisdn", "at"])
    op.create_index("ix_visit_shop_at", "visit", ["shop_id", "at"])


def downgrade() -> None:
    for table in ("visit", "proof_tries", "papers"):
        op.drop_table(table)
