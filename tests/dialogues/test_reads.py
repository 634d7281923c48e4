"""Questions: answered at once, told apart, and never lost when the CRM is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crm.model import Text

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]

READS = {
    "query_balance": "balance",
    "query_data_usage": "data_left",
    "query_voice_allowance": "voice_left",
    "query_sms_allowance": "sms_left",
    "query_recharge_record": "payments",
    "query_suspension": "line_state",
    "paid_but_cut_off": "paid_but_cut_off",
    "query_bill": "bill",
    "dispute_charge": "bill_why",
    "never_ordered": "never_ordered",
    "query_third_party_services": "third_party",
    "query_monthly_fee": "monthly_fee",
    "query_pack_expiry": "plan_ends",
    "query_own_number": "own_number",
    "query_other_number": "other_numbers",
    "query_my_plan": "my_plan",
    "query_subscribed_services": "subscribed",
    "query_orders": "orders",
    "query_points": "points",
    "query_broadband": "broadband",
    "query_ticket": "tickets",
    "urge": "urge",
    "consult_roaming": "roaming_packs",
    "recommend_plan": "recommend_stay",
    "consult_plans": "plans",
    "compare_plans": "plans_compared",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_every_question_is_answered_on_every_channel(talk: Begin, channel: str, language: str) -> None:
    person = talk("+8613800000000", channel)
    person.language = language
    for intent, response in READS.items():
        heard = await person.say(intent)
        assert heard.responses == [response]
        assert heard.outcomes == [(intent, "answered")]
        assert any(label in ("转人工", "Talk to a person") for label in heard.labels), intent


async def test_the_balance_is_told_to_the_fen(talk: Begin) -> None:
    assert (await talk().say("query_balance")).texts == ["您的话费余额为23.50元。"]


async def test_arrears_are_told_as_such(talk: Begin) -> None:
    assert (await talk("+8613800000001").say("query_balance")).texts == ["您已欠费56.00元。"]


async def test_four_kinds_of_money_are_told_apart(talk: Begin) -> None:
    heard = await talk("+8613800000013").say("query_balance")
    assert all(word in heard.texts[0] for word in ("99.00", "赠款20.00", "专款100.00", "冻结600.00"))


async def test_two_questions_in_one_line_are_answered_in_order(talk: Begin) -> None:
    heard = await talk().say("several_questions", parts=["query_data_usage", "query_balance"])
    assert heard.responses == ["data_left", "balance"]


async def test_questions_first_then_what_is_to_be_done(talk: Begin) -> None:
    heard = await talk().say("several_questions", parts=["order_data_pack", "query_balance"], offering="pack-1g")
    assert heard.responses == ["balance", "quote_order_data_pack"]


async def test_a_month_that_is_not_kept_offers_those_that_are(talk: Begin) -> None:
    heard = await talk().say("query_bill", month="2019-01")
    assert heard.responses == ["bill_not_kept"]
    assert len(heard.labels) == 4


async def test_why_was_i_charged_names_the_day_of_each_item(talk: Begin) -> None:
    heard = await talk("+8613800000009").say("dispute_charge")
    assert heard.responses == ["bill_why"]
    assert {"退订星河视频会员", "退订书海阅读会员", "投诉"} <= set(heard.labels)


async def test_still_cut_off_though_paid_is_told_as_it_is(talk: Begin) -> None:
    heard = await talk("+8613800000012").say("query_suspension")
    assert "没有欠费，但号码还在停机" in heard.texts[0]
    assert "复机" in heard.labels
    heard = await talk("+8613800000000").say("query_suspension")
    assert "没有停机" in heard.texts[0]


async def test_a_contract_says_when_it_ends(talk: Begin) -> None:
    heard = await talk("+8613800000005").say("query_pack_expiry")
    assert heard.responses == ["plan_ends"]
    assert "合约到" in heard.texts[0]


async def test_data_for_abroad_is_shown_apart(talk: Begin) -> None:
    heard = await talk().say("consult_roaming")
    assert heard.responses == ["roaming_packs"]
    assert len(heard.labels) == 4


async def test_a_crm_that_is_away_is_said_and_the_wish_is_kept(talk: Begin) -> None:
    person = talk()
    person.crm.down = True
    heard = await person.say("query_balance")
    assert heard.responses == ["crm_unavailable"]
    assert "再试一次" in heard.labels
    person.crm.down = False
    assert (await person.say("repeat")).responses == ["balance"]


async def test_another_owner_of_the_number_is_shown_nothing(talk: Begin) -> None:
    person = talk()
    person.binding["subscriber_id"] = "S-former"
    heard = await person.say("query_balance")
    assert heard.responses == ["refused_other_subscriber"]
    assert person.bindings.ended == [(person.conversation, "other_subscriber")]


@pytest.mark.parametrize(("language", "apart"), [("zh", "10GB定向"), ("en", "10GB for certain apps")])
async def test_a_plan_counts_only_what_can_be_used_everywhere(talk: Begin, language: str, apart: str) -> None:
    for channel, intent, said in (
        ("web", "consult_plans", {"offering": "plan-5g-99"}),
        ("sms", "compare_plans", {"offering": "plan-5g-99"}),
        ("web", "compare_plans", {"offering": "plan-5g-99"}),
    ):
        person = talk(channel=channel)
        person.language = language
        (text,) = (await person.say(intent, **said)).texts
        assert "40GB" not in text and "30GB" in text, text
        assert apart in text, text


async def test_a_pack_for_one_purpose_shows_its_volume(talk: Begin) -> None:
    (text,) = (await talk().say("consult_plans", offering="pack-video")).texts
    assert "30GB定向流量" in text and "另有" not in text


@pytest.mark.parametrize(
    ("language", "left"),
    [("zh", "您还剩2GB流量，共5GB。另有30GB定向流量"), ("en", "You have 2GB of data left, out of 5GB. Also 30GB")],
)
@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_video_data_is_not_counted_as_data_for_everything(
    talk: Begin, channel: str, language: str, left: str
) -> None:
    person = talk(channel=channel)
    person.language = language
    gb, number = 1024 * 1024, "+8613800000000"
    one = next(a for a in person.crm.grants[number] if a.type == "data")
    person.crm.grants[number] = [
        replace(one, id="a1", scope="general", total=5 * gb, used=3 * gb),
        replace(one, id="a2", scope="directed", total=30 * gb, used=0),
    ]
    assert left in (await person.say("query_data_usage")).texts[0]


async def test_who_asks_for_data_packs_is_shown_data_packs(talk: Begin) -> None:
    for text in ("有什么流量包", "加油包有哪些", "what data packs do you have"):
        heard = await talk().say("consult_plans", text)
        assert heard.responses == ["packs"], text
        assert any("5GB" in label for label in heard.labels)
    for text in ("有什么套餐", "有流量多的套餐吗", "what plans do you have", "有什么5G套餐"):
        assert (await talk().say("consult_plans", text)).responses == ["plans"], text


async def test_what_is_free_is_described_as_free(talk: Begin) -> None:
    assert (await talk().say("consult_plans", offering="svc-roaming")).texts[0].startswith("国际漫游：免费。")


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_a_list_of_some_plans_says_so(talk: Begin, channel: str) -> None:
    assert (await talk(channel=channel).say("consult_plans")).texts[0].startswith("部分在售套餐")


async def test_a_plan_whose_name_has_no_price_gets_one_by_sms(talk: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    person = talk(channel="sms")
    for id, offering in list(person.crm.catalogue.offerings.items()):
        if offering.category == "plan":
            nameless = replace(offering, name=Text("甲" + id, "A " + id))
            monkeypatch.setitem(person.crm.catalogue.offerings, id, nameless)
    assert "元" in (await person.say("consult_plans")).texts[0].split("含")[0]
    assert "元" in (await person.say("compare_plans")).texts[0]


async def test_a_crm_that_is_away_is_said_once_for_all_parts_of_a_line(talk: Begin) -> None:
    person = talk()
    person.crm.down = True
    heard = await person.say("several_questions", parts=["query_balance", "query_data_usage"])
    assert heard.responses == ["crm_unavailable"]
    person.crm.down = False
    assert (await person.say("repeat")).responses == ["balance", "data_left"]


async def test_likely_wishes_without_a_choice_are_not_asked_about(talk: Begin) -> None:
    heard = await talk().say("nlu_fallback", "嗯", ranking=["login", "goodbye", "switch_language"])
    assert heard.responses == ["fallback_first"]
    assert "哪一项" not in heard.texts[0]
    heard = await talk().say("nlu_fallback", "嗯", ranking=["login", "query_bill"])
    assert "哪一项" in heard.texts[0]
    assert heard.labels == ["查账单", "转人工"]
