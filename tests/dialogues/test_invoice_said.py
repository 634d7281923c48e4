"""An invoice asked for in one line, and one that did not arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
TAX_ID = "91330106673959654P"
OCTOBER: dict[str, Any] = {"month": "2026-10", "spans": {"month": "上个月"}}
IN_ENGLISH: dict[str, Any] = {"month": "2026-10", "spans": {"month": "last month"}}


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("给我开上个月的个人发票 发到abc@qq.com", OCTOBER),
        ("开上个月发票，抬头个人，邮箱abc@qq.com", OCTOBER),
        ("invoice for last month, for me personally, to abc@qq.com", IN_ENGLISH),
    ],
)
async def test_what_is_said_in_one_line_is_only_confirmed(talk: Begin, text: str, more: dict[str, Any]) -> None:
    person = talk()
    heard = await person.say("invoice", text, **more)
    assert heard.responses == ["confirm_invoice"] and "abc@qq.com" in heard.texts[0] and "抬头：个人" in heard.texts[0]
    assert not person.crm.all_invoices
    assert (await person.say("affirm")).responses == ["invoice_issued"]
    (made,) = person.crm.all_invoices.values()
    assert (made.month, made.title, made.tax_id, made.email) == ("2026-10", "个人", "", "abc@qq.com")


async def test_a_company_with_all_that_it_takes_is_only_confirmed(talk: Begin) -> None:
    person = talk()
    text = f"开上个月发票 抬头杭州云杉科技有限公司 税号{TAX_ID} 发到cw@example.com"
    heard = await person.say("invoice", text, **OCTOBER)
    assert heard.responses == ["confirm_invoice"]
    assert all(told in heard.texts[0] for told in ("杭州云杉科技有限公司", TAX_ID, "cw@example.com"))


async def test_only_what_was_not_said_is_asked_for(talk: Begin) -> None:
    person = talk()
    assert (await person.say("invoice", "开张个人发票发到 abc@qq.com")).responses == ["ask_invoice_month"]
    assert (await person.say("inform", month="2026-10")).responses == ["confirm_invoice"]
    person = talk()
    heard = await person.say("invoice", "开上个月发票 企业的", **OCTOBER)
    assert heard.responses == ["ask_invoice_title"] and "单位全称" in heard.texts[0]
    heard = await person.say("nlu_fallback", f"杭州云杉科技有限公司 {TAX_ID} 发到cw@example.com")
    assert heard.responses == ["confirm_invoice"] and "抬头：杭州云杉科技有限公司\n" in heard.texts[0]
    person = talk()
    await person.say("invoice", month="2026-10")
    assert (await person.say("nlu_fallback", "个人，发到abc@qq.com")).responses == ["confirm_invoice"]


async def test_what_was_said_before_the_login_is_used_after_it(talk: Begin) -> None:
    person = talk(None)
    await person.say("invoice", "给我开上个月的个人发票 发到abc@qq.com", **OCTOBER)
    await person.say("inform", "13800000000", msisdn="+8613800000000", spans={"msisdn": "13800000000"})
    assert "confirm_invoice" in (await person.code(person.sent_code())).responses


# did it arrive?
async def issued(person: Any) -> Any:
    await person.say("invoice", "给我开上个月的个人发票 发到abc@qq.com", **OCTOBER)
    await person.say("affirm")
    (made,) = person.crm.all_invoices.values()
    return made


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("invoice", "发票没收到"),
        ("invoice", "发票收到了吗"),
        ("invoice", "did the invoice arrive"),
        ("invoice", "为什么发票还没发到邮箱"),
        ("repeat", "再发一次发票"),
    ],
)
async def test_one_that_did_not_arrive_is_told_of_and_sent_again_after_a_yes(
    talk: Begin, intent: str, text: str
) -> None:
    person = talk()
    made = await issued(person)
    sent: list[tuple[str, str]] = []
    send = person.crm.send_invoice

    async def sending(invoice_id: str, email: str, **more: Any) -> Any:
        sent.append((invoice_id, email))
        return await send(invoice_id, email, **more)

    person.crm.send_invoice = sending
    heard = await person.say(intent, text)
    assert heard.responses == ["invoice_was_sent"] and made.id in heard.texts[0] and "abc@qq.com" in heard.texts[0]
    assert not sent
    assert (await person.say("affirm", "好的")).responses == ["invoice_sent_again"]
    assert sent == [(made.id, "abc@qq.com")]


async def test_another_address_is_agreed_to_first(talk: Begin) -> None:
    person = talk()
    made = await issued(person)
    heard = await person.say("invoice", "发票没收到 重新发到new@qq.com")
    assert heard.responses == ["invoice_was_sent"] and "new@qq.com" in heard.texts[0]
    assert person.crm.all_invoices[made.id].email == "abc@qq.com"
    tapped = heard.choices[0]
    heard = await person.say(tapped["intent"], **tapped["entities"])
    assert heard.responses == ["invoice_sent_again"] and "new@qq.com" in heard.texts[0]
    assert person.crm.all_invoices[made.id].email == "new@qq.com"


async def test_one_that_was_reversed_is_told_to_be_so(talk: Begin) -> None:
    person = talk()
    made = await issued(person)
    await person.say("invoice", option=f"take_back:{made.id}")
    await person.say("affirm")
    gone = person.crm.all_invoices[made.id]
    heard = await person.say("invoice", "发票没收到")
    assert heard.responses == ["invoice_was_reversed"] and gone.reversal in heard.texts[0]
    tapped = heard.choices[0]
    assert (await person.say(tapped["intent"], **tapped["entities"])).responses == ["ask_invoice_title"]


async def test_where_none_was_issued_it_is_said_and_one_is_offered(talk: Begin) -> None:
    assert (await talk().say("invoice", "发票没收到")).responses == ["no_invoice_yet", "ask_invoice_month"]


async def test_nobody_elses_invoice_is_sent_anywhere(talk: Begin) -> None:
    person = talk()
    made = await issued(person)
    person.binding = {"msisdn": "+8613800000001", "subscriber_id": person.crm.subscribers["+8613800000001"].id}
    heard = await person.say("invoice", option=f"again:{made.id}:evil@qq.com")
    assert heard.responses == ["refused_human_only"] and person.crm.all_invoices[made.id].email == "abc@qq.com"


async def test_what_is_put_right_before_the_yes_is_shown_again(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", "给我开上个月的个人发票 发到abc@qq.com", **OCTOBER)
    heard = await person.say("inform", "不对 邮箱是abd@qq.com")
    assert heard.responses == ["confirm_invoice"] and "abd@qq.com" in heard.texts[0]
    assert not person.crm.all_invoices
    assert (await person.say("invoice", "确认开票")).responses == ["invoice_issued"]
    assert [one.email for one in person.crm.all_invoices.values()] == ["abd@qq.com"]


@pytest.mark.parametrize("intent", ["find_store", "transfer_to_agent", "query_bill", "inform"])
async def test_a_tap_on_something_else_is_no_yes(talk: Begin, intent: str) -> None:
    person = talk()
    await person.say("invoice", "给我开上个月的个人发票 发到abc@qq.com", **OCTOBER)
    await person.say(intent)
    assert not person.crm.all_invoices


async def test_a_companys_invoice_is_no_enquiry_of_a_business(talk: Begin) -> None:
    text = f"我要开9月份企业发票 抬头杭州云杉科技有限公司 税号{TAX_ID} 邮箱cw@corp.com"
    heard = await talk().say("consult_business", text, month="2026-09", spans={"month": "9月份"})
    assert heard.responses == ["confirm_invoice"] and "杭州云杉科技有限公司" in heard.texts[0]
