"""Recharge cards and the hosted page, through the stand-in gateway: nothing before it says so, and everything once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from sqlalchemy import text

from crm.errors import NotFound, Refused
from crm.fake import FakeCrm
from crm.fake_payments import FakePayments
from crm.hosted import Gateway, HostedPayments, hosted_payments
from crm.payments import PaymentEvent, RawCallback
from crm.payments_http import payment_callback
from crm.port import Crm, within
from crm.reference.paygate import notify_due
from crm.signing import signed_headers
from crm.tmf import tmf_crm
from tests.contracts.crm.serving import PAYGATE_KEY, TOKEN, Clock, Reference

LI = "+8613800000000"


@dataclass
class Shop:
    """Payments, the CRM, the gateway, and a merchant's server that notes the events it is told."""

    payments: HostedPayments
    crm: Crm
    reference: Reference
    events: list[PaymentEvent]
    session: ClientSession
    callback_url: str

    async def checkout(self, key: str = "k", amount_fen: int = 5000):
        return await self.payments.start_checkout(LI, amount_fen, key=key, conversation="web:1", deadline=within(5))

    async def press(self, page: str, act: str) -> str:
        async with self.session.post(self.reference.url + page, data={"act": act}) as reply:
            return await reply.text()

    async def notices(self) -> int:
        return await notify_due(self.reference.paygate, self.session)

    async def balance_fen(self) -> int:
        return (await self.crm.balance(LI, deadline=within(5))).payable_fen


@pytest.fixture
async def shop(reference: Reference, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr("crm.reference.paygate.LOOK_EVERY_S", 3600)  # notices go out when a test says so
    events: list[PaymentEvent] = []

    async def note(event: PaymentEvent) -> None:
        events.append(event)

    async with tmf_crm(reference.url, TOKEN, clock) as crm, ClientSession() as session:
        merchant = web.Application()
        server = TestServer(merchant, host="127.0.0.1")
        handlers: list[Handler] = []
        merchant.router.add_post("/pay/callback", lambda request: handlers[0](request))
        async with server:
            url = str(server.make_url("/pay/callback"))
            gateway = Gateway(f"{reference.url}/paygate", url, PAYGATE_KEY)
            async with hosted_payments(crm, gateway, clock) as payments:
                handlers.append(payment_callback(payments, note))
                yield Shop(payments, crm, reference, events, session, url)


def callback(
    clock: Clock, payment_id: str, amount_fen: int = 5000, *, transaction: str = "G1", key: bytes = PAYGATE_KEY
) -> RawCallback:
    """A signed notice that it was paid."""
    notice = {
        "merchant_ref": payment_id, "transaction": transaction, "amount_fen": amount_fen, "state": "paid",
        "finished_at": "2026-11-18T02:31:00Z",
    }  # fmt: skip
    body = json.dumps(notice).encode()
    return RawCallback(body, signed_headers(key, body, clock()))


async def test_a_person_pays_and_is_credited_after_the_gateway_says_so(shop: Shop) -> None:
    checkout = await shop.checkout()
    async with shop.session.get(shop.reference.url + checkout.url) as page:
        assert "¥50.00" in await page.text()
    assert 2350 == await shop.balance_fen()
    assert "Paid" in await shop.press(checkout.url, "pay")
    assert 2350 == await shop.balance_fen()
    assert 1 == await shop.notices()
    assert 7350 == await shop.balance_fen()
    assert [("paid", 5000, "web:1", 7350, False)] == [
        (e.state, e.amount_fen, e.conversation, e.balance_fen, e.duplicate) for e in shop.events
    ]


async def test_a_repeated_callback_credits_once(shop: Shop) -> None:
    checkout = await shop.checkout()
    for act in ("pay", "pay", "again"):
        await shop.press(checkout.url, act)
        await shop.notices()
    assert 7350 == await shop.balance_fen()
    assert [False, True] == [e.duplicate for e in shop.events]


async def test_callbacks_at_the_same_time_credit_once(shop: Shop, clock: Clock) -> None:
    checkout = await shop.checkout()
    raws = [callback(clock, checkout.payment_id, transaction=t) for t in ("G1", "G1", "G1", "G2", "G2")]
    events = await asyncio.gather(*(shop.payments.handle_callback(r, deadline=within(10)) for r in raws))
    assert (1, 7350) == (sum(not e.duplicate for e in events), await shop.balance_fen())


async def test_a_late_callback_is_credited_since_the_money_was_taken(shop: Shop, clock: Clock) -> None:
    checkout = await shop.checkout()
    await shop.press(checkout.url, "pay")
    clock.forward(hours=30)
    assert 1 == await shop.notices()
    assert 7350 == await shop.balance_fen()


async def test_a_cancelled_payment_credits_nothing(shop: Shop) -> None:
    checkout = await shop.checkout()
    await shop.press(checkout.url, "cancel")
    await shop.notices()
    await shop.press(checkout.url, "pay")
    await shop.notices()
    assert (["failed"], 2350) == ([e.state for e in shop.events], await shop.balance_fen())


async def test_an_expired_page_takes_no_money(shop: Shop, clock: Clock) -> None:
    checkout = await shop.checkout()
    clock.forward(minutes=31)
    assert "expired" in await shop.press(checkout.url, "pay")
    assert (0, []) == (await shop.notices(), shop.events)


async def test_the_same_key_gives_the_same_page(shop: Shop) -> None:
    assert await shop.checkout("same") == await shop.checkout("same")
    assert (await shop.checkout("other")).url != (await shop.checkout("same")).url


async def test_a_notice_is_repeated_until_it_was_taken(shop: Shop, clock: Clock) -> None:
    checkout = await shop.checkout()
    await shop.press(checkout.url, "pay")
    await shop.reference.office.store.close()
    async with shop.reference.office.store.writing() as connection:
        await connection.exec_driver_sql("UPDATE paygate_checkout SET notify_url = 'http://127.0.0.1:9/none'")
    assert 0 == await shop.notices()
    async with shop.reference.office.store.writing() as connection:
        await connection.execute(text("UPDATE paygate_checkout SET notify_url = :url"), {"url": shop.callback_url})
    assert 0 == await shop.notices()
    clock.forward(seconds=3)
    assert (1, 7350) == (await shop.notices(), await shop.balance_fen())


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
async def test_a_stale_signature_is_refused(shop: Shop, clock: Clock, seconds: int) -> None:
    raw = callback(clock, (await shop.checkout()).payment_id)
    clock.forward(seconds=seconds)
    with pytest.raises(Refused, match="signature"):
        await shop.payments.handle_callback(raw, deadline=within(5))


async def test_a_forged_or_changed_callback_is_refused(shop: Shop, clock: Clock) -> None:
    payment_id = (await shop.checkout()).payment_id
    good = callback(clock, payment_id)
    forged = [
        callback(clock, payment_id, key=b"x" * 32),
        RawCallback(good.body.replace(b"5000", b"9000"), good.headers),
        RawCallback(good.body, {}),
        RawCallback(good.body, {**good.headers, "x-paygate-timestamp": "１２３"}),
        RawCallback(good.body, {**good.headers, "x-paygate-signature": "é"}),
    ]
    for raw in forged:
        with pytest.raises(Refused, match="signature"):
            await shop.payments.handle_callback(raw, deadline=within(5))
    assert 2350 == await shop.balance_fen()


async def test_a_signed_callback_of_another_amount_or_payment_credits_nothing(shop: Shop, clock: Clock) -> None:
    payment_id = (await shop.checkout()).payment_id
    with pytest.raises(Refused, match="amount_mismatch"):
        await shop.payments.handle_callback(callback(clock, payment_id, 999999), deadline=within(5))
    for unknown in ("PAY-none", "../x", "' OR 1=1"):
        with pytest.raises(NotFound):
            await shop.payments.handle_callback(callback(clock, unknown), deadline=within(5))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"NaN", b"[" * 5000, b'{"merchant_ref": 1}', b"\xff", b"x" * 70_000]
)
async def test_a_malformed_callback_is_4xx_over_http(shop: Shop, clock: Clock, body: bytes) -> None:
    headers = signed_headers(PAYGATE_KEY, body, clock())
    async with shop.session.post(shop.callback_url, data=body, headers=headers) as reply:
        assert reply.status in (400, 413)
    async with shop.session.post(shop.callback_url, data=body) as reply:
        assert reply.status in (400, 401, 413)


async def test_a_card_can_be_redeemed_but_not_guessed(shop: Shop) -> None:
    top_up = await shop.payments.redeem_card(LI, "800000000000000001", key="c", deadline=within(5))
    assert 7350 == top_up.balance_fen
    with pytest.raises(Refused, match="card_invalid"):
        await shop.payments.redeem_card(LI, "八" * 18, key="d", deadline=within(5))


# The bytes of a file; PostgreSQL's belong to its server.
@pytest.mark.parametrize("reference", ["sqlite"], indirect=True)
async def test_no_card_number_is_stored(shop: Shop) -> None:
    number = "800000000000000001"
    await shop.payments.redeem_card(LI, number, key="c", deadline=within(5))
    database = shop.reference.office.store.url.database
    kept = await asyncio.to_thread(lambda: [Path(f"{database}{s}").read_bytes() for s in ("", "-wal")])
    assert not any(number.encode() in content for content in kept)


async def test_the_fake_keeps_the_same_promises(clock: Clock) -> None:
    crm = FakeCrm.demo(clock)
    payments = FakePayments(crm, clock)
    checkout = await payments.start_checkout(LI, 5000, key="k", conversation="web:1", deadline=within(5))
    first = await payments.handle_callback(payments.pay(checkout.payment_id), deadline=within(5))
    second = await payments.handle_callback(payments.pay(checkout.payment_id), deadline=within(5))
    assert (7350, False, True) == (first.balance_fen, first.duplicate, second.duplicate)
    assert 7350 == (await crm.balance(LI, deadline=within(5))).payable_fen


async def test_a_payment_whose_callback_never_came_is_found_by_asking(shop: Shop) -> None:
    checkout = await shop.checkout()
    assert await shop.payments.look_up(checkout.payment_id, deadline=within(5)) is None
    await shop.press(checkout.url, "pay")
    found = [await shop.payments.look_up(checkout.payment_id, deadline=within(5)) for _ in range(2)]
    assert [("paid", False), ("paid", True)] == [(e.state, e.duplicate) for e in found if e]
    assert 7350 == await shop.balance_fen()
    await shop.notices()
    assert 7350 == await shop.balance_fen()


async def test_a_cancelled_payment_is_found_as_such(shop: Shop) -> None:
    checkout = await shop.checkout()
    await shop.press(checkout.url, "cancel")
    found = await shop.payments.look_up(checkout.payment_id, deadline=within(5))
    assert found and "failed" == found.state
    assert 2350 == await shop.balance_fen()


async def test_only_the_merchant_may_ask_what_became_of_a_payment(shop: Shop, clock: Clock) -> None:
    question = json.dumps({"merchant_ref": (await shop.checkout()).payment_id}).encode()
    for key, status in ((b"x" * 32, 401), (PAYGATE_KEY, 204)):
        headers = signed_headers(key, question, clock()) | {"Content-Type": "application/json"}
        url = f"{shop.reference.url}/paygate/lookups"
        async with shop.session.post(url, data=question, headers=headers) as reply:
            assert status == reply.status


async def test_a_page_that_is_closed_takes_no_money_and_tells_nobody(shop: Shop) -> None:
    checkout = await shop.checkout()
    for _ in range(2):
        assert await shop.payments.close_checkout(checkout.payment_id, deadline=within(5))
    await shop.press(checkout.url, "pay")
    assert (0, [], 2350) == (await shop.notices(), shop.events, await shop.balance_fen())
    event = await shop.payments.look_up(checkout.payment_id, deadline=within(5))
    assert event is not None and event.state == "failed"


async def test_a_page_that_was_paid_is_not_closed(shop: Shop) -> None:
    checkout = await shop.checkout()
    await shop.press(checkout.url, "pay")
    assert not await shop.payments.close_checkout(checkout.payment_id, deadline=within(5))
    assert 1 == await shop.notices()
    assert 7350 == await shop.balance_fen()
