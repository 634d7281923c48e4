"""Who writes by SMS is who the CRM says; a session keeps its Release."""

from __future__ import annotations

from typing import Any

from switchboard.fake import echo
from switchboard.model import Address, TurnResult
from tests.contracts.switchboard.stack import Stack

LI, PHONE = Address("web", "li"), Address("sms", "+8613800000001")


async def test_an_sms_is_bound_by_its_link(stack: Stack) -> None:
    stack.directory.known[PHONE.id] = ("s1", "zj")
    seen = []

    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        seen.append(conversation)
        return echo(item, conversation, turn)

    stack.bot.think = think
    stack.worker()
    await stack.say(PHONE, "查话费")
    await stack.at_rest()
    assert (seen[0].binding.subscriber_id, seen[0].binding.proof, seen[0].region) == ("s1", "link", "zj")
    assert (await stack.logged("binding"))[0]["number"] == "138****0001"


async def test_a_crm_that_is_away_does_not_keep_an_sms_waiting(stack: Stack) -> None:
    stack.directory.away = True
    stack.worker()
    await stack.say(PHONE, "你好")
    await stack.until(lambda: stack.sms.texts()[-1:] == ["echo 你好"])


async def test_a_number_that_got_another_subscriber_begins_anew(stack: Stack) -> None:
    stack.directory.known[PHONE.id] = ("s1", "zj")
    stack.worker()
    await stack.say(PHONE, "查话费")
    await stack.at_rest()
    stack.directory.known[PHONE.id] = ("s2", "gd")
    stack.clock.forward(minutes=61)
    await stack.say(PHONE, "你好")
    await stack.at_rest()
    known = await stack.stores.conversations.get(stack.conversation(PHONE))
    assert known is not None and known.binding is not None
    assert (known.binding.subscriber_id, known.generation, known.region) == ("s2", 1, "gd")
    assert (await stack.stores.trackers.load(known.id))[2] == 2


async def test_a_release_is_kept_until_the_session_ends(stack: Stack) -> None:
    releases = []

    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        releases.append(conversation.release_id)
        return TurnResult()

    stack.bot.think, stack.release = think, "r1"
    stack.worker()
    await stack.say(LI, "1")
    await stack.at_rest()
    stack.release = "r2"
    await stack.say(LI, "2")
    await stack.at_rest()
    stack.clock.forward(minutes=61)
    await stack.say(LI, "3")
    await stack.at_rest()
    assert releases == ["r1", "r1", "r2"]
