"""An invoice is reversed once, by its holder's yes, in the month in which it was issued; the rest by a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.errors import TimedOut

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
TAX_ID = "91330106673959654P"


async def with_invoice(person: Any) -> tuple[Any, Any]:
    await person.say("invoice", month="2026-10")
    await person.say("inform", option="personal")
    await person.say("nlu_fallback", "li@example.com")
    await person.say("affirm")
    (made,) = person.crm.all_invoices.values()
    return person, made


async def test_an_invoice_of_this_month_is_reversed_here_and_its_month_issued_anew(talk: Begin) -> None:
    person, made = await with_invoice(talk())
    heard = await person.say("invoice", "发票抬头开错了，要红冲", option="reversed")
    assert heard.responses == ["reverse_invoice"] and heard.labels[0] == "红冲2026年10月发票"
    assert not person.crm.all_invoices[made.id].reversal
    tapped = heard.choices[0]
    heard = await person.say(tapped["intent"], **tapped["entities"])
    assert heard.responses == ["confirm_reversal"] and made.id in heard.texts[0]
    assert not person.crm.all_invoices[made.id].reversal, "a tap is no yes"
    heard = await person.say("affirm", "确认红冲")
    assert f"{made.amount_fen / 100:.2f}" in heard.texts[0] and ("invoice", "done") in heard.outcomes
    gone = person.crm.all_invoices[made.id]
    assert gone.reversal in heard.texts[0]
    again = await person.say(tapped["intent"], **tapped["entities"])
    assert person.crm.all_invoices[made.id] == gone and again.responses == ["reverse_invoice"]
    assert (await person.say("invoice", month="2026-10")).responses == ["ask_invoice_title"]


@pytest.mark.parametrize("said", ["deny", "go_back", "stop"])
async def test_without_a_yes_an_invoice_holds(talk: Begin, said: str) -> None:
    person, made = await with_invoice(talk())
    await person.say("invoice", option=f"take_back:{made.id}")
    await person.say(said)
    await person.say("affirm", "好的")
    assert not person.crm.all_invoices[made.id].reversal


async def test_a_reversal_whose_answer_did_not_come_is_under_way_and_not_given_up(talk: Begin) -> None:
    person, made = await with_invoice(talk())
    await person.say("invoice", option=f"take_back:{made.id}")
    reverse = person.crm.reverse_invoice

    async def lost(invoice_id: str, **more: Any) -> None:
        await reverse(invoice_id, **more)
        raise TimedOut("no answer")

    person.crm.reverse_invoice = lost
    heard = await person.say("affirm", "确认红冲")
    assert heard.responses == ["reversal_pending"] and not heard.outcomes
    person.crm.reverse_invoice = reverse
    heard = await person.say("affirm", "确认")
    assert person.crm.all_invoices[made.id].reversal in heard.texts[0] and heard.outcomes == [("invoice", "done")]


async def test_a_companys_invoice_is_a_persons_to_reverse(talk: Begin) -> None:
    person, made = await with_invoice(talk())
    person.crm.all_invoices[made.id] = replace(made, tax_id=TAX_ID)
    heard = await person.say("invoice", "发票开错了要红冲")
    assert heard.labels[0] == "请人联系我"
    heard = await person.say("invoice", option=f"take_back:{made.id}")
    assert heard.responses == ["reverse_invoice"] and not person.crm.all_invoices[made.id].reversal


async def test_an_invoice_of_an_earlier_month_or_of_somebody_else_is_not_reversed_here(talk: Begin) -> None:
    person, made = await with_invoice(talk())
    person.binding = {"msisdn": "+8613800000001", "subscriber_id": person.crm.subscribers["+8613800000001"].id}
    heard = await person.say("invoice", option=f"take_back:{made.id}")
    assert heard.responses == ["reverse_invoice"] and made.id not in heard.texts[0]
    person.binding = {"msisdn": made.msisdn, "subscriber_id": person.crm.subscribers[made.msisdn].id}
    person.crm.all_invoices[made.id] = replace(made, issued_at=made.issued_at - timedelta(days=40))
    heard = await person.say("invoice", option=f"take_back:{made.id}")
    assert made.id in heard.texts[0] and "人工" in heard.texts[0] and heard.labels[0] == "请人联系我"
    assert not person.crm.all_invoices[made.id].reversal
