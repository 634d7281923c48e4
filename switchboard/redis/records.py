"""How things look inside Redis: JSON of the model's types, with a type name where several kinds share a stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from switchboard import model
from switchboard.codec import from_dict, to_dict, to_json
from switchboard.errors import BadRecord
from switchboard.model import (
    Address,
    Binding,
    Choice,
    Conversation,
    Inbound,
    InboundMessage,
    OutboundMessage,
    Owner,
    SecretValue,
    TurnContext,
)
from switchboard.ports import LogEntry

_KINDS: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        model.InboundMessage,
        model.MessagePart,
        model.ChannelEvent,
        model.Receipt,
        model.ConversationEvent,
        model.Notice,
    )
}


@dataclass(frozen=True)
class Entry:
    """One entry of {pN}:in. `ids` are the stream ids that end with it: several when it was joined from parts.
    `secrets` showed only then; the vault does not know them yet. `earlier` are the openers that are read together with
    a message: one thought in several messages. `again_ms`: the log has the item already; it was kept for a human, and
    brought back then (0 for any other)."""

    ids: tuple[str, ...]
    conversation: str
    item: Inbound
    trace: str = ""
    secrets: tuple[SecretValue, ...] = field(default=(), repr=False)
    earlier: tuple[InboundMessage, ...] = ()
    again_ms: int = 0

    @property
    def id(self) -> str:
        return self.ids[0]

    @property
    def arrived_ms(self) -> int:
        return int(self.id.split("-")[0])

    @property
    def last_ms(self) -> int:
        """When the newest of them arrived."""
        return int(self.ids[-1].split("-")[0])

    @property
    def thought(self) -> Inbound:
        """The item, with the words of the openers before its own."""
        if not self.earlier or not isinstance(self.item, InboundMessage):
            return self.item
        texts = [message.text for message in (*self.earlier, self.item)]
        glue = " " if all(text.isascii() for text in texts) else "，"
        return replace(self.item, text=glue.join(texts))

    def followed_by(self, entry: Entry) -> Entry:
        """Both as one: the later message with the earlier one before it. Its own id stays the turn's, so that a repeat
        never finds the answer to half of it."""
        assert isinstance(self.item, InboundMessage)
        earlier = (*self.earlier, self.item)
        return replace(entry, ids=self.ids + entry.ids, secrets=self.secrets + entry.secrets, earlier=earlier)


@dataclass(frozen=True)
class LogRecord:
    """What the caller puts into the log: kind and body; conversation and moment are added where it is written."""

    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """All that the router must know.

    `choices` is the last list shown; `greeted`: the person was told that a machine talks; `active_ms`: when they last
    spoke, 0 for never; `quote_form`: the form in which the open quote was shown; `marketing`: consent to it;
    `told_off`: the mark of the switch that they last heard of; `noticed`: the version of what they were told of their
    personal data; `unanswered`: the last line that was kept for a human, as dump_item made it; `queue_told`: hand-off
    and moment (ms) of the last word about the queue; `progress_told`: the hand-off of the last that nobody asked for.
    """

    conversation: Conversation
    stored: bool = False
    choices: tuple[Choice, ...] = ()
    greeted: bool = False
    active_ms: int = 0
    quote: str = ""
    quote_form: str = ""
    marketing: bool = False
    told_off: str = ""
    noticed: str = ""
    unanswered: str = ""
    queue_told: str = ""
    progress_told: str = ""


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def dumps(value: Any) -> str:
    return to_json(value)


def dump_item(item: Inbound) -> str:
    return dumps({"type": type(item).__name__, **to_dict(item)})


def load_item(data: bytes | str) -> Inbound:
    """Raises BadRecord."""
    body = loads(data)
    cls = _KINDS.get(body.pop("type", ""))
    if cls is None:
        raise BadRecord("unknown type of entry")
    item: Inbound = from_dict(cls, body)
    return item


def load_message(data: bytes | str) -> OutboundMessage:
    """Raises BadRecord."""
    return from_dict(OutboundMessage, loads(data))


def loads(data: bytes | str) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError as error:
        raise BadRecord(str(error)) from error
    if not isinstance(body, dict):
        raise BadRecord("not an object")
    return body


def load_choices(data: bytes | str | None) -> tuple[Choice, ...]:
    return tuple(from_dict(Choice, choice) for choice in json.loads(data)) if data else ()


def log_args(record: LogRecord, now: datetime) -> tuple[str, str, str]:
    """kind, moment, body: as the scripts take them."""
    return record.kind, now.isoformat(), dumps(record.body)


def load_log(partition: int, entry: bytes, fields: Mapping[bytes, bytes]) -> LogEntry:
    return LogEntry(
        partition=partition,
        entry=entry.decode(),
        kind=fields[b"k"].decode(),
        conversation=fields[b"c"].decode(),
        at=datetime.fromisoformat(fields[b"t"].decode()),
        body=json.loads(fields[b"b"]),
    )


def load_standing(conversation: str, stored: Mapping[bytes, bytes], address: Address | None) -> Standing | None:
    """From the conversation's hash; `address` is for one that has none yet. None: nobody knows where the person is."""
    text = {key.decode(): value.decode() for key, value in stored.items()}
    known = from_dict(Address, loads(text["address"])) if text.get("address") else address
    if known is None:
        return None
    binding = from_dict(Binding, loads(text["binding"])) if text.get("binding") else None
    context = from_dict(TurnContext, loads(text["context"])) if text.get("context") else TurnContext()
    return Standing(
        conversation=Conversation(
            id=conversation,
            address=known,
            owner=Owner(text.get("owner", "bot")),
            epoch=int(text.get("epoch", 0)),
            generation=int(text.get("generation", 0)),
            agent=text.get("agent", ""),
            handoff=text.get("handoff", ""),
            language=text.get("language", "zh"),
            region=text.get("region", ""),
            binding=binding,
            release_id=text.get("release", ""),
            context=context,
        ),
        stored="address" in text,
        choices=load_choices(text.get("choices")),
        greeted=text.get("greeted") == "1",
        noticed=text.get("noticed", ""),
        active_ms=int(text.get("active_ms", 0)),
        quote=text.get("quote", ""),
        quote_form=text.get("quote_form", ""),
        marketing=text.get("marketing") == "1",
        told_off=text.get("told_off", ""),
        unanswered=text.get("unanswered", ""),
        queue_told=text.get("queue_told", ""),
        progress_told=text.get("progress_told", ""),
    )
