"""681 CommunicationMessage: an electronic invoice that is sent by e-mail. Its characteristics are our profile."""

from __future__ import annotations

from typing import Any

from crm.documents.scalars import (
    BadDocument,
    Document,
    characteristics_from,
    characteristics_to,
    choice,
    mapping,
    moment_from,
    moment_to,
    money_from,
    money_to,
    rows,
    string,
)
from crm.model import Invoice, InvoiceRequest

KIND = "invoice"
MOST_TITLE = 100
UNNUMBERED = "cancelled"
"""For the number of a red invoice that a CRM does not tell."""


def request_to(request: InvoiceRequest) -> Document:
    extra = {"month": request.month, "title": request.title, "taxId": request.tax_id}
    return {
        "content": KIND, "messageType": "email", "sender": {"id": "billing"},
        "receiver": [{"id": request.msisdn, "email": request.email}],
        "characteristic": characteristics_to(extra), "@type": "CommunicationMessage",
    }  # fmt: skip


def request_from(raw: Any) -> InvoiceRequest:
    document = mapping(raw, "body")
    choice(document.get("content"), "content", (KIND,))
    choice(document.get("messageType"), "messageType", ("email",))
    receivers = rows(document.get("receiver"), "receiver")
    if len(receivers) != 1:
        raise BadDocument("receiver")
    extra = characteristics_from(document.get("characteristic"), "characteristic")
    return InvoiceRequest(
        msisdn=string(receivers[0].get("id"), "receiver.id", 16), month=string(extra.get("month"), "month", 7),
        title=string(extra.get("title"), "title", MOST_TITLE), tax_id=string(extra.get("taxId"), "taxId", 18),
        email=string(receivers[0].get("email"), "receiver.email", 100),
    )  # fmt: skip


def address_from(raw: Any) -> str:
    """The e-mail of the only receiver."""
    receivers = rows(raw, "receiver")
    email = string(receivers[0].get("email"), "receiver.email", 100) if len(receivers) == 1 else ""
    if not email:
        raise BadDocument("receiver")
    return email


def invoice_to(invoice: Invoice) -> Document:
    request = InvoiceRequest(invoice.msisdn, invoice.month, invoice.title, invoice.tax_id, invoice.email)
    amount = {"name": "amount", "value": money_to(invoice.amount_fen)}
    document = request_to(request)
    state = "cancelled" if invoice.reversal else "completed"
    more = {"id": invoice.id, "state": state, "sendTime": moment_to(invoice.issued_at)}
    gone = {}
    if invoice.reversed_at:
        gone = {"reversal": invoice.reversal, "reversedAt": moment_to(invoice.reversed_at)}
    return {**document, **more, "characteristic": [*document["characteristic"], amount, *characteristics_to(gone)]}


def invoice_from(raw: Any) -> Invoice:
    document = mapping(raw, "communicationMessage")
    request = request_from(document)
    extra = characteristics_from(document.get("characteristic"), "characteristic")
    gone = UNNUMBERED if document.get("state") == "cancelled" else ""
    return Invoice(
        id=string(document.get("id"), "id"), msisdn=request.msisdn, month=request.month,
        amount_fen=money_from(extra.get("amount"), "amount"), title=request.title, tax_id=request.tax_id,
        email=request.email, issued_at=moment_from(document.get("sendTime"), "sendTime"),
        reversal=string(extra.get("reversal", ""), "reversal", 64) or gone,
        reversed_at=moment_from(extra["reversedAt"], "reversedAt") if "reversedAt" in extra else None,
    )  # fmt: skip
