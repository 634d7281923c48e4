"""A desk without Redis: the manners of the switchboard's Handoffs and Conversations, and a clock that a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from console.changes import Watcher
from switchboard.errors import BadRecord, NotOwner
from switchboard.incidents import Alike, Incident
from switchboard.model import Address, Binding, Conversation, Owner, Reply, TurnContext
from switchboard.ports import Waiting
from switchboard.switches import Switch

START = datetime(2026, 11, 21, 4, 0, tzinfo=timezone.utc)
MSISDN = "+8613800001234"


class FakeClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def conversation(name: str = "web:aa", **more: object) -> Conversation:
    bound = Binding(MSISDN, "sub-1", START, "code")
    context = TurnContext(slots={"offering": "10GB"}, active_form="")
    made = Conversation(name, Address(name.split(":")[0], "x"), Owner.BOT, binding=bound, region="zj", context=context)
    return replace(made, **more)  # type: ignore[arg-type]


class FakeDesk:
    """Handoffs and Conversations in one, since they see the same conversations."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.talks: dict[str, Conversation] = {}
        self.queued: dict[str, Waiting] = {}
        self.said: list[tuple[str, str, str]] = []
        self.ended: list[tuple[str, str, str]] = []
        self.here: dict[str, str] = {}
        self.switched: list[Switch] = []
        self.outages: list[Incident] = []
        self.reports: list[Alike] = []
        self._ids: dict[str, str] = {}

    def queue(self, talk: Conversation, reason: str = "asked") -> None:
        self.talks[talk.id] = replace(talk, owner=Owner.QUEUE, agent="", handoff=f"h-{talk.id}", epoch=talk.epoch + 1)
        self.queued[talk.id] = Waiting(talk.id, f"h-{talk.id}", self.clock(), "general", 0, reason)

    async def off(self) -> list[Switch]:
        return self.switched

    async def all(self) -> list[Incident]:
        return self.outages

    async def alike(self) -> list[Alike]:
        return self.reports

    async def get(self, conversation: str) -> Conversation | None:
        return self.talks.get(conversation)

    async def bind(self, conversation: str, binding: Binding, region: str) -> Conversation:
        raise NotImplementedError

    async def unbind(self, conversation: str, reason: str) -> None:
        raise NotImplementedError

    async def waiting(self) -> list[Waiting]:
        return sorted(self.queued.values(), key=lambda w: (-w.priority, w.since))

    async def take(self, name: str, agent: str) -> Conversation:
        talk = self._known(name)
        if talk.owner is Owner.AGENT and talk.agent != agent:
            raise NotOwner(name)
        self.queued.pop(name, None)
        self.talks[name] = replace(talk, owner=Owner.AGENT, agent=agent, epoch=talk.epoch + 1)
        return self.talks[name]

    async def say(self, name: str, agent: str, reply: Reply, client_id: str) -> str:
        self._mine(name, agent)
        if client_id not in self._ids:
            self._ids[client_id] = f"agent:{len(self._ids) + 1}"
            self.said.append((name, agent, reply.text))
        return self._ids[client_id]

    async def hand_back(self, name: str, agent: str, note: str = "") -> None:
        self._end(name, agent, note)

    async def close(self, name: str, agent: str, code: str) -> None:
        self._end(name, agent, code)

    async def requeue(self, name: str, agent: str) -> None:
        self.queue(self._mine(name, agent))

    async def present(self, agent: str, name: str, skills: Sequence[str]) -> None:
        self.here[agent] = name

    async def absent(self, agent: str) -> None:
        self.here.pop(agent, None)

    async def at_desk(self) -> list[str]:
        return list(self.here)

    def _end(self, name: str, agent: str, how: str) -> None:
        talk = self._mine(name, agent)
        self.ended.append((name, agent, how))
        self.talks[name] = replace(talk, owner=Owner.BOT, agent="", epoch=talk.epoch + 1)

    def _mine(self, name: str, agent: str) -> Conversation:
        talk = self._known(name)
        if talk.owner is not Owner.AGENT or talk.agent != agent:
            raise NotOwner(name)
        return talk

    def _known(self, name: str) -> Conversation:
        if name not in self.talks:
            raise BadRecord(name)
        return self.talks[name]


class FakeChanges:
    """`tell` wakes every open page."""

    def __init__(self) -> None:
        self.watchers: set[Watcher] = set()

    def tell(self, *conversations: str) -> None:
        for watcher in self.watchers:
            watcher.tell(frozenset(conversations))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Watcher]:
        watcher = Watcher()
        self.watchers.add(watcher)
        yield watcher
        self.watchers.discard(watcher)
