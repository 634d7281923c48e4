"""What a person may see of a conversation, put together from the switchboard (now) and SQL (what was said)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from console.accounts import Person
from console.desk.reading import LATEST, PAGE, Line, Reading, Stay, Unanswered, Window
from console.desk.words import channel_of, worth_showing
from switchboard import masking
from switchboard.model import Conversation, Owner
from switchboard.ports import Clock, Conversations, Handoffs, Waiting

ON_ITS_WAY = timedelta(minutes=1)
"""How long SQL may lag before a page believes it more than what was said here."""
REMEMBERED = 200
STEERING = frozenset(
    {
        "bound_in", "first", "code", "quote", "told", "misses", "form_misses", "refusals", "strayed", "greeted",
        "shown", "older", "spoke_of", "put_off", "still_asked",
    }
)  # fmt: skip
UNDERSTOOD = 5
"""How many of the person's latest messages the packet shows with intents and scores."""


@dataclass(frozen=True)
class Packet:
    """What an agent must know before the first word."""

    reason: str
    skill: str
    slots: Mapping[str, Any]
    form: str
    failed: int
    understood: Sequence[Line]
    stays: Sequence[Stay]


def _worth_showing(name: str, value: Any) -> bool:
    """Nor what only steers the dialogue."""
    return worth_showing(name, value) and name not in STEERING


@dataclass(frozen=True)
class View:
    """An open conversation. `mine`: this person may speak; `waits`: it may be taken."""

    conversation: Conversation
    waiting: Waiting | None
    mine: bool
    lines: Sequence[Line]
    stays: Sequence[Stay]
    number: str

    @property
    def id(self) -> str:
        return self.conversation.id

    @property
    def channel(self) -> str:
        return self.conversation.address.channel

    @property
    def waits(self) -> bool:
        return self.conversation.owner is Owner.QUEUE

    @property
    def first(self) -> int:
        """The oldest line shown: what is open goes on from here, and older pages end here."""
        return self.lines[0].id if self.lines else 0

    @property
    def has_older(self) -> bool:
        return len(self.lines) >= PAGE

    @property
    def last_heard(self) -> datetime | None:
        """When the person last said something, for channels that close a window after that."""
        heard = [line.at for line in self.lines if line.origin == "person"]
        return max(heard) if heard else None

    def packet(self) -> Packet:
        said = [line for line in self.lines if line.origin == "person"]
        current = self.waiting or next((s for s in self.stays if s.ended_at is None), None)
        context = self.conversation.context
        return Packet(
            reason=current.reason if current else "",
            skill=current.skill if current else "",
            slots={name: value for name, value in context.slots.items() if _worth_showing(name, value)},
            form=context.active_form,
            failed=sum(line.failed for line in said),
            understood=[line for line in reversed(said) if line.intent][:UNDERSTOOD],
            stays=self.stays,
        )


@dataclass(frozen=True)
class Card:
    """A conversation in one of the desk's two lists. `position` counts from 1 in the queue, 0 for one's own; `number`
    is masked, "" for whoever is not known, and like `unanswered` only for one's own.
    """

    id: str
    channel: str
    since: datetime
    preview: str
    reason: str = ""
    skill: str = ""
    position: int = 0
    number: str = ""
    unanswered: Unanswered | None = None


class Viewing:
    def __init__(self, handoffs: Handoffs, conversations: Conversations, reading: Reading, clock: Clock) -> None:
        self._handoffs, self._conversations, self._reading = handoffs, conversations, reading
        self._clock = clock
        self._said: deque[tuple[str, Line]] = deque(maxlen=REMEMBERED)

    def remember(self, conversation: str, line: Line) -> None:
        """An agent's words that SQL will know in a moment."""
        self._said.append((conversation, line))

    def _on_their_way(self, conversation: str, lines: Sequence[Line]) -> list[Line]:
        known, since = {line.message for line in lines}, self._clock() - ON_ITS_WAY
        said = (line for talk, line in self._said if talk == conversation and line.at > since)
        return [line for line in {line.message: line for line in said}.values() if line.message not in known]

    async def open(self, conversation: str, person: Person, window: Window = LATEST) -> View:
        """404 for one that never was, 403 for one that is none of this person's business."""
        now = await self._conversations.get(conversation)
        if now is None:
            raise web.HTTPNotFound
        mine = now.owner is Owner.AGENT and now.agent == person.id
        allowed = mine or now.owner is Owner.QUEUE or person.role == "supervisor"
        if not allowed and not await self._reading.handled(conversation, person.id):
            raise web.HTTPForbidden
        queued = await self._handoffs.waiting() if now.owner is Owner.QUEUE else []
        lines = await self._reading.lines(conversation, window)
        if window.before is None:
            lines += self._on_their_way(conversation, lines)
        return View(
            conversation=now,
            waiting=next((w for w in queued if w.conversation == conversation), None),
            mine=mine,
            lines=lines,
            stays=await self._reading.stays(conversation),
            number=masking.msisdn(now.binding.msisdn) if now.binding else "",
        )

    async def queue(self) -> list[Card]:
        waiting = await self._handoffs.waiting()
        previews = await self._reading.latest([w.conversation for w in waiting])
        return [
            Card(
                id=w.conversation,
                channel=channel_of(w.conversation),
                since=w.since,
                preview=previews.get(w.conversation, ""),
                reason=w.reason,
                skill=w.skill,
                position=number,
            )
            for number, w in enumerate(waiting, start=1)
        ]

    async def mine(self, person: Person, opened: View | None = None) -> list[Card]:
        """The person's own. SQL says which may be, the switchboard which are; the opened one needs no SQL."""
        stays = {stay.conversation: stay for stay in await self._reading.open_stays(person.id)}
        ids = list(stays)
        if opened and opened.mine and opened.id not in stays:
            ids.append(opened.id)
        previews, unanswered = await self._reading.latest(ids), await self._reading.unanswered(ids)
        cards = []
        for conversation in ids:
            now = await self._conversations.get(conversation)
            if now is None or now.owner is not Owner.AGENT or now.agent != person.id:
                continue
            stay = stays.get(conversation)
            since = (stay.accepted_at or stay.queued_at) if stay else (opened.last_heard if opened else None)
            if since is not None:
                cards.append(
                    Card(
                        id=conversation,
                        channel=now.address.channel,
                        since=since,
                        preview=previews.get(conversation, ""),
                        number=masking.msisdn(now.binding.msisdn) if now.binding else "",
                        unanswered=unanswered.get(conversation),
                    )
                )
        return cards
