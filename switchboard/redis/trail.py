"""A conversation's way as far as Redis still knows it: who has it, what waits, and each step in order.

What is in SQL already leaves the log; then turns (48 h), the browser's messages (24 h) and the tracker's events still
tell. Numbers are masked; a person's words are shown only on demand, and then as the desk's screens show them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from switchboard import masking
from switchboard.model import Address
from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import Keys
from switchboard.redis.quarantine import Quarantine
from switchboard.redis.queues import routes
from switchboard.redis.records import load_log, load_message, loads, moment
from switchboard.redis.stores import Stores

PAGE = 1000
QUOTE = (
    "operation",
    "items",
    "price_fen",
    "due_now_fen",
    "monthly_fen",
    "expires_at",
    "catalogue_version",
    "state",
    "reason",
)
"""What is shown of a quote: neither the number nor the subscriber."""
_UNSAID = ("conversation", "address", "context", "choices", "understanding", "number", "subscriber_id")


@dataclass(frozen=True)
class Step:
    """`at` is a time as 2026-11-22T15:08:20.825Z or ""; `words` are key=value."""

    at: str
    what: str
    words: Mapping[str, object]


@dataclass(frozen=True)
class Trail:
    head: Mapping[str, object] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()


async def trail(stores: Stores, conversation: str, texts: bool = False) -> Trail | None:
    """None for a conversation that Redis does not know. Raises NotReachable."""
    known = await stores.conversations.get(conversation)
    steps = [step async for step in _steps(stores, conversation, texts)]
    if known is None and not steps:
        return None
    head: dict[str, object] = {"conversation": conversation}
    if known:
        head |= {
            "address": _address(known.address),
            "owner": known.owner.value,
            "epoch": known.epoch,
            "generation": known.generation,
            "agent": known.agent,
            "handoff": known.handoff,
            "language": known.language,
            "region": known.region,
            "release": known.release_id,
            "number": masking.msisdn(known.binding.msisdn) if known.binding else "",
            "form": known.context.active_form,
        }
    steps.sort(key=lambda step: step.at)
    return Trail({name: value for name, value in head.items() if value not in ("", None)}, tuple(steps))


async def _steps(stores: Stores, conversation: str, texts: bool) -> AsyncIterator[Step]:
    redis, keys, t = stores.redis, stores.keys, stores.keys.tag(conversation)
    partition, about = keys.partition(conversation), conversation.encode()
    with reaching():
        async for entry, fields in pages(redis, f"{t}:in"):
            if fields.get(b"c") == about:
                tries = int(await redis.hget(f"{t}:tries", entry) or 0)
                yield Step(
                    _moment(entry), "waits", {"entry": entry.decode(), "attempts": tries, **_item(fields[b"i"], texts)}
                )
        for route in await routes(redis):
            async for entry, fields in pages(redis, f"{t}:out:{route}"):
                message = load_message(fields[b"m"])
                if message.conversation == conversation:
                    yield Step(
                        _moment(entry), "to be sent", {"message": message.id, "route": route, "epoch": message.epoch}
                    )
        async for entry, fields in pages(redis, f"{t}:log"):
            if fields.get(b"c") == about:
                record = load_log(partition, entry, fields)
                yield Step(_shown_at(record.at), record.kind, _shown(record.body, texts))
        async for step in _kept(redis, keys, conversation, texts):
            yield step
    for one in await Quarantine(redis, keys.partitions, stores.clock).list():
        if one.conversation == conversation:
            yield Step(_shown_at(one.at), "in quarantine", {"id": one.id, "reason": one.reason, "kind": one.kind})


async def _kept(redis: Client, keys: Keys, conversation: str, texts: bool) -> AsyncIterator[Step]:
    """Turns with their results, the browser's messages, timers, the open quote."""
    of = keys.of
    async for key in redis.scan_iter(_pattern(of(conversation, "turn", conversation, "")), count=10_000):
        result = json.loads(await redis.get(key) or b"{}")
        message = key.decode().removeprefix(of(conversation, "turn", conversation, ""))
        intent = (result.get("understanding") or {}).get("intent", "")
        yield Step("", "turn done", {"message": message, "intent": intent, "replies": len(result.get("replies") or ())})
    async for entry, fields in pages(redis, of(conversation, "web", conversation)):
        yield Step(_moment(entry), "at the browser", {"message": load_message(fields[b"m"]).id})
    for stored in await redis.lrange(of(conversation, "events", conversation), 0, -1):
        for step in _events(json.loads(stored)):
            yield step
    async for key, due in redis.zscan_iter(of(conversation, "timers"), _pattern(f"{conversation}|")):
        yield Step(_shown_at(moment(int(due))), "timer is due", {"name": key.decode().partition("|")[2]})
    quote = (await redis.hget(keys.conversation(conversation), "quote") or b"").decode()
    if quote:
        stored = await redis.hgetall(of(conversation, "quote", quote))
        fields = {name.decode(): value.decode() for name, value in stored.items() if name != b"body"}
        body = {**json.loads(stored.get(b"body") or "{}"), **fields}
        yield Step(
            "",
            "open quote",
            {"quote": quote, **{name: body[name] for name in QUOTE if body.get(name) not in ("", None)}},
        )


def _events(events: list[dict[str, Any]]) -> Iterator[Step]:
    """The bot's own story: what it understood and did."""
    for event in events:
        at = _shown_at(moment(int(float(event.get("timestamp") or 0) * 1000)))
        if event.get("event") == "user":
            parsed = event.get("parse_data") or {}
            yield Step(at, "understood", {"intent": (parsed.get("intent") or {}).get("name", "")})
        if event.get("event") == "action" and event.get("name") != "action_listen":
            yield Step(at, "did", {"action": event.get("name", "")})


async def pages(redis: Client, stream: str) -> AsyncIterator[tuple[bytes, dict[bytes, bytes]]]:
    start = "-"
    while found := await redis.xrange(stream, min=start, count=PAGE):
        for entry, fields in found:
            yield entry, fields
        start = f"({found[-1][0].decode()}"


def _shown(body: Mapping[str, Any], texts: bool) -> dict[str, object]:
    """A log entry's body: ids and states; words and addresses as `_item` shows them."""
    shown: dict[str, object] = {}
    for name, value in body.items():
        if name in ("item", "message") and isinstance(value, Mapping):
            shown |= _item(json.dumps(value), texts)
        elif name not in _UNSAID and value not in ("", None, []):
            shown[name] = masking.hide(value) if isinstance(value, str) else value
    return shown


def _item(data: bytes | str, texts: bool) -> dict[str, object]:
    item = loads(data)
    text = item.get("text") or (item.get("reply") or {}).get("text") or ""
    told: dict[str, object] = {"id": item.get("id", ""), "type": item.get("type", ""), "name": item.get("name", "")}
    told |= {"origin": item.get("origin", ""), "response": (item.get("reply") or {}).get("response", "")}
    told["text"] = masking.hide(text) if texts else f"{len(text)} characters" if text else ""
    return {name: value for name, value in told.items() if value not in ("", None)}


def _address(address: Address) -> str:
    return f"{address.channel}:{masking.msisdn(address.id) if address.channel == 'sms' else address.id[:6] + '…'}"


def _moment(entry: bytes) -> str:
    return _shown_at(moment(int(entry.split(b"-")[0])))


def _shown_at(at: datetime) -> str:
    """In UTC, always as long, so that lines stand below each other and sort."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _pattern(prefix: str) -> str:
    """A glob for names that begin so."""
    return "".join(f"\\{sign}" if sign in "*?[]\\" else sign for sign in prefix) + "*"
