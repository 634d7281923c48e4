"""What was talked about with a person, and where"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interaction",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("began_at", sa.String(length=26), nullable=False),
        sa.Column("ended_at", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["msisdn"], ["subscriber.msisdn"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_interaction_msisdn_began", "interaction", ["msisdn", "began_at"])


def downgrade() -> None:
    op.drop_table("interaction")
