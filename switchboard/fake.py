"""Stand-ins with the manners of the real ones, for tests and for trying things out without Rasa, a channel or a CRM."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from switchboard.codec import from_dict, to_dict
from switchboard.errors import NotReachable, SendError
from switchboard.model import (
    Address,
    Conversation,
    ConversationEvent,
    InboundMessage,
    OutboundMessage,
    Reply,
    TurnResult,
)
from switchboard.ports import Answer, Capabilities, Language, PartResult, RawRequest, Received, Trackers, Turn

Think = Callable[[InboundMessage | ConversationEvent, Conversation, Turn], TurnResult]


def echo(item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn) -> TurnResult:
    """Says what it heard."""
    text = item.text if isinstance(item, InboundMessage) else f"[{item.name}]"
    return TurnResult(replies=(Reply(text=f"echo {turn.intent or text}"),))


class FakeRasa:
    """Answers like a slot: on the real tracker, "turn, once". `think` is the bot; `before_append` may wait or raise."""

    def __init__(self, trackers: Trackers, think: Think = echo) -> None:
        self.trackers, self.think = trackers, think
        self.ran: list[str] = []
        self.before_append: Callable[[str], object] = lambda message_id: None

    async def answer(
        self, item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn
    ) -> TurnResult:
        stored = await self.trackers.result(conversation.id, item.id)
        if stored is not None:
            return from_dict(TurnResult, stored)
        _, _, count = await self.trackers.load(conversation.id)
        self.ran.append(item.id)
        result = self.think(item, conversation, turn)
        waited = self.before_append(item.id)
        if asyncio.iscoroutine(waited):
            await waited
        events = [{"event": "user", "text": getattr(item, "text", "")}, {"event": "bot"}]
        await self.trackers.append(
            conversation.id, item.id, turn.token, count, events, {"turn": count}, to_dict(result)
        )
        return result


class FakeAdapter:
    """Remembers what it was given. `fail` may raise for a message; `failing_parts` are not taken the first time."""

    def __init__(self, name: str, route: str = "") -> None:
        self.name, self.route = name, route or name
        self.sent: list[OutboundMessage] = []
        self.fail: Callable[[OutboundMessage], SendError | None] = lambda message: None
        self.failing_parts: set[int] = set()
        self.parts_sent: list[int] = []

    def receive(self, raw: RawRequest) -> Received:
        return Received((), Answer(), Answer(503))

    async def send(self, message: OutboundMessage, skip_parts: frozenset[int] = frozenset()) -> list[PartResult]:
        error = self.fail(message)
        if error:
            raise error
        failing, self.failing_parts = self.failing_parts, set()
        wanted = [n for n in range(max(1, len(failing) + 1)) if n not in skip_parts]
        results = [PartResult(n, f"{message.id}.{n}", "not taken" if n in failing else "") for n in wanted]
        self.parts_sent += [result.part for result in results if not result.error]
        if not any(result.error for result in results):
            self.sent.append(message)
        return results

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    def capabilities(self, address: Address) -> Capabilities:
        return Capabilities()

    def texts(self) -> list[str]:
        return [message.reply.text for message in self.sent]


class FakeDirectory:
    """msisdn → (subscriber id, region). `away` makes it unreachable."""

    def __init__(self, known: Mapping[str, tuple[str, str]] | None = None) -> None:
        self.known, self.away = dict(known or {}), False
        self.first: dict[str, int] = {}
        """msisdn → priority."""

    async def lookup(self, msisdn: str) -> tuple[str, str] | None:
        if self.away:
            raise NotReachable("the CRM is away")
        return self.known.get(msisdn)

    async def priority(self, msisdn: str) -> int:
        if self.away:
            raise NotReachable("the CRM is away")
        return self.first.get(msisdn, 0)


class FakeHours:
    def __init__(self, is_open: bool = True) -> None:
        self.open = is_open

    def is_open(self, moment: datetime) -> bool:
        return self.open

    def describe(self, language: Language) -> str:
        return "8:00–22:00"
