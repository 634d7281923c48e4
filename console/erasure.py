"""All that is kept of one person: finds it in Redis, SQL and the processes' logs, and erases it.

The audit stays whole: it is chained by hashes and names people by the pseudonyms of their conversations only. Evidence
of purchases stays until its own time is over, for whoever disputes one. The CRM is the carrier's.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from console.audit import Audit
from console.tables import audit, conversations, drafts, handoffs, messages, outcomes, records
from switchboard.errors import BadInput
from switchboard.model import Address
from switchboard.redis import forgetting, rewriting
from switchboard.redis.forgetting import Share, Span, read_spans, told_spans
from switchboard.redis.snapshot import leftover
from switchboard.redis.stores import Stores

EVIDENCE = "evidence"
"""Kind of the records that prove a purchase."""
ERASING, ERASED = "erasing", "erased"
"""What the audit says before the first deletion, and once nothing is left."""
SUBSCRIBER = "subscriber"
PASSES, PAUSE_S = 5, 1.0
"""What was under way when we looked is found by the next look."""
_NUMBER = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_Rows = list[tuple[sa.Table, sa.sql.ColumnElement[bool]]]
_BOUND = records.c.body["subscriber_id"].as_string()
_MOMENTS = {
    drafts: drafts.c.updated_at,
    messages: messages.c.at,
    handoffs: handoffs.c.queued_at,
    outcomes: outcomes.c.at,
    records: records.c.at,
}
"""Tables with a person's rows, each with the moment of a row; conversations come last, since these point there."""


@dataclass(frozen=True)
class Conversation:
    """One of theirs. `spans`: only what is from then is theirs; None where nobody else was ever bound in it."""

    id: str
    address: Address | None
    spans: tuple[Span, ...] | None = None

    @property
    def share(self) -> Share:
        return Share(self.address, self.spans)


@dataclass(frozen=True)
class Found:
    """What there is, by kind. `rewritten`: False where Redis' append-only file still holds what was erased."""

    redis: Mapping[str, int]
    sql: Mapping[str, int]
    logs: int
    evidence: int
    rewritten: bool = True

    @property
    def nothing(self) -> bool:
        return not (self.redis or self.sql or self.logs)


class Erasure:
    """`logs` is the folder of the processes' logs, `key` is Settings.key("conversation")."""

    def __init__(self, stores: Stores, engine: AsyncEngine, audit: Audit, key: bytes, logs: Path) -> None:
        self._stores, self._engine, self._audit, self._key, self._logs = stores, engine, audit, key, logs

    def pseudonym(self, who: str) -> str:
        """By what the audit names them. Raises BadInput."""
        return _address(who).conversation_id(self._key)

    async def whose(self, who: str) -> list[Conversation]:
        """The conversations of a number (+86138…, 138…) or of a subscriber (subscriber:s1) with all their Addresses,
        now and before, or of one Address (wechat:openid, web:session, sms:number); and what an erasure that broke off
        left. Raises BadInput for an Address that nobody has, NotReachable.
        """
        address = _address(who)
        begun = await self.unfinished(who)
        if address.channel == SUBSCRIBER:
            found = await self._of({address.id}, {})
        elif address.channel == "sms":
            found = await self._of_number(address)
        else:
            found = [Conversation(address.conversation_id(self._key), address)]
            if not begun and not await self._known(found[0].id):
                raise BadInput("neither Redis nor SQL knows this Address")
        told = {one.id: one.spans for one in begun}
        theirs = [Conversation(one.id, one.address, told.pop(one.id, one.spans)) for one in found]
        return [*theirs, *(one for one in begun if one.id in told)]

    async def unfinished(self, who: str) -> list[Conversation]:
        """What an erasure of them was to erase that has not ended yet."""
        asked = sa.select(audit.c.action, audit.c.detail).where(audit.c.subject == self.pseudonym(who))
        asked = asked.where(audit.c.action.in_((ERASING, ERASED))).order_by(audit.c.number)
        left: dict[str, Conversation] = {}
        async with self._engine.connect() as connection:
            for row in await connection.execute(asked):
                begun = json.loads(row.detail)["conversations"] if row.action == ERASING else []
                told = {name: Conversation(name, None, read_spans(spans)) for name, spans in begun}
                left = left | told if told else {}
        return list(left.values())

    async def _known(self, conversation: str) -> bool:
        if await self._stores.conversations.get(conversation):
            return True
        async with self._engine.connect() as connection:
            asked = sa.select(conversations.c.id).where(conversations.c.id == conversation)
            return (await connection.execute(asked)).first() is not None

    async def _of_number(self, phone: Address) -> list[Conversation]:
        """Whoever has the number now; the last who had it where nobody has."""
        name = phone.conversation_id(self._key)
        places = [place async for place in forgetting.places(self._stores.redis) if place.number == phone.id]
        subscribers = {place.subscriber for place in places} - {""}
        if not subscribers:
            past = (await self._bindings(records.c.conversation == name)).get(name, [])
            subscribers = set([subscriber for _, subscriber in past if subscriber][-1:])
        return await self._of(subscribers, {name: phone, **{place.conversation: place.address for place in places}})

    async def _of(self, subscribers: set[str], also: Mapping[str, Address]) -> list[Conversation]:
        """Conversations in which one of them is bound, or was once; and `also`, which come first."""
        now = {place.conversation: place async for place in forgetting.places(self._stores.redis)}
        once = sa.select(records.c.conversation).where((records.c.kind == "binding") & _BOUND.in_(subscribers))
        names = [*also, *(name for name, place in now.items() if place.subscriber in subscribers)]
        past = await self._bindings(records.c.conversation.in_(once) | records.c.conversation.in_(names))
        theirs = []
        for name in dict.fromkeys([*names, *past]):
            place, known = now.get(name), past.get(name, [])
            if place and place.since and (not known or known[-1][1] != place.subscriber):
                # SQL is a little behind.
                known.append((place.since, place.subscriber))
            address = place.address if place else also.get(name)
            theirs.append(Conversation(name, address, _spans(known, subscribers)))
        return theirs

    async def _bindings(self, which: sa.sql.ColumnElement[bool]) -> dict[str, list[tuple[datetime, str]]]:
        """Conversation → since when who was bound; "" is nobody."""
        asked = sa.select(records.c.conversation, records.c.at, _BOUND.label("subscriber"))
        asked = asked.where((records.c.kind == "binding") & which).order_by(records.c.at, records.c.entry)
        found: dict[str, list[tuple[datetime, str]]] = {}
        async with self._engine.connect() as connection:
            for row in await connection.execute(asked):
                found.setdefault(row.conversation, []).append((row.at, row.subscriber or ""))
        return found

    async def look(self, theirs: Sequence[Conversation]) -> Found:
        """Count without changing anything. Raises NotReachable."""
        sql: dict[str, int] = {}
        async with self._engine.connect() as connection:
            for table, which in rows_of(theirs):
                count = sa.select(sa.func.count()).select_from(table).where(which)
                if number := (await connection.execute(count)).scalar_one():
                    sql[table.name] = sql.get(table.name, 0) + number
            ids = [one.id for one in theirs]
            proof = sa.select(sa.func.count()).select_from(records)
            proof = proof.where((records.c.kind == EVIDENCE) & records.c.conversation.in_(ids))
            evidence = (await connection.execute(proof)).scalar_one()
        redis = forgetting.kinds(await self._pieces(theirs))
        return Found(redis, sql, sum(_blank(file, _words(theirs), act=False) for file in self._files()), evidence)

    async def erase(self, theirs: Sequence[Conversation], by: str, subject: str = "") -> Found:
        """Erase until nothing is left; what is left all the same. `subject` is their pseudonym, else the first
        conversation. The audit names them before the first deletion: what breaks off can be finished. Raises
        NotReachable.
        """
        before, subject = await self.look(theirs), subject or theirs[0].id
        detail = {"conversations": [[one.id, told_spans(one.spans)] for one in theirs]}
        await self._audit.write(by, ERASING, subject, {**detail, "redis": dict(before.redis), "sql": dict(before.sql)})
        left = before
        for _ in range(PASSES):
            await self._pass(theirs)
            await asyncio.sleep(PAUSE_S)
            left = await self.look(theirs)
            if left.nothing:
                break
        if copy := await leftover(self._stores.redis):
            copy.unlink(missing_ok=True)
        left = replace(left, rewritten=await rewriting.rewrite(self._stores.redis))
        if left.nothing and left.rewritten:
            await self._audit.write(by, ERASED, subject, detail)
        return left

    async def _pass(self, theirs: Sequence[Conversation]) -> None:
        """What leads from a person to their conversations goes last."""
        pieces = await self._pieces(theirs)
        # Redis first: what its log still held would come back into SQL.
        await forgetting.erase(self._stores.redis, [piece for piece in pieces if piece.kind != "conv"])
        await self._erase_rows(rows_of(theirs, ways=False))
        for file in self._files():
            _blank(file, _words(theirs))
        await forgetting.erase(self._stores.redis, [piece for piece in pieces if piece.kind == "conv"])
        await self._erase_rows(rows_of(theirs), [one.id for one in theirs if one.spans and one.share.now])

    async def _pieces(self, theirs: Sequence[Conversation]) -> list[forgetting.Piece]:
        return await forgetting.pieces(self._stores, {one.id: one.share for one in theirs})

    async def _erase_rows(self, rows: _Rows, unnamed: Sequence[str] = ()) -> None:
        """`unnamed`: conversations that stay, for others' sake, and lose the number that they show."""
        async with self._engine.connect() as connection:
            lite = connection.dialect.name == "sqlite"
            if lite:
                # What is deleted is overwritten, in the file and in the journal beside it.
                await connection.exec_driver_sql("PRAGMA secure_delete=ON")
            for table, which in rows:
                await connection.execute(table.delete().where(which))
            await connection.execute(
                conversations.update().where(conversations.c.id.in_(unnamed)).values(number_masked="")
            )
            await connection.commit()
            if lite:
                await _checkpoint(connection)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._logs.glob("*.log*") if path.is_file())


async def _checkpoint(connection: AsyncConnection) -> None:
    """Empty SQLite's journal; others that read it hold that up for moments."""
    for _ in range(20):
        busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).first()
        if not busy or not busy[0]:
            return
        await asyncio.sleep(0.1)


def _address(who: str) -> Address:
    """A number is the Address of its phone. Raises BadInput."""
    if number := _NUMBER.fullmatch(who.removeprefix("sms:")):
        return Address("sms", f"+86{number[1]}")
    channel, _, identifier = who.partition(":")
    if not (channel and identifier):
        raise BadInput(f"{who!r} is neither a number nor channel:address nor {SUBSCRIBER}:id")
    return Address(channel, identifier)


def _spans(past: Sequence[tuple[datetime, str]], subscribers: set[str]) -> tuple[Span, ...] | None:
    """When one of them was bound; None where nobody else ever was."""
    if all(subscriber in subscribers | {""} for _, subscriber in past):
        return None
    ends = [*(at for at, _ in past[1:]), None]
    return tuple((at, end) for (at, who), end in zip(past, ends, strict=True) if who in subscribers)


def rows_of(theirs: Sequence[Conversation], ways: bool = True) -> _Rows:
    """Tables with which of their rows are theirs, in an order in which they can be deleted. Without `ways` those are
    left out that tell which conversations are theirs.
    """
    whole = [one.id for one in theirs if one.spans is None]
    found = []
    for table, moment in _MOMENTS.items():
        parts = [table.c.conversation.in_(whole)]
        for one in theirs:
            for start, end in one.spans or ():
                part = (table.c.conversation == one.id) & (moment >= start)
                parts.append(part & (moment < end) if end else part)
        which = sa.or_(*parts)
        if table is records:
            which &= table.c.kind.notin_((EVIDENCE,) if ways else (EVIDENCE, "binding"))
        found.append((table, which))
    return [*found, (conversations, conversations.c.id.in_(whole))] if ways else found


def _words(theirs: Sequence[Conversation]) -> list[bytes]:
    """By what a log could name them. Numbers without +86 too."""
    words = [one.id for one in theirs if one.spans is None]
    words += [one.address.id.removeprefix("+86") for one in theirs if one.address and one.spans is None]
    return [word.encode() for word in words if len(word) >= 6]


def _blank(file: Path, words: Sequence[bytes], act: bool = True) -> int:
    """Overwrite the words in place, as long as they are: the process that writes the file goes on appending. How many
    there were. Whole words only: one person's name may be a part of another's.
    """
    count = 0
    with file.open("r+b" if act else "rb") as opened:
        text = opened.read()
        either = b"|".join(re.escape(word) for word in words)
        for match in re.finditer(rb"(?<![\w-])(?:\+?86)?(?:" + either + rb")(?![\w-])", text) if words else ():
            count += 1
            if act:
                opened.seek(match.start())
                opened.write(b"*" * len(match[0]))
    return count
