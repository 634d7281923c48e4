"""A change of plan that waits is taken back once, by whom it belongs to, and only while it waits."""

from __future__ import annotations

from dataclasses import replace

from crm.operations import ordering, undo_plan_change
from crm.operations.quotes import Quote
from crm.operations.results import CodeSent, Done, Pending, Refusal
from tests.unit.operations.conftest import Counter

WAITING, PLAN = "+8613800000010", "plan-5g-99"


async def shown(counter: Counter) -> Quote:
    quote = await undo_plan_change.quote(counter.doors, counter.who(msisdn=WAITING), PLAN)
    assert isinstance(quote, Quote)
    await counter.show(quote.id)
    return quote


async def agreed(counter: Counter, quote: Quote, message: str = "m3") -> Done | Pending | Refusal:
    sent = await ordering.confirm(counter.doors, counter.who("m2", msisdn=WAITING), quote.id)
    assert isinstance(sent, CodeSent)
    ref = counter.type_code(counter.sent_code())
    return await ordering.confirm_with_code(counter.doors, counter.who(message, msisdn=WAITING), quote.id, ref)


def plans(counter: Counter) -> list[str]:
    return [p.status for p in counter.crm.held[WAITING] if p.category == "plan"]


async def test_it_costs_nothing_and_the_plan_that_is_held_stays(counter: Counter) -> None:
    quote = await shown(counter)
    assert (quote.price_fen, quote.due_now_fen, quote.monthly_fen) == (0, 0, 0)
    assert plans(counter) == ["active", "pendingActive"]
    result = await agreed(counter, quote)
    assert isinstance(result, Done) and result.order.state == "cancelled"
    assert plans(counter) == ["active"]


async def test_nothing_waits_for_somebody_else(counter: Counter) -> None:
    result = await undo_plan_change.quote(counter.doors, counter.who(), PLAN)
    assert result == Refusal("nothing_to_cancel")
    result = await undo_plan_change.quote(counter.doors, counter.who(msisdn=WAITING), "plan-5g-199")
    assert result == Refusal("nothing_to_cancel")


async def test_what_has_begun_meanwhile_is_not_taken_back(counter: Counter) -> None:
    quote = await shown(counter)
    crm = counter.crm
    crm.all_orders = {
        id: replace(order, state="completed") if order.msisdn == WAITING else order
        for id, order in crm.all_orders.items()
    }
    result = await ordering.confirm(counter.doors, counter.who("m2", msisdn=WAITING), quote.id)
    assert result == Refusal("nothing_to_cancel")


async def test_an_answer_that_was_lost_is_asked_for_again(counter: Counter) -> None:
    quote = await shown(counter)
    counter.crm.lose_answers = 1
    assert isinstance(await agreed(counter, quote), Pending)
    result = await ordering.resume(counter.doors, counter.who("m4", msisdn=WAITING), quote.id)
    assert isinstance(result, Done) and result.order.state == "cancelled"


async def test_a_second_yes_takes_nothing_back(counter: Counter) -> None:
    quote = await shown(counter)
    await agreed(counter, quote)
    result = await ordering.confirm(counter.doors, counter.who("m5", msisdn=WAITING), quote.id)
    assert result == Refusal("quote_used")
