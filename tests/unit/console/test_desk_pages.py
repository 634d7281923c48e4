"""The desk's pages: hostile words, long transcripts, drafts, and what an open page hears."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from switchboard.errors import NotReachable
from tests.unit.console.conftest import Browser
from tests.unit.console.fakes import FakeChanges, FakeDesk, conversation
from tests.unit.console.stored import TALK, hear

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "{{7*7}} {% raw %}",
    "\u202egnp.exe",
    "x" * 64_000,
    "e\u0301" + "\u0301" * 5000,
    "javascript:alert(1)",
    '"><form action=//evil>',
    "\x1b[31mred\r\nX: y",
    "⟦code:0123456789abcdef⟧",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_words_are_words(lin: Browser, desk: FakeDesk, engine: AsyncEngine, text: str) -> None:
    desk.queue(conversation(), reason=text[:100])
    await hear(engine, text, understanding={"intent": text[:100], "confidence": 0.5})
    await hear(engine, text, origin="agent", author=text[:50], extras={"choices": [{"number": 1, "label": text[:50]}]})
    for path in ("/desk", TALK, f"{TALK}/transcript?since=0", f"{TALK}/context", "/desk/lists"):
        status, page = await lin.get(path)
        assert status == 200
        for bad in ("<img src=x", "<script>alert", "<form action=//evil", "\u202e", "\x1b", "0123456789abcdef"):
            assert bad not in page, (path, bad)
        assert "{{7*7}}" in page or "49 {" not in page
        assert "\u0301" * 6 not in page


async def test_a_draft_is_kept_for_each_agent_and_forgotten_when_sent(
    lin: Browser, chen: Browser, desk: FakeDesk
) -> None:
    desk.queue(conversation())
    assert (await lin.post(f"{TALK}/draft", text="小林写的"))[0] == 204
    assert (await chen.post(f"{TALK}/draft", text="小陈写的"))[0] == 204
    await lin.post(f"{TALK}/take")
    _, text = await lin.get(TALK)
    assert ">小林写的</textarea>" in text
    assert "小陈写的" not in text
    await lin.post(f"{TALK}/say", text="您好", client_id="abcdefgh")
    _, text = await lin.get(TALK)
    assert "小林写的" not in text


async def test_a_long_transcript_comes_in_pages(lin: Browser, desk: FakeDesk, engine: AsyncEngine) -> None:
    desk.queue(conversation())
    for number in range(70):
        await hear(engine, f"第{number}句")
    _, text = await lin.get(TALK)
    assert "第69句" in text
    assert "第9句" not in text
    first = text.split("/older?before=")[1].split('"')[0]
    _, older = await lin.get(f"{TALK}/older?before={first}")
    assert "第9句" in older
    assert "第10句" not in older
    assert (await lin.get(f"{TALK}/older?before=x"))[0] == 400


async def test_an_unreachable_switchboard_is_said_in_words(
    lin: Browser, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise NotReachable("redis")

    monkeypatch.setattr(desk, "waiting", away)
    status, text = await lin.get("/desk/lists", headers={"HX-Request": "true"})
    assert status == 503
    assert 'data-code="not_reachable"' in text


async def test_an_open_page_hears_of_changes_and_keeps_its_agent_present(
    lin: Browser, wang: Browser, desk: FakeDesk, changes: FakeChanges
) -> None:
    async with lin.client.get("/desk/events?open=web:aa") as stream:
        assert await _event(stream) == "lists-changed"
        assert await _event(stream) == "transcript-changed"
        assert desk.here == {"lin": "小林"}
        changes.tell("web:other")
        assert await _event(stream) == "lists-changed"
        changes.tell("web:aa")
        while await _event(stream) != "transcript-changed":
            pass
        desk.here.clear()
        while not desk.here:
            await _event(stream)
        assert desk.here == {"lin": "小林"}
    async with wang.client.get("/desk/events") as stream:
        await _event(stream)
        assert "wang" not in desk.here


async def test_an_open_page_is_told_when_its_session_ends(lin: Browser, desk: FakeDesk, clock: Any) -> None:
    async with lin.client.get("/desk/events") as stream:
        clock.forward(hours=13)
        assert [await _event(stream) for _ in range(3)] == ["lists-changed", "transcript-changed", "signed-out"]
    assert desk.here == {}


async def _event(stream: Any) -> str:
    while True:
        read = await asyncio.wait_for(stream.content.readline(), 5)
        assert read, "the stream ended"
        line = read.decode().strip()
        if line.startswith("event: "):
            return line.removeprefix("event: ")
