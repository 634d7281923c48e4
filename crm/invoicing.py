"""What can be invoiced, and whether a tax number can be one."""

from __future__ import annotations

from collections.abc import Iterable

from crm.errors import Refused
from crm.model import Bill, Invoice

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
    """Refused: bill_open, unpaid, invoiced, nothing_to_invoice. A month is invoiced once."""
    if bill.state in ("open", "closing"):
        raise Refused("bill_open", {"month": bill.month})
    if bill.due_fen:
        raise Refused("unpaid", {"month": bill.month, "due_fen": bill.due_fen})
    for invoice in issued:
        if invoice.month == bill.month:
            raise Refused("invoiced", {"month": bill.month, "invoice": invoice.id})
    if invoiceable_fen(bill) <= 0:
        raise Refused("nothing_to_invoice", {"month": bill.month})
