"""Pages to pay on: one at a time, none after it was given up, and a card whose credit is not known yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.actions.pages import LOOKS
from crm.errors import TimedOut, Unavailable

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI, HOLDER = "+8613800000000", "+8613800000007"


def open_pages(person: Any) -> list[int]:
    """Amounts, in fen, that could still be paid."""
    payments = person.crm.all_payments.values()
    gone = person.payments.closed | person.payments.paid
    return [p.amount_fen for p in payments if p.state == "pending" and p.conversation and p.id not in gone]


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_a_corrected_amount_leaves_one_page_that_can_be_paid(talk: Begin, channel: str) -> None:
    person = talk(LI, channel)
    heard = await person.say("recharge", "充三百", amount_fen=30000, spans={"amount_fen": "三百"})
    assert "作废" not in heard.texts[0]
    heard = await person.say("recharge", "不对 充三十", amount_fen=3000, spans={"amount_fen": "三十"})
    assert heard.responses == ["pay_here"] and "作废" in heard.texts[0]
    assert open_pages(person) == [3000]


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("nlu_fallback", "算了 30吧"),
        ("correct", "不对 30"),
        ("inform", "30吧"),
        ("stop", "算了 30吧"),
        ("deny", "no, 30 instead"),
    ],
)
async def test_another_amount_alone_is_another_page(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("recharge", "充50", amount_fen=5000)
    heard = await person.say(intent, text, number=30, spans={"number": "30"})
    assert heard.responses == ["pay_here"] and "30.00" in heard.texts[0]
    assert open_pages(person) == [3000]


@pytest.mark.parametrize(
    ("text", "left"),
    [("我自己充30", [5000, 3000]), ("不对，给我自己充30", [3000]), ("no, my own number instead, 30", [3000])],
)
async def test_a_page_for_another_number_stays_unless_it_is_corrected(talk: Begin, text: str, left: list[int]) -> None:
    person = talk(HOLDER)
    said = {"last_digits": "0014", "spans": {"last_digits": "0014"}}
    await person.say("recharge", "给尾号0014充50", amount_fen=5000, **said)
    heard = await person.say("recharge", text, amount_fen=3000, spans={"amount_fen": "30"})
    assert heard.responses == ["pay_here"] and open_pages(person) == left


async def test_another_amount_stays_with_the_number_that_is_paid_for(talk: Begin) -> None:
    person = talk(HOLDER)
    said = {"last_digits": "0014", "spans": {"last_digits": "0014"}}
    await person.say("recharge", "给尾号0014充50", amount_fen=5000, **said)
    heard = await person.say("correct", "算了 30吧", number=30, spans={"number": "30"})
    assert heard.responses == ["pay_here"] and "0014" in heard.texts[0]
    assert open_pages(person) == [3000]
    (last,) = [p for p in person.crm.all_payments.values() if p.conversation and p.amount_fen == 3000]
    assert last.msisdn.endswith("0014")


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("stop", "取消"),
        ("deny", "不要了"),
        ("nlu_fallback", "不充了"),
        ("goodbye", "算了"),
        ("stop", "cancel"),
        ("deny", "never mind"),
    ],
)
async def test_who_gives_up_right_after_the_page_can_no_longer_pay_on_it(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("recharge", "充50", amount_fen=5000)
    heard = await person.say(intent, text)
    assert heard.responses == ["page_closed"] and "50.00" in heard.texts[0]
    assert open_pages(person) == []
    assert (await person.say("stop", "取消")).responses == ["nothing_open"]


async def test_what_was_paid_already_is_said_and_stays(talk: Begin) -> None:
    person = talk()
    await person.say("recharge", "充50", amount_fen=5000)
    (payment,) = [p for p in person.crm.all_payments.values() if p.state == "pending" and p.conversation]
    person.payments.paid.add(payment.id)
    heard = await person.say("stop", "取消")
    assert heard.responses == ["page_paid"] and "50.00" in heard.texts[0]


async def test_what_was_credited_is_told_before_what_was_never_paid(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("recharge", "充300", amount_fen=30000)
    (payment,) = [p for p in person.crm.all_payments.values() if p.state == "pending" and p.conversation]
    await person.payments.handle_callback(person.payments.pay(payment.id), deadline=1e12)
    for fen in (3000, 1000):
        person.later(60)
        await person.say("recharge", f"充{fen // 100}", amount_fen=fen)
    heard = await person.say("query_recharge_record", "充值记录")
    assert "300.00元已到账" in heard.texts[0]


@pytest.mark.parametrize(
    ("text", "sum_fen"), [("充错了 退我300", 30000), ("充错了", 30000), ("I paid the wrong amount", 30000)]
)
async def test_who_paid_too_much_hears_which_payment_and_the_way(talk: Begin, text: str, sum_fen: int) -> None:
    person = talk()
    await person.say("recharge", "充300", amount_fen=sum_fen)
    (payment,) = [p for p in person.crm.all_payments.values() if p.state == "pending" and p.conversation]
    await person.payments.handle_callback(person.payments.pay(payment.id), deadline=1e12)
    more = {"number": 300, "spans": {"number": "300"}} if "300" in text else {}
    heard = await person.say("nlu_fallback", text, **more)
    assert heard.responses == ["paid_wrong"] and "300.00" in heard.texts[0]
    assert heard.choices[0]["intent"] == "request_callback"


@pytest.mark.parametrize(
    ("intent", "text", "response"),
    [("complain", "充错了不给退 我要投诉", "ask_complaint"), ("transfer_to_agent", "充错了 转人工退款", "")],
)
async def test_who_complains_or_wants_a_person_gets_that(talk: Begin, intent: str, text: str, response: str) -> None:
    person = talk()
    await person.say("query_recharge_record")
    heard = await person.say(intent, text)
    assert heard.responses == ([response] if response else []) and "paid_wrong" not in heard.responses


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("cancel_data_pack", "退订5G升级包"),
        ("nlu_fallback", "我想退订20G流量包"),
        ("correct", "退掉那个10元流量包"),
        ("out_of_scope", "退5G升级包"),
        ("nlu_fallback", "退300分钟语音包"),
    ],
)
async def test_a_product_that_is_ended_is_no_money_that_is_asked_back(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("query_recharge_record")
    assert "paid_wrong" not in (await person.say(intent, text)).responses


# a card whose credit is not known
@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_a_card_whose_answer_was_lost_is_told_once_it_is_known(talk: Begin, channel: str) -> None:
    person = talk(LI, channel)
    card = next(iter(person.crm.cards))
    real, lost = person.payments.redeem_card, []

    async def loses(*args: Any, **more: Any) -> Any:
        await real(*args, **more)
        lost.append(1)
        raise TimedOut("lost")

    person.payments.redeem_card = loses
    heard = await person.card(card, "recharge")
    assert heard.responses == ["card_pending"] and "通知" in heard.texts[0]
    (timer,) = heard.effect("timers")
    heard = await person.say("event_timer", timer=timer["name"], **timer["values"])
    assert heard.responses == [] and heard.effect("timers")
    person.payments.redeem_card = real
    (timer,) = heard.effect("timers")
    heard = await person.say("event_timer", timer=timer["name"], **timer["values"])
    assert heard.responses == ["recharged"]


async def test_a_card_is_looked_for_again_while_the_crm_is_away(talk: Begin) -> None:
    person = talk(LI)
    card = next(iter(person.crm.cards))
    real = person.payments.redeem_card

    async def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("away")

    async def loses(*args: Any, **more: Any) -> Any:
        await real(*args, **more)
        raise TimedOut("lost")

    person.payments.redeem_card = loses
    (timer,) = (await person.card(card, "recharge")).effect("timers")
    person.payments.redeem_card = away
    for _ in range(LOOKS - 1):
        heard = await person.say("event_timer", timer=timer["name"], **timer["values"])
        assert heard.responses == []
        (timer,) = heard.effect("timers")
    heard = await person.say("event_timer", timer=timer["name"], **timer["values"])
    assert heard.responses == ["card_unknown"] and not heard.effect("timers")
