"""The handlers that change something. Each asks for an Idempotency-Key (crm.reference.http.once)."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.documents import customer, money, orders
from crm.documents.scalars import BadDocument, Document, choice, mapping, party_from, quantity_money_from, rows, string
from crm.model import TopUp
from crm.reference import cards, reads, refunds, writes
from crm.reference.http import body, office, once
from crm.reference.hub import publish
from crm.reference.reads import Terms

CARD_DIGITS = 18
MOST_TICKET_TEXT = 2000


async def post_order(request: web.Request) -> web.Response:
    document = await body(request)
    wanted = orders.order_request_from(document)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        placed = orders.order_to(await writes.place_order(connection, wanted, terms))
        await publish(connection, "ProductOrderCreateEvent", placed, terms)
        return placed

    return await once(request, document, act)


async def post_cancellation(request: web.Request) -> web.Response:
    document = mapping(await body(request), "body")
    order_id = string(mapping(document.get("productOrder"), "productOrder").get("id"), "productOrder.id", 64)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        order = orders.order_to(await writes.cancel_order(connection, order_id, terms))
        cancelled = {
            "id": f"C{order_id}", "state": "done", "productOrder": {"id": order_id}, "@type": "CancelProductOrder"
        }  # fmt: skip
        await publish(connection, "CancelProductOrderCreateEvent", cancelled, terms)
        await publish(connection, "ProductOrderStateChangeEvent", order, terms)
        return {**cancelled, "order": order}

    return await once(request, document, act)


async def post_ticket(request: web.Request) -> web.Response:
    document = mapping(await body(request), "body")
    msisdn = party_from(document.get("relatedParty"))
    kind = choice(document.get("ticketType"), "ticketType", ("fault", "complaint", "callback", "lead"))
    urgency = choice(document.get("severity"), "severity", ("normal", "urgent"))
    text = string(document.get("description"), "description", MOST_TICKET_TEXT)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        made = customer.ticket_to(await writes.create_ticket(connection, msisdn, kind, text, urgency, terms))
        await publish(connection, "TroubleTicketCreateEvent", made, terms)
        return made

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
        before = await reads.ticket(connection, request.match_info["id"])
        after = await writes.change_ticket(connection, before.id, terms, state=state, note=note)
        changed = customer.ticket_to(after)
        if after != before:
            what = "AttributeValue" if after.state == before.state else "Status"
            await publish(connection, f"TroubleTicket{what}ChangeEvent", changed, terms)
        return changed

    return await once(request, document, act, status=200)


async def post_payment(request: web.Request) -> web.Response:
    document = mapping(await body(request), "body")
    msisdn = string(mapping(document.get("account"), "account").get("id"), "account.id", 16)
    method = mapping(document.get("paymentMethod"), "paymentMethod").get("name")
    choice(method, "paymentMethod.name", ("hosted",))
    amount_fen = money.money_from(document.get("totalAmount"), "totalAmount")
    conversation = string(document.get("description", ""), "description", 128)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        created = money.payment_to(await writes.create_payment(connection, msisdn, amount_fen, conversation, terms))
        await publish(connection, "PaymentCreateEvent", created, terms)
        return created

    return await once(request, document, act)


async def post_refund(request: web.Request) -> web.Response:
    """`productOffering` names what the person did not order; the amount is the rules'."""
    document = mapping(await body(request), "body")
    msisdn = string(mapping(document.get("account"), "account").get("id"), "account.id", 16)
    offering_id = string(mapping(document.get("productOffering"), "productOffering").get("id"), "productOffering", 64)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        made = money.refund_to(await refunds.refund(connection, msisdn, offering_id, terms))
        await publish(connection, "RefundCreateEvent", made, terms)
        return made

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
        made = await writes.top_up_paid(connection, payment_id, amount_fen, terms)
        paid = money.payment_to(await reads.payment(connection, payment_id))
        await publish(connection, "PaymentStateChangeEvent", paid, terms)
        return await _credited(connection, made, terms)

    return await once(request, document, act)


async def _redeem(request: web.Request, document: object, msisdn: str, number: str) -> web.Response:
    key = office(request).card_key

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        made = await cards.redeem(connection, key, msisdn, number, terms)
        paid = money.payment_to(await reads.payment(connection, str(made.payment_id)))
        await publish(connection, "PaymentCreateEvent", paid, terms)
        return await _credited(connection, made, terms)

    return await once(request, document, act)


async def _credited(connection: AsyncConnection, made: TopUp, terms: Terms) -> Document:
    credited = money.top_up_to(made)
    await publish(connection, "TopupBalanceCreateEvent", credited, terms)
    return credited
