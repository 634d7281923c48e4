"""Invoices, shops, the way to another carrier, and what a bill is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.invoicing import invoiceable_fen

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ORDINARY, ARREARS, SHOCKED, LOCKED, PAID, FRAUD = (f"+86138000000{n:02d}" for n in (0, 1, 3, 5, 12, 19))
TAX_ID = "91330106673959654P"


# invoices
async def test_a_company_gets_its_invoice_after_month_title_tax_number_and_mail(talk: Begin) -> None:
    person = talk()
    heard = await person.say("invoice")
    assert heard.responses == ["ask_invoice_month"] and heard.labels[0] == "2026年10月"
    assert (await person.say("inform", month="2026-10")).responses == ["ask_invoice_title"]
    assert (await person.say("nlu_fallback", "杭州云杉科技有限公司")).responses == ["ask_invoice_tax"]
    assert (await person.say("nlu_fallback", TAX_ID)).responses == ["ask_invoice_mail"]
    heard = await person.say("nlu_fallback", "发到 li@example.com 吧")
    assert heard.responses == ["confirm_invoice"]
    amount = f"{invoiceable_fen(person.crm.all_bills[ORDINARY][1]) / 100:.2f}元"
    assert all(
        told in heard.texts[0] for told in ("2026年10月", amount, "杭州云杉科技有限公司", TAX_ID, "li@example.com")
    )
    assert person.crm.all_invoices == {}
    heard = await person.say("affirm")
    assert heard.responses == ["invoice_issued"]
    (made,) = person.crm.all_invoices.values()
    assert (made.month, made.title, made.tax_id, made.email) == (
        "2026-10", "杭州云杉科技有限公司", TAX_ID, "li@example.com"
    )  # fmt: skip


async def test_the_name_of_a_company_is_a_title_whatever_it_sounds_like(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    assert (await person.say("consult_business", "杭州云杉科技有限公司")).responses == ["ask_invoice_tax"]
    await person.say("invoice", month="2026-10")
    assert (await person.say("complain", "我要投诉你们公司")).responses == ["ask_complaint"]


async def test_a_person_needs_no_tax_number(talk: Begin) -> None:
    person = talk(ORDINARY, "sms")
    await person.say("invoice", month="2026-09")
    assert (await person.say("inform", option="personal")).responses == ["ask_invoice_mail"]
    await person.say("nlu_fallback", "li@example.com")
    assert (await person.say("affirm")).responses == ["invoice_issued"]


async def test_a_wrong_tax_number_is_asked_for_again(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    await person.say("nlu_fallback", "杭州云杉科技有限公司")
    heard = await person.say("nlu_fallback", "91330106673959654Q")
    assert heard.responses == ["refused_bad_tax_id", "ask_invoice_tax"]


async def test_a_tax_number_of_digits_alone_is_taken_though_it_was_masked(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    await person.say("nlu_fallback", "深圳一家公司")
    person.vault.values[person.conversation, "0" * 16] = "914403001922038216"
    assert (await person.say("nlu_fallback", f"⟦card:{'0' * 16}⟧")).responses == ["ask_invoice_mail"]


async def test_this_month_and_an_invoiced_one_are_not_invoiced(talk: Begin) -> None:
    person = talk()
    assert (await person.say("invoice", month="2026-11")).responses == ["not_this_invoice", "ask_invoice_month"]
    await person.say("inform", month="2026-10")
    await person.say("inform", option="personal")
    await person.say("nlu_fallback", "li@example.com")
    await person.say("affirm")
    assert (await person.say("invoice", month="2026-10")).responses == ["not_this_invoice", "ask_invoice_month"]


async def test_what_a_gift_paid_is_not_invoiced(talk: Begin) -> None:
    person = talk()
    bill = person.crm.all_bills[ORDINARY][1]
    person.crm.all_bills[ORDINARY][1] = replace(bill, gift_fen=invoiceable_fen(bill))
    await person.say("invoice", month="2026-10")
    await person.say("inform", option="personal")
    assert (await person.say("nlu_fallback", "li@example.com")).responses == ["refused_nothing_to_invoice"]
    assert person.crm.all_invoices == {}


async def test_a_name_or_an_address_that_holds_a_month_is_no_month(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    company = "杭州三月科技有限公司"
    heard = await person.say("nlu_fallback", company, month="2026-03", spans={"month": "三月"})
    assert heard.responses == ["ask_invoice_tax"]
    heard = await person.say("nlu_fallback", TAX_ID, month="2026-10", spans={"month": "10"})
    assert heard.responses == ["ask_invoice_mail"]
    mail = "li202409@qq.com"
    heard = await person.say("inform", mail, month="2026-09", spans={"month": "202409"})
    assert heard.responses == ["confirm_invoice"] and company in heard.texts[0] and mail in heard.texts[0]


@pytest.mark.parametrize("text", ["9月的", "改开9月的发票", "那就换成9月的吧"])
async def test_another_month_alone_changes_the_month_and_keeps_the_rest(talk: Begin, text: str) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    await person.say("inform", option="personal")
    await person.say("inform", "march@abc.com", month="2026-03", spans={"month": "march"})
    heard = await person.say("correct", text, month="2026-09", spans={"month": "9月"})
    assert heard.responses == ["confirm_invoice"] and "2026年9月" in heard.texts[0]


@pytest.mark.parametrize(
    "intent, text",
    [
        ("transfer_to_agent", "转人工客服中心"),
        ("transfer_to_agent", "人工客服中心"),
        ("complain", "投诉到通信管理局"),
        ("find_store", "查附近的店"),
    ],
)
async def test_a_wish_that_names_an_office_is_no_title(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    heard = await person.say(intent, text)
    assert heard.responses[:1] not in (["ask_invoice_tax"], ["ask_invoice_title"])


@pytest.mark.parametrize("text", ["个人", "开个人的", "personal", "个人抬头吧", "个人也行", "个人的就行", "个人就好"])
async def test_a_person_in_words_is_a_person_and_going_back_asks_no_tax_number(talk: Begin, text: str) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    assert (await person.say("nlu_fallback", text)).responses == ["ask_invoice_mail"]
    assert (await person.say("go_back")).responses == ["ask_invoice_title"]


async def test_after_a_reversal_the_same_words_give_a_new_invoice(talk: Begin) -> None:
    person = talk()
    for _ in range(2):
        await person.say("invoice", month="2026-10")
        await person.say("inform", option="personal")
        await person.say("nlu_fallback", "li@example.com")
        heard = await person.say("affirm")
        assert heard.responses == ["invoice_issued"]
        ((number, _made),) = person.crm.all_invoices.items()
        assert number in heard.texts[0]
        person.crm.all_invoices.clear()
        person.later(60)


async def test_a_yes_that_is_said_again_issues_no_second_invoice(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    await person.say("inform", option="personal")
    await person.say("nlu_fallback", "li@example.com")
    person.crm.lose_answers = 1
    assert (await person.say("affirm")).responses == ["crm_unavailable_in_form"]
    assert (await person.say("affirm")).responses == ["invoice_issued"]
    assert len(person.crm.all_invoices) == 1


async def test_a_no_issues_nothing(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    await person.say("inform", option="personal")
    await person.say("nlu_fallback", "li@example.com")
    assert (await person.say("deny")).responses == ["declined"]
    assert person.crm.all_invoices == {}


# shops
async def test_the_nearest_open_shop_comes_first_with_its_hours(talk: Begin) -> None:
    (text,) = (await talk().say("find_store")).texts
    assert text.startswith(
        "杭州武林广场营业厅：杭州市延安路538号，每天09:00到20:00，现在营业，14:00到16:00人少；杭州西湖营业厅"
    )


async def test_a_district_that_is_named_goes_before_what_is_open(talk: Begin) -> None:
    person = talk()
    person.later(9 * 3600)
    (text,) = (await person.say("find_store", "西湖区哪有营业厅")).texts
    assert text.startswith("杭州西湖营业厅") and "现在不营业，11月23日09:00开门" in text


async def test_a_shop_is_one_that_can_do_what_was_spoken_of(talk: Begin) -> None:
    person = talk()
    await person.say("close_account")
    (text,) = (await person.say("find_store")).texts
    assert "杭州西湖营业厅" not in text
    assert "SIM卡，先缴清话费" in text


async def test_anybody_may_ask_for_a_shop_also_elsewhere(talk: Begin) -> None:
    (text,) = (await talk(None).say("find_store", "成都的营业厅", region="sc")).texts
    assert text.startswith("成都春熙路营业厅")
    assert "没有查到" in (await talk(None).say("find_store", region="xz")).texts[0]


async def test_who_is_nowhere_is_asked_for_the_city(talk: Begin) -> None:
    person = talk(None)
    person.region = ""
    assert (await person.say("find_store")).responses == ["ask_store_place"]


# another carrier
async def test_a_number_that_is_free_is_told_how_and_nothing_else(talk: Begin) -> None:
    heard = await talk().say("port_out")
    assert heard.responses == ["port_out_clear"]
    assert "SQXZ" in heard.texts[0] and heard.labels == ["转人工"]


async def test_every_reason_against_it_is_told_at_once_with_what_clears_it(talk: Begin) -> None:
    person = talk(LOCKED)
    person.crm.stop(LOCKED, "wish")
    person.crm.buckets[LOCKED][0] = replace(person.crm.buckets[LOCKED][0], amount_fen=-1200)
    person.crm.subscribers[LOCKED] = replace(person.crm.subscribers[LOCKED], joined_at=person.now - timedelta(days=100))
    heard = await person.say("port_out")
    assert heard.responses == ["port_out_blocked"]
    assert "原因4个" in heard.texts[0]
    assert all(told in heard.texts[0] for told in ("停机", "欠费12.00元", "合约到", "不满120天，2026年12月10日起"))
    assert heard.labels == ["充值缴费", "为什么停机", "转人工"]


async def test_a_new_plan_makes_no_number_younger(talk: Begin) -> None:
    person = talk()
    number = person.binding["msisdn"]
    person.crm.held[number] = [replace(p, since=person.now) for p in person.crm.held[number]]
    assert (await person.say("port_out")).responses == ["port_out_clear"]


async def test_who_is_not_known_is_told_the_way(talk: Begin) -> None:
    assert (await talk(None).say("port_out")).responses == ["guide_port_out"]


# what a bill is made of
async def test_why_tells_the_cause_the_difference_and_the_arithmetic(talk: Begin) -> None:
    (text,) = (await talk(SHOCKED).say("dispute_charge", month="2026-10")).texts
    assert "共扣436.45元，比上月多377.45元" in text
    assert "这个月共用了" in text
    assert "先办流量包" in text


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_how_much_was_beyond_is_not_reckoned_from_the_plan_of_today(talk: Begin, language: str) -> None:
    person = talk(SHOCKED)
    person.language = language
    (text,) = (await person.say("dispute_charge", month="2026-10")).texts
    assert "超出" not in text and "套餐含" not in text
    assert "the plan has" not in text and "GB" in text


async def test_what_is_charged_for_another_company_is_said_to_be(talk: Begin) -> None:
    (text,) = (await talk("+8613800000009").say("dispute_charge")).texts
    assert "星河视频会员19.00元（别的公司代收）" in text
    assert "可以退订" in text


# broadband
async def test_broadband_is_told_with_its_end_and_without_the_house(talk: Begin) -> None:
    heard = await talk().say("query_broadband")
    assert "宽带账号KD13800000000，300M，装在杭州市西湖区文一路*号*幢*，2027年4月1日到期，状态正常" in heard.texts[0]
    assert heard.labels == ["宽带报障", "转人工"]


async def test_a_fault_of_broadband_names_the_account_in_its_ticket(talk: Begin) -> None:
    person = talk()
    await person.say("broadband_fault", "家里宽带断了")
    await person.say("nlu_fallback", "光猫亮红灯，昨晚开始的")
    (ticket,) = person.crm.all_tickets.values()
    assert "KD13800000000" in ticket.text and "红灯" in ticket.text


async def test_broadband_that_is_stopped_is_no_fault(talk: Begin) -> None:
    person = talk(ARREARS)
    heard = await person.say("broadband_fault")
    assert heard.responses == ["broadband"] and "停机状态" in heard.texts[0]
    assert heard.labels == ["充值缴费", "转人工"]
    assert person.crm.all_tickets == {}


async def test_who_has_no_broadband_is_told_so(talk: Begin) -> None:
    assert "没有查到宽带" in (await talk(SHOCKED).say("query_broadband")).texts[0]


# what a person does of invoices
@pytest.mark.parametrize("text", ["我要开专票", "能开增值税专用发票吗", "I need a special VAT invoice"])
async def test_a_special_invoice_goes_to_the_account_manager_with_what_it_takes(talk: Begin, text: str) -> None:
    person = talk("+8613800000007")
    heard = await person.say("invoice", text)
    assert heard.responses == ["special_invoice"] and "何晓东" in heard.texts[0]
    picked = heard.choices[0]
    assert (await person.say(picked["intent"], **picked["entities"])).responses == ["ticket_callback"]
    (ticket,) = person.crm.all_tickets.values()
    assert "专用发票" in ticket.text


async def test_a_special_invoice_is_asked_for_in_the_middle_of_an_ordinary_one(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    assert (await person.say("invoice", "我要专票")).responses == ["special_invoice"]
    assert person.crm.all_invoices == {}


async def test_who_wants_no_special_invoice_stays_in_the_form(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    assert (await person.say("correct", "不是专票，普通发票")).responses == ["ask_invoice_title"]
    assert (await person.say("inform", option="personal")).responses == ["ask_invoice_mail"]


async def test_a_wrong_invoice_is_named_and_reversed_by_who_may(talk: Begin) -> None:
    person = talk()
    assert "不用红冲" in (await person.say("invoice", "发票开错了要红冲")).texts[0]
    await person.say("invoice", month="2026-10")
    await person.say("inform", option="personal")
    await person.say("nlu_fallback", "li@example.com")
    await person.say("affirm")
    heard = await person.say("invoice", "抬头写错了，作废重开")
    ((number, _made),) = person.crm.all_invoices.items()
    assert heard.responses == ["reverse_invoice"] and number in heard.texts[0]
    assert heard.labels == ["红冲2026年10月发票", "请人联系我", "转人工"]
    assert len(person.crm.all_invoices) == 1


@pytest.mark.parametrize(
    "text",
    [
        "哪些月份能开发票", "开发票", "开普通发票，不是专用发票", "not a special invoice",
        "我要开上个月的发票别又写错了", "为什么费用还没开票",
    ],
)  # fmt: skip
async def test_a_question_about_months_is_no_question_of_what_cannot_be_invoiced(talk: Begin, text: str) -> None:
    assert (await talk().say("invoice", text)).responses == ["ask_invoice_month"]


@pytest.mark.parametrize("text", ["哪些费用不能开发票", "为什么会员费开不了票", "which charges cannot be invoiced"])
async def test_what_cannot_be_invoiced_is_told(talk: Begin, text: str) -> None:
    heard = await talk().say("invoice", text)
    assert heard.responses == ["not_invoiced"] and "第三方" in heard.texts[0]
