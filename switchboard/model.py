"""The nouns of a conversation as frozen dataclasses.

Everything here goes through Redis as JSON: `to_dict(value)` gives plain JSON types, `from_dict(cls, data)` builds the
value back and refuses unknown fields. Moments are timezone-aware UTC. Text in these types is already masked unless a
docstring says otherwise.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Literal

Language = Literal["zh", "en"]


class Owner(str, Enum):
    """Who answers a conversation now."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"
    NOBODY = "nobody"


class Origin(str, Enum):
    """Who said an outbound message."""

    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True)
class Address:
    """Where a person can be reached: `channel` is wechat, wecom, sms or web; `id` an openid, an MSISDN or a web
    session. Not a person.
    """

    channel: str
    id: str

    @property
    def proven(self) -> bool:
        """False for a name that a REST caller chose: anybody may choose it, so no number counts as bound to it."""
        return not (self.channel == "web" and self.id.startswith("rest:"))

    def conversation_id(self, key: bytes) -> str:
        """`channel:HMAC(id)`: stable, and nobody can read a phone number out of it. `key` comes from
        Settings.key("conversation").
        """
        return _conversation_id(key, self.channel, self.id)


@lru_cache(4096)
def _conversation_id(key: bytes, channel: str, id: str) -> str:
    # A message asks for it half a dozen times.
    digest = hmac.new(key, f"{channel}\n{id}".encode(), hashlib.sha256).hexdigest()
    return f"{channel}:{digest[:32]}"


@dataclass(frozen=True)
class Binding:
    """An Address proven to belong to a number. `proof` is `link` (the carrier's own link said so) or `code` (one-time
    code).
    """

    msisdn: str
    subscriber_id: str
    bound_at: datetime
    proof: Literal["link", "code"]


@dataclass(frozen=True)
class Media:
    """A picture, voice or file that the channel announced; we keep the reference, not the bytes."""

    kind: Literal["image", "voice", "video", "file", "location", "sticker"]
    reference: str
    transcript: str = ""


@dataclass(frozen=True)
class InboundMessage:
    """One message of a person under the channel's own id.

    `id` is unique within the channel for at least 48 h and starts with the channel's name (`sms:…`). `token` is set
    when a choice was tapped: the opaque token of a Choice. `at` is when the channel says it was sent.
    """

    id: str
    address: Address
    text: str
    at: datetime
    token: str | None = None
    media: Media | None = None


@dataclass(frozen=True)
class MessagePart:
    """A part of a long message, stored and acknowledged singly and joined in the lane. `number` counts from 1."""

    id: str
    address: Address
    reference: str
    number: int
    total: int
    text: str
    at: datetime


@dataclass(frozen=True)
class ChannelEvent:
    """subscribe, unsubscribe, scan, menu, session_start, session_end …"""

    id: str
    address: Address
    name: str
    at: datetime
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What became of one of our messages: the channel's id for it and `delivered`, `failed` or `read`."""

    id: str
    channel: str
    channel_id: str
    state: Literal["delivered", "failed", "read"]
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class ConversationEvent:
    """What the system brings into a conversation: `handoff_ended`, `payment_finished`, `order_finished`, `timer` …"""

    id: str
    conversation: str
    name: str
    at: datetime
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """Something said that nobody asked for. `response` is a wording name rendered with `values`. `dedupe` makes it
    once-only for 48 h.

    To reach a person through another Address than the one that caused it (a one-time code by SMS), `address` names it.
    `subscriber` is who it is meant for: said only while the number is theirs. "" for whoever is at the Address.
    """

    id: str
    address: Address
    kind: Literal["service", "marketing", "security"]
    response: str
    values: Mapping[str, Any]
    dedupe: str
    earliest: datetime
    latest: datetime
    language: str = "zh"
    subscriber: str = ""


Inbound = InboundMessage | MessagePart | ChannelEvent | Receipt | ConversationEvent | Notice


@dataclass(frozen=True)
class Choice:
    """Something a person can pick: the `label` and `number` they see, the opaque `token` that a tap returns, and the
    hidden payload.

    `intent` and `entities` never leave the switchboard: adapters send label, number and token only.
    """

    label: str
    number: int
    token: str
    intent: str
    entities: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """A link shown to a person; `url` is one of ours or on the allow-list."""

    title: str
    url: str


@dataclass(frozen=True)
class Reply:
    """Content without an address. `response` names the wording it was rendered from ("" for an agent's own words).

    `quote_id` is set when this reply shows a Quote: the quote counts as shown once the channel accepted the message.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    link: Link | None = None
    media: Media | None = None
    response: str = ""
    quote_id: str | None = None


@dataclass(frozen=True)
class OutboundMessage:
    """A Reply on its way. `epoch` is the conversation's when it was said; `in_reply_to` the inbound id it answers;
    `language` the conversation's, "" in records of before.
    """

    id: str
    conversation: str
    address: Address
    reply: Reply
    origin: Origin
    epoch: int
    at: datetime
    in_reply_to: str | None = None
    release_id: str = ""
    trace: str = ""
    author: str = ""
    language: str = ""


@dataclass(frozen=True)
class Understanding:
    """What the bot made of a message. `rejected` says why nothing was acted on ("" when something was)."""

    intent: str = ""
    confidence: float = 0.0
    ranking: tuple[tuple[str, float], ...] = ()
    entities: Mapping[str, Any] = field(default_factory=dict)
    rejected: str = ""


@dataclass(frozen=True)
class TurnContext:
    """Where the bot stands after the turn: public slots, the active form, and whether that form awaits a `number`, a
    `code` or a `proof` of who somebody is.
    """

    slots: Mapping[str, Any] = field(default_factory=dict)
    active_form: str = ""
    awaits: Literal["", "number", "code", "proof"] = ""

    @property
    def asks(self) -> bool:
        """Whether the bot asked a question of yes or no last, outside of a form: its slot `still_asked` says so."""
        kept = self.slots.get("still_asked")
        return isinstance(kept, Mapping) and bool(kept.get("offered"))


@dataclass(frozen=True)
class HandoffRequest:
    """The bot asks for a human. `reason` is a wording-free code (asked, not_understood, complaint, distress …);
    higher priority is sooner.
    """

    reason: str
    skill: str = "general"
    priority: int = 0


@dataclass(frozen=True)
class TimerRequest:
    """Raise ConversationEvent `name` in this conversation after `after_s` seconds; a later request of the same name
    replaces it; after_s < 0 cancels.
    """

    name: str
    after_s: float
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How one wish ended: done, answered, handed_off, abandoned, refused, not_understood."""

    wish: str
    how: Literal["done", "answered", "handed_off", "abandoned", "refused", "not_understood"]


@dataclass(frozen=True)
class TurnResult:
    """What a Responder answers. `language` is set when the person switched it; stored under the message id, so a
    repeated turn gives this again.
    """

    replies: tuple[Reply, ...] = ()
    handoff: HandoffRequest | None = None
    understanding: Understanding = Understanding()
    context: TurnContext = TurnContext()
    timers: tuple[TimerRequest, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    language: str = ""
    release_id: str = ""


@dataclass(frozen=True)
class Conversation:
    """The ongoing talk with one Address. `epoch` grows at each change of owner, `generation` when the number got
    another subscriber.
    """

    id: str
    address: Address
    owner: Owner = Owner.BOT
    epoch: int = 0
    generation: int = 0
    agent: str = ""
    handoff: str = ""
    language: str = "zh"
    region: str = ""
    binding: Binding | None = None
    release_id: str = ""
    context: TurnContext = TurnContext()


@dataclass(frozen=True)
class SecretValue:
    """A secret cut out of a text: stored encrypted for ≤10 minutes under `ref`; `kind` is code, card, bankcard, id or
    password.
    """

    ref: str
    kind: str
    value: str
