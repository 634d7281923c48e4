"""Who listens to what happens, and what they have not taken yet"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hub_listener",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("api", sa.String(length=64), nullable=False),
        sa.Column("callback", sa.String(length=512), nullable=False),
        sa.Column("query", sa.String(length=512), nullable=False),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("due_at", sa.String(length=26), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("api", "callback", "query"),
    )
    op.create_index("ix_hub_listener_api", "hub_listener", ["api"])
    op.create_table(
        "hub_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listener", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=26), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["listener"], ["hub_listener.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hub_event_listener", "hub_event", ["listener", "id"])


def downgrade() -> None:
    op.drop_table("hub_event")
    op.drop_table("hub_listener")
