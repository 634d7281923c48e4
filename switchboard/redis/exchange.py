"""The exchange: accept, read, commit, sent, timers. Each is one fenced script or one read; all raise NotReachable."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from switchboard import masking
from switchboard.codec import json_of
from switchboard.errors import BadRecord, Full, NotReachable, StoreUnavailable
from switchboard.model import (
    Address,
    ConversationEvent,
    Inbound,
    MessagePart,
    Notice,
    Origin,
    OutboundMessage,
    Owner,
    Receipt,
    SecretValue,
)
from switchboard.ports import Clock
from switchboard.redis.connection import reaching
from switchboard.redis.copies import Copies
from switchboard.redis.keys import Keys, tag
from switchboard.redis.quarantine import cutoff_ms, kept
from switchboard.redis.receipts import Receipts
from switchboard.redis.records import (
    Entry,
    LogRecord,
    Standing,
    dump_item,
    dumps,
    load_item,
    load_standing,
    log_args,
    ms,
)
from switchboard.redis.scripting import Scripts, together
from switchboard.redis.vault import Seal


@dataclass(frozen=True)
class HandoffStart:
    """A hand-off that begins with a commit: `score` is its place in the queue, lower is sooner."""

    id: str
    score: int
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Commit:
    """Everything that ends an entry. `epoch` is the one it was routed by; a new `owner` has the next one."""

    entry: Entry
    epoch: int
    fields: Mapping[str, str] = field(default_factory=dict)
    out: tuple[OutboundMessage, ...] = ()
    log: tuple[LogRecord, ...] = ()
    timers: tuple[tuple[str, datetime, Inbound], ...] = ()
    cancel: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    owner: Owner | None = None
    handoff: HandoffStart | None = None
    unqueue: bool = False
    void: str = ""


class RedisAccept:
    """The Accept port. `cap`: how many entries may wait in one partition; `key` makes conversation ids of addresses."""

    def __init__(self, scripts: Scripts | Copies, keys: Keys, key: bytes, seal: Seal, cap: int) -> None:
        self._scripts, self._keys, self._key, self._seal, self._cap = scripts, keys, key, seal, cap

    async def accept(self, items: Sequence[Inbound], secrets: Sequence[SecretValue] = (), trace: str = "") -> list[str]:
        """See ports.Accept."""
        groups: dict[int, list[tuple[str, Inbound]]] = {}
        for item in items:
            conversation = conversation_of(item, self._key)
            groups.setdefault(self._keys.partition(conversation), []).append((conversation, item))
        fresh: list[str] = []
        for partition, group in groups.items():
            fresh += await self._store(tag(partition), group, secrets, trace)
        return fresh

    async def _store(
        self, tag: str, group: list[tuple[str, Inbound]], secrets: Sequence[SecretValue], trace: str
    ) -> list[str]:
        args: list[str | bytes | int] = []
        sealed: list[str | bytes | int] = []
        for conversation, item in group:
            data = dump_item(item)
            for secret in (s for s in secrets if s.ref in data):
                sealed += [f"{tag}:vault:{conversation}:{secret.ref}", self._seal.close(conversation, secret)]
            args += [dedupe_of(item), conversation, data, trace]
        try:
            answer = await self._scripts.run(
                "accept", [f"{tag}:in"], [tag, self._cap, len(sealed) // 2, *sealed, *args]
            )
        except NotReachable as error:
            raise StoreUnavailable(str(error)) from error
        if answer == b"full":
            raise Full(f"{tag} holds {self._cap} waiting entries")
        return [item.id for (_, item), is_new in zip(group, answer, strict=True) if is_new]


class Exchange:
    """What a worker does with its partitions. `route` names the out stream of an Address; messages of the routes
    `fetched` lie in Redis until people come for them: the commit itself puts them there, and nobody has to send them.
    """

    def __init__(
        self,
        scripts: Scripts,
        keys: Keys,
        route: Callable[[Address], str],
        clock: Clock,
        fetched: Collection[str] = (),
    ) -> None:
        self._scripts, self._redis, self._keys, self._route, self._clock = scripts, scripts.redis, keys, route, clock
        self._fetched = fetched
        self.receipts = Receipts(scripts.redis, keys)

    async def read(
        self, streams: Sequence[tuple[str, str]], count: int = 100
    ) -> list[list[tuple[str, dict[bytes, bytes]]]]:
        """Entries after the cursor ("0" at first) of each (stream, cursor)."""
        calls = [
            ([stream for stream, _ in group], [count, *(cursor for _, cursor in group)])
            for group in together(self._redis, streams, lambda pair: pair[0].partition(":")[0])
        ]
        answers = [found for answer in await self._scripts.run_many("read", calls) for found in answer]
        return [[(entry.decode(), dict(zip(f[::2], f[1::2], strict=True))) for entry, f in found] for found in answers]

    async def standing(self, conversation: str, address: Address | None) -> Standing | None:
        with reaching():
            stored = await self._redis.hgetall(self._keys.conversation(conversation))
        return load_standing(conversation, stored, address)

    async def commit(self, token: str, commit: Commit) -> str:
        """done; said: done, and the messages were sent by that; gone: was committed before; moved: the owner changed,
        route again; lost: the lease is another's."""
        conversation, tag = commit.entry.conversation, self._keys.tag(commit.entry.conversation)
        keys = [f"{tag}:lease", f"{tag}:in", self._keys.conversation(conversation)]
        plan = json_of(self._plan(commit))
        return str((await self._scripts.run("commit", keys, [token, tag, conversation, plan])).decode())

    def _plan(self, commit: Commit) -> dict[str, Any]:
        now, fields = self._clock(), dict(commit.fields)
        if commit.owner:
            fields |= {"owner": commit.owner.value, "epoch": str(commit.epoch + 1), "agent": ""}
        plan: dict[str, Any] = {
            "epoch": str(commit.epoch),
            "entries": commit.entry.ids,
            "settled": [name for entry in commit.entry.ids for name in (entry, f"{entry}:early")],
            "fields": [word for pair in fields.items() for word in pair],
            "void": commit.void or None,
            "out": [(self._route(m.address), dumps(m)) for m in commit.out] or None,
            "here": self._here(commit.out, now),
            "log": [log_args(record, now) for record in commit.log] or None,
            "timers": [self._timer(commit.entry.conversation, *timer) for timer in commit.timers] or None,
            "cancel": [timer_key(commit.entry.conversation, name) for name in commit.cancel] or None,
            "turns": commit.turns or None,
            "unqueue": commit.unqueue or None,
            "quarantine": self._aside(commit, now),
            # Whoever waits for the answer (the REST webhook) hears which messages it is, also who sent an opener of it.
            "done": json_of(
                {
                    "message_ids": [item.id for item in (*commit.entry.earlier, commit.entry.item)],
                    "replies": [m.id for m in commit.out],
                }
            ),
        }
        if commit.handoff:
            words = [word for pair in commit.handoff.fields.items() for word in pair]
            plan["handoff"] = {"id": commit.handoff.id, "score": str(commit.handoff.score), "fields": words}
        # cjson reads null as a value that counts as true.
        return {name: value for name, value in plan.items() if value is not None}

    def _here(self, out: Sequence[OutboundMessage], now: datetime) -> dict[str, Any] | None:
        """What the commit needs to put messages where they are fetched; None when somebody has to send one."""
        if not out or not all(self._route(m.address) in self._fetched and not _sealed(m) for m in out):
            return None
        messages = [(m.id, m.reply.quote_id or "") for m in out]
        return {"address": out[0].address.id, "messages": messages, "now_ms": str(ms(now)), "at": now.isoformat()}

    @staticmethod
    def _aside(commit: Commit, now: datetime) -> tuple[str, str] | None:
        """What is kept of an entry that nobody could answer, so that it can be played again."""
        body = next((record.body for record in commit.log if record.kind == "quarantine"), None)
        if body is None:
            return None
        entry = commit.entry
        return kept(entry.conversation, dump_item(entry.thought), entry.trace, body, now), str(cutoff_ms(now))

    @staticmethod
    def _timer(conversation: str, name: str, due: datetime, item: Inbound) -> tuple[str, str, str]:
        return timer_key(conversation, name), str(ms(due)), timer_value(conversation, item)

    async def say_early(self, token: str, entry: Entry, message: OutboundMessage) -> None:
        """One word while the entry is still being worked on; a second call for the same entry says nothing."""
        tag = self._keys.tag(entry.conversation)
        record = log_args(LogRecord("reply", {"message": message, "early": True}), self._clock())
        await self._scripts.run(
            "early",
            [f"{tag}:lease", f"{tag}:in", f"{tag}:tries"],
            [token, tag, entry.conversation, entry.id, self._route(message.address), dumps(message), *record],
        )

    async def attempt(self, token: str, entry: Entry, step: int = 1) -> int:
        """Count an attempt (1) or take it back (-1); how many there were, -1 when the lease is lost."""
        tag = self._keys.tag(entry.conversation)
        return int(await self._scripts.run("attempt", [f"{tag}:lease", f"{tag}:tries"], [token, entry.id, step]))

    async def fire(self, token: str, partition: int) -> int:
        """Bring due timers of a partition into its lanes; how many, -1 when the lease is lost."""
        t = tag(partition)
        return int(
            await self._scripts.run("fire", [f"{t}:lease", f"{t}:timers", f"{t}:timer"], [token, t, ms(self._clock())])
        )

    async def sent(
        self,
        token: str,
        route: str,
        entry: str,
        message: OutboundMessage,
        record: LogRecord,
        void: str = "",
        handed: str = "",
    ) -> str:
        """done, gone or lost. The channel took the message (its quote is shown now), or did not: `void` says why.
        `handed` is the `place` before the channel got it, "" where that is not known: then it is now.
        """
        tag = self._keys.tag(message.conversation)
        keys = [f"{tag}:lease", f"{tag}:out:{route}", self._keys.conversation(message.conversation)]
        now = self._clock()
        head = [token, tag, message.conversation, entry, message.reply.quote_id or "", void or "shown", ms(now), handed]
        return str((await self._scripts.run("sent", keys, [*head, *log_args(record, now)])).decode())

    async def place(self, conversation: str) -> str:
        """The last one in the log of what people say, in this conversation's partition."""
        tag = self._keys.tag(conversation)
        return str((await self._scripts.run("place", [f"{tag}:in"], [tag])).decode())

    async def epoch(self, conversation: str) -> int:
        with reaching():
            return int(await self._redis.hget(self._keys.conversation(conversation), "epoch") or 0)

    async def score(self, conversation: str) -> int:
        """A waiting conversation's place in the queue: lower is sooner."""
        with reaching():
            return int(await self._redis.zscore(f"{self._keys.tag(conversation)}:queue", conversation) or 0)

    async def bury(self, token: str, partition: int, entry: str, fields: Mapping[bytes, bytes]) -> None:
        """An entry that cannot even be read: kept and logged as it is, so that somebody can look."""
        raw, conversation, trace = (fields.get(name, b"").decode(errors="replace") for name in (b"i", b"c", b"t"))
        record, now, t = {"item": {"raw": raw}, "reason": "unreadable"}, self._clock(), tag(partition)
        aside = [conversation, entry, kept(conversation, raw, trace, record, now), cutoff_ms(now)]
        logged = log_args(LogRecord("quarantine", record), now)
        await self._scripts.run("bury", [f"{t}:lease", f"{t}:in"], [token, t, *aside, *logged])

    async def live_release(self) -> str:
        with reaching():
            return (await self._redis.get("release:live") or b"").decode()


def _sealed(message: OutboundMessage) -> bool:
    """Whether the sender puts a secret into it."""
    return message.origin is Origin.SYSTEM and bool(masking.PLACEHOLDER.search(message.reply.text))


def conversation_of(item: Inbound, key: bytes) -> str:
    """Which conversation an item belongs to; receipts are spread by the channel's id."""
    if isinstance(item, ConversationEvent):
        return item.conversation
    if isinstance(item, Receipt):
        return f"receipt:{item.channel_id}"
    return item.address.conversation_id(key)


def dedupe_of(item: Inbound) -> str:
    if isinstance(item, Notice):
        return f"notice:{item.dedupe}"
    if isinstance(item, MessagePart):
        # A carrier may use one id for all parts of a message.
        return f"{item.id}#{item.reference}.{item.number}"
    return item.id


def timer_key(conversation: str, name: str) -> str:
    return f"{conversation}|{name}"


def timer_value(conversation: str, item: Inbound) -> str:
    return json.dumps([conversation, dump_item(item), ""], ensure_ascii=False)


def load_entry(entry: str, fields: Mapping[bytes, bytes]) -> Entry:
    """Raises BadRecord."""
    try:
        return Entry((entry,), fields[b"c"].decode(), load_item(fields[b"i"]), fields[b"t"].decode())
    except KeyError as error:
        raise BadRecord(f"entry {entry}: no field {error}") from error
