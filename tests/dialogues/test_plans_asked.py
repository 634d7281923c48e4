"""Plans by whom they are for and by a price that other things have too; a sum that nobody paid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("有没有适合老人的套餐", "孝心19元套餐"),
        ("给我爸妈办什么套餐好", "孝心19元套餐"),
        ("学生有什么套餐", "青春校园29元套餐"),
        ("plans for students", "青春校园29元套餐"),
    ],
)
async def test_a_plan_for_somebody_is_the_one_that_is_kept_for_them(talk: Begin, text: str, plan: str) -> None:
    heard = await talk(None).say("consult_plans", text)
    assert heard.responses == ["offering_details"] and heard.texts[0].startswith(plan)


async def test_a_price_that_is_no_plans_lists_no_plan_of_nothing(talk: Begin) -> None:
    said = {"amount_fen": 500, "spans": {"amount_fen": "5块钱"}}
    heard = await talk().say("consult_plans", "5块钱的套餐有吗", **said)
    assert heard.responses == ["offering_details"] and heard.texts[0].startswith("1GB流量加油包：5.00元")


async def test_services_of_one_name_are_listed_as_services(talk: Begin) -> None:
    for channel in ("web", "sms"):
        heard = await talk(channel=channel).say("consult_plans", among=["svc-antispam", "svc-antispam-pro"])
        assert heard.responses == ["packs"] and heard.texts[0].startswith("可以办理的业务")


async def test_plans_that_are_compared_are_not_listed_besides(talk: Begin) -> None:
    heard = await talk().say("several_questions", parts=["compare_plans", "consult_plans"])
    assert heard.responses == ["plans_compared"]


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_a_payment_that_nobody_knows_is_said_to_be_unknown(talk: Begin, channel: str) -> None:
    person = talk(channel=channel)
    heard = await person.say("query_recharge_record", "我昨天充了100怎么没到账", number=100, spans={"number": "100"})
    assert heard.texts[0].startswith("没有查到100.00元这笔充值。最近的充值：") and "付了没到账" in heard.labels
    heard = await person.say("query_recharge_record", "最近3次充值", number=3, spans={"number": "3"})
    assert heard.texts[0].startswith("最近的充值：") and "付了没到账" not in heard.labels


async def test_a_sum_that_came_is_not_said_to_be_unknown(talk: Begin) -> None:
    said = {"amount_fen": 6500, "spans": {"amount_fen": "65元"}}
    assert (await talk().say("query_recharge_record", "我交的65元到了吗", **said)).texts[0].startswith("最近的充值：")


@pytest.mark.parametrize(
    ("msisdn", "said"), [("+8613800000000", "没有合约，每月自动续订"), ("+8613800000005", "合约到")]
)
async def test_whether_there_is_a_contract_is_said(talk: Begin, msisdn: str, said: str) -> None:
    (text,) = (await talk(msisdn).say("query_pack_expiry")).texts
    assert said in text and ("没有合约" in text) == (said != "合约到")
