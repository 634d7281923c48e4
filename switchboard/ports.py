"""The seams of the switchboard: what others plug into it, and what it offers them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from switchboard.model import (
    Address,
    Binding,
    Conversation,
    ConversationEvent,
    Inbound,
    InboundMessage,
    Language,
    OutboundMessage,
    Reply,
    SecretValue,
    TurnResult,
)

Clock = Callable[[], datetime]
"""Now, timezone-aware UTC."""


# --- channels --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RawRequest:
    """What came from outside, before anything is believed: an HTTP request, or a socket event as `method` "EVENT"
    with the event's name as path.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    remote: str = ""


@dataclass(frozen=True)
class Answer:
    """What the channel is told."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Received:
    """A parsed request: `items` are stored in one script; then `on_stored` is sent, or `on_refused` when they were
    not (cap, Redis away).
    """

    items: tuple[Inbound, ...]
    on_stored: Answer
    on_refused: Answer


@dataclass(frozen=True)
class PartResult:
    """What became of one part of one send attempt: the channel's id for it, or the error's text when it failed."""

    part: int
    channel_id: str = ""
    error: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What an Address can show."""

    buttons: bool = False
    links: bool = True
    max_text: int = 2000
    media: frozenset[str] = frozenset()
    receipts: bool = True
    """Whether the channel tells later what became of a message."""
    keeps: bool = False
    """Whether it keeps messages until they are read: what is shown once is then opened as it is read."""


class ChannelAdapter(Protocol):
    """One channel. `name` is the channel; `route` the name of its out stream (`web`, `wechat`, `sms:<link group>`)."""

    name: str
    route: str

    def receive(self, raw: RawRequest) -> Received:
        """Verify and parse; store nothing. Raises BadInput."""

    async def send(self, message: OutboundMessage, skip_parts: frozenset[int] = frozenset()) -> list[PartResult]:
        """One attempt: each part within 10 s, all within 60 s. Parts in `skip_parts` went out before. Raises SendError
        when nothing went out."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Owns sessions, pulls and tokens while the process that sends runs."""

    def capabilities(self, address: Address) -> Capabilities: ...


# --- answering -------------------------------------------------------------------------------------------------------


class Responder(Protocol):
    """Answers for a conversation. The bot and the agents' queue are its two implementations."""

    async def answer(
        self, item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn
    ) -> TurnResult:
        """Raises TurnFailed, TurnConflict, NotReachable."""


@dataclass(frozen=True)
class Turn:
    """What fences one turn: the lease token of the partition, how often this entry was tried, the trace id, the entry's
    place in the log, the payload of a picked choice.
    """

    token: str
    attempt: int = 1
    trace: str = ""
    place: str = ""
    intent: str = ""
    entities: Mapping[str, Any] = field(default_factory=dict)


class Directory(Protocol):
    """Who a number belongs to. The worker's root puts the CRM behind it. Raises NotReachable."""

    async def lookup(self, msisdn: str) -> tuple[str, str] | None:
        """(subscriber id, region) or None."""

    async def priority(self, msisdn: str) -> int:
        """How much sooner than others a person answers whoever has this number; 0 for most."""


class Hours(Protocol):
    """When humans are at the desk. The roots put `crm.worktime` behind it."""

    def is_open(self, moment: datetime) -> bool: ...

    def describe(self, language: Language) -> str:
        """The hours as a person reads them: "每天8:00–22:00"."""


# --- the exchange (implemented in switchboard/redis) -----------------------------------------------------------------


class Accept(Protocol):
    async def accept(self, items: Sequence[Inbound], secrets: Sequence[SecretValue] = (), trace: str = "") -> list[str]:
        """Store all items with their secrets atomically, drop known ids (48 h), fsynced. Returns the ids that were new.

        Items of different conversations are stored one script per partition. Raises Full, StoreUnavailable.
        """


class Rates(Protocol):
    async def admit(self, items: Sequence[Inbound]) -> None:
        """Count what people send, before it is stored. Raises Limited, and then nothing of it may come in;
        NotReachable.
        """


class Vault(Protocol):
    async def keep(self, conversation: str, secrets: Sequence[SecretValue]) -> None:
        """What masking cut out of a text that was stored before, for 10 min. Raises NotReachable."""

    async def open(self, conversation: str, ref: str) -> str | None:
        """The secret behind a placeholder's reference; None when it expired (10 min) or is another conversation's."""

    async def burn(self, conversation: str, ref: str) -> None:
        """Forget it now."""


Loaded = tuple[dict[str, Any] | None, list[Any], int]
"""Of a conversation: its snapshot, the events of the latest turns, the count of all stored events."""


class Trackers(Protocol):
    """The append-only tracker and "turn, once" (design, the exchange, 4). `generation` ends the old one's memory."""

    async def result(self, conversation: str, message_id: str) -> dict[str, Any] | None:
        """The stored TurnResult of a message that was already answered, as a dict."""

    async def load(
        self, conversation: str, turns: int = 20, read: Callable[[bytes], Sequence[Any]] = json.loads
    ) -> Loaded:
        """`read` makes events of a turn's JSON."""

    async def begin(
        self, conversation: str, message_id: str, turns: int, read: Callable[[bytes], Sequence[Any]] = json.loads
    ) -> tuple[dict[str, Any] | None, Loaded]:
        """`result` and `load`, as of one moment. Where there is a result, no events are loaded."""

    async def append(
        self,
        conversation: str,
        message_id: str,
        token: str,
        loaded: int,
        events: Sequence[Mapping[str, Any]],
        snapshot: Mapping[str, Any] | None,
        result: Mapping[str, Any],
    ) -> None:
        """One script: token current, `loaded` equals the stored count, message unseen → all is written. Otherwise
        TurnConflict.
        """


@dataclass(frozen=True)
class Bound:
    """Who a conversation is bound to, and in which generation. `bound_in` is the id of the message that proved it, ""
    where none did."""

    generation: int
    binding: Binding | None
    bound_in: str = ""


class Conversations(Protocol):
    """What is known of a conversation."""

    async def get(self, conversation: str) -> Conversation | None: ...

    async def bound(self, conversation: str) -> Bound | None:
        """The part of it that tells whether somebody is still who they were."""

    async def bind(self, conversation: str, binding: Binding, region: str) -> Conversation:
        """Bind the Address. Another subscriber than before ends the generation: bindings, choices, quotes, tracker,
        step-ups.
        """

    async def unbind(self, conversation: str, reason: str) -> None:
        """End the generation: the CRM names another subscriber, or the person logged out."""


@dataclass(frozen=True)
class Waiting:
    """A conversation that waits for a human, as the desk's queue shows it."""

    conversation: str
    handoff: str
    since: datetime
    skill: str
    priority: int
    reason: str


class Handoffs(Protocol):
    """What the desk may do. Each call is one script that checks the owner; NotOwner means someone else was faster or
    it is over.
    """

    async def waiting(self) -> list[Waiting]:
        """By priority, then by age."""

    async def take(self, conversation: str, agent: str) -> Conversation: ...

    async def say(self, conversation: str, agent: str, reply: Reply, client_id: str) -> str:
        """An agent's words; `client_id` makes a repeated submit one message. Returns the OutboundMessage id."""

    async def hand_back(self, conversation: str, agent: str, note: str = "") -> None:
        """To the bot; the bot's next turn starts with `handoff_ended`."""

    async def close(self, conversation: str, agent: str, code: str) -> None:
        """End the hand-off with a wrap-up code; the bot owns the conversation again, and says so."""

    async def requeue(self, conversation: str, agent: str) -> None:
        """Back to the queue at its old position."""

    async def present(self, agent: str, name: str, skills: Sequence[str]) -> None:
        """The agent is at the desk for the next 30 s."""

    async def absent(self, agent: str) -> None: ...

    async def at_desk(self) -> list[str]: ...


@dataclass(frozen=True)
class LogEntry:
    """One record of the log: `kind` is inbound, reply, agent, owner, handoff, outcome, receipt, dropped, notice,
    quarantine, binding …
    """

    partition: int
    entry: str
    kind: str
    conversation: str
    at: datetime
    body: Mapping[str, Any]


class Log(Protocol):
    """What happened, for the one SQL writer and whoever watches."""

    def read(self, cursors: Mapping[int, str], block_s: float) -> AsyncIterator[LogEntry]:
        """Entries after the cursors, waiting up to `block_s` for the first; ends when there are no more."""

    async def trim(self, cursors: Mapping[int, str]) -> None:
        """Entries up to the cursors are in SQL now."""


class WebOutbox(Protocol):
    """Messages for browsers: kept 24 h so that a reconnect loses and doubles nothing."""

    async def put(self, message: OutboundMessage) -> str:
        """Store once per message id and wake the gateways; returns the position."""

    async def after(self, address: Address, position: str) -> list[tuple[str, OutboundMessage]]:
        """Messages after `position` ("" = from the beginning of what is kept)."""

    async def last(self, address: Address) -> str:
        """The position of the newest message, "" if none is kept."""

    def wakes(self) -> AsyncIterator[str]:
        """Address ids that got something new."""
