"""What the transcripts know to have been sent to a phone."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.database import open_engine
from console.sent import MOST_TALKS, SentToNumber
from crm.errors import Unavailable
from switchboard.model import Address, Binding, Conversation

LI, WANG, KEY = "+8613800000000", "+8613800000001", b"k" * 32
NOW = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)


async def nobody_else(msisdn: str) -> list[Conversation]:
    return []


async def keep(engine: AsyncEngine, number: int, text: str, msisdn: str = LI, **more: Any) -> None:
    conversation = Address("sms", msisdn).conversation_id(KEY)
    row = {
        "partition": 1, "entry": f"{number}-0", "conversation": conversation, "message": f"m{number}",
        "origin": "system", "text": text, "extras": {}, "response": "notice_data_80", "state": "sent",
        "at": NOW - timedelta(hours=9 - number), "day": "2026-11-20", "channel": "sms", **more,
    }  # fmt: skip
    async with engine.begin() as connection:
        known = tables.conversations.insert().prefix_with("OR IGNORE")
        await connection.execute(known.values(id=row["conversation"], channel="sms", last_at=NOW))
        await connection.execute(tables.messages.insert().values(**row))


async def test_what_reached_the_phone_of_this_number_comes_newest_first(engine: AsyncEngine) -> None:
    for number, more in enumerate(
        ({"state": "delivered"}, {}, {"state": "failed"}, {"state": "dropped"}, {"state": ""}, {"origin": "person"})
    ):
        await keep(engine, number, f"text {number}", **more)
    await keep(engine, 6, "of another", WANG)
    await keep(engine, 7, "long ago", at=NOW - timedelta(days=9))
    told = await SentToNumber(engine, KEY, nobody_else, "10690000").to(LI, NOW - timedelta(days=7), "")
    found = told["messages"]
    assert told["all"]
    assert [(one["text"], one["response"]) for one in found] == [
        ("text 1", "notice_data_80"), ("text 0", "notice_data_80")
    ]  # fmt: skip
    assert found[0]["at"] == NOW - timedelta(hours=8)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (
            "您本月的流量已用去八成。",
            "【云通】您本月的流量已用去八成。 去支付 https://app.renji.cn/p 回复 1：办流量包，2：转人工。",
        ),
        ("¥5.00 is left.", "【云通】¥5.00 is left. 去支付 https://app.renji.cn/p Reply 1 办流量包，2 转人工。"),
    ],
)
async def test_the_whole_of_it_is_what_the_phone_showed(engine: AsyncEngine, text: str, whole: str) -> None:
    choices = [{"number": 1, "label": "办流量包"}, {"number": 2, "label": "转人工"}]
    link = {"title": "去支付", "url": "https://app.renji.cn/p"}
    await keep(engine, 1, text, extras={"choices": choices, "link": link})
    told = await SentToNumber(engine, KEY, nobody_else, "10690000", "【云通】").to(LI, NOW - timedelta(days=7), "")
    (found,) = told["messages"]
    assert found == {"at": NOW - timedelta(hours=8), "text": text, "response": "notice_data_80", "whole": whole}


async def test_a_database_that_takes_the_call_and_says_nothing_is_no_answer() -> None:
    pytest.importorskip("asyncpg")

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = open_engine(f"postgresql+asyncpg://renji:x@127.0.0.1:{port}/renji")
    with pytest.raises(Unavailable):
        await asyncio.wait_for(SentToNumber(engine, KEY, nobody_else, "", answer_s=0.1).to(LI, NOW, ""), 10)
    await engine.dispose()
    server.close()


async def test_a_database_that_does_not_answer_is_no_answer(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    with pytest.raises(Unavailable):
        await SentToNumber(engine, KEY, nobody_else, "").to(LI, NOW, "")
    await engine.dispose()


def talk(name: str, since: datetime) -> Conversation:
    address = Address("wechat", name)
    return Conversation(address.conversation_id(KEY), address, binding=Binding(LI, "S1", since, "code"))


async def test_what_was_shown_on_a_bound_screen_counts_from_when_it_was_bound(engine: AsyncEngine) -> None:
    mine = talk("openid", NOW - timedelta(hours=6))

    async def bound_to(msisdn: str) -> list[Conversation]:
        return [mine] if msisdn == LI else []

    await keep(engine, 0, "by sms")
    extras = {
        "link": {"title": "去支付", "url": "https://app.renji.cn/p"},
        "choices": [{"number": 1, "label": "查账单"}],
    }
    shown = {"conversation": mine.id, "channel": "wechat", "extras": extras}
    await keep(engine, 1, "before it was theirs", **shown)
    await keep(engine, 5, "on the screen", **shown)
    await keep(engine, 6, "假的：http://evil.example", **shown | {"origin": "agent", "response": ""})
    await keep(engine, 7, "said by them", **shown | {"origin": "person", "response": ""})
    told = await SentToNumber(engine, KEY, bound_to, "10690000").to(LI, NOW - timedelta(days=7), mine.id)
    found = told["messages"]
    assert not told["all"], "what a person at the desk wrote is not looked through"
    assert ["on the screen", "by sms"] == [one["text"] for one in found]
    assert "on the screen 去支付 https://app.renji.cn/p 查账单" == found[0]["whole"]
    told = await SentToNumber(engine, KEY, bound_to, "10690000").to(WANG, NOW - timedelta(days=7), mine.id)
    assert told == {"messages": [], "all": True}


async def test_of_many_screens_the_one_that_asks_and_the_newest_are_looked_through(engine: AsyncEngine) -> None:
    screens = [talk(f"screen {n}", NOW - timedelta(days=6 - n)) for n in range(MOST_TALKS + 2)]

    async def bound_to(msisdn: str) -> list[Conversation]:
        return screens

    for n, one in enumerate(screens):
        await keep(engine, n, f"shown on {n}", conversation=one.id, channel="wechat", at=NOW)
    told = await SentToNumber(engine, KEY, bound_to, "10690000").to(LI, NOW - timedelta(days=7), screens[0].id)
    assert {f"shown on {n}" for n in (0, 3, 4, 5, 6)} == {one["text"] for one in told["messages"]}
    assert not told["all"]


async def test_more_than_can_be_looked_through_is_not_all(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.sent.MOST", 2)
    for n in range(3):
        await keep(engine, n, f"text {n}")
    assert not (await SentToNumber(engine, KEY, nobody_else, "").to(LI, NOW - timedelta(days=7), ""))["all"]
