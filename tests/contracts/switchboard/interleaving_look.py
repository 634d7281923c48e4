"""A look at everything in Redis after each step, held against the model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from switchboard.codec import from_dict
from switchboard.model import OutboundMessage, Owner
from tests.contracts.switchboard.interleaving_acts import ROUTES, World
from tests.contracts.switchboard.interleaving_model import Talk

ALL = """
local function all_of(key, from) return redis.call('XRANGE', '{p0}:' .. key, from, '+') end
local found = {log = all_of('log', ARGV[1]), inbound = all_of('in', '-'), out = {}, conv = {}, offers = {},
  queue = redis.call('ZRANGE', '{p0}:queue', 0, -1), talks = redis.call('HGETALL', '{p0}:talks')}
local routes, people = tonumber(ARGV[2]), tonumber(ARGV[3])
for at = 4, 3 + routes do found.out[#found.out + 1] = all_of('out:' .. ARGV[at], '-') end
local function take(list, kind, id, ...) list[#list + 1] = redis.call('HMGET', '{p0}:' .. kind .. ':' .. id, ...) end
for at = 4 + routes, 3 + routes + people do
  take(found.conv, 'conv', ARGV[at], 'owner', 'agent', 'epoch', 'subscriber')
end
for at = 4 + routes + people, #ARGV do
  take(found.offers, 'quote', ARGV[at], 'state', 'conversation', 'consumed_by')
end
return cjson.encode(found)
"""
Entries = Iterable[tuple[str, Sequence[str]]]


class Look:
    """Remembers what it saw: the log up to a cursor, the epochs, and how each accepted message ended."""

    def __init__(self, world: World) -> None:
        self._world, self._model = world, world.model
        self._cursor = "-"
        self._epochs: dict[str, int] = {}
        self._recorded: Counter[str] = Counter()
        self._ends: Counter[str] = Counter()

    async def at_everything(self) -> None:
        """Writes what is wrong into the model's `broken`."""
        conversations = list(self._world.ids.values())
        names = [*ROUTES.values(), *conversations, *self._model.offers]
        found = json.loads(
            await self._world.stores.redis.eval(ALL, 0, self._cursor, len(ROUTES), len(conversations), *names)
        )
        self._log(found["log"])
        self._outbound([entry for stream in found["out"] for entry in stream])
        flat = list(found["talks"])
        talks = dict(zip(flat[::2], flat[1::2], strict=True))
        for conversation, stored in zip(conversations, found["conv"], strict=True):
            self._owner(conversation, stored, conversation in list(found["queue"]), talks.get(conversation, ""))
        self._offers(found["offers"])
        self._inbound(found["inbound"])

    def _log(self, entries: Entries) -> None:
        for entry, fields in entries:
            self._cursor = f"({entry}"
            kind, body = fields[1], json.loads(fields[7])
            if kind in ("reply", "agent") and body["message"]["id"] not in self._model.words:
                self._model.said(from_dict(OutboundMessage, body["message"]))
            elif kind in ("sent", "failed"):
                self._ends[body["message"]] += 1
            elif kind == "inbound" and body["item"]["type"] == "InboundMessage":
                self._recorded[body["item"]["id"]] += 1

    def _outbound(self, entries: Entries) -> None:
        there = Counter(json.loads(fields[1])["id"] for _, fields in entries)
        self._model.same("on their way", Counter(self._model.on_their_way()), there)
        twice = [message for message, count in self._ends.items() if count > 1]
        self._model.must(not twice, f"ended twice: {twice}")

    def _inbound(self, entries: Entries) -> None:
        """Each accepted message waits, or has ended once: with the bot, at the desk, or in quarantine."""
        items = [json.loads(fields[1]) for _, fields in entries]
        there = Counter(item["id"] for item in items if item["type"] == "InboundMessage")
        for conversation in self._world.ids.values():
            talk = self._model.talks[conversation]
            for message in talk.waiting:
                self._model.same(f"{message} waits", (1, 0), (there[message], self._recorded[message]))
            for message in talk.ended:
                self._model.same(f"{message} ended", (0, 1), (there[message], self._recorded[message]))

    def _owner(self, conversation: str, stored: Sequence[Any], queued: bool, talks_with: str) -> None:
        talk: Talk = self._model.talks[conversation]
        owner, agent, epoch, subscriber = (value or "" for value in stored)
        self._model.must(int(epoch or 0) >= self._epochs.get(conversation, 0), f"the epoch of {conversation} went back")
        self._epochs[conversation] = int(epoch or 0)
        expected: tuple[Any, ...] = (talk.owner, talk.agent, talk.epoch, talk.subscriber)
        actual = (Owner(owner or "bot"), agent, int(epoch or 0), subscriber)
        self._model.same(f"owner, agent, epoch, subscriber of {conversation}", expected, actual)
        # One owner: in the queue, or with one agent, or neither; never both, and never with two.
        self._model.same(f"{conversation} is in the queue", talk.owner is Owner.QUEUE, queued)
        self._model.same(f"{conversation} talks with", talk.agent, talks_with)

    def _offers(self, found: Iterable[Sequence[Any]]) -> None:
        for (id, offer), stored in zip(self._model.offers.items(), found, strict=True):
            actual = tuple(value or "" for value in stored)
            self._model.same(f"offer {id}", (offer.state, offer.conversation, offer.by), actual)
