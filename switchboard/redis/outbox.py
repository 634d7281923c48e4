"""The WebOutbox port: messages for browsers, kept 24 h so that a reconnect loses and doubles nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from switchboard import masking
from switchboard.model import Address, Origin, OutboundMessage
from switchboard.ports import Clock, Vault
from switchboard.redis.connection import LOST, reaching
from switchboard.redis.heard import heard
from switchboard.redis.keys import Keys
from switchboard.redis.records import dumps, load_message, ms
from switchboard.redis.scripting import Scripts

CHANNEL = "web"
GONE = "········"
"""In place of what was shown once and is no longer kept."""


class RedisWebOutbox:
    """`key` is Settings.key("conversation")."""

    def __init__(self, scripts: Scripts, keys: Keys, key: bytes, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._scripts, self._redis, self._keys, self._key, self._clock = scripts, scripts.redis, keys, key, clock

    async def put(self, message: OutboundMessage) -> str:
        conversation = message.address.conversation_id(self._key)
        of = self._keys.of
        said = dumps(message), message.address.id, ms(self._clock())
        args = [self._keys.tag(conversation), conversation, message.id, *said]
        return str((await self._scripts.run("webput", [of(conversation, "web", conversation)], args)).decode())

    async def after(self, address: Address, position: str) -> list[tuple[str, OutboundMessage]]:
        conversation = address.conversation_id(self._key)
        with reaching():
            found = await self._redis.xrange(
                self._keys.of(conversation, "web", conversation), min=f"({position}" if position else "-"
            )
        messages = [(entry.decode(), load_message(fields[b"m"])) for entry, fields in found]
        return [(entry, await self._opened(conversation, message)) for entry, message in messages]

    async def _opened(self, conversation: str, message: OutboundMessage) -> OutboundMessage:
        """With what is to be shown in place, for as long as the vault has it."""
        text = message.reply.text
        for match in masking.PLACEHOLDER.finditer(text):
            if match[1] == masking.SHOWN and message.origin is not Origin.AGENT:
                text = text.replace(match[0], await self._vault.open(conversation, match[2]) or GONE)
        return message if text == message.reply.text else replace(message, reply=replace(message.reply, text=text))

    async def last(self, address: Address) -> str:
        conversation = address.conversation_id(self._key)
        with reaching():
            found = await self._redis.xrevrange(self._keys.of(conversation, "web", conversation), count=1)
        return str(found[0][0].decode()) if found else ""

    async def wakes(self) -> AsyncIterator[str]:
        """Address ids that got something new; "" after a lost connection: look at everybody."""
        while True:
            try:
                async for _, told in heard(self._redis, CHANNEL):
                    yield told.decode()
            except LOST:
                await asyncio.sleep(0.2)
