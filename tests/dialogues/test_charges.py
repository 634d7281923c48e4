"""Why something was charged, what a fee is, and what nobody ordered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from crm.errors import TimedOut
from crm.reference.catalogue import demo_catalogue
from tests.dialogues.talk import TERMS
from tests.dialogues.test_switches import without

Begin = Callable[..., Any]
XIE, ZHENG, ZHANG = "+8613800000030", "+8613800000009", "+8613800000003"
CAUSES = (
    # what is asked, the month before the running one it was in, and the arithmetic
    ("国际长途怎么扣了钱", "", "7分钟×0.99元"),
    ("补卡费是怎么回事", "", "20.00元"),
    ("违约金怎么收的", "2026-10", "欠费56.00元×10天×每天万分之30"),
    ("分期为什么扣129", "2026-10", "第3期，共12期，每期129.00元"),
    ("优惠到期多扣多少", "2026-10", "原价59.00元－优惠价39.00元"),
    ("按天折算的是什么钱", "2026-09", "59.00元÷30天×12天"),
    ("漫游费怎么这么贵", "2026-09", "3天×30.00元"),
    ("漫游通话费", "2026-09", "6分钟×0.99元"),
    ("短信费", "2026-09", "12条×0.10元"),
    ("低消补足", "2026-08", "最低消费70.00元－已消费59.00元"),
    ("上月欠费", "2026-08", "15.00元"),
    ("月租费为什么扣", "", "59.00元"),
)


@pytest.mark.parametrize(("text", "month", "sum_"), CAUSES, ids=[c[0] for c in CAUSES])
async def test_each_cause_is_told_with_its_sum_its_day_and_the_way_to_stop_it(
    talk: Begin, text: str, month: str, sum_: str
) -> None:
    heard = await talk(XIE).say("dispute_charge", text, **({"month": month} if month else {}))
    assert ["charge_why"] == heard.responses
    assert sum_ in heard.texts[0] and re.match(r"\d+月\d+日", heard.texts[0])
    assert "转人工" == heard.labels[-1] and "投诉" in heard.labels


async def test_in_english_no_chinese_is_said(talk: Begin) -> None:
    for text, month, _ in CAUSES:
        person = talk(XIE)
        person.language = "en"
        heard = await person.say("dispute_charge", text, **({"month": month} if month else {}))
        assert not re.search(r"[\u4e00-\u9fff]", "".join([*heard.texts, *heard.labels])), text


async def test_a_charge_is_found_by_its_amount_also_in_an_earlier_month(talk: Begin) -> None:
    heard = await talk(XIE).say("dispute_charge", "怎么扣了我90块", amount_fen=9000, spans={"amount_fen": "90块"})
    assert ["charge_why"] == heard.responses
    assert "9月15日" in heard.texts[0] and "关闭国际漫游" in heard.labels


async def test_an_amount_that_was_never_charged_is_said_to_be_unknown(talk: Begin) -> None:
    heard = await talk(XIE).say("dispute_charge", "为什么扣我88块", amount_fen=8800, spans={"amount_fen": "88块"})
    assert ["charge_not_found"] == heard.responses
    assert "88.00元" in heard.texts[0] and "最近6个月" in heard.texts[0]


async def test_of_a_month_that_was_named_that_month_is_told(talk: Begin) -> None:
    heard = await talk(XIE).say("dispute_charge", "8月怎么扣我88块", amount_fen=8800, month="2026-08")
    assert ["charge_not_found"] == heard.responses and heard.texts[0].startswith("2026年8月没有查到")


async def test_the_sum_of_the_month_is_told_in_parts(talk: Begin) -> None:
    heard = await talk(ZHANG).say("dispute_charge", "怎么扣了436.45", month="2026-10", amount_fen=43645)
    assert ["bill_why"] == heard.responses
    assert "73GB×5.00元" in heard.texts[0] and "83分钟×0.15元" in heard.texts[0]


@pytest.mark.parametrize("text", ["凭什么扣我四百多", "扣了我四百来块", "大概440块是怎么扣的"])
async def test_an_amount_that_was_said_roughly_finds_the_bill(talk: Begin, text: str) -> None:
    said = 44000 if "440" in text else 40000
    heard = await talk(ZHANG).say("dispute_charge", text, amount_fen=said)
    assert ["bill_why"] == heard.responses and "436.45元" in heard.texts[0]


async def test_a_sum_of_charges_is_told_in_its_parts(talk: Begin) -> None:
    heard = await talk(ZHENG).say("query_monthly_fee", "每个月多扣我31块是啥", amount_fen=3100)
    assert "31.00元是2026年11月的2笔加起来的：星河视频会员19.00元，书海阅读会员12.00元。" in heard.texts[0]
    assert ["退订星河视频会员", "退订书海阅读会员"] == heard.labels[:2]


async def test_how_an_amount_came_about_is_told_whatever_the_words_were_read_as(talk: Begin) -> None:
    person = talk(ZHANG)
    await person.say("dispute_charge", "上个月怎么扣了这么多", month="2026-10")
    assert "73GB×5.00元" in (await person.say("inform", "365块怎么算出来的", amount_fen=36500)).texts[0]
    back = await person.say("dispute_charge", "退钱")
    assert "365.00元" in back.texts[0] and "不能自动退" in back.texts[0] and "投诉" in back.labels
    person.language = "en"
    assert "73 GB at ¥5.00" in (await person.say("nlu_fallback", "how did you get 365", number=365)).texts[0]


async def test_money_for_what_was_beyond_the_plan_is_asked_back_and_no_plan_is_sold(talk: Begin) -> None:
    heard = await talk(ZHANG).say("change_plan", "我要退套餐外的钱")
    assert ["charge_why"] == heard.responses and "不能自动退" in heard.texts[0]


@pytest.mark.parametrize(
    ("intent", "text", "entities", "sum_"),
    [
        ("inform", "上个月违约金怎么收的", {"month": "2026-10"}, "欠费56.00元×10天×每天万分之30"),
        ("nlu_fallback", "违约金1.68怎么来的", {}, "欠费56.00元×10天×每天万分之30"),
        ("nlu_fallback", "20块一次性费用谁收的", {"amount_fen": 2000}, "一次性费用20.00元"),
        ("out_of_scope", "国际长途我没打过", {}, "7分钟×0.99元"),
        ("nlu_fallback", "9月份那个漫游90块是啥", {"month": "2026-09", "amount_fen": 9000}, "3天×30.00元"),
        ("out_of_scope", "分期129是什么", {}, "第3期，共12期，每期129.00元"),
    ],
)
async def test_the_item_that_was_named_is_explained_and_not_the_whole_bill(
    talk: Begin, intent: str, text: str, entities: dict[str, Any], sum_: str
) -> None:
    heard = await talk(XIE).say(intent, text, **entities)
    assert ["charge_why"] == heard.responses and sum_ in heard.texts[0]


async def test_after_a_bill_an_amount_points_at_its_charge_and_else_it_does_not(talk: Begin) -> None:
    person = talk(XIE)
    assert "charge_why" not in (await person.say("out_of_scope", "还有1块6毛8那个", amount_fen=168)).responses
    await person.say("query_bill", "上个月账单", month="2026-10")
    assert "违约金1.68元" in (await person.say("out_of_scope", "还有1块6毛8那个", amount_fen=168)).texts[0]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("什么是国内语音套外费", "out_of_bundle_voice"),
        ("账单上的违约金是什么", "late_fee"),
        ("低消是什么意思", "minimum_spend"),
        ("请问定向流量是什么意思啊", "directed"),
        ("专款是啥意思", "dedicated"),
        ("What is the late fee?", "late_fee"),
        ("what does rollover mean", "rolled_over"),
        ("解释一下代收费", "third_party"),
        ("我想问一下什么是违约金", "late_fee"),
        ("给我解释一下低消", "minimum_spend"),
    ],
)
async def test_a_term_is_explained_in_plain_words(talk: Begin, text: str, term: str) -> None:
    heard = await talk(None).say("nlu_fallback", text)
    assert ["term"] == heard.responses
    assert TERMS.asked(text) == term


@pytest.mark.parametrize(
    "text",
    [
        "what is my monthly fee?",
        "what is my credit balance",
        "我的月租是什么",
        "我的合约是什么",
        "我的月租是多少",
        "月租是什么时候扣",
        "什么是你们最便宜的月租套餐",
        "流量包怎么退",
        "what is my balance",
    ],
)
def test_a_question_of_ones_own_is_no_question_for_a_word(text: str) -> None:
    assert TERMS.asked(text) == ""


def test_every_cause_and_every_kind_of_money_has_its_words() -> None:
    labels = demo_catalogue().labels
    assert {*labels.causes, *labels.buckets} <= TERMS.ways.keys()


async def test_what_nobody_ordered_is_told_with_what_is_on_record(talk: Begin) -> None:
    heard = await talk(ZHENG).say("never_ordered")
    assert ["never_ordered"] == heard.responses
    assert "2026年8月12日在短信办理" in heard.texts[0] and "办理人回复了确认" in heard.texts[0]
    assert "书海阅读会员（书海阅读，12.00元/月" in heard.texts[0] and "没有查到办理记录" in heard.texts[0]
    assert {"不是我办的：星河视频会员", "不是我办的：书海阅读会员"} <= set(heard.labels)


async def test_a_charge_for_what_was_never_ordered_is_told_with_what_is_on_record(talk: Begin) -> None:
    assert ["never_ordered"] == (await talk(ZHENG).say("dispute_charge", "我没订过怎么扣我会员费")).responses
    heard = await talk(ZHENG).say("dispute_charge", "没办过怎么扣12", amount_fen=1200, spans={"amount_fen": "12"})
    assert ["charge_why"] == heard.responses


async def _dispute(talk: Begin, offering: str, channel: str = "sms") -> Any:
    person = talk(ZHENG, channel)
    await person.say("never_ordered")
    quoted = await person.say("cancel_data_pack", offering=offering, option="disputed")
    assert ["quote_cancel_data_pack"] == quoted.responses and "本月已付的不退" not in quoted.texts[0]
    return person


async def test_without_a_record_it_is_cancelled_given_back_and_complained_of_after_one_yes(talk: Begin) -> None:
    person = await _dispute(talk, "svc-reading")
    heard = await person.say("affirm")
    assert ["order_accepted", "dispute_settled"] == heard.responses or "dispute_settled" in heard.responses
    (ticket,) = person.crm.all_tickets.values()
    assert "已退72.00元" in heard.texts[-1] and ticket.id in heard.texts[-1] and ticket.accountable in heard.texts[-1]
    assert 6740 + 7200 == person.crm.buckets[ZHENG][0].amount_fen
    assert ("complaint", True) == (ticket.kind, "书海阅读会员" in ticket.text)


async def test_on_the_web_the_code_still_comes_first(talk: Begin) -> None:
    person = await _dispute(talk, "svc-reading", "web")
    assert ["code_sent"] == (await person.say("affirm")).responses
    assert 6740 == person.crm.buckets[ZHENG][0].amount_fen
    assert "dispute_settled" in (await person.code(person.sent_code())).responses


async def test_with_a_record_nothing_is_given_back_and_a_person_looks(talk: Begin) -> None:
    person = await _dispute(talk, "svc-video-vip")
    heard = await person.say("affirm")
    assert "有办理记录" in heard.texts[-1] and 1 == len(person.crm.all_tickets)
    assert 6740 == person.crm.buckets[ZHENG][0].amount_fen


async def test_a_no_cancels_gives_back_and_complains_of_nothing(talk: Begin) -> None:
    person = await _dispute(talk, "svc-reading")
    await person.say("deny")
    assert (6740, {}) == (person.crm.buckets[ZHENG][0].amount_fen, person.crm.all_tickets)


async def test_a_turn_that_runs_again_gives_back_once(talk: Begin) -> None:
    person = await _dispute(talk, "svc-reading")
    await person.say("affirm", message_id="yes")
    await person.say("affirm", message_id="again")
    assert 6740 + 7200 == person.crm.buckets[ZHENG][0].amount_fen and 1 == len(person.crm.all_tickets)


async def test_a_plain_cancellation_gives_nothing_back(talk: Begin) -> None:
    person = talk(ZHENG, "sms")
    await person.say("cancel_data_pack", offering="svc-reading")
    heard = await person.say("affirm")
    assert "dispute_settled" not in heard.responses
    assert (6740, {}) == (person.crm.buckets[ZHENG][0].amount_fen, person.crm.all_tickets)


class Broken:
    """A CRM of which some writes are not answered, though they are done."""

    def __init__(self, crm: Any, *calls: str) -> None:
        self.crm, self.calls = crm, set(calls)

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.crm, name)

        async def late(*args: Any, **kwargs: Any) -> Any:
            await call(*args, **kwargs)
            raise TimedOut("late")

        return late if name in self.calls else call


def _timer(heard: Any) -> dict[str, Any]:
    (timer,) = heard.effect("timers")
    return {"timer": timer["name"], **timer["values"]}


async def test_nothing_is_given_back_before_it_is_known_to_be_cancelled(talk: Begin) -> None:
    person = await _dispute(talk, "svc-reading")
    person.crm = crm = Broken(person.crm, "place_order")
    heard = await person.say("affirm")
    assert ["order_pending"] == heard.responses and 6740 == crm.buckets[ZHENG][0].amount_fen
    again = await person.say("event_timer", **_timer(heard))
    assert [] == again.responses and 6740 == crm.buckets[ZHENG][0].amount_fen
    crm.calls.clear()
    heard = await person.say("event_timer", **_timer(again))
    assert ["order_done", "dispute_settled"] == heard.responses
    assert 6740 + 7200 == crm.buckets[ZHENG][0].amount_fen


@pytest.mark.parametrize(("late", "said"), [("refund", "dispute_open"), ("create_ticket", "dispute_not_filed")])
async def test_what_was_not_answered_is_settled_later_and_once(talk: Begin, late: str, said: str) -> None:
    person = await _dispute(talk, "svc-reading")
    person.crm = crm = Broken(person.crm, late)
    heard = await person.say("affirm")
    assert ["order_done", said] == heard.responses
    assert ("已退还72.00元" in heard.texts[-1]) == (late == "create_ticket")
    again = await person.say("event_timer", **_timer(heard))
    assert [] == again.responses and 60 == again.effect("timers")[0]["after_s"]
    crm.calls.clear()
    heard = await person.say("event_timer", **_timer(again))
    assert ["dispute_settled"] == heard.responses and "已退72.00元" in heard.texts[-1]
    assert 6740 + 7200 == crm.buckets[ZHENG][0].amount_fen and 1 == len(crm.all_tickets)


async def test_what_is_settled_later_is_settled_for_whose_it_was(talk: Begin) -> None:
    person = await _dispute(talk, "svc-reading")
    person.crm = crm = Broken(person.crm, "create_ticket")
    heard = await person.say("affirm")
    own, other = person.binding, {"msisdn": XIE, "subscriber_id": crm.subscribers[XIE].id}
    crm.calls.clear()
    crm.all_tickets.clear()
    person.binding = other
    heard = await person.say("event_timer", **_timer(heard))
    assert ([], {}) == (heard.responses, crm.all_tickets)
    person.binding = own
    assert ["dispute_settled"] == (await person.say("event_timer", **_timer(heard))).responses


async def test_what_was_given_back_before_is_a_persons_to_check(talk: Begin) -> None:
    person = await _dispute(talk, "svc-reading")
    await person.say("affirm")
    await person.say("order_data_pack", offering="svc-reading")
    await person.say("affirm")
    await person.say("cancel_data_pack", offering="svc-reading", option="disputed")
    before = person.crm.buckets[ZHENG][0].amount_fen
    heard = await person.say("affirm")
    assert "最近已退过费" in heard.texts[-1] and before == person.crm.buckets[ZHENG][0].amount_fen


async def test_where_giving_back_is_switched_off_no_record_is_claimed(talk: Begin) -> None:
    person = await _dispute(talk, "svc-reading")
    person.gate = without("operation", "give_back")
    heard = await person.say("affirm")
    assert "现在不能自动退费" in heard.texts[-1] and "有办理记录" not in heard.texts[-1]


async def test_not_mine_is_offered_only_where_there_is_something_to_choose(talk: Begin) -> None:
    person = talk(ZHENG)
    held = person.crm.held[ZHENG]
    packs = [p for p in held if p.offering_id == "svc-reading"]
    once = person.crm.catalogue.offering("pack-5g")
    held[:] = [
        *(p for p in held if p.category == "plan"),
        replace(packs[0], offering_id=once.id, name=once.name, category="data_pack"),
    ]
    text = (await person.say("never_ordered")).texts[0]
    assert "选“不是我办的”" not in text and "可以投诉或转人工" in text


async def test_the_last_months_are_priced_and_what_is_lost_is_said(talk: Begin) -> None:
    heard = await talk(XIE).say("recommend_plan")
    assert ["recommend_use"] == heard.responses and "换4G乐享28元套餐" == heard.labels[0]
    for words in (
        "333.00元（月费28.00×6，超出套餐33GB，收165.00元）",
        "能省22.20元",
        "每月会少15GB流量、5G、",
        "59元套餐6个月是355.20元",
    ):
        assert words in heard.texts[0], heard.texts[0]


async def test_during_a_contract_no_smaller_plan_is_recommended(talk: Begin) -> None:
    heard = await talk("+8613800000005").say("recommend_plan")
    assert ["recommend_stay"] == heard.responses and "合约2027年6月1日到期前" in heard.texts[0]


async def test_a_plan_for_others_is_not_recommended(talk: Begin) -> None:
    heard = await talk("+8613800000008").say("recommend_plan")
    assert ["recommend_stay"] == heard.responses and "孝心19元套餐" in heard.texts[0]


async def test_during_the_billing_run_the_bill_is_said_not_to_be_final(talk: Begin) -> None:
    person = talk(ZHANG)
    person.now = datetime(2026, 11, 2, 4, tzinfo=timezone.utc)
    heard = await person.say("query_bill")
    assert "还在出账" in heard.texts[0] and "436.45元" in heard.texts[0] and "充值缴费" not in heard.labels


async def test_each_kind_of_money_says_what_it_pays(talk: Begin) -> None:
    for channel in ("web", "sms"):
        text = (await talk("+8613800000013", channel).say("query_balance")).texts[0]
        assert all(kind in text for kind in ("99.00元", "赠款20.00元", "专款100.00元", "冻结600.00元")), channel
        assert 2 == text.count("抵套餐月费" if channel == "web" else "只抵月费")


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_what_is_used_now_is_named_first(talk: Begin, channel: str) -> None:
    person = talk("+8613800000011", channel)
    held = person.crm.grants["+8613800000011"]
    plan = next(a for a in held if a.type == "data" and a.scope == "general")
    name = person.crm.catalogue.labels.allowances["data", "rolled_over"]
    held[:] = [plan, replace(plan, id="r", scope="rolled_over", name=name, total=2097152, used=1048576)]
    assert "现在先用上月结转流量1GB" in (await person.say("query_data_usage")).texts[0]


async def test_by_sms_too_the_best_plan_comes_with_what_is_lost(talk: Begin) -> None:
    heard = await talk(XIE, "sms").say("recommend_plan")
    assert "按近6个月用量算，现在355.20元，更省的：4G乐享28元套餐333.00元，每月少15GB流量、5G。" == heard.texts[0]
    heard = await talk("+8613800000000", "sms").say("recommend_plan")
    assert "没有更省的可换。最接近：4G畅聊58元套餐358.00元，" in heard.texts[0]


async def test_each_charge_of_a_month_comes_with_its_arithmetic_and_the_way_to_stop_it(talk: Begin) -> None:
    heard = await talk(XIE).say("dispute_charge", month="2026-09")
    for words in (
        "漫游通话5.94元（6分钟×0.99元）",
        "不想再有：国际及港澳台漫游，出境前先办漫游包",
        "套餐外短信，少发长短信",
    ):
        assert words in heard.texts[0]
    heard = await talk(XIE, "sms").say("dispute_charge")
    assert "国际长途6.93元（7分钟×0.99元）。" in heard.texts[0] and "说它的名字" in heard.texts[0]


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_a_kind_of_charge_is_found_months_back_or_said_not_to_be_there(talk: Begin, channel: str) -> None:
    person = talk(XIE, channel)
    heard = await person.say("dispute_charge", "最低消费怎么扣了")
    assert heard.responses == ["charge_why"] and "低消补足11.00元（最低消费70.00元－已消费59.00元）" in heard.texts[0]
    heard = await person.say("dispute_charge", "流量包费为什么扣")
    assert heard.responses == ["bill_why"] and heard.texts[0].startswith("能查到的账单里没有收过流量包及服务费。")
    person.language = "en"
    heard = await person.say("dispute_charge", "why was I charged for out-of-bundle data")
    assert heard.texts[0].startswith("No bill that is kept has data beyond the plan.")


async def test_a_rough_budget_is_a_budget(talk: Begin) -> None:
    person = talk(None, "sms")
    await person.say("recommend_plan", "什么套餐适合我")
    heard = await person.say("inform", "50块左右", amount_fen=5000, spans={"amount_fen": "50块"})
    assert heard.responses == ["recommend_budget"]
