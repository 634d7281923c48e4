"""What a contract costs to leave: the figures, and the year of its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crm.model import Reason

Begin = Callable[..., Any]
ZHAO, HE, LI, KEEPS = "+8613800000005", "+8613800000013", "+8613800000000", "+8613800000018"
SUM = "417.90元（199.00元×剩余7个月×30%）"


async def test_who_may_not_leave_yet_hears_the_year_and_how_the_fee_comes_about(talk: Begin) -> None:
    person = talk(ZHAO)
    heard = await person.say("change_plan", "换成59元套餐", amount_fen=5900)
    assert "合约到2027年6月1日" in heard.texts[0] and SUM in heard.texts[0]
    assert SUM in (await person.say("out_of_scope", "那违约要多少")).texts[0]
    person.language = "en"
    assert "30% of ¥199.00 for 7 months" in (await person.say("nlu_fallback", "how much to leave early")).texts[0]


async def test_what_has_a_term_of_its_own_is_bound_no_longer_than_that(talk: Begin) -> None:
    heard = await talk(HE).say("cancel_service", "退订碎屏险", offering="svc-screen-cover")
    assert "21.60元（12.00元×剩余6个月×30%）" in heard.texts[-1]


@pytest.mark.parametrize(("msisdn", "said"), [(ZHAO, SUM), (LI, "账单过了缴费日没缴清")])
async def test_the_fee_for_breach_is_that_of_the_contract_or_else_that_of_late_bills(
    talk: Begin, msisdn: str, said: str
) -> None:
    assert said in (await talk(msisdn).say("faq", "违约金怎么算的")).texts[0]


async def test_who_would_take_the_number_elsewhere_hears_what_leaving_costs(talk: Begin) -> None:
    assert "（要付417.90元）" in (await talk(ZHAO).say("port_out", "转网要付多少钱")).texts[0]


async def test_a_crm_that_tells_no_fee_is_not_asked_for_its_figures(talk: Begin) -> None:
    person = talk(ZHAO)
    qualify = person.crm.qualify

    async def without_fee(*args: Any, **kwargs: Any) -> Any:
        verdict = await qualify(*args, **kwargs)
        return replace(verdict, reasons=tuple(Reason(r.code, {"until": "2027-06-01"}) for r in verdict.reasons))

    person.crm.qualify = without_fee
    heard = await person.say("change_plan", "换成59元套餐", amount_fen=5900)
    assert "您的合约到2027年6月1日，请由人工客服办理。" == heard.texts[0]
    assert "可转" in (await person.say("port_out", "转网")).texts[0]


async def test_the_smallest_plan_has_a_fee_too_while_its_contract_runs(talk: Begin) -> None:
    person = talk(KEEPS)
    plan = next(p for p in person.crm.held[KEEPS] if p.category == "plan")
    person.crm.held[KEEPS] = [replace(plan, lock_in_until=date(2027, 2, 1))]
    heard = await person.say("query_pack_expiry", "提前解约要付多少")
    assert "合约到2027年2月1日" in heard.texts[0] and "7.20元（8.00元×剩余3个月×30%）" in heard.texts[0]


async def test_a_fee_that_the_crm_does_not_tell_is_said_to_be_unknown(talk: Begin) -> None:
    person = talk(ZHAO)
    qualify = person.crm.qualify

    async def without_fee(*args: Any, **kwargs: Any) -> Any:
        verdict = await qualify(*args, **kwargs)
        return replace(verdict, reasons=tuple(r for r in verdict.reasons if r.code != "lock_in"))

    person.crm.qualify = without_fee
    heard = await person.say("query_pack_expiry", "提前解约要付多少")
    assert "要付多少我这里查不到，可以由人工核算" in heard.texts[0]
