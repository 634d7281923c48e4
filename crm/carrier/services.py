"""The carrier's services: which call of the port each stands for, what it asks for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crm.carrier import nouns
from crm.carrier.fields import FLAG, MOMENT, MONTH, NUMBER, TEXT, YUAN, Kind, Many, Maybe
from crm.carrier.places import PROVINCE
from crm.documents.scalars import BadDocument, Document, mapping

Params = Mapping[str, tuple[str, Kind]]


class _Nothing:
    """An answer that says no more than that it went well."""

    def write(self, value: None) -> None:
        return None

    def read(self, raw: Any, field: str) -> None:
        return None


class _Anywhere:
    """A province, "" for all of them."""

    def write(self, value: str) -> str | None:
        return PROVINCE.write(value) if value else None

    def read(self, raw: Any, field: str) -> str:
        return str(PROVINCE.read(raw, field)) if raw is not None else ""


@dataclass(frozen=True)
class Service:
    """`code`: the carrier's name. `params`: our arguments and the carrier's names. `whole`: one argument that is the
    parameters themselves. `missing`: what does not exist there when an argument cannot even be written.

    `paged`: a list that comes page by page. `limited`: the port's call takes `limit`.
    """

    code: str
    answer: Kind
    params: Params = field(default_factory=dict)
    whole: tuple[str, Kind] | None = None
    missing: str = "subscriber"
    writes: bool = False
    paged: bool = False
    limited: bool = False

    def question(self, arguments: Mapping[str, Any]) -> Document:
        """The parameters. BadDocument for an argument that the carrier has no form for."""
        if self.whole:
            return dict(self.whole[1].write(arguments[self.whole[0]]))
        written = {name: kind.write(arguments[ours]) for ours, (name, kind) in self.params.items()}
        return {name: value for name, value in written.items() if value is not None}

    def arguments(self, raw: Any) -> dict[str, Any]:
        """What the port's call is given for these parameters."""
        if self.whole:
            return {self.whole[0]: self.whole[1].read(raw, "params")}
        document = mapping(raw, "params")
        return {ours: kind.read(document.get(name), name) for ours, (name, kind) in self.params.items()}


_WHO: Params = {"msisdn": ("svcNum", NUMBER)}
_WHEN: Params = {**_WHO, "month": ("acctMonth", MONTH)}


def _list(
    code: str, noun: Kind, params: Params = _WHO, *, limited: bool = False, missing: str = "subscriber"
) -> Service:
    return Service(code, Many(noun), params, paged=True, limited=limited, missing=missing)


def _write(code: str, noun: Kind, params: Params, missing: str = "subscriber") -> Service:
    return Service(code, noun, params, writes=True, missing=missing)


def _by_id(code: str, noun: Kind, ours: str, name: str, missing: str, *, writes: bool = False) -> Service:
    return Service(code, noun, {ours: (name, TEXT)}, missing=missing, writes=writes)


_ITEMS = Many(nouns.ORDER_ITEM)
_VISIT: Params = {**_WHO, "shop_id": ("hallId", TEXT), "errand": ("bizCode", TEXT), "at": ("bookTime", MOMENT)}
_TICKET: Params = {
    **_WHO, "kind": ("workType", nouns.TICKET_KIND), "text": ("workDesc", TEXT), "urgency": ("urgentLvl", nouns.URGENCY)
}  # fmt: skip
_TICKET_CHANGE: Params = {
    "ticket_id": ("workId", TEXT), "note": ("workNote", TEXT), "cancelled": ("cancelFlag", FLAG)
}  # fmt: skip
_SALE: Params = {
    "category": ("offerType", Maybe(nouns.CATEGORY)), "region": ("provCode", _Anywhere()), "on_sale": ("saleFlag", FLAG)
}  # fmt: skip

SERVICES: Mapping[str, Service] = {
    "subscriber_of": Service("QRY_USER", nouns.SUBSCRIBER, _WHO),
    "numbers_of_account": Service("QRY_ACCT_NUMS", Many(NUMBER), _WHO),
    "balance": Service("QRY_BALANCE", nouns.BALANCE, _WHO),
    "allowances": _list("QRY_RES_LEFT", nouns.ALLOWANCE, {**_WHO, "type": ("resType", Maybe(nouns.RESOURCE))}),
    "usage": Service("QRY_RES_USED", nouns.USAGE, _WHEN, missing="usage"),
    "bill": Service("QRY_BILL", nouns.BILL, _WHEN, missing="bill"),
    "bills": _list("QRY_BILL_LIST", nouns.BILL, limited=True),
    "call_records": _list("QRY_CDR", nouns.RECORD, _WHEN),
    "points": _list("QRY_SCORE", nouns.POINTS),
    "offerings": _list("QRY_OFFER_LIST", nouns.OFFERING, _SALE, missing="offering"),
    "offering": _by_id("QRY_OFFER", nouns.OFFERING, "offering_id", "offerId", "offering"),
    "products": _list("QRY_PROD_INST", nouns.PRODUCT),
    "broadband": _list("QRY_BROADBAND", nouns.BROADBAND),
    "qualify": Service("CHK_ORDER", nouns.QUALIFICATION, {**_WHO, "items": ("offerList", _ITEMS)}),
    "place_order": Service("SUB_ORDER", nouns.ORDER, whole=("request", nouns.ORDER_REQUEST), writes=True),
    "order": _by_id("QRY_ORDER", nouns.ORDER, "order_id", "orderId", "order"),
    "orders": _list("QRY_ORDER_LIST", nouns.ORDER, limited=True),
    "cancel_order": _by_id("CNL_ORDER", nouns.ORDER, "order_id", "orderId", "order", writes=True),
    "create_ticket": _write("SUB_WORK", nouns.TICKET, _TICKET),
    "reopen_ticket": _by_id("REOPEN_WORK", nouns.TICKET, "ticket_id", "workId", "ticket", writes=True),
    "change_ticket": _write("CHG_WORK", nouns.TICKET, _TICKET_CHANGE, "ticket"),
    "ticket": _by_id("QRY_WORK", nouns.TICKET, "ticket_id", "workId", "ticket"),
    "tickets": _list("QRY_WORK_LIST", nouns.TICKET, limited=True),
    "payments": _list("QRY_PAY_LIST", nouns.PAYMENT, limited=True),
    "payment": _by_id("QRY_PAY", nouns.PAYMENT, "payment_id", "payId", "payment"),
    "create_payment": _write(
        "SUB_PAY", nouns.PAYMENT, {**_WHO, "amount_fen": ("payAmt", YUAN), "conversation": ("extInfo", TEXT)}
    ),
    "top_up_paid": _write(
        "RECH_BY_PAY", nouns.TOP_UP, {"payment_id": ("payId", TEXT), "amount_fen": ("payAmt", YUAN)}, "payment"
    ),
    "top_up_card": _write("RECH_BY_CARD", nouns.TOP_UP, {**_WHO, "card_number": ("cardPwd", TEXT)}),
    "refund": _write("BACK_FEE", nouns.REFUND, {**_WHO, "offering_id": ("offerId", TEXT)}),
    "invoices": _list("QRY_INVOICE", nouns.INVOICE),
    "issue_invoice": Service("SUB_INVOICE", nouns.INVOICE, whole=("request", nouns.INVOICE_REQUEST), writes=True),
    "send_invoice": _write("SEND_INVOICE", nouns.INVOICE, {"invoice_id": ("invId", TEXT), "email": ("mailAddr", TEXT)}),
    "reverse_invoice": _by_id("RED_INVOICE", nouns.INVOICE, "invoice_id", "invId", "invoice", writes=True),
    "verify": _write("CHK_CERT", _Nothing(), {**_WHO, "proof": ("certInfo", nouns.PROOF)}),
    "puk": Service("QRY_PUK", TEXT, _WHO),
    "set_password": _write("SET_PWD", _Nothing(), {**_WHO, "password": ("svcPwd", TEXT)}),
    "port_out_code": _write("SUB_NP_CODE", nouns.PORT_OUT, _WHO),
    "keep_interaction": Service("SUB_CONTACT", nouns.INTERACTION, whole=("talk", nouns.INTERACTION), writes=True),
    "interactions": _list("QRY_CONTACT", nouns.INTERACTION),
    "shops": _list("QRY_HALL", nouns.SHOP, {"region": ("provCode", PROVINCE)}),
    "visit_times": _list("QRY_BOOK_TIME", MOMENT, {"shop_id": ("hallId", TEXT)}, missing="shop"),
    "book_visit": _write("SUB_BOOK", nouns.VISIT, _VISIT),
    "visits": _list("QRY_BOOK", nouns.VISIT),
    "cancel_visit": _by_id("CNL_BOOK", nouns.VISIT, "visit_id", "bookId", "visit", writes=True),
}
"""By the call of crm.port.Crm."""
BY_CODE = {service.code: (call, service) for call, service in SERVICES.items()}


def service_of(code: Any) -> tuple[str, Service]:
    """The port's call and the service. BadDocument for one that is not offered."""
    if not isinstance(code, str) or code not in BY_CODE:
        raise BadDocument("service")
    return BY_CODE[code]
