"""654 buckets and top-ups, 676 payments, 678 bills and their rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, get_args

from crm.documents.scalars import (
    BadDocument,
    Document,
    characteristics_from,
    characteristics_to,
    choice,
    day_from,
    day_to,
    mapping,
    moment_from,
    moment_to,
    money_from,
    money_to,
    names,
    party_from,
    party_to,
    quantity_money_from,
    quantity_to,
    rows,
    string,
    whole,
    yuan,
)
from crm.model import (
    BalanceBucket,
    BalanceKind,
    Bill,
    BillCause,
    BillItem,
    Payment,
    PaymentState,
    Reckoning,
    ReckoningKind,
    Refund,
    TopUp,
)
from crm.worktime import CHINA, next_cycle


def bucket_to(bucket: BalanceBucket, msisdn: str) -> Document:
    document: Document = {
        "id": bucket.id, "name": bucket.name.zh, "description": bucket.name.en, "remainingValueName": bucket.kind,
        "usageType": "monetary", "status": "active", "isShared": False,
        "remainingValue": quantity_to(yuan(bucket.amount_fen), "CNY"),
        "logicalResource": [{"id": msisdn, "@referredType": "MSISDN"}], "@type": "Bucket",
    }  # fmt: skip
    if bucket.valid_until:
        document["validFor"] = {"endDateTime": moment_to(bucket.valid_until)}
    return document


def bucket_from(raw: Any) -> BalanceBucket:
    document = mapping(raw, "bucket")
    valid = mapping(document.get("validFor", {}), "validFor").get("endDateTime")
    return BalanceBucket(
        id=string(document.get("id"), "id"),
        kind=choice(document.get("remainingValueName"), "remainingValueName", get_args(BalanceKind)),
        amount_fen=quantity_money_from(document.get("remainingValue"), "remainingValue"),
        name=names(document.get("name"), document.get("description"), "name"),
        valid_until=moment_from(valid, "validFor") if valid else None,
    )


def accumulated_to(buckets: Iterable[BalanceBucket], msisdn: str) -> Document:
    held = list(buckets)
    return {
        "id": msisdn, "name": "total", "totalBalance": quantity_to(yuan(sum(b.amount_fen for b in held)), "CNY"),
        "bucket": [{"id": b.id, "name": b.kind} for b in held],
        "logicalResource": {"id": msisdn, "@referredType": "MSISDN"}, "@type": "AccumulatedBalance",
    }  # fmt: skip


def bill_to(bill: Bill) -> Document:
    start = month_start(bill.month)
    state = {"open": "new", "closing": "onHold", "settled": "settled"}.get(
        bill.state, "partiallyPaid" if bill.paid_fen else "sent"
    )
    gift = {"giftAmount": money_to(bill.gift_fen)} if bill.gift_fen else {}
    return {
        "id": bill.id, "billNo": bill.id, "category": "normal", "runType": "onCycle", "state": state,
        "billDate": moment_to(next_cycle(start)), "paymentDueDate": day_to(bill.due_on),
        "billingPeriod": {"startDateTime": moment_to(start), "endDateTime": moment_to(next_cycle(start))},
        "taxIncludedAmount": money_to(bill.total_fen), "amountDue": money_to(bill.total_fen),
        "remainingAmount": money_to(bill.due_fen), "relatedParty": party_to(bill.msisdn), "@type": "CustomerBill",
        **gift,
    }  # fmt: skip


def bill_from(raw: Any, items: tuple[BillItem, ...] = ()) -> Bill:
    document = mapping(raw, "customerBill")
    period = mapping(document.get("billingPeriod"), "billingPeriod")
    start = moment_from(period.get("startDateTime"), "billingPeriod.startDateTime")
    state = string(document.get("state"), "state")
    return Bill(
        id=string(document.get("id"), "id"), msisdn=party_from(document.get("relatedParty")),
        month=start.astimezone(CHINA).strftime("%Y-%m"),
        total_fen=money_from(document.get("taxIncludedAmount"), "taxIncludedAmount"),
        due_fen=money_from(document.get("remainingAmount"), "remainingAmount"),
        due_on=day_from(document.get("paymentDueDate"), "paymentDueDate"),
        state={"new": "open", "onHold": "closing", "settled": "settled"}.get(state, "overdue"),  # type: ignore[arg-type]
        items=items,
        gift_fen=money_from(document["giftAmount"], "giftAmount") if "giftAmount" in document else 0,
    )  # fmt: skip


def month_start(month: str) -> datetime:
    """The first moment of a local month "YYYY-MM". BadDocument for anything else."""
    try:
        if len(month) != 7:
            raise ValueError
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=CHINA)
    except ValueError:
        raise BadDocument("month") from None


def rate_to(item: BillItem, rate_id: str, bill: Bill) -> Document:
    document: Document = {
        "id": rate_id, "name": item.name.zh, "description": item.name.en, "type": item.cause,
        "date": day_to(item.on), "isBilled": bill.state != "open", "bill": {"id": bill.id},
        "taxIncludedAmount": money_to(item.amount_fen), "@type": "AppliedCustomerBillingRate",
    }  # fmt: skip
    extra: Document = {"productOffering": item.offering_id} if item.offering_id else {}
    if figures := item.reckoning:
        each = money_to(figures.each_fen)
        extra["reckoning"] = {"kind": figures.kind, "count": figures.count, "each": each, "of": figures.of}
    if extra:
        document["characteristic"] = characteristics_to(extra)
    return document


def rate_from(raw: Any) -> BillItem:
    document = mapping(raw, "rate")
    extra = characteristics_from(document.get("characteristic", []), "characteristic")
    return BillItem(
        cause=choice(document.get("type"), "type", get_args(BillCause)),
        name=names(document.get("name"), document.get("description"), "name"),
        amount_fen=money_from(document.get("taxIncludedAmount"), "taxIncludedAmount"),
        on=day_from(document.get("date"), "date"),
        offering_id=string(extra["productOffering"], "productOffering") if "productOffering" in extra else None,
        reckoning=_reckoning_from(extra["reckoning"]) if "reckoning" in extra else None,
    )


def _reckoning_from(raw: Any) -> Reckoning:
    document = mapping(raw, "reckoning")
    return Reckoning(
        kind=choice(document.get("kind"), "reckoning.kind", get_args(ReckoningKind)),
        count=whole(document.get("count"), "reckoning.count"),
        each_fen=money_from(document.get("each"), "reckoning.each"),
        of=whole(document.get("of"), "reckoning.of"),
    )


def payment_request(msisdn: str, amount_fen: int, conversation: str, key: str) -> Document:
    return {
        "account": {"id": msisdn, "@referredType": "MSISDN"}, "paymentMethod": {"name": "hosted", "@type": "hosted"},
        "totalAmount": money_to(amount_fen), "correlatorId": key, "description": conversation,
    }  # fmt: skip


def payment_to(payment: Payment) -> Document:
    document: Document = {
        "id": payment.id, "account": {"id": payment.msisdn, "@referredType": "MSISDN"}, "status": payment.state,
        "paymentMethod": {"name": payment.method, "@type": payment.method}, "totalAmount": money_to(payment.amount_fen),
        "description": payment.conversation, "paymentDate": moment_to(payment.created_at), "@type": "Payment",
    }  # fmt: skip
    if payment.paid_at:
        document["statusDate"] = moment_to(payment.paid_at)
    return document


def payment_from(raw: Any) -> Payment:
    document = mapping(raw, "payment")
    paid = document.get("statusDate")
    return Payment(
        id=string(document.get("id"), "id"),
        msisdn=string(mapping(document.get("account"), "account").get("id"), "account.id"),
        amount_fen=money_from(document.get("totalAmount"), "totalAmount"),
        method=choice(mapping(document.get("paymentMethod"), "paymentMethod").get("name"), "paymentMethod",
                      ("card", "hosted", "counter", "auto")),
        state=choice(document.get("status"), "status", get_args(PaymentState)),
        created_at=moment_from(document.get("paymentDate"), "paymentDate"),
        paid_at=moment_from(paid, "statusDate") if paid else None,
        conversation=string(document.get("description", ""), "description"),
    )  # fmt: skip


def top_up_request(amount_fen: int, party: str, *, voucher: str = "", payment_id: str = "") -> Document:
    """`party` is the MSISDN (card) or "" when the payment names it."""
    document: Document = {
        "amount": quantity_to(yuan(amount_fen), "CNY"), "usageType": "monetary", "bucket": {"id": "general"},
        "partyAccount": {"id": party or payment_id},
    }  # fmt: skip
    if voucher:
        document["voucher"] = voucher
    if payment_id:
        document["payment"] = [{"id": payment_id, "@referredType": "Payment"}]
    return document


def top_up_to(top_up: TopUp) -> Document:
    return {
        "id": top_up.id, "status": "completed", "usageType": "monetary",
        "amount": quantity_to(yuan(top_up.amount_fen), "CNY"),
        "balanceAfter": quantity_to(yuan(top_up.balance_fen), "CNY"),
        "confirmationDate": moment_to(top_up.at), "logicalResource": [{"id": top_up.msisdn, "@referredType": "MSISDN"}],
        "payment": [{"id": top_up.payment_id, "@referredType": "Payment"}], "@type": "TopupBalance",
    }  # fmt: skip


def top_up_from(raw: Any, duplicate: bool) -> TopUp:
    document = mapping(raw, "topupBalance")
    return TopUp(
        id=string(document.get("id"), "id"), msisdn=first_id(document, "logicalResource"),
        amount_fen=quantity_money_from(document.get("amount"), "amount"),
        balance_fen=quantity_money_from(document.get("balanceAfter"), "balanceAfter"),
        at=moment_from(document.get("confirmationDate"), "confirmationDate"), payment_id=first_id(document, "payment"),
        duplicate=duplicate,
    )  # fmt: skip


def first_id(document: Mapping[str, Any], field: str) -> str:
    """The id of the first reference in a list of references."""
    references = rows(document.get(field), field)
    if not references:
        raise BadDocument(field)
    return string(references[0].get("id"), f"{field}.id", 128)


def refund_request(msisdn: str, offering_id: str, key: str) -> Document:
    """The CRM's rules say how much."""
    return {
        "account": {"id": msisdn, "@referredType": "MSISDN"}, "correlatorId": key, "totalAmount": money_to(0),
        "paymentMethod": {"name": "balance", "@type": "balance"}, "productOffering": {"id": offering_id},
    }  # fmt: skip


def refund_to(refund: Refund) -> Document:
    return {
        "id": refund.id, "account": {"id": refund.msisdn, "@referredType": "MSISDN"}, "status": "done",
        "paymentMethod": {"name": "balance", "@type": "balance"}, "totalAmount": money_to(refund.amount_fen),
        "refundDate": moment_to(refund.at), "productOffering": {"id": refund.offering_id}, "@type": "Refund",
    }  # fmt: skip


def refund_from(raw: Any) -> Refund:
    document = mapping(raw, "refund")
    return Refund(
        id=string(document.get("id"), "id"),
        msisdn=string(mapping(document.get("account"), "account").get("id"), "account.id"),
        offering_id=string(mapping(document.get("productOffering"), "productOffering").get("id"), "productOffering"),
        amount_fen=money_from(document.get("totalAmount"), "totalAmount"),
        at=moment_from(document.get("refundDate"), "refundDate"),
    )
