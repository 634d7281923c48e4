"""People of 65 and over, and whoever gave a code away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.nlg import SALES

pytestmark = pytest.mark.rasa
OLD, YOUNG = "+8613800000008", "+8613800000000"


def queued(heard: Any) -> tuple[str, int]:
    handoff = heard.effect("handoff") or {}
    return handoff.get("reason", ""), handoff.get("priority", 0)


async def test_an_old_person_gets_a_person_at_the_first_ask_and_ahead_of_others(talk: Any) -> None:
    assert queued(await talk(OLD).say("transfer_to_agent")) == ("asked", 5)
    assert queued(await talk(YOUNG).say("transfer_to_agent")) == ("asked", 0)


async def test_an_old_person_gets_a_person_at_the_first_miss(talk: Any) -> None:
    assert queued(await talk(OLD).say("nlu_fallback", "那个啥")) == ("not_understood", 5)
    assert queued(await talk(YOUNG).say("nlu_fallback", "那个啥")) == ("", 0)


async def test_who_asks_for_the_mode_is_served_so_from_then_on(talk: Any) -> None:
    person = talk(YOUNG)
    assert queued(await person.say("older_mode", "长辈版")) == ("senior", 5)
    await person.say("event_handoff_ended")
    assert queued(await person.say("nlu_fallback", "那个啥")) == ("not_understood", 5)


@pytest.mark.parametrize("wish", ["query_balance", "query_data_usage", "query_my_plan", "query_points", "query_bill"])
@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_nothing_is_sold_to_an_old_person(talk: Any, wish: str, channel: str) -> None:
    heard = await talk(OLD, channel).say(wish)
    assert heard.outcomes == [(wish, "answered")]
    assert {choice["intent"] for choice in heard.choices} & SALES == set()
    assert [choice["number"] for choice in heard.choices] == list(range(1, len(heard.choices) + 1))


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_an_old_person_is_offered_two_choices_at_most_and_a_person_is_one_of_them(
    talk: Any, channel: str
) -> None:
    for wish in ("query_balance", "query_bill", "find_store", "help_menu", "dispute_charge", "query_suspension"):
        person = talk(OLD, channel)
        await person.say("query_points")
        heard = await person.say(wish)
        assert all(len(labels) <= 2 for labels in heard.menus.values()), wish
        assert not heard.choices or "transfer_to_agent" in {one["intent"] for one in heard.choices}, wish
    assert len((await talk(YOUNG, channel).say("help_menu")).choices) > 2


async def test_an_old_person_is_known_as_such_from_the_login_on(talk: Any) -> None:
    person = talk(None)
    await person.say("login", "登录")
    await person.say("inform", OLD[3:], msisdn=OLD)
    heard = await person.code(person.sent_code())
    assert heard.responses == ["login_done", "login_what_now"] and heard.labels == ["查话费", "转人工"]
    assert queued(await person.say("nlu_fallback", "那个啥")) == ("not_understood", 5)


@pytest.mark.parametrize("channel", ["web", "wechat"])
async def test_an_old_person_reads_the_short_wording(talk: Any, channel: str) -> None:
    person, phone = talk(OLD, channel), talk(OLD, "sms")
    for one in (person, phone):
        await one.say("query_points")
    for wish in ("query_my_plan", "query_my_data", "reset_password"):
        assert (await person.say(wish)).texts == (await phone.say(wish)).texts, wish


async def test_what_has_to_be_confirmed_is_never_shortened(talk: Any) -> None:
    old, young = talk(OLD, "sms"), talk(YOUNG, "sms")
    heard = [await one.say("order_data_pack", offering="pack-5g") for one in (old, young)]
    assert heard[0].responses == heard[1].responses == ["quote_order_data_pack"]
    assert heard[0].labels == heard[1].labels and heard[0].texts == heard[1].texts


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
@pytest.mark.parametrize(
    "wish", ["order_data_pack", "change_plan", "recharge", "invoice", "cancel_service", "report_fault", "book_visit"]
)
async def test_an_old_person_is_put_everything_that_a_form_asks_to_choose_from(
    talk: Any, wish: str, channel: str
) -> None:
    old, young = talk(OLD, channel), talk(OLD, channel)
    young.crm.subscribers[OLD] = replace(young.crm.subscribers[OLD], birth_date=date(1996, 1, 1))
    heard = [await person.say(wish) for person in (old, young)]
    assert heard[0].responses == heard[1].responses
    assert [one.get("entities") for one in heard[0].choices] == [one.get("entities") for one in heard[1].choices]


async def test_an_old_person_who_asks_for_a_list_gets_what_is_on_it(talk: Any) -> None:
    old = talk(OLD)
    await old.say("query_points")
    for wish, listed in (("query_bill", {"month": "2020-01"}), ("consult_plans", {"kind": "pack"})):
        heard = await old.say(wish, **listed)
        assert len(heard.choices) > 2 and heard.choices[-1]["intent"] == "transfer_to_agent", heard.responses


async def test_an_old_person_who_is_not_understood_in_a_form_gets_a_person(talk: Any) -> None:
    person = talk(OLD)
    assert (await person.say("order_data_pack")).responses == ["ask_order_data_pack"]
    heard = await person.say("nlu_fallback", "那个啥")
    assert (heard.responses, queued(heard)) == ([], ("not_understood", 5))
    young = talk(YOUNG)
    await young.say("order_data_pack")
    assert (await young.say("nlu_fallback", "那个啥")).responses[0] == "form_unclear"


async def test_what_an_old_person_asks_to_buy_is_sold(talk: Any) -> None:
    assert (await talk(OLD).say("order_data_pack")).responses == ["ask_order_data_pack"]


@pytest.mark.parametrize(
    "words", ["我把验证码告诉别人了", "骗子要了我的验证码我一糊涂就说了", "I told someone my code"]
)
async def test_a_code_that_was_given_away_locks_transactions_for_a_day(talk: Any, words: str) -> None:
    person = talk(YOUNG, "sms")
    heard = await person.say("report_fraud", words)
    assert (heard.responses, queued(heard)) == (["fraud_warning", "fraud_protected"], ("fraud", 8))
    assert (await person.say("order_data_pack", offering="pack-5g")).responses == ["refused_protected"]
    assert (await person.say("query_balance")).outcomes == [("query_balance", "answered")]
    assert (await person.say("suspend_number")).responses == ["quote_report_lost_sim"]
    person.now += timedelta(hours=24, seconds=1)
    assert (await person.say("order_data_pack", offering="pack-5g")).responses == ["quote_order_data_pack"]


async def test_a_yes_to_what_was_offered_before_the_code_was_given_away_orders_nothing(talk: Any) -> None:
    person = talk(YOUNG, "sms")
    assert (await person.say("order_data_pack", offering="pack-5g")).responses == ["quote_order_data_pack"]
    await person.locks.lock(YOUNG, person.now + timedelta(hours=24))
    assert (await person.say("affirm", "确认")).responses == ["refused_protected"]
    assert "pack-5g" not in person.packs()


@pytest.mark.parametrize("words", ["我被骗了", "充话费充到骗子那里去了", "I was scammed"])
async def test_fraud_without_a_code_locks_nothing(talk: Any, words: str) -> None:
    person = talk(YOUNG)
    assert (await person.say("report_fraud", words)).responses == ["fraud_warning"]
    assert person.locks.locked == {}


async def test_a_stranger_who_gave_a_code_away_gets_a_person_first(talk: Any) -> None:
    heard = await talk(None).say("report_fraud", "我把验证码告诉别人了")
    assert (heard.responses, queued(heard)) == (["fraud_warning"], ("fraud", 8))


async def test_a_crm_that_is_away_holds_up_no_warning(talk: Any) -> None:
    person = talk(YOUNG)
    person.crm.down = True
    heard = await person.say("report_fraud", "我把验证码告诉别人了")
    assert (heard.responses, queued(heard)) == (["fraud_warning"], ("fraud", 8))


async def test_where_nobody_came_it_is_said_once_and_then_the_machine_serves_on(talk: Any) -> None:
    person = talk(OLD, "sms")
    assert queued(await person.say("nlu_fallback", "那个啥")) == ("not_understood", 5)
    heard = await person.say("nlu_fallback", "我那个流", ranking=["query_data_usage", "query_balance"])
    assert (queued(heard), heard.responses) == (("", 0), ["fallback_first"])
    assert (await person.say("query_balance")).responses == ["balance"]
    await person.say("report_fault")
    assert queued(await person.say("nlu_fallback", "那个")) == ("", 0)
    assert queued(await person.say("transfer_to_agent")) == ("asked", 5)
    person.later(11 * 60)
    assert queued(await person.say("nlu_fallback", "那个啥")) == ("not_understood", 5)


async def test_after_a_person_was_there_the_next_miss_leads_to_one_again(talk: Any) -> None:
    person = talk(OLD)
    await person.say("nlu_fallback", "那个啥")
    await person.say("event_handoff_ended")
    assert queued(await person.say("nlu_fallback", "那个啥")) == ("not_understood", 5)


@pytest.mark.parametrize(("channel", "nearest"), [("web", "最接近的是："), ("sms", "最接近：")])
async def test_no_plan_that_costs_more_is_named_to_an_old_person(talk: Any, channel: str, nearest: str) -> None:
    heard = await talk(OLD, channel).say("recommend_plan")
    assert heard.responses == ["recommend_stay"] and nearest not in heard.texts[0]
    assert heard.texts[0].rstrip().endswith("没有更省的可换。")
    assert nearest in (await talk(YOUNG, channel).say("recommend_plan")).texts[0]
