"""A real gateway on a free port with a real Redis, and behind it a worker that answers each message with its own words.

`1`, `two` … in a text ask for that many choices; `slow` waits 0.5 s. What arrived is kept in `items`.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import aiohttp

import connectors
from gateway import serving_at
from switchboard.errors import SendError
from switchboard.model import Address, Choice, InboundMessage, MessagePart, Origin, OutboundMessage, Reply
from switchboard.ports import ChannelAdapter
from switchboard.redis.conversations import RedisBindings
from switchboard.redis.records import dumps, load_item
from switchboard.redis.stores import Stores, open_stores, utc_now
from switchboard.settings import Settings
from switchboard.tasks import end
from tests.ports import free_port


def demo_settings(folder: Path, redis_socket: Path, **changes: Any) -> Settings:
    port = free_port()
    (folder / "secret").write_text(secrets.token_hex(32))
    url = f"http://127.0.0.1:{port}"
    values: dict[str, Any] = {
        "demo": True,
        "port": port,
        "public_url": url,
        "origins": url,
        "var": folder,
        "secret_file": folder / "secret",
        "redis_url": f"unix://{redis_socket}",
        "database_url": f"sqlite+aiosqlite:///{folder}/console.db",
        "partitions": 8,
        "log_level": "error",
        **changes,
    }
    return Settings(**values)


class Stage:
    """The pieces a test needs. The worker answers while `may_answer` is set."""

    def __init__(self, settings: Settings, stores: Stores, http: aiohttp.ClientSession) -> None:
        self.settings = settings
        self.stores = stores
        self.http = http
        self.url = f"http://127.0.0.1:{settings.port}"
        self.items: list[Any] = []
        self.over = False
        self._gateway = AsyncExitStack()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.key = settings.key("conversation")
        numbered = lambda reply, language: reply.text + "".join(f" {c.number}{c.label}" for c in reply.choices)  # noqa: E731
        self.adapters: dict[str, ChannelAdapter] = connectors.build(settings, http, stores.outbox, numbered)

    async def start_gateway(self) -> None:
        await self._gateway.enter_async_context(serving_at(self.settings))

    async def stop_gateway(self) -> None:
        await self._gateway.aclose()

    async def work(self) -> None:
        """Read what was accepted, answer it, say that it is committed, until it is over."""
        while not self.over:
            for partition in range(self.settings.partitions):
                for entry, fields in await self.stores.redis.xrange(f"{{p{partition}}}:in"):
                    item = load_item(fields[b"i"])
                    await self.may_answer.wait()
                    await self.stores.redis.xdel(f"{{p{partition}}}:in", entry)
                    self.items.append(item)
                    if isinstance(item, (InboundMessage, MessagePart)):
                        await self._answer(item)
            await asyncio.sleep(0.02)

    async def _answer(self, item: InboundMessage | MessagePart) -> None:
        if "slow" in item.text:
            await asyncio.sleep(0.5)
        token = getattr(item, "token", None)
        said = f"picked {token}" if token else f"you said: {item.text}"
        count = int(match[0]) if (match := re.search(r"\b[1-9]\b", item.text)) and not token else 0
        names = ("查账单", "充值", "转人工", "流量", "套餐", "积分", "宽带", "漫游", "停机")
        list_id = secrets.token_hex(4)
        choices = tuple(Choice(names[n - 1], n, f"{list_id}.{n}", "inform") for n in range(1, count + 1))
        await self.say(item.address, Reply(said, choices), item.id)

    async def say(self, address: Address, reply: Reply, in_reply_to: str | None = None) -> OutboundMessage:
        """Put a reply on its way as the sender would."""
        conversation = address.conversation_id(self.key)
        now = datetime.now(timezone.utc)
        # As the product's ids: they hold the id of what they answer.
        identifier = f"{in_reply_to}/{secrets.token_hex(8)}"
        message = OutboundMessage(identifier, conversation, address, reply, Origin.BOT, 0, now, in_reply_to)
        done = json.dumps({"message_ids": [in_reply_to], "replies": [message.id]})
        await self.stores.redis.publish(f"done:{conversation}", done)
        try:
            await self.adapters[address.channel].send(message)
        except SendError:
            pass
        return message

    async def accepted(self, count: int) -> None:
        """Wait until so many items were accepted that the worker did not take yet."""
        keys = [f"{{p{partition}}}:in" for partition in range(self.settings.partitions)]

        async def enough() -> bool:
            return sum([await self.stores.redis.xlen(key) for key in keys]) >= count

        await until(enough)

    async def bind(self, address: Address, msisdn: str = "+8613800000000", ahead_s: float = 0) -> None:
        """As crm/operations does at a login, by a clock that is ahead of the others: in the turn of the first message
        of theirs that waits."""
        conversation = address.conversation_id(self.key)
        await self.stores.redis.hset(self.stores.keys.conversation(conversation), "address", dumps(address))
        bindings = RedisBindings(
            self.stores.conversations, self.stores.reach, lambda: utc_now() + timedelta(seconds=ahead_s)
        )
        await bindings.bind(conversation, msisdn, "s1", "code", "zj", await self._waiting(address))

    async def _waiting(self, address: Address) -> str:
        for partition in range(self.settings.partitions):
            for _, fields in await self.stores.redis.xrange(f"{{p{partition}}}:in"):
                item = load_item(fields[b"i"])
                if isinstance(item, InboundMessage) and item.address == address:
                    return item.id
        return ""


@asynccontextmanager
async def staged(settings: Settings) -> AsyncIterator[Stage]:
    async with aiohttp.ClientSession() as http:
        stores = open_stores(settings)
        stage = Stage(settings, stores, http)
        worker = asyncio.create_task(stage.work())
        await stage.start_gateway()
        try:
            yield stage
        finally:
            # It asks Redis all the time, so that a cancellation alone is often lost there (switchboard.tasks).
            stage.over = True
            await end(worker)
            await stage.stop_gateway()
            await stores.close()


async def until(condition: Any, timeout_s: float = 5.0) -> Any:
    """Poll until `condition()`, or what it comes to when awaited, is true."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert asyncio.get_running_loop().time() < deadline, "nothing came"
        await asyncio.sleep(0.02)
