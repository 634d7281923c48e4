"""One person is erased from Redis, SQL and logs, down to the bytes of the files; others stay, the audit is whole."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from console.erasure import Conversation, Erasure
from switchboard.errors import NotReachable
from switchboard.incidents import Incident
from switchboard.redis.snapshot import snapshot
from tests.contracts.console.living import KEPT, NUMBER, OTHER, PHONE, STRANGER, WEB, WORDS, House, lived


async def test_nothing_of_a_person_is_left_in_any_file(house: House) -> None:
    await lived(house)
    assert all(house.holding(text) for text in WORDS.values())
    theirs = await house.erasure.whose("13800001234")
    assert {one.id for one in theirs} == {house.stack.conversation(PHONE), house.stack.conversation(WEB)}
    left = await house.erasure.erase(theirs, "wang")
    assert left.nothing
    traces = [*WORDS.values(), NUMBER, NUMBER[3:], WEB.id]
    assert {text: house.holding(text) for text in traces} == {text: [] for text in traces}


async def test_what_others_said_stays(house: House) -> None:
    await lived(house)
    before = await house.erasure.look(await house.erasure.whose(OTHER))
    await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")
    assert await house.erasure.look(await house.erasure.whose(OTHER)) == before
    assert {"console.db", "appendonly.aof"} & set(house.holding(KEPT))


async def test_the_audit_stays_whole_and_tells_of_the_erasure(house: House) -> None:
    await lived(house)
    await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")
    assert await house.audit.verify() == 3


async def test_looking_changes_nothing(house: House) -> None:
    await lived(house)
    theirs = await house.erasure.whose(NUMBER)
    first, second = await house.erasure.look(theirs), await house.erasure.look(theirs)
    assert first == second
    assert first.sql["messages"] >= 4 and first.redis["conv"] == 2 and first.logs == 1
    assert await house.audit.verify() == 1


async def test_a_person_who_was_erased_begins_anew(house: House) -> None:
    await lived(house)
    await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")
    await house.said(PHONE, "我又来了")
    assert any("机器人" in message.reply.text for message in house.stack.sms.sent[-2:])
    assert house.stack.sms.texts()[-1] == "echo 我又来了"


async def test_what_waits_everywhere_is_erased_too(house: House) -> None:
    stack = house.stack
    for partitions, _ in stack.workers:
        partitions.stop()
    await asyncio.gather(*(task for _, task in stack.workers))
    await house.bound(WEB, NUMBER, "s1")
    await stack.say(WEB, WORDS[WEB])
    await stack.handoffs.take(stack.conversation(WEB), "lin")
    left = await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")
    assert left.nothing
    keys = [key.decode() for key in await stack.stores.redis.keys("*")]
    assert [key for key in keys if stack.conversation(WEB) in key or ":talks" in key] == []


async def test_what_they_want_to_be_told_or_not_is_erased_and_others_still_hear_of_an_outage(house: House) -> None:
    await lived(house)
    incidents, now = house.stack.stores.incidents, house.stack.clock()
    await incidents.add(Incident("I1", "zj", ("data",), now, {"zh": "停电", "en": "Power cut"}, "wang"))
    for address in (PHONE, STRANGER):
        await incidents.follow(house.stack.conversation(address), "I1", "zh")
        await incidents.report(house.stack.conversation(address), "zj", "", "voice")
    reach = house.stack.stores.reach
    await reach.end(NUMBER, "s1", "data", True, {})
    await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")
    assert (await reach.of(NUMBER)).ended == frozenset()
    assert [one.conversation for one in await incidents.followers("I1")] == [house.stack.conversation(STRANGER)]
    assert [one.count for one in await incidents.alike()] == [1]


async def test_evidence_of_a_purchase_stays(house: House) -> None:
    await lived(house)
    proof = {"quote": "q1", "msisdn": NUMBER, "subscriber_id": "s1", "price_fen": 500, "order": "o1"}
    await house.stack.stores.once.keep(house.stack.conversation(PHONE), "q1", "evidence", proof)
    await house.stack.stores.once.keep(house.stack.conversation(PHONE), "q1", "evidence", {**proof, "order": "o2"})
    await house.written()
    left = await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")
    assert (left.nothing, left.evidence) == (True, 1)
    assert await house.proofs() == [{**proof, "msisdn": "138****1234"}]
    assert not house.holding(NUMBER)


class Breaking(Erasure):
    """Breaks off when everything that leads from the number to its conversations is gone."""

    async def _pass(self, theirs: Sequence[Conversation]) -> None:
        await super()._pass(theirs)
        raise NotReachable("redis: gone")


async def test_an_erasure_that_broke_off_can_be_finished(house: House) -> None:
    await lived(house)
    key = house.stack.settings.key("conversation")
    theirs = await house.erasure.whose(NUMBER)
    with pytest.raises(NotReachable):
        await Breaking(house.stack.stores, house.engine, house.audit, key, house.folder / "log").erase(theirs, "wang")
    again = await house.erasure.whose(NUMBER)
    assert {one.id for one in again} == {one.id for one in theirs}
    assert (await house.erasure.erase(again, "wang")).nothing
    assert await house.erasure.unfinished(NUMBER) == []
    assert [one.id for one in await house.erasure.whose(NUMBER)] == [house.stack.conversation(PHONE)]


async def test_evidence_that_sql_has_not_got_yet_stays(house: House) -> None:
    await lived(house)
    proof = {"quote": "q1", "msisdn": NUMBER, "subscriber_id": "s1", "price_fen": 500, "order": "o1"}
    await house.stack.stores.once.keep(house.stack.conversation(PHONE), "q1", "evidence", proof)
    assert (await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")).nothing
    await house.written()
    assert await house.proofs() == [{**proof, "msisdn": "138****1234"}]


async def test_no_snapshot_that_redis_wrote_for_an_earlier_backup_keeps_them(house: House, tmp_path: Path) -> None:
    if house.stack.settings.redis_url.startswith("cluster"):
        pytest.skip("looked for behind a socket only")
    await lived(house)
    copy = tmp_path.parent / f"{tmp_path.name}.rdb"
    await snapshot(house.stack.settings.redis_url, copy)
    assert (house.redis_folder / "dump.rdb").exists()
    assert (await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")).nothing
    traces = [*WORDS.values(), NUMBER[3:], WEB.id]
    assert {text: house.holding(text) for text in traces} == {text: [] for text in traces}
    # Its bytes are packed: looking for words is not enough.
    assert not (house.redis_folder / "dump.rdb").exists()
