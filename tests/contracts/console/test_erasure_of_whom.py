"""Whose words they are decides what is erased: numbers and browsers change hands."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from console.erasure import Conversation
from console.tables import conversations, records
from switchboard.errors import BadInput
from switchboard.model import Address
from switchboard.redis.quarantine import kept
from tests.contracts.console.living import KEPT, NUMBER, OTHER, PHONE, WEB, WORDS, House, lived


async def test_of_a_conversation_that_is_anothers_now_only_the_former_time_goes(house: House) -> None:
    await lived(house)
    await house.bound(WEB, OTHER, "s2")
    await house.said(WEB, "新主人的话")
    await house.written()
    theirs = await house.erasure.whose(NUMBER)
    assert {one.id: one.spans is None for one in theirs} == {
        house.stack.conversation(PHONE): True,
        house.stack.conversation(WEB): False,
    }
    assert (await house.erasure.erase(theirs, "wang")).nothing
    assert {WORDS[WEB], WORDS[PHONE]} & set(await house.texts()) == set()
    assert "新主人的话" in await house.texts()


async def test_one_address_can_be_named(house: House) -> None:
    await lived(house)
    assert await house.erasure.whose(f"web:{WEB.id}") == [Conversation(house.stack.conversation(WEB), WEB)]
    with pytest.raises(BadInput):
        await house.erasure.whose("nobody")


async def test_only_whole_names_are_theirs(house: House) -> None:
    await lived(house)
    one, longer = Address("web", "rest:alice"), Address("web", "rest:alice2")
    for address in (one, longer):
        await house.said(address, KEPT)
    await house.written()
    log = house.folder / "log" / "worker.log"
    log.write_text(f"web:{one.id}:1 web:{longer.id}:1 x{NUMBER[3:]}\n")
    before = await house.erasure.look(await house.erasure.whose(f"web:{longer.id}"))
    assert (await house.erasure.erase(await house.erasure.whose(f"web:{one.id}"), "wang")).nothing
    assert log.read_text() == f"web:{'*' * len(one.id)}:1 web:{longer.id}:1 x{NUMBER[3:]}\n"
    assert await house.erasure.look(await house.erasure.whose(f"web:{longer.id}")) == before


async def test_a_name_that_nobody_has_is_refused_and_no_key_of_the_system_is_theirs(house: House) -> None:
    await lived(house)
    for who in ("web:e", "web:lease", "web:release"):
        with pytest.raises(BadInput):
            await house.erasure.whose(who)
    made_up = Conversation("web:none", Address("web", "e"))
    assert (await house.erasure.look([made_up])).nothing


async def test_what_another_subscriber_said_before_in_the_same_browser_stays(house: House) -> None:
    await house.bound(WEB, OTHER, "s2")
    await house.said(WEB, KEPT)
    await house.bound(WEB, NUMBER, "s1")
    await house.said(WEB, WORDS[WEB])
    await house.written()
    assert (await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")).nothing
    texts = await house.texts()
    assert KEPT in texts and WORDS[WEB] not in texts
    async with house.engine.connect() as connection:
        assert (await connection.execute(sa.select(conversations.c.number_masked))).scalars().all() == [""]
    assert not house.holding(NUMBER[3:])


async def test_the_log_goes_by_its_own_moments_and_not_by_the_clock_of_redis(house: House) -> None:
    await house.bound(WEB, NUMBER, "s1")
    await house.written()
    house.stack.clock.forward(seconds=60)
    await house.bound(WEB, OTHER, "s2")
    assert (await house.erasure.erase(await house.erasure.whose("subscriber:s1"), "wang")).nothing
    await house.written()
    assert [one.id for one in await house.erasure.whose("subscriber:s2")] == [house.stack.conversation(WEB)]
    async with house.engine.connect() as connection:
        asked = sa.select(records.c.body["subscriber_id"].as_string()).where(records.c.kind == "binding")
        assert (await connection.execute(asked)).scalars().all() == ["s2"]


async def test_what_lies_in_quarantine_from_their_time_goes_and_from_anothers_stays(house: House) -> None:
    stack, conversation = house.stack, house.stack.conversation(WEB)
    key = f"{stack.stores.keys.tag(conversation)}:quarantine"
    for number, subscriber in ((NUMBER, "s1"), (OTHER, "s2")):
        await house.bound(WEB, number, subscriber)
        aside = kept(conversation, "{}", "", {}, stack.clock() + timedelta(milliseconds=5))
        await asyncio.sleep(0.05)
        await stack.stores.redis.hset(key, subscriber, aside)
    await house.written()
    assert (await house.erasure.erase(await house.erasure.whose("subscriber:s1"), "wang")).nothing
    assert await stack.stores.redis.hkeys(key) == [b"s2"]


async def test_who_is_bound_nowhere_now_is_found_by_number_and_by_subscriber(house: House) -> None:
    await lived(house)
    await house.bound(PHONE, NUMBER, "s1")
    for address in (PHONE, WEB):
        await house.stack.stores.conversations.unbind(house.stack.conversation(address), "number_gone")
    await house.written()
    both = {house.stack.conversation(PHONE), house.stack.conversation(WEB)}
    for who in (NUMBER, "subscriber:s1"):
        assert {one.id for one in await house.erasure.whose(who)} == both
    left = await house.erasure.erase(await house.erasure.whose("subscriber:s1"), "wang")
    assert left.nothing and not set(WORDS.values()) & set(await house.texts())
