"""The console's tables (SQLAlchemy Core). `deploy/migrations/console` creates them; a test compares both.

No table holds a full phone number: they are masked, and the desk asks the conversation itself when it may show one.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa

VERSION_TABLE = "console_version"
"""Alembic's: which migration was the last."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(sa.types.TypeDecorator):
    """A timezone-aware moment, given back in UTC. SQLite has no zones, so UTC is what it stores."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        utc = value.astimezone(timezone.utc)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def _serial() -> Any:
    # SQLite counts up by itself only for INTEGER.
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


# --- what the log says; written by console.writer only ---------------------------------------------------------------

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.Text, nullable=False, server_default="zh"),
    sa.Column("region", sa.Text, nullable=False, server_default=""),
    sa.Column("owner", sa.Text, nullable=False, server_default="bot"),
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("number_masked", sa.Text, nullable=False, server_default=""),
    sa.Column("last_at", Moment, nullable=False),
    sa.Index("ix_conversations_last_at", "last_at"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", _serial(), primary_key=True),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),
    sa.Column("conversation", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False, server_default=""),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("extras", sa.JSON, nullable=False),
    sa.Column("understanding", sa.JSON, nullable=True),
    sa.Column("response", sa.Text, nullable=False, server_default=""),
    sa.Column("in_reply_to", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default=""),
    sa.Column("release_id", sa.Text, nullable=False, server_default=""),
    sa.Column("at", Moment, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("partition", "entry", "position", name="uq_messages_entry"),
    sa.Index("ix_messages_conversation", "conversation", "id"),
    sa.Index("ix_messages_message", "message"),
    sa.Index("ix_messages_day", "day", "channel"),
)
"""`origin`: person, bot, agent or system. `extras`: choices, link, media as shown, `read_with` of an opener. `day`: the
day in Asia/Shanghai."""

handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("conversation", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("skill", sa.Text, nullable=False, server_default=""),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("queued_at", Moment, nullable=False),
    sa.Column("accepted_at", Moment, nullable=True),
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
    sa.Column("ended_at", Moment, nullable=True),
    sa.Column("how", sa.Text, nullable=False, server_default=""),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("context", sa.JSON, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.Column("told_at", Moment, nullable=True),
    sa.Index("ix_handoffs_conversation", "conversation", "queued_at"),
    sa.Index("ix_handoffs_agent", "agent", "ended_at"),
    sa.Index("ix_handoffs_day", "day", "channel"),
)
"""`told_at`: when the CRM was told of it, or there was nobody to tell of."""

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("id", _serial(), primary_key=True),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),
    sa.Column("conversation", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("wish", sa.Text, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("partition", "entry", "position", name="uq_outcomes_entry"),
    sa.Index("ix_outcomes_day", "day", "channel"),
    sa.Index("ix_outcomes_wish", "conversation", "wish", "at"),
)
"""One row is the end of one Episode: which wish, and how it ended."""

records = sa.Table(
    "records",
    metadata,
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("conversation", sa.Text, nullable=False, server_default=""),
    sa.Column("at", Moment, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Index("ix_records_conversation", "conversation", "at"),
)
"""Log entries that are not messages, as they came: quarantines, bindings, and kinds that are not known yet."""

log_cursors = sa.Table(
    "log_cursors",
    metadata,
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.Text, nullable=False),
)

# --- people ----------------------------------------------------------------------------------------------------------

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("skills", sa.JSON, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", Moment, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("agent", sa.Text, sa.ForeignKey("agents.id"), nullable=False),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Index("ix_sessions_agent", "agent"),
)

login_failures = sa.Table(
    "login_failures",
    metadata,
    sa.Column("id", _serial(), primary_key=True),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("remote", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_login_failures_at", "at"),
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("agent", sa.Text, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", _serial(), primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False, unique=True),
    sa.Column("hash", sa.Text, nullable=False),
)
"""Append-only by triggers, and hash-chained: `previous` is the hash of row number - 1, so no row has two heirs."""
