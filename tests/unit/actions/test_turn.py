from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.turn import Turn
from crm.fake import FakeCrm
from crm.fake_payments import FakePayments
from crm.operations.context import Bound
from crm.operations.doors import Doors
from crm.operations.fake import FakeBindings, FakeCodeSender, FakeOnce, FakeQuotes, FakeStepUps, FakeVault
from switchboard.redis.stores import utc_now


def doors() -> Doors:
    crm = FakeCrm.demo(utc_now)
    return Doors(
        crm=crm, payments=FakePayments(crm, utc_now), quotes=FakeQuotes(), stepups=FakeStepUps(utc_now),
        vault=FakeVault(), bindings=FakeBindings(), codes=FakeCodeSender(), once=FakeOnce(), now=utc_now,
    )  # fmt: skip


async def turn(message: dict[str, Any], slots: dict[str, Any] | None = None, opened: Doors | None = None) -> Turn:
    tracker = Tracker("web:1", slots or {}, message, [], False, None, {}, "action_listen")
    return await Turn.begin(CollectingDispatcher(), tracker, opened or doors())


def said(binding: dict[str, str] | None, **more: Any) -> dict[str, Any]:
    metadata = {"conversation": "web:1", "message_id": "m1", "channel": "web", "language": "zh", "binding": binding}
    return {"text": "", "intent": {"name": "inform"}, "entities": [], "metadata": metadata, **more}


async def test_who_speaks_comes_from_the_channel() -> None:
    begun = await turn(said({"msisdn": "+8613800000000", "subscriber_id": "S1"}))
    assert begun.who.bound == Bound("+8613800000000", "S1")


async def test_a_number_in_the_text_or_a_slot_is_nobodys_account() -> None:
    entities = [{"entity": "msisdn", "value": "+8613800000001"}]
    slots = {"secret_number": "+8613800000001", "msisdn": "+8613800000001", "bound_in": "m1"}
    assert (await turn(said(None, entities=entities), slots)).who.bound is None


async def test_what_this_very_message_bound_counts_for_the_rest_of_the_turn() -> None:
    opened = doors()
    answer = {"msisdn": "+8613800000000", "subscriber_id": "S1"}
    await opened.once.keep("web:1", "m1", "login", answer)
    assert (await turn(said(None), {"bound_in": "m1"}, opened)).who.bound == Bound("+8613800000000", "S1")
    assert (await turn(said(None), {"bound_in": "m0"}, opened)).who.bound is None


async def test_our_own_payload_is_not_what_a_person_said() -> None:
    assert (await turn(said(None, text='/inform{"option": "card"}'))).text == ""
    assert (await turn(said(None, text="／inform"))).text == "／inform"
