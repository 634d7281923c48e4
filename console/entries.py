"""What each kind of log entry changes in the tables: pure functions, so a malformed one is found before SQL is touched.

The kinds and bodies are those of switchboard/redis/log.py. A kind that is not known is kept as a raw record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from console import tables
from switchboard.ports import LogEntry

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENDED = frozenset({"handed_back", "closed", "abandoned"})
STATES = frozenset({"sent", "failed", "dropped"})
_CODE = re.compile(r"(?<![\d*])\d{4,8}(?![\d*])")
"""What a one-time code looks like in the text that sends it; no store may hold one."""
_HALF = re.compile(r"[\ud800-\udfff]")
"""Half of a character: a channel that cuts in the wrong place sends it, and no database takes it."""


@dataclass(frozen=True)
class Insert:
    """A new row, or nothing when its key is there already."""

    table: sa.Table
    values: dict[str, Any]


@dataclass(frozen=True)
class Put:
    """The row under `key` gets `values`; a new one gets `first` too."""

    table: sa.Table
    key: dict[str, Any]
    values: dict[str, Any]
    first: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Update:
    """Rows where all of `key` is so get `values`."""

    table: sa.Table
    key: dict[str, Any]
    values: dict[str, Any]


Change = Insert | Put | Update


def day_of(moment: datetime) -> str:
    """The calendar day in China."""
    return moment.astimezone(SHANGHAI).date().isoformat()


def changes(entry: LogEntry) -> list[Change]:
    """What the entry changes, in order. One that cannot be read becomes a raw record of kind `unreadable:<kind>`."""
    try:
        made: list[Change] = list(_KINDS.get(entry.kind, _record)(_clean(entry)))
    except (KeyError, TypeError, ValueError, AttributeError):
        return list(_record(_clean(entry), f"unreadable:{entry.kind}"))
    return made


def _clean(entry: LogEntry) -> LogEntry:
    """Without NUL, which PostgreSQL cannot store, and without the ids of addresses, which may be phone numbers."""
    body = _scrub(entry.body)
    return LogEntry(entry.partition, entry.entry, entry.kind, entry.conversation, entry.at, body)


def _scrub(value: Any, name: str = "") -> Any:
    if isinstance(value, str):
        if value.isprintable():
            return value
        whole = value.encode("utf-8", "replace").decode() if _HALF.search(value) else value
        return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict):
        hidden = "id" if name == "address" else None
        return {k: _scrub(v, k) for k, v in value.items() if k != hidden}
    return [_scrub(v) for v in value] if isinstance(value, list) else value


def channel_of(conversation: str) -> str:
    """A conversation's id begins with its channel."""
    return conversation.split(":", 1)[0]


def touches(entries: Sequence[LogEntry]) -> list[Change]:
    """The conversations that the entries are about: known from their first entry on, with the moment of their last."""
    last = {entry.conversation: entry.at for entry in entries}
    return [
        Put(tables.conversations, {"id": name}, {"last_at": at}, {"channel": channel_of(name)})
        for name, at in last.items()
    ]


def _conversation(entry: LogEntry, **values: Any) -> Update:
    return Update(tables.conversations, {"id": entry.conversation}, values)


def _message(entry: LogEntry, message: str, origin: str, text: str, at: Any, **more: Any) -> Insert:
    moment = datetime.fromisoformat(at) if at else entry.at
    values = {
        "partition": entry.partition,
        "entry": entry.entry,
        "conversation": entry.conversation,
        "channel": channel_of(entry.conversation),
        "message": message,
        "origin": origin,
        "text": text,
        "extras": {},
        "at": moment,
        "day": day_of(moment),
    }
    # All have the same columns: rows of one shape go together, and the order of a transcript is that of its rows.
    columns = {"author": "", "response": "", "in_reply_to": "", "state": "", "release_id": "", "understanding": None}
    return Insert(tables.messages, values | columns | more)


def _inbound(entry: LogEntry) -> Iterator[Change]:
    body, item = entry.body, entry.body["item"]
    yield _conversation(entry, language=body.get("language") or "zh", region=body.get("region") or "")
    if item.get("type", "InboundMessage") != "InboundMessage":
        yield from _record(entry)
        return
    extras = {name: item[name] for name in ("media",) if item.get(name)}
    extras |= {name: body[name] for name in ("read_with",) if body.get(name)}
    # The channel's clock may be wrong, and the order of a transcript must not be: our moment counts.
    yield _message(
        entry, item["id"], "person", item["text"], None, extras=extras, release_id=body.get("release_id", "")
    )


def _turn(entry: LogEntry) -> Iterator[Change]:
    body = entry.body
    values = {"understanding": body.get("understanding") or {}}
    yield Update(tables.messages, {"conversation": entry.conversation, "message": body["message"]}, values)


def _outbound(entry: LogEntry) -> Iterator[Change]:
    if "message" not in entry.body:
        # A notice that consent, quiet hours or its latest moment forbade.
        yield from _record(entry)
        return
    said, reply = entry.body["message"], entry.body["message"]["reply"]
    extras = {name: reply[name] for name in ("link", "media") if reply.get(name)}
    if reply.get("choices"):
        extras["choices"] = [{"number": c["number"], "label": c["label"]} for c in reply["choices"]]
    text = reply["text"]
    if entry.kind == "notice":
        extras["notice"] = entry.body.get("kind", "service")
        if extras["notice"] == "security":
            text = _CODE.sub("****", text)
    yield _message(
        entry,
        said["id"],
        said["origin"],
        text,
        None,
        extras=extras,
        author=said.get("author", ""),
        response=reply.get("response", ""),
        in_reply_to=said.get("in_reply_to") or "",
        release_id=said.get("release_id", ""),
    )


def _fate(entry: LogEntry) -> Iterator[Change]:
    """sent, failed, dropped, receipt: what became of a message of ours."""
    state = entry.kind if entry.kind in STATES else entry.body["state"]
    key = {"conversation": entry.conversation, "message": entry.body["message"]}
    if state == "sent":
        # A channel's receipt may be faster than our own record, and says more.
        key["state"] = ""
    yield Update(tables.messages, key, {"state": state})
    if state in ("failed", "dropped"):
        yield from _record(entry)


def _owner(entry: LogEntry) -> Iterator[Change]:
    body = entry.body
    yield _conversation(entry, owner=body["owner"], agent=body.get("agent", ""), epoch=int(body.get("epoch", 0)))
    yield from _record(entry)


def _handoff(entry: LogEntry) -> Iterator[Change]:
    body, state = entry.body, entry.body["state"]
    first = {
        "conversation": entry.conversation,
        "channel": channel_of(entry.conversation),
        "queued_at": entry.at,
        "day": day_of(entry.at),
        "context": body.get("context") or {},
        "reason": body.get("reason", ""),
        "skill": body.get("skill", ""),
        "priority": int(body.get("priority") or 0),
    }
    values: dict[str, Any] = {"how": state}
    if state == "human":
        values |= {"accepted_at": entry.at, "agent": body.get("agent", "")}
    if state == "requeued":
        values |= {"agent": ""}
    if state in ENDED:
        values |= {"ended_at": entry.at, "code": body.get("code") or "", "note": body.get("note") or ""}
    yield Put(tables.handoffs, {"id": body["handoff"]}, values, first)


def _outcome(entry: LogEntry) -> Iterator[Change]:
    values = {
        "partition": entry.partition,
        "entry": entry.entry,
        "conversation": entry.conversation,
        "channel": channel_of(entry.conversation),
        "wish": entry.body["wish"],
        "how": entry.body["how"],
        "at": entry.at,
        "day": day_of(entry.at),
    }
    yield Insert(tables.outcomes, values)


def _binding(entry: LogEntry) -> Iterator[Change]:
    bound = entry.body.get("state") == "bound"
    yield _conversation(entry, number_masked=entry.body.get("number", "") if bound else "")
    yield from _record(entry)


def _quarantine(entry: LogEntry) -> Iterator[Change]:
    item = entry.body["item"]
    yield from _record(entry)
    if item.get("type", "InboundMessage") == "InboundMessage":
        yield _message(entry, item["id"], "person", item["text"], None, state="quarantined")


def _record(entry: LogEntry, kind: str = "") -> Iterator[Change]:
    values = {
        "partition": entry.partition,
        "entry": entry.entry,
        "kind": kind or entry.kind,
        "conversation": entry.conversation,
        "at": entry.at,
        "body": entry.body,
    }
    yield Insert(tables.records, values)


_KINDS: dict[str, Callable[[LogEntry], Iterator[Change]]] = {
    "inbound": _inbound,
    "turn": _turn,
    "reply": _outbound,
    "agent": _outbound,
    "notice": _outbound,
    "sent": _fate,
    "failed": _fate,
    "dropped": _fate,
    "receipt": _fate,
    "owner": _owner,
    "handoff": _handoff,
    "outcome": _outcome,
    "binding": _binding,
    "quarantine": _quarantine,
}
