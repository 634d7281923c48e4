"""What agents see and may do at the desk. The switchboard is a fake with the same manners; SQL is real."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.entries import day_of
from crm.errors import Unavailable
from switchboard.errors import NotReachable
from switchboard.model import Binding, Owner, TurnContext
from switchboard.switches import Switch
from tests.unit.console.conftest import Browser, House
from tests.unit.console.fakes import MSISDN, START, FakeChanges, FakeDesk, conversation

TALK = "/desk/c/web:aa"


async def hear(engine: AsyncEngine, text: str, origin: str = "person", talk: str = "web:aa", **more: Any) -> None:
    """Put a message into the transcript, as the writer would."""
    async with engine.begin() as connection:
        if not (await connection.execute(sa.select(tables.conversations.c.id))).first():
            await connection.execute(tables.conversations.insert().values(id=talk, channel="web", last_at=START))
        number = len((await connection.execute(sa.select(tables.messages.c.id))).all()) + 1
        row = {"partition": 0, "entry": str(number), "conversation": talk, "message": f"m{number}", "origin": origin}
        row |= {"text": text, "extras": {}, "at": START, "day": day_of(START), "channel": "web"}
        await connection.execute(tables.messages.insert().values(**row | more))


async def audited(engine: AsyncEngine) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(sa.select(tables.audit).order_by(tables.audit.c.number))
        return [(row.actor, row.action) for row in rows]


async def test_who_waits_stands_in_the_queue_with_reason_and_position(
    lin: Browser, desk: FakeDesk, engine: AsyncEngine
) -> None:
    desk.queue(conversation("web:aa"))
    desk.queue(conversation("sms:bb"), reason="not_understood")
    await hear(engine, "我要人工")
    _, text = await lin.get("/desk/lists")
    assert "客户要求人工" in text
    assert "多次未听懂" in text
    assert "我要人工" in text
    assert 'data-since="2026-11-21T04:00:00+00:00"' in text
    assert text.index('class="pos">1<') < text.index('class="pos">2<')


async def test_taking_opens_the_conversation(lin: Browser, desk: FakeDesk, engine: AsyncEngine) -> None:
    desk.queue(conversation())
    assert await lin.post(f"{TALK}/take") == (200, TALK)
    assert desk.talks["web:aa"].agent == "lin"
    _, text = await lin.get(TALK)
    assert "我在接待" in text
    assert '<textarea id="text"' in text
    assert ("lin", "handoff.take") in await audited(engine)


async def test_whoever_is_slower_gets_409(lin: Browser, chen: Browser, desk: FakeDesk) -> None:
    desk.queue(conversation())
    await chen.post(f"{TALK}/take")
    status, text = await lin.post(f"{TALK}/take")
    assert (status, desk.talks["web:aa"].agent) == (409, "chen")
    assert 'data-code="not_owner"' in text


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("say", {"text": "您好", "client_id": "abcdefgh"}),
        ("back", {"note": ""}),
        ("close", {"code": "solved"}),
        ("requeue", {}),
        ("reveal", {"reason": "verify"}),
    ],
)
async def test_anyone_but_the_owner_gets_409(
    lin: Browser, chen: Browser, desk: FakeDesk, act: str, form: dict[str, str]
) -> None:
    desk.queue(conversation())
    await chen.post(f"{TALK}/take")
    status, text = await lin.post(f"{TALK}/{act}", **form)
    assert status == 409
    assert MSISDN[3:] not in text
    assert (desk.said, desk.ended) == ([], [])


async def test_an_answer_goes_out_once_however_often_it_is_submitted(lin: Browser, desk: FakeDesk) -> None:
    desk.queue(conversation())
    await lin.post(f"{TALK}/take")
    for _ in range(2):
        status, text = await lin.post(f"{TALK}/say", text=" 您好，我是小林。\r\n", client_id="abcd-1234")
        assert status == 200
        assert "您好，我是小林。" in text
    assert desk.said == [("web:aa", "lin", "您好，我是小林。")]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"text": "  ", "client_id": "abcdefgh"}, 422),
        ({"text": "长" * 2001, "client_id": "abcdefgh"}, 422),
        ({"text": "您的身份证号是11010519491231002X吗", "client_id": "abcdefgh"}, 422),
        ({"text": "服务密码：abc12345", "client_id": "abcdefgh"}, 422),
        ({"text": "您的充值卡是800000000000000001", "client_id": "abcdefgh"}, 422),
        ({"text": "您好", "client_id": "x"}, 400),
        ({"text": "您好", "client_id": "' OR 1=1"}, 400),
    ],
)
async def test_bad_answers_are_refused_in_words(
    lin: Browser, desk: FakeDesk, form: dict[str, str], status: int
) -> None:
    desk.queue(conversation())
    await lin.post(f"{TALK}/take")
    assert (await lin.post(f"{TALK}/say", **form))[0] == status
    assert desk.said == []


async def test_handing_back_carries_the_note(lin: Browser, desk: FakeDesk) -> None:
    desk.queue(conversation())
    await lin.post(f"{TALK}/take")
    assert await lin.post(f"{TALK}/back", note="已核实身份") == (200, "/desk")
    assert desk.ended == [("web:aa", "lin", "已核实身份")]
    assert desk.talks["web:aa"].owner is Owner.BOT


async def test_secrets_in_notes_and_drafts_are_masked_before_they_are_kept(lin: Browser, desk: FakeDesk) -> None:
    desk.queue(conversation())
    await lin.post(f"{TALK}/take")
    await lin.post(f"{TALK}/draft", text="身份证 11010519491231002X")
    _, text = await lin.get(TALK)
    assert "⟦id:" in text and "11010519491231002X" not in text
    await lin.post(f"{TALK}/back", note="卡号800000000000000001，" + "已核实" * 200)
    note = desk.ended[0][2]
    assert note.startswith("卡号⟦card:") and "已核实" in note and len(note) <= 500


async def test_closing_needs_a_wrap_up_code(lin: Browser, desk: FakeDesk, engine: AsyncEngine) -> None:
    desk.queue(conversation())
    await lin.post(f"{TALK}/take")
    assert (await lin.post(f"{TALK}/close", code="whatever"))[0] == 422
    assert await lin.post(f"{TALK}/close", code="solved") == (200, "/desk")
    assert desk.ended == [("web:aa", "lin", "solved")]
    assert ("lin", "handoff.close") in await audited(engine)


async def test_the_packet_says_what_an_agent_must_know(lin: Browser, desk: FakeDesk, engine: AsyncEngine) -> None:
    desk.queue(conversation(), reason="not_understood")
    understood = {
        "intent": "query_balance",
        "confidence": 0.91,
        "ranking": [["query_balance", 0.91], ["query_bill", 0.05]],
    }
    await hear(engine, "查话费", understanding=understood)
    await hear(engine, "哎呀", understanding={"intent": "nlu_fallback", "confidence": 0.2, "rejected": "low"})
    _, text = await lin.get(TALK)
    for words in ("多次未听懂", "查余额", "0.91", "1 次", "138****1234", "短信验证码", "10GB", "中文", "浙江"):
        assert words in text, words
    assert MSISDN not in text
    assert MSISDN[3:] not in text


async def test_collected_values_are_words_and_secrets_are_not_among_them(lin: Browser, desk: FakeDesk) -> None:
    entities = {"offering": ["pack-5g"], "month": None, "amount_fen": 1000, "secret_card": "0123456789abcdef"}
    wish = {"intent": "order_data_pack", "entities": entities}
    slots = {"wish": wish, "among": ["pack-1g", "B"], "chosen": "pack-10g", "way": "card", "agreed": True}
    slots |= {"secret_number": "77", "misses": 3}
    desk.queue(conversation(context=TurnContext(slots=slots, active_form="recharge_form")))
    _, text = await lin.get(f"{TALK}/context")
    collected = ("订流量包 产品 5GB流量加油包，金额 10.00元", "1GB流量加油包、B", "10GB流量加油包", "充值卡", "是")
    for words in collected:
        assert words in text, words
    assert "pack-" not in text
    assert "0123456789abcdef" not in text
    assert "secret_number" not in text
    assert "None" not in text


async def test_an_offering_keeps_its_code_while_the_crm_is_away(house: House, lin: Browser, desk: FakeDesk) -> None:
    house.crm.down = True
    desk.queue(conversation(context=TurnContext(slots={"chosen": "pack-5g"}, active_form="")))
    status, text = await lin.get(f"{TALK}/context")
    assert (status, "pack-5g" in text) == (200, True)


async def test_a_stay_that_nobody_took_is_not_blamed_on_the_customer(
    lin: Browser, desk: FakeDesk, engine: AsyncEngine
) -> None:
    desk.queue(conversation())
    await hear(engine, "你好")
    stay = {"id": "h1", "conversation": "web:aa", "agent": "", "queued_at": START, "context": {}, "day": "2026-11-21"}
    async with engine.begin() as connection:
        await connection.execute(tables.handoffs.insert().values(**stay, ended_at=START, how="abandoned"))
    _, text = await lin.get(f"{TALK}/context")
    assert "未接通人工" in text and "客户离开" not in text


async def test_who_is_not_bound_is_shown_as_not_verified(lin: Browser, desk: FakeDesk) -> None:
    desk.queue(conversation(binding=None))
    _, text = await lin.get(TALK)
    assert "未验证" in text
    _, text = await lin.get(f"{TALK}/customer")
    assert "没有客户资料" in text


async def test_the_number_is_shown_for_a_reason_that_is_recorded(
    lin: Browser, desk: FakeDesk, engine: AsyncEngine
) -> None:
    desk.queue(conversation())
    await lin.post(f"{TALK}/take")
    assert (await lin.post(f"{TALK}/reveal", reason=""))[0] == 422
    status, text = await lin.post(f"{TALK}/reveal", reason="verify")
    assert (status, text.strip()) == (200, MSISDN)
    assert ("lin", "number.reveal") in await audited(engine)


async def test_reading_somebodys_data_is_recorded(lin: Browser, desk: FakeDesk, engine: AsyncEngine) -> None:
    desk.queue(conversation())
    await lin.get(TALK)
    await lin.get(f"{TALK}/customer")
    assert (await audited(engine))[-2:] == [("lin", "conversation.read"), ("lin", "customer.read")]


async def test_a_colleagues_conversation_is_closed_to_agents_and_open_to_supervisors(
    lin: Browser, chen: Browser, wang: Browser, desk: FakeDesk
) -> None:
    desk.queue(conversation())
    await chen.post(f"{TALK}/take")
    for part in ("", "/transcript?since=0", "/context", "/older?before=9", "/customer"):
        assert (await lin.get(TALK + part))[0] == 403, part
        assert (await wang.get(TALK + part))[0] == 200, part
    assert (await lin.post(f"{TALK}/draft", text="x"))[0] == 403


async def test_an_agent_cannot_take_what_the_bot_talks_to_unless_they_knew_it(
    lin: Browser, desk: FakeDesk, engine: AsyncEngine
) -> None:
    desk.talks["web:aa"] = conversation()
    assert (await lin.post(f"{TALK}/take"))[0] == 403
    await hear(engine, "你好")
    stay = {
        "id": "h1",
        "conversation": "web:aa",
        "agent": "lin",
        "queued_at": START,
        "context": {},
        "day": "2026-11-21",
    }
    async with engine.begin() as connection:
        await connection.execute(tables.handoffs.insert().values(**stay, ended_at=START, how="handed_back"))
    assert (await lin.post(f"{TALK}/take"))[0] == 200


async def test_what_is_switched_off_stands_over_the_lists(lin: Browser, desk: FakeDesk) -> None:
    assert "停用" not in (await lin.get("/desk/lists"))[1]
    until = desk.clock() + timedelta(hours=2)
    desk.switched = [Switch("operation", "change_plan", "wang", "资费表有误", desk.clock(), until)]
    for path in ("/desk", "/desk/lists"):
        _, text = await lin.get(path)
        assert "停用：业务办理「改套餐」" in text and "资费表有误" in text and 'role="status"' in text


async def test_a_conversation_that_never_was_is_404(lin: Browser) -> None:
    assert (await lin.get("/desk/c/web:none"))[0] == 404
    assert (await lin.post("/desk/c/web:none/take"))[0] == 404
    assert (await lin.post("/desk/c/web:none/say", text="x", client_id="abcdefgh"))[0] == 404


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


def _binding(house: House) -> Binding:
    subscriber = next(iter(house.crm.subscribers.values()))
    return Binding(subscriber.msisdn, subscriber.id, START, "code")


async def test_the_customer_panel_shows_what_the_crm_knows(house: House, lin: Browser, desk: FakeDesk) -> None:
    desk.queue(conversation(binding=_binding(house)))
    _, text = await lin.get(f"{TALK}/customer")
    assert "套餐" in text
    assert "余额" in text
    assert "暂时查不到" not in text
    subscriber = next(iter(house.crm.subscribers.values()))
    assert subscriber.name not in text
    assert subscriber.name[0] + "*" in text


async def test_parts_that_fail_are_shown_as_stale(
    house: House, lin: Browser, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.queue(conversation(binding=_binding(house)))
    await lin.get(f"{TALK}/customer")

    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(house.crm, "balance", away)
    _, text = await lin.get(f"{TALK}/customer")
    assert text.count("旧数据 12:00") == 1
    assert "套餐" in text


async def test_what_was_never_known_says_so(
    house: House, lin: Browser, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.queue(conversation(binding=_binding(house)))

    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("away")

    for call in ("subscriber_of", "balance", "products", "allowances", "tickets"):
        monkeypatch.setattr(house.crm, call, away)
    status, text = await lin.get(f"{TALK}/customer")
    assert (status, text.count("暂时查不到")) == (200, 6)


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
