"""The Handoffs port: what the desk may do, each act one script that checks the owner; and who is at the desk."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Any
from uuid import uuid4

from switchboard.errors import BadRecord, NotOwner
from switchboard.handoff import LOOK_AGAIN, WAITING, owner_record
from switchboard.model import Address, Conversation, ConversationEvent, Origin, OutboundMessage, Owner, Reply
from switchboard.ports import Waiting
from switchboard.redis.connection import reaching
from switchboard.redis.conversations import RedisConversations
from switchboard.redis.exchange import timer_value
from switchboard.redis.keys import AGENTS, tag
from switchboard.redis.records import LogRecord, dump_item, dumps, log_args, moment, ms
from switchboard.redis.stores import Stores
from switchboard.voice import Voice

GRACE = timedelta(seconds=30)
WAITS, SAMPLES, ENOUGH, LATELY = "desk:waits", 9, 3, timedelta(hours=2)
"""The latest waits that ended with a human; from how many of them, and how old, somebody is told how long it takes."""
QUIET = frozenset({"sms"})
"""Channels on which an agent's arrival is not announced: each part costs, and the agent says hello anyway."""


class RedisHandoffs:
    """`route` names the out stream of an Address."""

    def __init__(self, stores: Stores, voice: Voice, route: Callable[[Address], str]) -> None:
        self._scripts, self._redis, self._keys, self._clock = stores.scripts, stores.redis, stores.keys, stores.clock
        self._conversations: RedisConversations = stores.conversations
        self._copies = stores.copies
        self._voice, self._route = voice, route

    # --- the queue ---------------------------------------------------------------------------------------------------

    async def waiting(self) -> list[Waiting]:
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            for n in range(self._keys.partitions):
                pipe.zrange(f"{tag(n)}:queue", 0, -1, withscores=True)
            queued = sorted((score, c.decode()) for found in await pipe.execute() for c, score in found)
            pipe = self._redis.pipeline(transaction=False)
            for _, conversation in queued:
                pipe.hget(self._keys.conversation(conversation), "handoff")
            ids = [(found or b"").decode() for found in await pipe.execute()]
            pipe = self._redis.pipeline(transaction=False)
            for (_, conversation), handoff in zip(queued, ids, strict=True):
                pipe.hgetall(self._keys.of(conversation, "handoff", handoff))
            records = await pipe.execute()
        return [
            _waiting(conversation, handoff, record)
            for (_, conversation), handoff, record in zip(queued, ids, records, strict=True)
            if record
        ]

    async def ahead(self, score: int) -> int:
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            for n in range(self._keys.partitions):
                pipe.zcount(f"{tag(n)}:queue", "-inf", f"({score}")
            return sum(await pipe.execute())

    async def lately_waited_s(self) -> int | None:
        """See handoff.DeskState: the median of those who were taken within the last two hours."""
        since = ms(self._clock() - LATELY)
        with reaching():
            found = await self._redis.lrange(WAITS, 0, -1)
        pairs = (pair.decode().split(":") for pair in found)
        waited = [int(seconds) for at_ms, seconds in pairs if int(at_ms) >= since]
        return int(median(waited)) if len(waited) >= ENOUGH else None

    async def _waited_s(self, known: Conversation) -> int | None:
        """How long somebody waits who never had a human in this hand-off."""
        if known.owner is not Owner.QUEUE:
            return None
        with reaching():
            stay = self._keys.of(known.id, "handoff", known.handoff)
            since, accepted = await self._redis.hmget(stay, "since_ms", "accepted_ms")
        return (ms(self._clock()) - int(since)) // 1000 if since and not accepted else None

    async def _remember_waited(self, seconds: int) -> None:
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            pipe.lpush(WAITS, f"{ms(self._clock())}:{seconds}")
            pipe.ltrim(WAITS, 0, SAMPLES - 1)
            pipe.pexpire(WAITS, LATELY)
            await pipe.execute()

    # --- acts of the desk --------------------------------------------------------------------------------------------

    async def take(self, conversation: str, agent: str) -> Conversation:
        known = await self._known(conversation)
        waited_s = await self._waited_s(known)
        handoff = known.handoff or uuid4().hex[:20]
        told: OutboundMessage | None = None
        if known.address.channel not in QUIET:
            told = self._system(known, "handoff_taken", {"agent": await self._name(agent)})
        records = [
            LogRecord("handoff", {"handoff": handoff, "state": "human", "agent": agent}),
            owner_record(known, Owner.AGENT, agent, handoff, "taken"),
        ]
        head = [self._keys.tag(conversation), conversation, agent, handoff, ms(self._clock())]
        args = [*head, self._route(known.address), dumps(told) if told else "", *self._logged(records, told)]
        answer = await self._scripts.run("take", self._held(conversation), args)
        if answer == b"other":
            raise NotOwner(f"{conversation} has an agent already")
        if waited_s is not None:
            await self._remember_waited(waited_s)
        return await self._known(conversation)

    async def say(self, conversation: str, agent: str, reply: Reply, client_id: str) -> str:
        known = await self._known(conversation)
        message = self._voice.message(known, reply, f"agent:{uuid4().hex}", Origin.AGENT, author=agent)
        keys = [self._keys.conversation(conversation), self._keys.of(conversation, "said", conversation, client_id)]
        choices = dumps(reply.choices) if reply.choices else ""
        head = [self._keys.tag(conversation), conversation, agent, message.id]
        record = log_args(LogRecord("agent", {"message": message}), self._clock())
        args = [*head, self._route(known.address), dumps(message), choices, *record]
        # An agent who sees it in the transcript does not say it again.
        said = await self._copies.run("say", keys, args)
        if said is None:
            raise NotOwner(f"{conversation} is not {agent}'s")
        return str(said.decode())

    async def hand_back(self, conversation: str, agent: str, note: str = "") -> None:
        await self._end(conversation, agent, "handed_back", {"note": note})

    async def close(self, conversation: str, agent: str, code: str) -> None:
        await self._end(conversation, agent, "closed", {"code": code})

    async def requeue(self, conversation: str, agent: str) -> None:
        await self.put_back(conversation, agent, "handoff_requeued")

    async def put_back(self, conversation: str, agent: str, response: str) -> None:
        """To the queue at its old place; `response` is what the person hears: handoff_requeued, or agent_left."""
        known = await self._known(conversation)
        records = [
            LogRecord("handoff", {"handoff": known.handoff, "state": "requeued", "agent": agent, "reason": response}),
            owner_record(known, Owner.QUEUE, "", known.handoff, response),
        ]
        due = self._clock() + LOOK_AGAIN
        event_id = f"{WAITING}:{known.handoff}:{ms(due)}"
        waiting = ConversationEvent(event_id, conversation, WAITING, due, {"handoff": known.handoff})
        timer = timer_value(conversation, waiting), ms(due)
        fields = ["state", "queued", "agent", ""]
        await self._leave(known, agent, Owner.QUEUE, fields, "", self._system(known, response), timer, records)

    # --- presence ----------------------------------------------------------------------------------------------------

    async def present(self, agent: str, name: str, skills: Sequence[str]) -> None:
        until = ms(self._clock() + GRACE)
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            pipe.zadd(AGENTS, {agent: until})
            pipe.set(f"desk:agent:{agent}", json.dumps({"name": name, "skills": list(skills)}), ex=86400)
            await pipe.execute()

    async def absent(self, agent: str) -> None:
        with reaching():
            await self._redis.zrem(AGENTS, agent)

    async def at_desk(self) -> list[str]:
        with reaching():
            found = await self._redis.zrangebyscore(AGENTS, f"({ms(self._clock())}", "+inf")
        return [agent.decode() for agent in found]

    async def talks(self, partition: int) -> dict[str, str]:
        """Conversations of a partition that agents hold: conversation → agent."""
        with reaching():
            found = await self._redis.hgetall(f"{tag(partition)}:talks")
        return {conversation.decode(): agent.decode() for conversation, agent in found.items()}

    # --- what the acts share -----------------------------------------------------------------------------------------

    async def _end(self, conversation: str, agent: str, how: str, words: Mapping[str, str]) -> None:
        known = await self._known(conversation)
        now = self._clock()
        event = ConversationEvent(
            id=f"handoff_ended:{known.handoff}:{known.epoch}",
            conversation=conversation,
            name="handoff_ended",
            at=now,
            values={"how": how, "handoff": known.handoff, **words},
        )
        records = [
            LogRecord("handoff", {"handoff": known.handoff, "state": how, "agent": agent, **words}),
            owner_record(known, Owner.BOT, "", "", how),
        ]
        fields = [word for pair in {"state": how, "ended_ms": str(ms(now)), **words}.items() for word in pair]
        await self._leave(known, agent, Owner.BOT, fields, dump_item(event), None, ("", 0), records)

    async def _leave(
        self,
        known: Conversation,
        agent: str,
        owner: Owner,
        fields: Sequence[str],
        event: str,
        told: OutboundMessage | None,
        timer: tuple[str, int],
        records: Sequence[LogRecord],
    ) -> None:
        head = [self._keys.tag(known.id), known.id, agent, owner.value, json.dumps(list(fields)), event]
        out = [self._route(known.address), dumps(told) if told else ""]
        args = [*head, *out, *timer, *self._logged(records, told)]
        if not await self._scripts.run("leave", self._held(known.id), args):
            raise NotOwner(f"{known.id} is not {agent}'s")

    def _held(self, conversation: str) -> list[str]:
        t = self._keys.tag(conversation)
        return [self._keys.conversation(conversation), f"{t}:queue", f"{t}:talks"]

    def _logged(self, records: Sequence[LogRecord], told: OutboundMessage | None) -> list[str]:
        said = [LogRecord("reply", {"message": told})] if told else []
        return [word for record in (*records, *said) for word in log_args(record, self._clock())]

    def _system(self, known: Conversation, response: str, values: Mapping[str, Any] | None = None) -> OutboundMessage:
        return self._voice.message(known, self._voice.reply(response, known, values), f"system:{uuid4().hex}")

    async def _known(self, conversation: str) -> Conversation:
        known = await self._conversations.get(conversation)
        if known is None:
            raise BadRecord(f"no conversation {conversation}")
        return known

    async def _name(self, agent: str) -> str:
        with reaching():
            stored = await self._redis.get(f"desk:agent:{agent}")
        return str(json.loads(stored)["name"]) if stored else agent


def _waiting(conversation: str, handoff: str, record: Mapping[bytes, bytes]) -> Waiting:
    return Waiting(
        conversation=conversation,
        handoff=handoff,
        since=moment(int(record[b"since_ms"])),
        skill=record.get(b"skill", b"general").decode(),
        priority=int(record.get(b"priority", 0)),
        reason=record.get(b"reason", b"").decode(),
    )
