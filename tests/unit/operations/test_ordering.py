"""One yes to what was shown makes one order; everything else makes none."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from crm.errors import Unavailable
from crm.model import Order, OrderRequest, Price
from crm.operations import cancel_data_pack, change_plan, order_data_pack, ordering
from crm.operations.levels import LEVELS, step_up
from crm.operations.quotes import Quote
from crm.operations.results import CodeSent, Done, Pending, Refusal
from tests.unit.operations.conftest import TALK, Counter

OTHER = "+8613800000003"


async def shown(counter: Counter, channel: str = "sms", message: str = "m1") -> Quote:
    quote = await order_data_pack.quote(counter.doors, counter.who(message, channel), "pack-5g")
    assert isinstance(quote, Quote)
    await counter.show(quote.id)
    return quote


def refused(result: object) -> str:
    assert isinstance(result, Refusal), result
    return result.code


async def test_a_yes_on_the_carriers_link_orders_at_once(counter: Counter) -> None:
    before = len(counter.orders())
    quote = await shown(counter)
    result = await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id)
    assert isinstance(result, Done)
    assert (result.order.state, result.order.external_id) == ("completed", quote.id)
    assert len(counter.orders()) == before + 1


async def test_in_the_web_a_yes_sends_a_code_and_only_the_code_orders(counter: Counter) -> None:
    before = len(counter.orders())
    quote = await shown(counter, "web")
    assert isinstance(await ordering.confirm(counter.doors, counter.who("m2"), quote.id), CodeSent)
    assert len(counter.orders()) == before
    number, _, response, said = counter.codes.sent[-1]
    assert (number, response, said["price_fen"], said["minutes"]) == (quote.msisdn, "code_order", 1000, 2)
    ref = counter.type_code(counter.sent_code())
    assert isinstance(await ordering.confirm_with_code(counter.doors, counter.who("m3"), quote.id, ref), Done)
    assert len(counter.orders()) == before + 1


async def test_two_yeses_at_the_same_time_make_one_order(counter: Counter) -> None:
    before = len(counter.orders())
    quote = await shown(counter)
    results = await asyncio.gather(
        *(ordering.confirm(counter.doors, counter.who(f"yes{i}", "sms"), quote.id) for i in range(4))
    )
    assert sum(isinstance(r, Done) for r in results) == 1
    assert len(counter.orders()) == before + 1


async def test_the_same_message_run_again_gives_the_same_order(counter: Counter) -> None:
    quote = await shown(counter)
    first = await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id)
    again = await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id)
    assert isinstance(first, Done) and isinstance(again, Done)
    assert first.order.id == again.order.id


async def test_a_code_message_run_again_gives_the_same_order(counter: Counter) -> None:
    quote = await shown(counter, "web")
    await ordering.confirm(counter.doors, counter.who("m2"), quote.id)
    ref = counter.type_code(counter.sent_code())
    first = await ordering.confirm_with_code(counter.doors, counter.who("m3"), quote.id, ref)
    again = await ordering.confirm_with_code(counter.doors, counter.who("m3"), quote.id, ref)
    assert isinstance(first, Done) and isinstance(again, Done)
    assert first.order.id == again.order.id


async def test_a_yes_to_what_was_never_shown_does_nothing(counter: Counter) -> None:
    before = len(counter.orders())
    quote = await order_data_pack.quote(counter.doors, counter.who("m1", "sms"), "pack-5g")
    assert isinstance(quote, Quote)
    assert refused(await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id)) == "quote_not_shown"
    assert len(counter.orders()) == before


async def test_a_yes_that_came_before_the_offer_was_shown_does_nothing(counter: Counter) -> None:
    quote = await order_data_pack.quote(counter.doors, counter.who("m1", "sms"), "pack-5g")
    assert isinstance(quote, Quote)
    await counter.show(quote.id, after="17-3")
    early = await ordering.confirm(counter.doors, counter.who("m2", "sms", place="17-3"), quote.id)
    assert refused(early) == "quote_not_shown"
    assert isinstance(await ordering.confirm(counter.doors, counter.who("m3", "sms", place="17-4"), quote.id), Done)


async def test_a_yes_after_the_offer_expired_does_nothing(counter: Counter) -> None:
    before = len(counter.orders())
    quote = await shown(counter)
    counter.clock.pass_s(601)
    code = refused(await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id))
    assert code in ("quote_expired", "quote_void")
    assert len(counter.orders()) == before


async def test_another_price_is_a_no(counter: Counter) -> None:
    before = len(counter.orders())
    quote = await shown(counter)
    dearer = replace(counter.crm.catalogue.offering("pack-5g"), prices=(Price("one_time", 1200),))
    offerings = {**counter.crm.catalogue.offerings, "pack-5g": dearer}
    counter.crm.catalogue = replace(counter.crm.catalogue, offerings=offerings, version="later")
    result = await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id)
    assert refused(result) == "price_changed"
    assert isinstance(result, Refusal) and dict(result.values) == {"quoted_fen": 1000, "current_fen": 1200}
    assert refused(await ordering.confirm(counter.doors, counter.who("m3", "sms"), quote.id)) == "quote_void"
    assert len(counter.orders()) == before


async def test_another_offer_ends_the_first(counter: Counter) -> None:
    first = await shown(counter)
    await shown(counter, message="m2")
    assert refused(await ordering.confirm(counter.doors, counter.who("m3", "sms"), first.id)) == "quote_void"


async def test_an_offer_is_good_in_its_own_conversation_only(counter: Counter) -> None:
    quote = await shown(counter)
    stranger = counter.who("m2", "sms", conversation="sms:bbbb")
    assert refused(await ordering.confirm(counter.doors, stranger, quote.id)) == "quote_expired"


async def test_a_code_of_another_session_does_nothing(counter: Counter) -> None:
    mine = await shown(counter, "web")
    await ordering.confirm(counter.doors, counter.who("m2"), mine.id)
    theirs = await order_data_pack.quote(
        counter.doors, counter.who("n1", conversation="web:bbbb", msisdn=OTHER), "pack-5g"
    )
    assert isinstance(theirs, Quote)
    await counter.show(theirs.id, "web:bbbb")
    who = counter.who("n2", conversation="web:bbbb", msisdn=OTHER)
    await ordering.confirm(counter.doors, who, theirs.id)
    stolen = counter.type_code(counter.sent_code())
    result = await ordering.confirm_with_code(counter.doors, counter.who("m3"), mine.id, stolen)
    assert refused(result) == "code_wrong"


async def test_a_code_is_good_for_the_offer_it_was_sent_for_only(counter: Counter) -> None:
    first = await shown(counter, "web")
    await ordering.confirm(counter.doors, counter.who("m2"), first.id)
    code = counter.sent_code()
    dearer = await order_data_pack.quote(counter.doors, counter.who("m3"), "pack-10g")
    assert isinstance(dearer, Quote)
    await counter.show(dearer.id)
    result = await ordering.confirm_with_code(counter.doors, counter.who("m4"), dearer.id, counter.type_code(code))
    assert refused(result) == "code_none"


async def test_the_code_of_a_transaction_is_good_for_two_minutes(counter: Counter) -> None:
    quote = await shown(counter, "web")
    await ordering.confirm(counter.doors, counter.who("m2"), quote.id)
    counter.clock.pass_s(121)
    ref = counter.type_code(counter.sent_code())
    result = await ordering.confirm_with_code(counter.doors, counter.who("m3"), quote.id, ref)
    assert refused(result) == "code_expired"


async def test_five_wrong_codes_lock(counter: Counter) -> None:
    quote = await shown(counter, "web")
    await ordering.confirm(counter.doors, counter.who("m2"), quote.id)
    wrong = "000000" if counter.sent_code() != "000000" else "111111"
    codes = []
    for number in range(6):
        who = counter.who(f"try{number}")
        result = await ordering.confirm_with_code(counter.doors, who, quote.id, counter.type_code(wrong))
        codes.append(refused(result))
    assert codes[0] == "code_wrong"
    assert codes[-1] == "code_locked"
    right = counter.type_code(counter.sent_code())
    result = await ordering.confirm_with_code(counter.doors, counter.who("right"), quote.id, right)
    assert refused(result) == "code_locked"


async def test_a_lost_answer_is_pending_and_found_under_the_same_key(counter: Counter) -> None:
    before = len(counter.orders())
    quote = await shown(counter)
    counter.crm.lose_answers = 1
    assert isinstance(await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id), Pending)
    result = await ordering.resume(counter.doors, counter.who("timer", "sms"), quote.id)
    assert isinstance(result, Done)
    assert len(counter.orders()) == before + 1


async def test_an_order_is_looked_for_only_where_it_may_be_placed_already(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks again may be another process than who asked first."""
    looked: list[bool] = []
    place = counter.crm.place_order

    async def placing(request: OrderRequest, *, look_first: bool = False, **how: Any) -> Order:
        looked.append(look_first)
        return await place(request, look_first=look_first, **how)

    monkeypatch.setattr(counter.crm, "place_order", placing)
    quote = await shown(counter)
    counter.crm.lose_answers = 2
    for _ in range(2):
        assert isinstance(await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id), Pending)
    assert isinstance(await ordering.resume(counter.doors, counter.who("timer", "sms"), quote.id), Done)
    assert [False, True, True] == looked


async def test_a_crm_that_is_down_before_the_yes_counts_leaves_the_offer_open(counter: Counter) -> None:
    quote = await shown(counter)
    counter.crm.down = True
    with pytest.raises(Unavailable):
        await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id)
    counter.crm.down = False
    assert isinstance(await ordering.confirm(counter.doors, counter.who("m3", "sms"), quote.id), Done)


async def test_resuming_what_nobody_agreed_to_does_nothing(counter: Counter) -> None:
    before = len(counter.orders())
    quote = await shown(counter)
    assert refused(await ordering.resume(counter.doors, counter.who("timer", "sms"), quote.id)) == "quote_void"
    assert len(counter.orders()) == before


async def test_a_number_with_a_new_owner_is_unbound_and_refused(counter: Counter) -> None:
    quote = await shown(counter)
    former = counter.who("m2", "sms")
    person = counter.crm.subscribers[quote.msisdn]
    counter.crm.subscribers[quote.msisdn] = replace(person, id="S-new")
    assert refused(await ordering.confirm(counter.doors, former, quote.id)) == "other_subscriber"
    assert counter.bindings.ended == [(TALK, "other_subscriber")]


async def test_arrears_refuse_an_offer(counter: Counter) -> None:
    who = counter.who(msisdn="+8613800000001")
    assert refused(await order_data_pack.quote(counter.doors, who, "pack-5g")) == "arrears"


async def test_gift_money_pays_for_nothing(counter: Counter) -> None:
    who = counter.who(msisdn="+8613800000002")
    assert refused(await order_data_pack.quote(counter.doors, who, "pack-5g")) == "insufficient_balance"


async def test_an_offering_that_does_not_exist_or_is_of_another_kind_is_refused(counter: Counter) -> None:
    assert refused(await order_data_pack.quote(counter.doors, counter.who(), "pack-free")) == "unknown_offering"
    assert refused(await order_data_pack.quote(counter.doors, counter.who(), "plan-5g-99")) == "unknown_offering"
    assert refused(await change_plan.quote(counter.doors, counter.who(), "plan-4g-38")) == "not_on_sale"


async def test_a_plan_change_by_sms_needs_a_code_too(counter: Counter) -> None:
    quote = await change_plan.quote(counter.doors, counter.who("m1", "sms"), "plan-5g-99")
    assert isinstance(quote, Quote)
    await counter.show(quote.id)
    assert isinstance(await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id), CodeSent)
    ref = counter.type_code(counter.sent_code())
    done = await ordering.confirm_with_code(counter.doors, counter.who("m3", "sms"), quote.id, ref)
    assert isinstance(done, Done) and done.order.state == "pending"


async def test_a_renewing_pack_can_be_cancelled(counter: Counter) -> None:
    held = await cancel_data_pack.cancellable(counter.doors, counter.who())
    assert "pack-music" in [p.offering_id for p in held]
    quote = await cancel_data_pack.quote(counter.doors, counter.who("m1", "sms"), "pack-music")
    assert isinstance(quote, Quote)
    await counter.show(quote.id)
    assert isinstance(await ordering.confirm(counter.doors, counter.who("m2", "sms"), quote.id), Done)


@pytest.mark.parametrize("channel", ["web", "wechat", "wecom", "sms", "desk"])
def test_every_operation_asks_for_the_proof_that_its_channel_needs(channel: str) -> None:
    by_code = {"change_plan", "undo_plan_change", "query_call_detail"}
    if channel != "sms":
        by_code |= {"order_data_pack", "cancel_data_pack", "redeem_points", "suspend_number"}
    for operation, level in LEVELS.items():
        if level < 2:
            assert step_up(operation, channel) == "none"
        elif level == 2:
            assert step_up(operation, channel) == ("code" if operation in by_code else "reply")


def test_nobody_weighed_this_operation() -> None:
    with pytest.raises(KeyError):
        step_up("give_everything_away", "web")
