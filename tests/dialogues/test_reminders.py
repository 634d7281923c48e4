"""Notices that are ended and wanted again, advertising that is ended, and a ticket that was not solved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.port import within

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI, WANG = "+8613800000000", "+8613800000001"


async def test_a_kind_is_ended_and_wanted_again_and_both_are_kept_as_evidence(talk: Begin) -> None:
    person = talk()
    heard = await person.say("event_end_notices", option="data:off")
    assert heard.texts == ["好的，不再给您发流量提醒。想恢复时说“恢复流量提醒”。"]
    again = heard.choices[0]
    assert (await person.say(again["intent"], **again["entities"])).responses == ["notices_again"]
    assert [(e["topic"], e["off"]) for e in person.reminders.ended] == [("data", True), ("data", False)]
    kept = [answer for (_, _, operation), answer in person.once.answers.items() if operation == "evidence"]
    assert [(k["consent"], k["state"], k["agreed_on"]) for k in kept] == [("data", "off", "web"), ("data", "on", "web")]


@pytest.mark.parametrize(("state", "then"), [("off", "notices_ended"), ("on", "notices_again")])
async def test_where_no_kind_is_named_it_is_asked_which(talk: Begin, state: str, then: str) -> None:
    person = talk()
    heard = await person.say("event_end_notices", option=f":{state}")
    assert heard.responses == ["which_notices"] and person.reminders.ended == []
    chosen = heard.choices[1]
    assert (await person.say(chosen["intent"], **chosen["entities"])).responses == [then]
    assert [(e["topic"], e["off"]) for e in person.reminders.ended] == [("balance", state == "off")]


async def test_a_stranger_ends_nothing_before_they_are_known(talk: Begin) -> None:
    person = talk(None)
    assert (await person.say("event_end_notices", option="data:off")).responses == ["login_ask_number"]
    assert person.reminders.ended == []


async def test_advertising_is_ended_by_a_sentence(talk: Begin) -> None:
    person = talk()
    heard = await person.say("opt_out_marketing", "别给我发广告")
    assert (heard.responses, heard.outcomes) == (["marketing_ended"], [("opt_out_marketing", "done")])
    assert [e["topic"] for e in person.reminders.ended] == ["marketing"]


async def closed(person: Any, msisdn: str = LI) -> Any:
    crm = person.crm
    made = await crm.create_ticket(msisdn, "fault", "没信号", idempotency_key=msisdn, deadline=within(5))
    crm.all_tickets[made.id] = replace(made, state="resolved")
    return made


async def test_no_opens_the_same_ticket_again_with_its_person_and_a_new_deadline(talk: Begin) -> None:
    person = talk()
    made = await closed(person)
    person.now += timedelta(days=3)
    heard = await person.say("event_ticket_not_solved", option=made.id)
    assert heard.responses == ["ticket_reopened"] and made.id in heard.texts[0] and made.accountable in heard.texts[0]
    ticket = person.crm.all_tickets[made.id]
    assert (ticket.state, ticket.accountable, ticket.due_at > made.due_at) == ("inProgress", made.accountable, True)
    assert (await person.say("event_ticket_not_solved", option=made.id)).responses == ["ticket_reopened"]
    assert len(person.crm.all_tickets) == 1


async def test_yes_changes_nothing(talk: Begin) -> None:
    person = talk()
    made = await closed(person)
    assert (await person.say("event_ticket_solved", option=made.id)).responses == ["ticket_was_solved"]
    assert person.crm.all_tickets[made.id].state == "resolved"


async def test_nobody_opens_another_ones_ticket_or_one_that_is_none(talk: Begin) -> None:
    person = talk()
    made = await closed(person, WANG)
    for ticket in (made.id, "T99", ""):
        heard = await person.say("event_ticket_not_solved", option=ticket)
        assert heard.responses[0] == "refused_no_such_ticket"
    assert person.crm.all_tickets[made.id].state == "resolved"


async def bought(person: Any) -> str:
    """The order's id."""
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("affirm")).responses == ["order_done"]
    return str(person.asking.asked[-1][2])


async def test_a_completed_order_is_asked_about_and_a_line_that_was_stopped_is_not(talk: Begin) -> None:
    person = talk(LI, "sms")
    order = await bought(person)
    assert order in person.crm.all_orders
    assert [(msisdn, name) for msisdn, name, _ in person.asking.asked] == [(LI, person.asking.asked[0][1])]
    await person.say("suspend_number")
    await person.say("affirm")
    assert len(person.asking.asked) == 1


async def test_an_order_that_waits_for_the_next_month_is_not_asked_about(talk: Begin) -> None:
    person = talk(LI, "sms")
    await person.say("change_plan", offering="plan-5g-99")
    await person.say("affirm")
    assert (await person.code(person.sent_code())).responses == ["order_accepted"]
    assert person.asking.asked == []


async def test_no_to_whether_an_order_solved_it_is_one_ticket_with_one_person(talk: Begin) -> None:
    person = talk(LI, "sms")
    order = await bought(person)
    heard = await person.say("event_ticket_not_solved", option=f"order:{order}")
    assert (heard.responses, heard.outcomes) == (["order_not_solved"], [("complain", "done")])
    again = await person.say("event_ticket_not_solved", option=f"order:{order}")
    assert again.texts == heard.texts
    (ticket,) = person.crm.all_tickets.values()
    assert order in ticket.text and ticket.accountable in heard.texts[0]


async def test_a_top_up_and_an_invoice_are_asked_about_as_an_order_is(talk: Begin) -> None:
    person = talk(LI, "sms")
    await person.card("800000000000000001")
    paid = person.crm.all_payments[person.asking.asked[0][2]]
    assert (person.asking.asked[0][:2], paid.amount_fen) == ((LI, "5000"), 5000)
    values = {"state": "paid", "msisdn": LI, "amount_fen": 3000, "balance_fen": 1}
    await person.say("event_payment_finished", message_id="payment:PAY1", **values)
    await person.say("event_payment_finished", message_id="payment:PAY2", **values | {"state": "failed"})
    await person.say("event_payment_finished", message_id="payment:PAY3", **values | {"msisdn": WANG})
    await person.say("invoice", month="2026-10")
    for text, more in (("", {"option": "personal"}), ("li@example.cn", {})):
        await person.say("inform", text, **more)
    await person.say("affirm")
    (invoice,) = person.crm.all_invoices
    assert person.asking.asked[1:] == [(LI, "3000", "PAY1"), (LI, "2026-10", invoice)]
    assert person.asking.kinds == ["top_up", "top_up", "invoice"]


async def test_no_to_whether_a_top_up_or_an_invoice_solved_it_is_one_ticket_of_their_own(talk: Begin) -> None:
    person = talk(LI, "sms")
    await person.card("800000000000000001")
    payment = person.asking.asked[0][2]
    for said in (f"top_up:{payment}", f"top_up:{payment}"):
        assert (await person.say("event_ticket_not_solved", option=said)).responses == ["order_not_solved"]
    (ticket,) = person.crm.all_tickets.values()
    assert payment in ticket.text
    person.binding = {"msisdn": WANG, "subscriber_id": person.crm.subscribers[WANG].id}
    for said in (f"top_up:{payment}", "top_up:none", "invoice:none"):
        heard = await person.say("event_ticket_not_solved", option=said)
        assert heard.responses[0] == "refused_no_such_ticket"
    assert len(person.crm.all_tickets) == 1


async def test_nobody_complains_of_anothers_order(talk: Begin) -> None:
    person = talk(LI, "sms")
    order = await bought(person)
    person.binding = {"msisdn": WANG, "subscriber_id": person.crm.subscribers[WANG].id}
    heard = await person.say("event_ticket_not_solved", option=f"order:{order}")
    assert heard.responses == ["refused_no_such_ticket"] and person.crm.all_tickets == {}
