"""What is over goes, what is not stays: transcripts, evidence, the bot's memory, logs."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

import pytest

from console.retention import Retention, told
from switchboard.tasks import end
from tests.contracts.console.living import KEPT, NUMBER, PHONE, STRANGER, House, lived

PROOF = {"quote": "q1", "msisdn": NUMBER, "subscriber_id": "s1", "price_fen": 500, "order": "o1"}


def retention(house: House, **days: int) -> Retention:
    settings = dataclasses.replace(house.stack.settings, var=house.folder, **days)
    return Retention(house.stack.stores, house.engine, settings)


async def test_what_is_not_over_stays(house: House) -> None:
    await lived(house)
    house.stack.clock.forward(days=29)
    assert await retention(house).sweep() == {}


async def test_transcripts_end_and_the_conversation_with_them(house: House) -> None:
    await lived(house)
    house.stack.clock.forward(days=200)
    await house.said(STRANGER, KEPT)
    await house.written()
    gone = await retention(house, keep_trackers_days=10_000).sweep()
    assert gone["messages"] >= 6 and gone["conversations"] == 2
    assert [text for text in await house.texts() if not text.startswith("echo")] == [KEPT]
    assert await house.audit.verify() == 1


async def test_evidence_is_kept_longer_than_what_was_said(house: House) -> None:
    await lived(house)
    await house.stack.stores.once.keep(house.stack.conversation(PHONE), "q1", "evidence", PROOF)
    await house.written()
    left = []
    for days in (200, 1000):
        house.stack.clock.forward(days=days)
        await retention(house).sweep()
        left.append(len(await house.proofs()))
    assert left == [1, 0]


async def test_the_bot_forgets_a_silent_person_and_keeps_their_number(house: House) -> None:
    await lived(house)
    conversation, stores = house.stack.conversation(PHONE), house.stack.stores
    house.stack.clock.forward(days=31)
    assert (await retention(house).sweep())["trackers"] == 3
    assert await stores.trackers.load(conversation) == (None, [], 0)
    assert (await stores.conversations.get(conversation)).binding.msisdn == NUMBER
    await house.said(PHONE, "我回来了")
    assert house.stack.sms.texts()[-1] == "echo 我回来了"
    assert (await stores.trackers.load(conversation))[2] == 2


async def test_a_conversation_whose_first_turn_is_not_over_keeps_its_tracker(house: House) -> None:
    stores, name = house.stack.stores, "5e55"
    conversation, snapshot = stores.keys.conversation(name), stores.keys.of(name, "snapshot", name)
    await stores.redis.set(snapshot, b"begun")
    assert await retention(house).sweep() == {}
    await stores.scripts.run("forget_tracker", [conversation, stores.keys.of(name, "events", name), snapshot], [10**13])
    assert await stores.redis.exists(snapshot)


async def test_a_sweep_that_breaks_is_told_and_made_again(
    house: House, monkeypatch: pytest.MonkeyPatch, logged: list[MutableMapping[str, Any]]
) -> None:
    sweeping, asked = retention(house), []

    async def broken() -> dict[str, int]:
        asked.append(1)
        raise ValueError("13800001234")

    monkeypatch.setattr(sweeping, "sweep", broken)
    monkeypatch.setattr("console.retention.EVERY", timedelta())
    task = asyncio.create_task(sweeping.run())
    await house.stack.until(lambda: task.done() or len(asked) > 1)
    await end(task)
    assert logged[0] == {"event": "not_swept", "error": "ValueError", "log_level": "error"}
    assert len(asked) > 1


async def test_logs_that_nobody_writes_any_more_go(house: House) -> None:
    old, new = house.folder / "log" / "worker.log.3", house.folder / "log" / "worker.log"
    for path in (old, new):
        path.write_text("{}")
    os.utime(old, (0, 0))
    assert await retention(house).sweep() == {"log files": 1}
    assert not old.exists() and new.exists()


async def test_counting_removes_nothing(house: House) -> None:
    await lived(house)
    house.stack.clock.forward(days=200)
    counted = await retention(house).sweep(act=False)
    assert counted == await retention(house).sweep(act=False)
    assert told(counted, act=False)[-1] == "nothing was removed: say --yes"
    assert await retention(house).sweep() == {**counted, "conversations": 3}
    assert await retention(house).sweep(act=False) == {}
