"""Why a subscriber is suspended"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("suspended_for", sa.String(length=16), nullable=True))
    # Until now every suspension ended with a top-up, as one for arrears does.
    op.execute("UPDATE subscriber SET suspended_for = 'arrears' WHERE status = 'suspended'")


def downgrade() -> None:
    op.drop_column("subscriber", "suspended_for")
