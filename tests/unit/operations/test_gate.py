"""What is switched off is refused when it is offered and again at the yes; what was begun is finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from crm.model import TicketKind
from crm.operations import (
    call_detail,
    cancel_data_pack,
    change_plan,
    invoice,
    order_data_pack,
    ordering,
    recharge,
    tickets,
    undo_plan_change,
)
from crm.operations.gate import OPERATIONS
from crm.operations.quotes import Quote
from crm.operations.results import Done, Refusal
from tests.unit.operations.conftest import Counter

UNTIL = "2026-11-20T06:00:00+00:00"


def without(counter: Counter, *operations: str) -> Counter:
    """The same counter, with these switched off."""

    async def gate(kind: str, *names: str) -> Mapping[str, str] | None:
        assert kind == "operation" and set(names) <= OPERATIONS
        return {"until": UNTIL} if set(names) & set(operations) else None

    return replace(counter, doors=replace(counter.doors, gate=gate))


def off(result: object) -> bool:
    return isinstance(result, Refusal) and (result.code, result.values) == ("switched_off", {"until": UNTIL})


async def test_nothing_is_offered_of_what_is_switched_off(counter: Counter) -> None:
    closed, who = without(counter, *OPERATIONS), counter.who()
    assert off(await order_data_pack.quote(closed.doors, who, "pack-5g"))
    assert off(await cancel_data_pack.quote(closed.doors, who, "pack-5g"))
    assert off(await change_plan.quote(closed.doors, who, "plan-4g-18"))
    assert off(await undo_plan_change.quote(closed.doors, who, "plan-4g-18"))


async def test_a_yes_after_it_was_switched_off_orders_nothing_and_a_yes_later_does(counter: Counter) -> None:
    quote = await order_data_pack.quote(counter.doors, counter.who("m1", "sms"), "pack-5g")
    assert isinstance(quote, Quote)
    await counter.show(quote.id)
    before = counter.orders()
    closed = without(counter, "order_data_pack")
    assert off(await ordering.confirm(closed.doors, counter.who("m2", "sms"), quote.id))
    assert counter.orders() == before
    assert isinstance(await ordering.confirm(counter.doors, counter.who("m3", "sms"), quote.id), Done)


async def test_a_code_after_it_was_switched_off_orders_nothing(counter: Counter) -> None:
    quote = await order_data_pack.quote(counter.doors, counter.who("m1"), "pack-5g")
    assert isinstance(quote, Quote)
    await counter.show(quote.id)
    await ordering.confirm(counter.doors, counter.who("m2"), quote.id)
    ref, before = counter.type_code(counter.sent_code()), counter.orders()
    closed = without(counter, "order_data_pack")
    assert off(await ordering.confirm_with_code(closed.doors, counter.who("m3"), quote.id, ref))
    assert counter.orders() == before


async def test_an_order_that_was_placed_is_told_when_its_message_comes_again(counter: Counter) -> None:
    quote = await order_data_pack.quote(counter.doors, counter.who("m1", "sms"), "pack-5g")
    assert isinstance(quote, Quote)
    await counter.show(quote.id)
    first = await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id)
    closed = without(counter, "order_data_pack")
    again = await ordering.confirm(closed.doors, counter.who("m2", "sms"), quote.id)
    assert isinstance(first, Done) and isinstance(again, Done) and first.order.id == again.order.id
    assert isinstance(await ordering.resume(closed.doors, counter.who("m4", "sms"), quote.id), Done)


async def test_neither_calls_are_shown_nor_invoices_issued_while_that_is_switched_off(counter: Counter) -> None:
    closed, who = without(counter, *OPERATIONS), counter.who()
    assert off(await call_detail.start(closed.doors, who, "2026-10"))
    assert off(await invoice.issue(closed.doors, who, "2026-10", "x", "", "a@b.cn", "m1"))


async def test_another_operation_goes_on(counter: Counter) -> None:
    closed = without(counter, "change_plan")
    assert isinstance(await order_data_pack.quote(closed.doors, counter.who(), "pack-5g"), Quote)


async def test_no_money_comes_in_while_it_is_switched_off(counter: Counter) -> None:
    closed, ref = without(counter, "recharge_card", "recharge_page"), "0" * 16
    counter.vault.values["web:aaaa", ref] = "100000000000000018"
    assert off(await recharge.with_card(closed.doors, counter.who(), ref))
    assert off(await recharge.with_page(closed.doors, counter.who(), 5000))


@pytest.mark.parametrize("kind", ["fault", "complaint", "callback", "lead"])
async def test_no_ticket_is_opened_while_it_is_switched_off(counter: Counter, kind: TicketKind) -> None:
    closed = without(counter, tickets.OPERATIONS[kind])
    assert off(await tickets.create(closed.doors, counter.who(), kind, "x", "m1"))
