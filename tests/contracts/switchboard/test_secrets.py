"""Secrets are stored sealed and opened only as they leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from switchboard import masking
from switchboard.model import Address, Origin, OutboundMessage, Reply, TurnResult
from switchboard.redis.topology import is_cluster
from tests.contracts.switchboard.stack import Stack
from tests.standing import stands_in

LI, PHONE = Address("web", "li"), Address("sms", "+8613800000001")
CODE = "493817"
PUK = "60718293"


async def test_no_secret_stands_in_the_append_only_file(stack: Stack, redis_server: Path) -> None:
    typed = [
        "验证码是845201",
        "密码是s3cretPW9",
        "充值卡 123456789012345678",
        "6222021234567890128",
        "11010519491231002X",
    ]
    stack.worker()
    for text in typed:
        item, secrets = masking.mask_item(stack.message(LI, text))
        await stack.stores.accept.accept([item], secrets)
    await stack.stores.codes.send_code(PHONE.id, CODE, "looking_up", {}, "zh", "d1")
    await stack.at_rest()
    if is_cluster(stack.stores.redis):
        pytest.skip("the file is that of the one Redis")
    file = (redis_server.parent / "appendonly.aof").read_bytes()
    assert b"echo" in file
    for secret in ("845201", "s3cretPW9", "123456789012345678", "6222021234567890128", "11010519491231002X", CODE):
        assert not stands_in(secret, file)
    assert stands_in(CODE, f'"{CODE}"'.encode()) and stands_in(CODE, f"验证码{CODE}，".encode())


async def test_a_one_time_code_is_opened_only_as_it_leaves(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(name: str, conversation: Any, values: Any = None) -> Reply:
        return Reply(f"验证码{values['code']}", response=name)

    monkeypatch.setattr(stack.voice, "reply", reply)
    stack.worker()
    await stack.stores.codes.send_code(PHONE.id, CODE, "code_login", {}, "zh", "d1")
    await stack.at_rest()
    assert stack.sms.texts() == [f"验证码{CODE}"]
    assert CODE not in str(await stack.logged())


async def test_what_the_bot_shows_once_is_opened_as_it_leaves_and_in_no_log(stack: Stack) -> None:
    conversation = PHONE.conversation_id(stack.settings.key("conversation"))
    words = await stack.stores.vault.show(conversation, PUK)
    stack.bot.think = lambda item, talk, turn: TurnResult(replies=(Reply(f"PUK {words}"),))
    stack.worker()
    await stack.stores.accept.accept([stack.message(PHONE, "puk")], ())
    await stack.at_rest()
    assert f"PUK {PUK}" in stack.sms.texts()
    assert PUK not in str(await stack.logged())


async def test_what_is_shown_once_is_opened_for_the_reader_and_stored_nowhere(stack: Stack, redis_server: Path) -> None:
    conversation = LI.conversation_id(stack.settings.key("conversation"))
    words = await stack.stores.vault.show(conversation, PUK)
    typed = await stack.stores.vault.show(conversation, CODE)
    for number, origin in enumerate((Origin.BOT, Origin.AGENT)):
        text = f"PUK {words if origin is Origin.BOT else typed}"
        message = OutboundMessage(f"m{number}", conversation, LI, Reply(text), origin, 0, stack.clock(), None)
        await stack.stores.outbox.put(message)
    read = [message.reply.text for _, message in await stack.stores.outbox.after(LI, "")]
    assert read == [f"PUK {PUK}", f"PUK {typed}"]
    if not is_cluster(stack.stores.redis):
        assert PUK.encode() not in (redis_server.parent / "appendonly.aof").read_bytes()
    await stack.stores.vault.burn(conversation, words[-17:-1])
    assert (await stack.stores.outbox.after(LI, ""))[0][1].reply.text == "PUK ········"


async def test_a_reference_that_the_bot_repeats_stays_closed(stack: Stack) -> None:
    item, secrets = masking.mask_item(stack.message(LI, f"验证码是{CODE}"))
    stack.worker()
    await stack.stores.accept.accept([item], secrets)
    await stack.at_rest()
    assert CODE not in stack.web.texts()[1]
    assert "⟦code:" in stack.web.texts()[1]
