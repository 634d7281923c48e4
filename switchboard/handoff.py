"""How a conversation gets to the queue: whether anybody is there, what the person hears, what the commit does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from switchboard.codec import to_dict
from switchboard.model import Conversation, ConversationEvent, HandoffRequest, Inbound, Language, Owner, TurnResult
from switchboard.ports import Clock, Hours
from switchboard.redis.exchange import HandoffStart
from switchboard.redis.records import LogRecord, ms

WAITING = "switchboard_waiting"
"""The timer that looks again whether anybody is at the desk."""
LOOK_AGAIN = timedelta(seconds=60)
PRIORITY_MS = 24 * 3600 * 1000
"""One step of priority goes before a day of waiting."""


class DeskState(Protocol):
    """What the reception asks of the desk."""

    async def at_desk(self) -> list[str]: ...

    async def ahead(self, score: int) -> int:
        """How many wait before somebody with this score."""

    async def lately_waited_s(self) -> int | None:
        """How long it took until those who were taken lately had a human; None where too few were to tell."""


@dataclass(frozen=True)
class Transfer:
    """What a request for a human comes to: the wording to say, and the changes of owner if there are any."""

    response: str
    values: Mapping[str, Any]
    owner: Owner | None = None
    start: HandoffStart | None = None
    unqueue: bool = False
    timers: tuple[tuple[str, datetime, Inbound], ...] = ()
    log: tuple[LogRecord, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


class Reception:
    """Decides for the lane. The desk's own acts are in switchboard/redis/handoffs.py."""

    def __init__(self, desk: DeskState, hours: Hours, clock: Clock) -> None:
        self._desk, self._hours, self._clock = desk, hours, clock

    async def request(
        self, conversation: Conversation, request: HandoffRequest, cause: str, result: TurnResult
    ) -> Transfer:
        """To the queue if somebody can come; else say so, with the hours and the offer of a call-back."""
        away = await self._away(conversation)
        if away:
            return away
        now = self._clock()
        handoff = hashlib.sha256(f"{conversation.id}\n{cause}".encode()).hexdigest()[:20]
        score = ms(now) - request.priority * PRIORITY_MS
        position = await self._desk.ahead(score)
        record = {
            "handoff": handoff,
            "state": "queued",
            "reason": request.reason,
            "skill": request.skill,
            "priority": request.priority,
            "context": {"understanding": to_dict(result.understanding), **to_dict(result.context)},
        }
        fields = {
            "conversation": conversation.id,
            "reason": request.reason,
            "skill": request.skill,
            "priority": str(request.priority),
            "since_ms": str(ms(now)),
            "score": str(score),
            "state": "queued",
        }
        return Transfer(
            response="handoff_queued",
            values={"position": position},
            owner=Owner.QUEUE,
            start=HandoffStart(handoff, score, fields),
            timers=(self.look_again(conversation, handoff),),
            log=(LogRecord("handoff", record), self._owned(conversation, Owner.QUEUE, handoff, request.reason)),
            fields={"handoff": handoff},
        )

    async def still_waiting(self, conversation: Conversation, handoff: str) -> Transfer | None:
        """The timer of a waiting conversation: None when somebody is still at the desk, else back to the bot."""
        away = await self._away(conversation)
        if away is None:
            return None
        return self._abandoned(conversation, away.response, away.values, away.response)

    def left(self, conversation: Conversation) -> Transfer:
        """Who waits does not want to any more."""
        return self._abandoned(conversation, "handoff_left", {}, "left")

    async def place(self, response: str, conversation: Conversation, score: int) -> Transfer:
        """A word to somebody who waits: how many are ahead, and what is known of how long it takes."""
        waited_s = await self._desk.lately_waited_s()
        minutes = max(1, round(waited_s / 60)) if waited_s is not None else 0
        return Transfer(response, {"position": await self._desk.ahead(score), "minutes": minutes})

    def look_again(self, conversation: Conversation, handoff: str, looks: int = 0) -> tuple[str, datetime, Inbound]:
        """The timer of who waits; `looks` counts how often it rang."""
        due = self._clock() + LOOK_AGAIN
        event = ConversationEvent(
            id=f"{WAITING}:{handoff}:{ms(due)}",
            conversation=conversation.id,
            name=WAITING,
            at=due,
            values={"handoff": handoff, "looks": looks},
        )
        return WAITING, due, event

    def _abandoned(self, conversation: Conversation, response: str, values: Mapping[str, Any], reason: str) -> Transfer:
        """Back to the bot without a human."""
        record = {"handoff": conversation.handoff, "state": "abandoned", "reason": reason}
        return Transfer(
            response=response,
            values=values,
            owner=Owner.BOT,
            unqueue=True,
            log=(LogRecord("handoff", record), self._owned(conversation, Owner.BOT, "", reason)),
            fields={"handoff": ""},
        )

    async def _away(self, conversation: Conversation) -> Transfer | None:
        hours = self._hours.describe(cast(Language, conversation.language))
        if not self._hours.is_open(self._clock()):
            return Transfer("handoff_closed", {"hours": hours})
        if not await self._desk.at_desk():
            return Transfer("handoff_nobody", {"hours": hours})
        return None

    def _owned(self, conversation: Conversation, owner: Owner, handoff: str, reason: str) -> LogRecord:
        return owner_record(conversation, owner, handoff=handoff, reason=reason)


def owner_record(
    conversation: Conversation, owner: Owner, agent: str = "", handoff: str = "", reason: str = ""
) -> LogRecord:
    """The log's word on a change of owner, which takes the next epoch."""
    body = {
        "owner": owner.value,
        "was": conversation.owner.value,
        "epoch": conversation.epoch + 1,
        "agent": agent,
        "handoff": handoff,
        "reason": reason,
    }
    return LogRecord("owner", body)
