"""The handlers that change something. Each asks for an Idempotency-Key (crm.reference.http.once)."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.documents import customer, money, orders
from crm.documents.scalars import BadDocument, Document, choice, mapping, party_from, quantity_money_from, rows, string
from crm.reference import cards, refunds, writes
from crm.reference.http import body, office, once
from crm.reference.reads import Terms

CARD_DIGITS = 18
MOST_TICKET_TEXT = 2000


async def post_order(request: web.Request) -> web.Response:
    document = await body(request)
    wanted = orders.order_request_from(document)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        return orders.order_to(await writes.place_order(connection, wanted, terms))

    return await once(request, document, act)


async def post_cancellation(request: web.Request) -> web.Response:
    document = mapping(await body(request), "body")
    order_id = string(mapping(document.get("productOrder"), "productOrder").get("id"), "productOrder.id", 64)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        order = await writes.cancel_order(connection, order_id, terms)
        return {
            "id": f"C{order.id}", "state": "done", "productOrder": {"id": order.id}, "order": orders.order_to(order),
            "@type": "CancelProductOrder",
        }  # fmt: skip

    return await once(request, document, act)


async def post_ticket(request: web.Request) -> web.Response:
    document = mapping(await body(request), "body")
    msisdn = party_from(document.get("relatedParty"))
    kind = choice(document.get("ticketType"), "ticketType", ("fault", "complaint", "callback", "lead"))
    urgency = choice(document.get("severity"), "severity", ("normal", "urgent"))
    text = string(document.get("description"), "description", MOST_TICKET_TEXT)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        return customer.ticket_to(await writes.create_ticket(connection, msisdn, kind, text, urgency, terms))

    return await once(request, document, act)


async def patch_ticket(request: web.Request) -> web.Response:
    """`status` and the last `note` may change."""
    document = mapping(await body(request), "body")
    if not document.keys() <= {"status", "note"}:
        raise BadDocument("body")
    state = choice(document["status"], "status", customer.TICKET_STATES) if "status" in document else ""
    notes = rows(document.get("note", []), "note")
    note = string(notes[-1].get("text"), "note.text", MOST_TICKET_TEXT) if notes else ""

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        changed = await writes.change_ticket(connection, request.match_info["id"], terms, state=state, note=note)
        return customer.ticket_to(changed)

    return await once(request, document, act, status=200)


async def post_payment(request: web.Request) -> web.Response:
    document = mapping(await body(request), "body")
    msisdn = string(mapping(document.get("account"), "account").get("id"), "account.id", 16)
    method = mapping(document.get("paymentMethod"), "paymentMethod").get("name")
    choice(method, "paymentMethod.name", ("hosted",))
    amount_fen = money.money_from(document.get("totalAmount"), "totalAmount")
    conversation = string(document.get("description", ""), "description", 128)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        created = await writes.create_payment(connection, msisdn, amount_fen, conversation, terms)
        return money.payment_to(created)

    return await once(request, document, act)


async def post_refund(request: web.Request) -> web.Response:
    """`productOffering` names what the person did not order; the amount is the rules'."""
    document = mapping(await body(request), "body")
    msisdn = string(mapping(document.get("account"), "account").get("id"), "account.id", 16)
    offering_id = string(mapping(document.get("productOffering"), "productOffering").get("id"), "productOffering", 64)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        return money.refund_to(await refunds.refund(connection, msisdn, offering_id, terms))

    return await once(request, document, act)


async def post_top_up(request: web.Request) -> web.Response:
    """With `voucher` a recharge card for the MSISDN in partyAccount; with `payment` what a gateway has taken."""
    document = mapping(await body(request), "body")
    choice(document.get("usageType"), "usageType", ("monetary",))
    amount_fen = quantity_money_from(document.get("amount"), "amount")
    if "voucher" in document:
        number = string(document["voucher"], "voucher", CARD_DIGITS)
        if len(number) != CARD_DIGITS or not (number.isascii() and number.isdigit()):
            raise BadDocument("voucher")
        msisdn = string(mapping(document.get("partyAccount"), "partyAccount").get("id"), "partyAccount.id", 16)
        return await _redeem(request, document, msisdn, number)
    payment_id = money.first_id(document, "payment")

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        return money.top_up_to(await writes.top_up_paid(connection, payment_id, amount_fen, terms))

    return await once(request, document, act)


async def _redeem(request: web.Request, document: object, msisdn: str, number: str) -> web.Response:
    key = office(request).card_key

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        return money.top_up_to(await cards.redeem(connection, key, msisdn, number, terms))

    return await once(request, document, act)
