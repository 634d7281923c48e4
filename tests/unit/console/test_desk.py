"""What agents may do at the desk. The switchboard is a fake with the same manners; SQL is real."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from switchboard.incidents import Alike, Incident
from switchboard.model import Owner
from switchboard.switches import Switch
from tests.unit.console.conftest import Browser
from tests.unit.console.fakes import MSISDN, START, FakeDesk, conversation
from tests.unit.console.stored import TALK, audited, hear


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


async def test_outages_and_places_that_report_alike_stand_over_the_lists(lin: Browser, desk: FakeDesk) -> None:
    words = {"zh": "杭州西湖区停电", "en": "Power cut in West Lake, Hangzhou"}
    desk.outages = [Incident("I1", "zj", ("data", "voice"), desk.clock(), words, "wang")]
    desk.reports = [Alike("gd", "广州", "sms", 20), Alike("sc", "成都", "data", 19)]
    _, text = await lin.get("/desk/lists")
    assert "故障：上网、通话" in text and "杭州西湖区停电" in text
    assert "疑似故障：gd 广州 短信" in text and "成都" not in text


async def test_a_conversation_that_never_was_is_404(lin: Browser) -> None:
    assert (await lin.get("/desk/c/web:none"))[0] == 404
    assert (await lin.post("/desk/c/web:none/take"))[0] == 404
    assert (await lin.post("/desk/c/web:none/say", text="x", client_id="abcdefgh"))[0] == 404


async def test_ones_own_list_shows_who_it_is_and_who_waits_for_an_answer(
    lin: Browser, desk: FakeDesk, engine: AsyncEngine
) -> None:
    desk.queue(conversation())
    await lin.post(f"{TALK}/take")
    handoff = {"id": "h1", "conversation": "web:aa", "agent": "lin", "queued_at": START, "context": {}}
    await hear(engine, "转人工")
    async with engine.begin() as connection:
        await connection.execute(tables.handoffs.insert().values(**handoff, accepted_at=START, day="2026-11-21"))
    await hear(engine, "您好", origin="agent", author="lin")
    _, text = await lin.get("/desk/lists")
    assert "138****1234" in text and "未回" not in text
    asked_at = START + timedelta(minutes=3)
    await hear(engine, "查话费", at=asked_at)
    await hear(engine, "再充50", at=asked_at + timedelta(minutes=1))
    _, text = await lin.get("/desk/lists")
    assert "2 条未回" in text and f'data-since="{asked_at.isoformat()}"' in text
