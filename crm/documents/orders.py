"""679 ProductOfferingQualification and 622 ProductOrder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from crm.documents.scalars import (
    BadDocument,
    Document,
    choice,
    mapping,
    moment_from,
    moment_to,
    money_from,
    money_to,
    party_from,
    party_to,
    rows,
    string,
)
from crm.model import ItemAction, Order, OrderItem, OrderRequest, OrderState, Qualification, Reason

MOST_ITEMS = 20
IN_BETWEEN = {"assessingCancellation": "inProgress", "pendingCancellation": "pending"}


def items_to(items: Sequence[OrderItem]) -> list[Document]:
    return [
        {"id": str(n), "action": item.action, "productOffering": {"id": item.offering_id}}
        for n, item in enumerate(items, 1)
    ]


def items_from(value: Any, field: str) -> tuple[OrderItem, ...]:
    """One to twenty items."""
    entries = rows(value, field, MOST_ITEMS)
    if not entries:
        raise BadDocument(field)
    return tuple(
        OrderItem(
            choice(e.get("action"), f"{field}.action", get_args(ItemAction)),
            string(
                mapping(e.get("productOffering"), f"{field}.productOffering").get("id"), f"{field}.productOffering", 64
            ),
        )
        for e in entries
    )


def qualification_request(msisdn: str, items: Sequence[OrderItem]) -> Document:
    return {
        "relatedParty": party_to(msisdn), "instantSyncQualification": True, "provideUnavailabilityReason": True,
        "productOfferingQualificationItem": items_to(items),
    }  # fmt: skip


def qualification_to(items: Sequence[OrderItem], verdict: Qualification, qualification_id: str) -> Document:
    result = "qualified" if verdict.ok else "unqualified"
    entries = [
        e
        | {
            "state": "done",
            "qualificationItemResult": result,
            "expectedActivationDate": moment_to(verdict.effective_at),
        }
        for e in items_to(items)
    ]
    # The rules judge all items together, so the reasons stand on the first.
    entries[0]["eligibilityUnavailabilityReason"] = [
        {"code": r.code, "label": r.code, "values": dict(r.values)} for r in verdict.reasons
    ]
    return {
        "id": qualification_id, "state": "done", "instantSyncQualification": True, "qualificationResult": result,
        "productOfferingQualificationItem": entries, "catalogueVersion": verdict.catalogue_version,
        "priceSummary": {
            "price": money_to(verdict.price_fen), "dueNow": money_to(verdict.due_now_fen),
            "monthly": money_to(verdict.monthly_fen),
        },
        "@type": "ProductOfferingQualification",
    }  # fmt: skip


def qualification_from(raw: Any) -> Qualification:
    document = mapping(raw, "qualification")
    entries = rows(document.get("productOfferingQualificationItem"), "productOfferingQualificationItem")
    if not entries:
        raise BadDocument("productOfferingQualificationItem")
    reasons = tuple(
        Reason(string(r.get("code"), "reason.code"), dict(mapping(r.get("values", {}), "reason.values")))
        for e in entries
        for r in rows(e.get("eligibilityUnavailabilityReason", []), "eligibilityUnavailabilityReason")
    )
    prices = mapping(document.get("priceSummary"), "priceSummary")
    return Qualification(
        ok=document.get("qualificationResult") == "qualified" and not reasons, reasons=reasons,
        price_fen=money_from(prices.get("price"), "priceSummary.price"),
        due_now_fen=money_from(prices.get("dueNow"), "priceSummary.dueNow"),
        monthly_fen=money_from(prices.get("monthly"), "priceSummary.monthly"),
        effective_at=moment_from(entries[0].get("expectedActivationDate"), "expectedActivationDate"),
        catalogue_version=string(document.get("catalogueVersion", ""), "catalogueVersion"),
    )  # fmt: skip


def order_request(request: OrderRequest) -> Document:
    document: Document = {
        "externalId": request.external_id, "channel": [{"id": request.channel}],
        "relatedParty": party_to(request.msisdn), "productOrderItem": items_to(request.items), "@type": "ProductOrder",
    }  # fmt: skip
    if request.quoted_fen is not None:
        document["orderTotalPrice"] = _total_to(request.quoted_fen)
    if request.proof:
        document["agreedBy"] = request.proof
    return document


def order_request_from(raw: Any) -> OrderRequest:
    document = mapping(raw, "body")
    channels = rows(document.get("channel", []), "channel")
    prices = document.get("orderTotalPrice")
    return OrderRequest(
        msisdn=party_from(document.get("relatedParty")),
        items=items_from(document.get("productOrderItem"), "productOrderItem"),
        external_id=string(document.get("externalId", ""), "externalId", 128),
        channel=string(channels[0].get("id"), "channel.id", 16) if channels else "",
        quoted_fen=_total_from(prices) if prices is not None else None,
        proof=string(document.get("agreedBy", ""), "agreedBy", 16),
    )


def _total_to(amount_fen: int) -> list[Document]:
    return [{"priceType": "total", "price": {"taxIncludedAmount": money_to(amount_fen)}}]


def _total_from(value: Any) -> int:
    totals = rows(value, "orderTotalPrice")
    if not totals:
        raise BadDocument("orderTotalPrice")
    price = mapping(totals[0].get("price"), "orderTotalPrice.price")
    return money_from(price.get("taxIncludedAmount"), "orderTotalPrice.price.taxIncludedAmount")


def order_to(order: Order) -> Document:
    document: Document = {
        "id": order.id, "externalId": order.external_id, "state": order.state, "orderDate": moment_to(order.placed_at),
        "requestedStartDate": moment_to(order.effective_at), "expectedCompletionDate": moment_to(order.effective_at),
        "relatedParty": party_to(order.msisdn), "orderTotalPrice": _total_to(order.total_fen),
        "productOrderItem": [e | {"state": _item_state(order.state)} for e in items_to(order.items)],
        "note": [{"text": r.code} for r in order.reasons], "@type": "ProductOrder",
    }  # fmt: skip
    if order.completed_at:
        document["completionDate"] = moment_to(order.completed_at)
    if order.channel:
        document["channel"] = [{"id": order.channel}]
    if order.proof:
        document["agreedBy"] = order.proof
    return document


def _item_state(state: str) -> str:
    return "failed" if state == "partial" else state


def order_from(raw: Any) -> Order:
    document = mapping(raw, "productOrder")
    done = document.get("completionDate")
    state = string(document.get("state"), "state")
    channels = rows(document.get("channel", []), "channel")
    return Order(
        id=string(document.get("id"), "id"), msisdn=party_from(document.get("relatedParty")),
        items=items_from(document.get("productOrderItem"), "productOrderItem"),
        state=choice(IN_BETWEEN.get(state, state), "state", get_args(OrderState)),
        total_fen=_total_from(document.get("orderTotalPrice")),
        placed_at=moment_from(document.get("orderDate"), "orderDate"),
        effective_at=moment_from(document.get("expectedCompletionDate"), "expectedCompletionDate"),
        external_id=string(document.get("externalId", ""), "externalId"),
        completed_at=moment_from(done, "completionDate") if done else None,
        reasons=tuple(Reason(string(n.get("text"), "note")) for n in rows(document.get("note", []), "note")),
        channel=string(channels[0].get("id"), "channel.id", 16) if channels else "",
        proof=string(document.get("agreedBy", ""), "agreedBy", 16),
    )  # fmt: skip
