"""What can be invoiced, and whether a tax number can be one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from crm.effects import new_id
from crm.errors import Refused
from crm.model import Bill, Invoice
from crm.worktime import month_of

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
OTHERS = frozenset({"third_party", "instalment", "late_fee", "earlier_arrears"})
"""Charged for other companies, for no service, or in the bill of an earlier month, which is invoiced by itself."""


def is_tax_id(text: str) -> bool:
    """Whether this is a unified social credit code (GB 32100-2015): 18 characters, the last a check of the others."""
    if len(text) != 18 or any(sign not in ALPHABET for sign in text):
        return False
    total = sum(ALPHABET.index(sign) * weight for sign, weight in zip(text, WEIGHTS, strict=False))
    return ALPHABET.index(text[-1]) == -total % 31


def invoiceable_fen(bill: Bill) -> int:
    """What an invoice for this bill names: nobody gets one for what a gift paid. `bill` with its items."""
    return sum(item.amount_fen for item in bill.items if item.cause not in OTHERS) - bill.gift_fen


def check(bill: Bill, issued: Iterable[Invoice]) -> None:
    """Refused: bill_open, unpaid, invoiced, nothing_to_invoice. A month has one invoice that holds."""
    if bill.state in ("open", "closing"):
        raise Refused("bill_open", {"month": bill.month})
    if bill.due_fen:
        raise Refused("unpaid", {"month": bill.month, "due_fen": bill.due_fen})
    for invoice in issued:
        if invoice.month == bill.month and not invoice.reversal:
            raise Refused("invoiced", {"month": bill.month, "invoice": invoice.id})
    if invoiceable_fen(bill) <= 0:
        raise Refused("nothing_to_invoice", {"month": bill.month})


def may_reverse(invoice: Invoice, now: datetime) -> bool:
    """Whether it can be taken back without a person: in the month in which it was issued, once, and not a company's,
    which may have deducted it already."""
    return not invoice.reversal and not invoice.tax_id and month_of(invoice.issued_at) == month_of(now)


def reverse(invoice: Invoice, now: datetime) -> Invoice:
    """With its red invoice. Refused("not_cancellable") where `may_reverse` says no."""
    if not may_reverse(invoice, now):
        raise Refused(
            "not_cancellable", {"order": invoice.id, "state": "reversed" if invoice.reversal else "completed"}
        )
    return replace(invoice, reversal=new_id("R", now), reversed_at=now)


def sent_again(invoice: Invoice, email: str) -> Invoice:
    """To this address. Refused("not_cancellable") for one that was taken back."""
    if invoice.reversal:
        raise Refused("not_cancellable", {"order": invoice.id, "state": "reversed"})
    return replace(invoice, email=email)
