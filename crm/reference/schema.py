"""Tables of the reference CRM.

Offerings are not here: the catalogue is data of the operator (crm/reference/data), the same for every process.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from crm.reference.columns import Moment, columns, metadata, owner
from crm.reference.schema_kept import (
    card_tries,
    checkout,
    hub_event,
    hub_listener,
    idempotency,
    interaction,
    papers,
    proof_tries,
    recharge_card,
    visit,
)

__all__ = [
    "Moment",
    "card_tries",
    "checkout",
    "columns",
    "hub_event",
    "hub_listener",
    "idempotency",
    "interaction",
    "metadata",
    "papers",
    "proof_tries",
    "recharge_card",
    "visit",
]

subscriber = Table(
    "subscriber", metadata,
    Column("msisdn", String(16), primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("account_id", String(32), nullable=False, index=True),
    Column("account_holder", Boolean, nullable=False),
    Column("name", String(80), nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("brand", String(16), nullable=False),
    Column("region", String(8), nullable=False),
    Column("city", String(40), nullable=False),
    Column("grid", String(16), nullable=False),
    Column("rural", Boolean, nullable=False),
    Column("language", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    Column("suspended_for", String(16)),
    Column("suspended_at", Moment),
    Column("student", Boolean, nullable=False),
    Column("account_manager", String(80)),
    Column("cycle", String(7), nullable=False, index=True),
)  # fmt: skip

bucket = Table(
    "bucket", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("kind", String(12), nullable=False),
    Column("amount_fen", Integer, nullable=False),
    Column("valid_until", Moment),
    UniqueConstraint("msisdn", "kind"),
)  # fmt: skip

ledger = Table(
    "ledger", metadata,
    Column("id", Integer, primary_key=True),
    Column("bucket_id", String(40), ForeignKey("bucket.id"), nullable=False),
    owner(),
    Column("at", Moment, nullable=False),
    Column("cause", String(12), nullable=False),
    Column("amount_fen", Integer, nullable=False),
    Column("ref", String(48), nullable=False),
    Index("ix_ledger_msisdn_at", "msisdn", "at"),
)  # fmt: skip

product = Table(
    "product", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("offering_id", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("price_fen", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("lock_in_until", Date),
    Index("ix_product_msisdn", "msisdn"),
)  # fmt: skip

allowance = Table(
    "allowance", metadata,
    Column("id", String(64), primary_key=True),
    owner(),
    Column("type", String(8), nullable=False),
    Column("scope", String(12), nullable=False),
    Column("total", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("offering_id", String(40), nullable=False),
    Column("valid_until", Moment, nullable=False),
    Index("ix_allowance_msisdn", "msisdn", "valid_until"),
    CheckConstraint("used >= 0 AND total >= 0", name="volumes"),
)  # fmt: skip

usage = Table(
    "usage", metadata,
    Column("msisdn", String(16), ForeignKey("subscriber.msisdn"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("data_kb", Integer, nullable=False),
    Column("voice_minutes", Integer, nullable=False),
    Column("sms_count", Integer, nullable=False),
    Column("roaming_data_kb", Integer, nullable=False),
)  # fmt: skip

bill = Table(
    "bill", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("month", String(7), nullable=False),
    Column("total_fen", Integer, nullable=False),
    Column("due_fen", Integer, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("state", String(12), nullable=False),
    UniqueConstraint("msisdn", "month"),
)  # fmt: skip

bill_item = Table(
    "bill_item", metadata,
    Column("id", Integer, primary_key=True),
    Column("bill_id", String(40), ForeignKey("bill.id"), nullable=False, index=True),
    Column("cause", String(24), nullable=False),
    Column("offering_id", String(40)),
    Column("amount_fen", Integer, nullable=False),
    Column("on", Date, nullable=False),
    # How the amount came about; all empty where there is nothing to reckon.
    Column("reckoned", String(12)),
    Column("count", Integer),
    Column("each_fen", Integer),
    Column("of", Integer),
)  # fmt: skip

# One row a charge that was given back, so that none is given back twice.
refund = Table(
    "refund", metadata,
    Column("bill_item_id", Integer, ForeignKey("bill_item.id"), primary_key=True),
    owner(),
    Column("id", String(40), nullable=False, index=True),
    Column("amount_fen", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)  # fmt: skip

orders = Table(
    "product_order", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("external_id", String(128), nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("proof", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("items", Text, nullable=False),
    Column("total_fen", Integer, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("effective_at", Moment, nullable=False),
    Column("completed_at", Moment),
    Index("ix_order_msisdn_placed", "msisdn", "placed_at"),
)  # fmt: skip

ticket = Table(
    "ticket", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("kind", String(12), nullable=False),
    Column("text", Text, nullable=False),
    Column("urgency", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("accountable", String(80), nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_ticket_msisdn_created", "msisdn", "created_at"),
)  # fmt: skip

payment = Table(
    "payment", metadata,
    Column("id", String(48), primary_key=True),
    owner(),
    Column("amount_fen", Integer, nullable=False),
    Column("method", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("paid_at", Moment),
    Column("conversation", String(128), nullable=False),
    Index("ix_payment_msisdn_created", "msisdn", "created_at"),
)  # fmt: skip

top_up = Table(
    "top_up", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("amount_fen", Integer, nullable=False),
    Column("balance_fen", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("payment_id", String(48), ForeignKey("payment.id"), nullable=False, unique=True),
    Index("ix_top_up_msisdn_at", "msisdn", "at"),
)  # fmt: skip

points_lot = Table(
    "points_lot", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("earned", Integer, nullable=False),
    Column("left", Integer, nullable=False),
    Column("earned_on", Date, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_points_lot_msisdn", "msisdn", "expires_at"),
    CheckConstraint("\"left\" >= 0 AND \"left\" <= earned", name="points"),
)  # fmt: skip

call_record = Table(
    "call_record", metadata,
    Column("id", String(48), primary_key=True),
    owner(),
    Column("at", Moment, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("peer", String(24), nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("amount_fen", Integer, nullable=False),
    Index("ix_call_record_msisdn_at", "msisdn", "at"),
)  # fmt: skip

broadband = Table(
    "broadband", metadata,
    Column("account", String(32), primary_key=True),
    owner(),
    Column("address", String(120), nullable=False),
    Column("speed_mbps", Integer, nullable=False),
    Column("until", Date, nullable=False),
    Column("state", String(12), nullable=False),
    Index("ix_broadband_msisdn", "msisdn"),
)  # fmt: skip

# Of those that hold, one a month and number.
invoice = Table(
    "invoice", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("month", String(7), nullable=False),
    Column("amount_fen", Integer, nullable=False),
    Column("title", String(100), nullable=False),
    Column("tax_id", String(18), nullable=False),
    Column("email", String(100), nullable=False),
    Column("issued_at", Moment, nullable=False),
    UniqueConstraint("msisdn", "month"),
)  # fmt: skip

reversed_invoice = Table(
    "reversed_invoice", metadata,
    Column("id", String(40), primary_key=True),
    owner(),
    Column("month", String(7), nullable=False),
    Column("amount_fen", Integer, nullable=False),
    Column("title", String(100), nullable=False),
    Column("tax_id", String(18), nullable=False),
    Column("email", String(100), nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("reversal", String(40), nullable=False, unique=True),
    Column("reversed_at", Moment, nullable=False),
    Index("ix_reversed_invoice_msisdn", "msisdn"),
)  # fmt: skip
