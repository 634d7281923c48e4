"""Fakes and simulators that ship with the product: they pass the contract tests of the real ones."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.parsing import json_object, message_text, moment, text_field
from connectors.simulators.feed import Feed
from connectors.simulators.sms import SmsProvider
from connectors.simulators.wechat import WechatPlatform
from switchboard.errors import BadInput, SendError
from switchboard.model import Address, InboundMessage, OutboundMessage
from switchboard.ports import Answer, Capabilities, PartResult, RawRequest, Received

__all__ = ["FakeChannel", "Feed", "MemoryOutbox", "SmsProvider", "WechatPlatform"]


class MemoryOutbox:
    """A WebOutbox in memory: positions count from 1."""

    def __init__(self) -> None:
        self._kept: dict[str, list[OutboundMessage]] = defaultdict(list)
        self._wakes: list[str] = []

    async def put(self, message: OutboundMessage) -> str:
        kept = self._kept[message.address.id]
        known = [m.id for m in kept]
        if message.id not in known:
            kept.append(message)
            self._wakes.append(message.address.id)
            return str(len(kept))
        return str(known.index(message.id) + 1)

    async def after(self, address: Address, position: str) -> list[tuple[str, OutboundMessage]]:
        start = int(position or 0)
        return [(str(n), m) for n, m in enumerate(self._kept[address.id], 1) if n > start]

    async def last(self, address: Address) -> str:
        return str(len(self._kept[address.id]) or "")

    async def wakes(self) -> AsyncIterator[str]:
        while self._wakes:
            yield self._wakes.pop(0)


class FakeChannel:
    """A channel in memory. `sent` holds what went out; `fail_next` the errors of the next sends."""

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.route = name
        self.sent: list[OutboundMessage] = []
        self.fail_next: list[SendError] = []
        self._ids: dict[str, str] = {}

    def receive(self, raw: RawRequest) -> Received:
        data = json_object(raw.body)
        identifier, sender = text_field(data, "id", 64), text_field(data, "from", 64)
        if not identifier or not sender:
            raise BadInput("id and from must not be empty")
        address = Address(self.name, sender)
        text = message_text(text_field(data, "text", 4000))
        item = InboundMessage(f"{self.name}:{identifier}", address, text, moment(data.get("at", 0)))
        return Received((item,), Answer(200, b"stored"), Answer(503, b"try again"))

    def request(self, identifier: str, sender: str, text: str) -> RawRequest:
        """A request that `receive` takes."""
        return RawRequest("POST", "/fake", body=json.dumps({"id": identifier, "from": sender, "text": text}).encode())

    async def send(self, message: OutboundMessage, skip_parts: frozenset[int] = frozenset()) -> list[PartResult]:
        if 1 in skip_parts:
            return []
        if self.fail_next:
            raise self.fail_next.pop(0)
        if message.id not in self._ids:
            self._ids[message.id] = f"{self.name}-{len(self._ids) + 1}"
            self.sent.append(message)
        return [PartResult(1, self._ids[message.id])]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    def capabilities(self, address: Address) -> Capabilities:
        return Capabilities(buttons=True)
