"""Tables of what the reference CRM keeps beside accounts and money: papers and proofs, visits, talks, recharge cards,
what was answered and told, who listens, and the stand-in payment gateway.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from crm.reference.columns import Moment, metadata, owner

# HMACs under the installation's key: whoever reads this table learns nobody's password or papers.
papers = Table(
    "papers", metadata,
    Column("msisdn", String(16), ForeignKey("subscriber.msisdn"), primary_key=True),
    Column("password", LargeBinary(32), nullable=False),
    Column("id_number", LargeBinary(32), nullable=False),
    Column("id_tail", LargeBinary(32), nullable=False),
    Column("puk", String(16), nullable=False),
)  # fmt: skip

proof_tries = Table(
    "proof_tries", metadata,
    Column("msisdn", String(16), ForeignKey("subscriber.msisdn"), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("locked_until", Moment),
)  # fmt: skip

visit = Table(
    "visit", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("shop_id", String(40), nullable=False),
    Column("errand", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", String(12), nullable=False),
    Index("ix_visit_msisdn_at", "msisdn", "at"),
    Index("ix_visit_shop_at", "shop_id", "at"),
)  # fmt: skip

interaction = Table(
    "interaction", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("channel", String(16), nullable=False),
    Column("direction", String(10), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("description", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index("ix_interaction_msisdn_began", "msisdn", "began_at"),
)  # fmt: skip

# The card's number itself is not kept: only its HMAC under the installation's key.
recharge_card = Table(
    "recharge_card", metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("amount_fen", Integer, nullable=False),
    Column("valid_until", Moment, nullable=False),
    Column("used_at", Moment),
    Column("used_by", String(16)),
)  # fmt: skip

card_tries = Table(
    "card_tries", metadata,
    Column("msisdn", String(16), ForeignKey("subscriber.msisdn"), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("locked_until", Moment),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata,
    Column("actor", String(32), primary_key=True),
    Column("route", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)  # fmt: skip

hub_listener = Table(
    "hub_listener", metadata,
    Column("id", String(40), primary_key=True),
    Column("api", String(64), nullable=False, index=True),
    Column("callback", String(512), nullable=False),
    Column("query", String(512), nullable=False),
    Column("created_at", Moment, nullable=False),
    # Not before: while somebody delivers to it, and after a failure.
    Column("due_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    UniqueConstraint("api", "callback", "query"),
)  # fmt: skip

# What a listener has not taken yet, in the order in which it happened.
hub_event = Table(
    "hub_event", metadata,
    Column("id", Integer, primary_key=True),
    Column("listener", String(40), ForeignKey("hub_listener.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_hub_event_listener", "listener", "id"),
    # Who told an event notes it by its id: no later one may bear that.
    sqlite_autoincrement=True,
)  # fmt: skip

# Of the stand-in payment gateway, which is another company's system and shares nothing but the file.
checkout = Table(
    "paygate_checkout", metadata,
    Column("token", String(48), primary_key=True),
    Column("merchant_ref", String(64), nullable=False, unique=True),
    Column("amount_fen", Integer, nullable=False),
    Column("notify_url", String(256), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("state", String(12), nullable=False),
    Column("transaction", String(48), nullable=False),
    Column("finished_at", Moment),
    Column("notify_at", Moment, index=True),
    Column("notices", Integer, nullable=False),
)  # fmt: skip
