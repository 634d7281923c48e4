"""One person is erased from Redis, SQL and logs, down to the bytes of the files; others stay, the audit is whole."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import asyncio as aioredis
from redis.exceptions import ResponseError
from sqlalchemy.ext.asyncio import AsyncEngine

from console import erase, erasure
from console.audit import Audit
from console.erasure import Conversation, Erasure, Found
from console.tables import conversations, messages, records
from console.writer import Writer
from switchboard.errors import BadInput, NotReachable
from switchboard.model import Address, Binding
from switchboard.redis import forgetting
from switchboard.redis.quarantine import kept
from switchboard.redis.snapshot import snapshot
from tests.contracts.switchboard.stack import Stack

NUMBER, OTHER = "+8613800001234", "+8613900004321"
PHONE, WEB, STRANGER = Address("sms", NUMBER), Address("web", "5e55105e" * 4), Address("sms", OTHER)
WORDS = {PHONE: "我的电话里的话", WEB: "我在网页上的话"}
KEPT = "别人说的话"


@dataclass
class House:
    """A switchboard with its SQL and logs in `folder`; what was said is in SQL once `written`."""

    stack: Stack
    engine: AsyncEngine
    folder: Path
    redis_folder: Path

    async def said(self, address: Address, text: str) -> None:
        before = len(self.stack.web.sent) + len(self.stack.sms.sent)
        await self.stack.say(address, text)
        await self.stack.until(lambda: len(self.stack.web.sent) + len(self.stack.sms.sent) > before)
        await self.stack.at_rest()

    async def written(self) -> None:
        async def nobody(_: frozenset[str]) -> None: ...

        writer = Writer(self.stack.stores.log, self.engine, nobody)
        while await writer.step(0.05):
            pass

    async def bound(self, address: Address, number: str, subscriber: str) -> None:
        binding = Binding(number, subscriber, self.stack.clock(), "code")
        conversation = self.stack.conversation(address)
        await self.stack.stores.conversations.bind(conversation, binding, "zj", address)

    @property
    def audit(self) -> Audit:
        return Audit(self.engine, self.stack.clock)

    @property
    def erasure(self) -> Erasure:
        key = self.stack.settings.key("conversation")
        return Erasure(self.stack.stores, self.engine, self.audit, key, self.folder / "log")

    async def texts(self) -> list[str]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(sa.select(messages.c.text))).scalars())

    async def proofs(self) -> list[dict[str, object]]:
        async with self.engine.connect() as connection:
            asked = sa.select(records.c.body).where(records.c.kind == "evidence")
            return list((await connection.execute(asked)).scalars())

    def holding(self, text: str) -> list[str]:
        files = [path for folder in (self.folder, self.redis_folder) for path in folder.rglob("*")]
        return sorted(path.name for path in files if path.is_file() and text.encode() in path.read_bytes())


@pytest.fixture
async def house(
    engine: AsyncEngine, redis: aioredis.Redis, redis_server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr(erasure, "PAUSE_S", 0.1)
    stack = Stack(redis_server, tmp_path)
    await stack.stores.ready()
    (tmp_path / "log").mkdir()
    stack.directory.known = {NUMBER: ("s1", "zj"), OTHER: ("s2", "zj")}
    stack.worker()
    yield House(stack, engine, tmp_path, redis_server.parent)
    await stack.end()


async def lived(house: House) -> None:
    """Two people have talked; one of them by phone and, logged in, on the web."""
    await house.said(PHONE, WORDS[PHONE])
    await house.bound(WEB, NUMBER, "s1")
    await house.said(WEB, WORDS[WEB])
    await house.said(STRANGER, KEPT)
    await house.audit.write("lin", "transcript read", house.stack.conversation(PHONE))
    await house.written()
    (house.folder / "log" / "worker.log").write_text(f'{{"message": "web:{WEB.id}:1/1"}}\nsomething else\n')


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


async def test_one_address_can_be_named(house: House) -> None:
    await lived(house)
    assert await house.erasure.whose(f"web:{WEB.id}") == [Conversation(house.stack.conversation(WEB), WEB)]
    with pytest.raises(BadInput):
        await house.erasure.whose("nobody")


async def test_the_command_counts_first_and_shows_neither_numbers_nor_addresses(house: House) -> None:
    await lived(house)
    url = house.engine.url.render_as_string(hide_password=False)
    settings = dataclasses.replace(house.stack.settings, database_url=url, var=house.folder)
    answers = []
    for yes in (False, True, False):
        asked = argparse.Namespace(who=NUMBER, yes=yes, by="wang")
        answers.append(await erase.run(settings, asked))
    assert [code for code, _ in answers] == [0, 0, 1]
    counted, erased, again = ("\n".join(lines) for _, lines in answers)
    assert "nothing was erased: say --yes" in counted and "SQL" in counted and "Redis" in counted
    assert "\nerased\n" in erased and "audit: 3 rows, unbroken" in erased
    assert "nothing is kept of them" in again
    assert NUMBER[3:] not in counted + erased + again and WEB.id not in counted + erased + again


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


async def test_evidence_that_sql_has_not_got_yet_stays(house: House) -> None:
    await lived(house)
    proof = {"quote": "q1", "msisdn": NUMBER, "subscriber_id": "s1", "price_fen": 500, "order": "o1"}
    await house.stack.stores.once.keep(house.stack.conversation(PHONE), "q1", "evidence", proof)
    assert (await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")).nothing
    await house.written()
    assert await house.proofs() == [{**proof, "msisdn": "138****1234"}]


class Master:
    """Answers as Redis does to whoever asks it to write its append-only file anew."""

    def __init__(self, refuses: str = "", status: str = "ok", races: int = 0) -> None:
        self.refuses, self.status, self.races, self.begun, self.busy = refuses, status, races, 0, 0

    async def bgrewriteaof(self) -> None:
        if self.races:
            self.races, self.busy = self.races - 1, 2
            raise ResponseError("Background append only file rewriting already in progress")
        if self.refuses:
            raise ResponseError(self.refuses)
        self.begun, self.busy = self.begun + 1, 2

    async def info(self, section: str) -> dict[str, object]:
        self.busy = max(0, self.busy - 1)
        return {"aof_rewrite_in_progress": int(self.busy > 0), "aof_last_bgrewrite_status": self.status}


async def test_a_rewrite_is_waited_for_begun_again_and_its_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "PAUSE_S", 0.01)
    racing = Master(races=1)
    assert await forgetting.rewrite(racing) and racing.begun == 1
    assert not await forgetting.rewrite(Master(status="err"))
    assert not await forgetting.rewrite(Master(refuses="Can't execute an AOF background rewriting"))


class Unwritten(Erasure):
    async def erase(self, theirs: Sequence[Conversation], by: str, subject: str = "") -> Found:
        return dataclasses.replace(await super().erase(theirs, by, subject), rewritten=False)


async def test_the_command_fails_when_redis_could_not_write_its_file_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived(house)
    monkeypatch.setattr(erase, "Erasure", Unwritten)
    url = house.engine.url.render_as_string(hide_password=False)
    settings = dataclasses.replace(house.stack.settings, database_url=url, var=house.folder)
    code, lines = await erase.run(settings, argparse.Namespace(who=NUMBER, yes=True, by="wang"))
    assert code == 1 and any(line.startswith("NOT REWRITTEN") for line in lines)


async def test_no_snapshot_that_redis_wrote_for_an_earlier_backup_keeps_them(house: House, tmp_path: Path) -> None:
    await lived(house)
    copy = tmp_path.parent / f"{tmp_path.name}.rdb"
    await snapshot(house.stack.settings.redis_url, copy)
    assert (house.redis_folder / "dump.rdb").exists()
    assert (await house.erasure.erase(await house.erasure.whose(NUMBER), "wang")).nothing
    traces = [*WORDS.values(), NUMBER[3:], WEB.id]
    assert {text: house.holding(text) for text in traces} == {text: [] for text in traces}
    # Its bytes are packed: looking for words is not enough.
    assert not (house.redis_folder / "dump.rdb").exists()
