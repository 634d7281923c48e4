"""First tables of the reference CRM"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("actor", "route", "key"),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_at"), ["at"], unique=False)

    op.create_table(
        "paygate_checkout",
        sa.Column("token", sa.String(length=48), nullable=False),
        sa.Column("merchant_ref", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("notify_url", sa.String(length=256), nullable=False),
        sa.Column("expires_at", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("transaction", sa.String(length=48), nullable=False),
        sa.Column("finished_at", sa.String(length=26), nullable=True),
        sa.Column("notify_at", sa.String(length=26), nullable=True),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token"),
        sa.UniqueConstraint("merchant_ref"),
    )
    with op.batch_alter_table("paygate_checkout", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paygate_checkout_notify_at"), ["notify_at"], unique=False)

    op.create_table(
        "recharge_card",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.String(length=26), nullable=False),
        sa.Column("used_at", sa.String(length=26), nullable=True),
        sa.Column("used_by", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "subscriber",
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("account_holder", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=False),
        sa.Column("city", sa.String(length=40), nullable=False),
        sa.Column("grid", sa.String(length=16), nullable=False),
        sa.Column("rural", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("student", sa.Boolean(), nullable=False),
        sa.Column("account_manager", sa.String(length=80), nullable=True),
        sa.Column("cycle", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("msisdn"),
        sa.UniqueConstraint("id"),
    )
    with op.batch_alter_table("subscriber", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscriber_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_subscriber_cycle"), ["cycle"], unique=False)

    op.create_table(
        "allowance",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("scope", sa.String(length=12), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("offering_id", sa.String(length=40), nullable=False),
        sa.Column("valid_until", sa.String(length=26), nullable=False),
        sa.CheckConstraint("used >= 0 AND total >= 0", name="volumes"),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("allowance", schema=None) as batch_op:
        batch_op.create_index("ix_allowance_msisdn", ["msisdn", "valid_until"], unique=False)

    op.create_table(
        "bill",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("total_fen", sa.Integer(), nullable=False),
        sa.Column("due_fen", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("msisdn", "month"),
    )
    op.create_table(
        "bucket",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("msisdn", "kind"),
    )
    op.create_table(
        "card_tries",
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("msisdn"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("paid_at", sa.String(length=26), nullable=True),
        sa.Column("conversation", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index("ix_payment_msisdn_created", ["msisdn", "created_at"], unique=False)

    op.create_table(
        "product",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("offering_id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("since", sa.String(length=26), nullable=False),
        sa.Column("until", sa.String(length=26), nullable=True),
        sa.Column("lock_in_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index("ix_product_msisdn", ["msisdn"], unique=False)

    op.create_table(
        "product_order",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("total_fen", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.String(length=26), nullable=False),
        sa.Column("effective_at", sa.String(length=26), nullable=False),
        sa.Column("completed_at", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("product_order", schema=None) as batch_op:
        batch_op.create_index("ix_order_msisdn_placed", ["msisdn", "placed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_product_order_external_id"), ["external_id"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("due_at", sa.String(length=26), nullable=False),
        sa.Column("accountable", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_msisdn_created", ["msisdn", "created_at"], unique=False)

    op.create_table(
        "usage",
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("data_kb", sa.Integer(), nullable=False),
        sa.Column("voice_minutes", sa.Integer(), nullable=False),
        sa.Column("sms_count", sa.Integer(), nullable=False),
        sa.Column("roaming_data_kb", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("msisdn", "month"),
    )
    op.create_table(
        "bill_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bill_id", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.String(length=24), nullable=False),
        sa.Column("offering_id", sa.String(length=40), nullable=True),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bill_id"],
            ["bill.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("bill_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bill_item_bill_id"), ["bill_id"], unique=False)

    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bucket_id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("at", sa.String(length=26), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=48), nullable=False),
        sa.ForeignKeyConstraint(
            ["bucket_id"],
            ["bucket.id"],
        ),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_msisdn_at", ["msisdn", "at"], unique=False)

    op.create_table(
        "top_up",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("balance_fen", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=26), nullable=False),
        sa.Column("payment_id", sa.String(length=48), nullable=False),
        sa.ForeignKeyConstraint(
            ["msisdn"],
            ["subscriber.msisdn"],
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("payment_id"),
    )
    with op.batch_alter_table("top_up", schema=None) as batch_op:
        batch_op.create_index("ix_top_up_msisdn_at", ["msisdn", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("top_up", schema=None) as batch_op:
        batch_op.drop_index("ix_top_up_msisdn_at")

    op.drop_table("top_up")
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_msisdn_at")

    op.drop_table("ledger")
    with op.batch_alter_table("bill_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bill_item_bill_id"))

    op.drop_table("bill_item")
    op.drop_table("usage")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_msisdn_created")

    op.drop_table("ticket")
    with op.batch_alter_table("product_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_order_external_id"))
        batch_op.drop_index("ix_order_msisdn_placed")

    op.drop_table("product_order")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index("ix_product_msisdn")

    op.drop_table("product")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_msisdn_created")

    op.drop_table("payment")
    op.drop_table("card_tries")
    op.drop_table("bucket")
    op.drop_table("bill")
    with op.batch_alter_table("allowance", schema=None) as batch_op:
        batch_op.drop_index("ix_allowance_msisdn")

    op.drop_table("allowance")
    with op.batch_alter_table("subscriber", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscriber_cycle"))
        batch_op.drop_index(batch_op.f("ix_subscriber_account_id"))

    op.drop_table("subscriber")
    op.drop_table("recharge_card")
    with op.batch_alter_table("paygate_checkout", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paygate_checkout_notify_at"))

    op.drop_table("paygate_checkout")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_at"))

    op.drop_table("idempotency")
