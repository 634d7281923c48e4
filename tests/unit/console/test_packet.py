"""What an agent is shown of a conversation and its customer, and what is recorded of who looked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader
from ruamel.yaml import YAML
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from crm.errors import Unavailable
from crm.model import Allowance, Text
from switchboard.model import Binding, TurnContext
from tests.unit.console.conftest import Browser, House
from tests.unit.console.fakes import MSISDN, START, FakeDesk, conversation
from tests.unit.console.stored import TALK, audited, hear

ROOT = Path(__file__).resolve().parents[3]
GB = 1024 * 1024
"""In kilobytes."""


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


def test_whatever_the_bot_collects_or_understands_has_a_name_at_the_desk() -> None:
    domain = YAML(typ="safe", pure=True).load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    names = Environment(loader=FileSystemLoader(ROOT / "console/templates"), autoescape=True)
    names.filters |= {"shown": str, "cut": str}
    labels: Any = names.get_template("labels.html").module
    assert [name for name in domain["intents"] if name not in labels.INTENTS] == []
    assert [name for name in domain["entities"] if name not in labels.SLOTS and not name.startswith("secret_")] == []


async def test_what_has_no_name_for_people_is_not_shown(lin: Browser, desk: FakeDesk) -> None:
    put_off = {"first": {"id": "sms:178b304e", "text": "call me"}, "date": "2026-11-23"}
    wish = {"intent": "request_callback", "entities": put_off}
    slots = {"older": True, "wish": wish, "spoke_of": "query_bill", "still_asked": "x", "put_off": ["y"]}
    desk.queue(conversation(context=TurnContext(slots=slots, active_form="")))
    _, text = await lin.get(f"{TALK}/context")
    assert "要求回拨 日期 2026-11-23" in text
    for raw in ("older", "sms:178b304e", "first", "spoke_of", "still_asked", "put_off"):
        assert raw not in text, raw


@pytest.mark.parametrize(("response", "missed"), [("data_left", 0), ("fallback_first", 1), ("form_unclear", 1)])
async def test_only_what_the_bot_had_no_answer_for_counts_as_not_understood(
    lin: Browser, desk: FakeDesk, engine: AsyncEngine, response: str, missed: int
) -> None:
    desk.queue(conversation())
    understood = {"intent": "nlu_fallback", "confidence": 1.0, "rejected": "low", "ranking": [["nlu_fallback", 1.0]]}
    await hear(engine, "流量费那个", understanding=understood)
    await hear(engine, "答", origin="bot", in_reply_to="m1", response=response)
    _, text = await lin.get(f"{TALK}/context")
    assert f"{missed} 次" in text
    _, transcript = await lin.get(f"{TALK}/transcript?since=0")
    assert ("未听懂" in transcript) is bool(missed)


async def test_the_second_reading_is_never_likelier_than_the_first(
    lin: Browser, desk: FakeDesk, engine: AsyncEngine
) -> None:
    desk.queue(conversation())
    ranking = [["nlu_fallback", 0.43], ["thanks", 0.57]]
    await hear(engine, "嗯谢", understanding={"intent": "nlu_fallback", "confidence": 0.43, "ranking": ranking})
    _, text = await lin.get(f"{TALK}/context")
    assert "最像 感谢 0.57" in text and "其次" not in text


async def test_the_data_left_is_what_the_bot_tells(house: House, lin: Browser, desk: FakeDesk) -> None:
    subscriber = next(iter(house.crm.subscribers.values()))
    until = START + timedelta(days=9)
    house.crm.grants[subscriber.msisdn] = [
        Allowance("a", "data", "general", Text("通用", "General"), 91 * GB, 64 * GB, "plan", until),
        Allowance("b", "data", "directed", Text("定向", "Apps"), 30 * GB, 10 * GB, "plan", until),
        Allowance("c", "data", "local", Text("本地", "Local"), 5 * GB, 2 * GB, "plan", until),
    ]
    desk.queue(conversation(binding=_binding(house)))
    _, text = await lin.get(f"{TALK}/customer")
    assert "<b>27GB</b> <small>/ 91GB" in text
    assert "定向 20GB" in text and "本地 3GB" in text
