"""What people type in confidence is found in no file of an installation, and on no screen."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest

from tests.desk import Desk
from tests.people import Person, World
from tests.stack import Stack, until
from tests.standing import stands_in
from tests.transcripts.runner import id_number

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(180)]

SECRETS = {
    "code": ("我的验证码是{}", "493817"),
    "bare code": ("{}", "583926"),
    "code in a sentence": ("收到了 {}，快点", "926184"),
    "password without a word": ("服务密码 {}", "kx27491"),
    "password": ("服务密码是{}", "274951"),
    "card": ("充值卡{}", "739204185516372904"),
    "bankcard": ("银行卡号{}", "6222021234567890128"),
    "id": ("身份证{}", "11010519491231002X"),
}
CHANNELS = ("web", "sms", "wechat")


async def _person(world: World, channel: str) -> Person:
    if channel == "sms":
        return world.sms("+8613900001111")
    return await world.web() if channel == "web" else world.wechat("openid-secrets")


def _files(folder: Path) -> list[Path]:
    """Redis' log, SQL and its journals, the processes' logs: everything but the keys themselves."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name not in ("secret", "demo-logins.json")]


def _holding(folder: Path, secret: str) -> list[str]:
    return [path.name for path in _files(folder) if stands_in(secret, path.read_bytes())]


async def _hears(person: Person, words: str) -> None:
    while words not in (await person.next(30)).text:
        pass


async def test_no_secret_typed_on_any_channel_is_stored_or_shown(stack: Stack, world: World) -> None:
    pages = ""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        desk = Desk(stack, http)
        await desk.arrive("lin")
        for channel in CHANNELS:
            person = await _person(world, channel)
            for text, secret in SECRETS.values():
                await person.say(text.format(secret))
                await person.next(30)
            await person.say("转人工")
            await _hears(person, "正在为您转接人工客服")
            conversation = person.address().conversation_id(world.settings.key("conversation"))

            async def is_shown(conversation: str = conversation) -> bool:
                return "[bankcard]" in await desk.page("lin", f"/desk/c/{conversation}")

            await desk.act("lin", "takes", conversation)
            await until(is_shown)
            pages += await desk.page("lin", f"/desk/c/{conversation}")
            await desk.act("lin", "closes", conversation)
        await desk.leave_all()
    found = {name: _holding(stack.folder, secret) for name, (_, secret) in SECRETS.items()}
    assert found == {name: [] for name in SECRETS}
    assert [secret for _, secret in SECRETS.values() if secret in pages] == []


async def test_the_search_would_find_what_is_stored(stack: Stack, world: World) -> None:
    person = world.sms("+8613900002222")
    await person.say("这句话不是秘密4711")
    await person.next(30)
    assert "appendonly.aof" in _holding(stack.folder, "这句话不是秘密4711")


async def test_a_code_that_we_send_is_in_clear_only_on_the_phone(stack: Stack, world: World) -> None:
    msisdn = "+8613800000018"
    person = await world.web()
    await person.say("登录")
    await person.next(30)
    await person.say(msisdn.removeprefix("+86"))

    async def code() -> str:
        texts = [str(body["text"]) for body in world.provider.delivered if body["to"] == msisdn]
        return next((word for text in texts for word in _six_digits(text)), "")

    assert _holding(stack.folder, str(await until(code, 20))) == []


async def test_what_the_puk_a_password_and_leaving_take_and_give_is_in_no_file_of_ours(
    stack: Stack, world: World
) -> None:
    # A number that no conversation of the tests stops.
    msisdn, name, password, chosen = "+8613800000030", "谢琳", "130030", "908172"
    number, person = id_number(msisdn), world.sms(msisdn)
    await world.forget(person)
    await person.say("PUK码是多少")
    await _hears(person, "查PUK要核实机主")
    await person.say(f"密码{password}，身份证{number}")
    puk = await _told(person, r"您的PUK码是(\d{8})")
    await person.say("重置服务密码")
    await _hears(person, "重设服务密码")
    await person.say(number)
    await _hears(person, "核对上了")
    await person.say(chosen)
    await person.say(await _told(person, r"验证码(\d{6})"))
    await _hears(person, "服务密码")
    await person.say(f"SQXZ#{name}#{number}")
    leaving = await _told(person, r"授权码(\d{8})")
    # The CRM's own tables hold its PUKs and its people's names.
    for secret in (number, chosen, puk, leaving, name):
        assert [file for file in _holding(stack.folder, secret) if not file.startswith("crm.db")] == []
    assert [file for secret in (number, chosen, leaving) for file in _holding(stack.folder, secret)] == []


async def _told(person: Person, pattern: str) -> str:
    while not (match := re.search(pattern, (await person.next(30)).text)):
        pass
    return match[1]


def _six_digits(text: str) -> list[str]:
    cleaned = "".join(c if c.isdigit() else " " for c in text)
    return [word for word in cleaned.split() if len(word) == 6]
