"""What a call to the CRM can fail with.

    CrmError
    ├── NotFound            no such subscriber, bill, offering, order or ticket
    ├── Refused             the CRM understood and said no; `reason` is one of REASONS, `values` fill the sentence
    │   └── KeyReused       the same idempotency key came with another body
    └── Unavailable         not answered; retryable under the same idempotency key
        └── TimedOut        nothing is known; a write may have happened: "pending", never "failed"

Attributes decide (`retryable`, `reason`); the text is for logs.
"""

from __future__ import annotations

from collections.abc import Mapping

REASONS = frozenset(
    {
        # orders and qualification
        "already_active",  # values: offering
        "arrears",  # values: arrears_fen
        "audience",  # values: offering, audience (student, senior …)
        "dependent_products",  # values: offering, dependents (offering ids)
        "excluded",  # values: offering, by (offering id already held)
        "held",  # values: cause (a suspension that asking does not end)
        "insufficient_balance",  # values: needed_fen, available_fen (general balance only)
        "insufficient_points",  # values: needed, available
        "lock_in",  # values: until (ISO date), fee_fen; of a share of what is left: each_fen, months, percent
        "maximum",  # values: offering, maximum
        "not_active",  # values: offering (cannot cancel what is not held)
        "not_cancelled",  # values: offering (what goes on is not given back)
        "not_cancellable",  # values: order (or invoice) and state, or offering (a one-time pack just ends)
        "not_on_sale",  # values: offering
        "not_suspended",
        "past_cut_off",  # values: order, effective_on (ISO date; its month is settled)
        "pending_plan_change",  # values: order, effective_on (ISO date)
        "plan_required",  # values: offering (a plan is changed, never cancelled)
        "invoiced",  # values: month, invoice
        "nothing_to_invoice",  # values: month
        "price_changed",  # values: quoted_fen, current_fen
        "unpaid",  # values: month, due_fen
        "refunded_before",  # values: offering
        "region",  # values: offering, region
        "requires",  # values: offering, missing (offering ids, any one is enough)
        "suspended",  # values: none
        "too_young",  # values: until (ISO moment; a number that was held too short to leave)
        # payments
        "amount",  # values: min_fen, max_fen
        "amount_mismatch",  # values: expected_fen, actual_fen
        "bill_open",  # values: month (an invoice waits for the end of the month)
        "card_expired",
        "card_invalid",  # values: tries_left
        "card_locked",  # values: locked_until (ISO moment)
        "card_used",  # by another number
        "card_used_by_you",  # values: amount_fen, which is on this number already
        "payment_state",  # values: state
        "signature",
        # proofs and visits
        "proof_short",  # too little was said to be checked
        "proof_wrong",  # values: tries_left
        "proof_locked",  # values: locked_until (ISO moment)
        "no_papers",  # nothing is kept that could be compared
        "slot_taken",  # somebody else was quicker, or the shop is closed then
        "too_many_visits",  # values: most (at once)
        # any write
        "invalid",  # values: field
        "key_reused",
    }
)


class CrmError(Exception):
    """Root of everything a CRM call raises on purpose."""

    retryable = False


class NotFound(CrmError):
    """`what` (subscriber, bill, offering, order, ticket, payment) with this `key` does not exist."""

    def __init__(self, what: str, key: str = "") -> None:
        super().__init__(f"no such {what}")
        self.what = what
        self.key = key


class Refused(CrmError):
    """A rule forbids it. Trying again without a change gives the same answer."""

    def __init__(self, reason: str, values: Mapping[str, object] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values: Mapping[str, object] = dict(values or {})


class KeyReused(Refused):
    """The idempotency key already belongs to a different request."""

    def __init__(self) -> None:
        super().__init__("key_reused")


class Unavailable(CrmError):
    """The CRM did not answer, or turned it away. Of a write: it was not begun."""

    retryable = True


class TimedOut(Unavailable):
    """No answer in time, a broken connection, or for a write an answer that says nothing (a 504, a page, an unreadable
    document). A write may have happened; repeat it under the same key, and an order with `look_first`.
    """
