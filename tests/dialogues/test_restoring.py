"""Paid but cut off: the line comes back in the background, or a person has a deadline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crm.errors import Refused

Begin = Callable[..., Any]
WANG, HUANG, MA = "+8613800000001", "+8613800000012", "+8613800000019"


def stopped(person: Any, msisdn: str, cause: str = "arrears") -> None:
    person.crm.stop(msisdn, cause)


def paid(person: Any, msisdn: str, fen: int) -> None:
    """Money that came in another way, where the CRM restores nothing by itself."""
    person.crm.buckets[msisdn][0] = replace(person.crm.buckets[msisdn][0], amount_fen=fen)


async def ring(person: Any, heard: Any) -> Any:
    """Let the time pass and the timer ring that was asked for."""
    (timer,) = [t for e in heard.effects for t in e.get("timers", ()) if t["name"] == "restore_check"]
    person.later(timer["after_s"])
    return await person.say("event_timer", **timer["values"])


def watched(heard: Any) -> bool:
    return any(t["name"] == "restore_check" for e in heard.effects for t in e.get("timers", ()))


async def test_who_still_owes_is_restored_after_the_payment_and_told_by_sms_once(talk: Begin) -> None:
    person = talk(WANG)
    stopped(person, WANG)
    heard = await person.say("paid_but_cut_off")
    assert "还欠56.00元" in heard.texts[0]
    heard = await ring(person, heard)
    assert ([], {}) == (heard.responses, person.notices.told)
    paid(person, WANG, 400)
    heard = await ring(person, heard)
    assert ["line_restored"] == heard.responses and not watched(heard)
    assert [(WANG, "line_restored", {})] == list(person.notices.told.values())
    assert "active" == person.crm.subscribers[WANG].status


async def test_a_line_that_came_back_by_itself_is_told_too(talk: Begin) -> None:
    person = talk(WANG, "sms")
    stopped(person, WANG)
    heard = await person.say("paid_but_cut_off")
    person.crm._restore(WANG)
    heard = await ring(person, heard)
    assert [] == heard.responses and 1 == len(person.notices.told)


@pytest.mark.parametrize("cause", ["real_name", "fraud", "court", "lost", "wish"])
async def test_what_money_does_not_end_is_never_restored_nor_watched(talk: Begin, cause: str) -> None:
    person = talk(WANG)
    stopped(person, WANG, cause)
    paid(person, WANG, 1000)
    heard = await person.say("paid_but_cut_off")
    assert not watched(heard)
    await person.say("event_timer", restore=WANG, wait_s=20.0, since=person.now.isoformat())
    assert ("suspended", {}) == (person.crm.subscribers[WANG].status, person.notices.told)


async def test_a_hold_that_begins_while_it_is_watched_ends_the_watch(talk: Begin) -> None:
    person = talk(WANG)
    stopped(person, WANG)
    heard = await person.say("paid_but_cut_off")
    stopped(person, WANG, "fraud")
    paid(person, WANG, 1000)
    heard = await ring(person, heard)
    assert not watched(heard) and "suspended" == person.crm.subscribers[WANG].status


async def test_who_owes_nothing_and_stays_cut_off_gets_a_person_with_the_legal_deadline(
    talk: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = talk(WANG)
    stopped(person, WANG)
    heard = await person.say("paid_but_cut_off")
    paid(person, WANG, 400)

    async def refuse(*_: Any, **__: Any) -> Any:
        raise Refused("held", {"cause": "arrears"})

    monkeypatch.setattr(person.crm, "place_order", refuse)
    for _ in range(9):
        if not watched(heard):
            break
        heard = await ring(person, heard)
    (ticket,) = person.crm.all_tickets.values()
    assert "urgent" == ticket.urgency and 24 * 3600 == (ticket.due_at - ticket.created_at).total_seconds()
    assert watched(heard) and ["restore_by_person"] == [response for _, response, _ in person.notices.told.values()]


async def test_the_watch_ends_after_a_day(talk: Begin) -> None:
    person = talk(WANG)
    stopped(person, WANG)
    heard = await person.say("paid_but_cut_off")
    person.later(25 * 3600)
    assert not watched(await ring(person, heard))


async def test_another_subscriber_of_the_number_is_told_nothing(talk: Begin) -> None:
    person = talk(WANG)
    stopped(person, WANG)
    paid(person, WANG, 400)
    heard = await person.say("event_timer", restore=HUANG, wait_s=20.0, since=person.now.isoformat())
    assert ([], {}) == (heard.responses, person.notices.told)


async def test_a_payment_that_ends_the_arrears_brings_the_line_back_at_once(talk: Begin) -> None:
    person = talk(HUANG)
    heard = await person.say("event_payment_finished", state="paid", msisdn=HUANG, amount_fen=5000, balance_fen=8160)
    assert ["payment_done", "line_restored"] == heard.responses
    assert "active" == person.crm.subscribers[HUANG].status
