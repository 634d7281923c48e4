"""All that is kept of one person: finds it in Redis, SQL and the processes' logs, and erases it.

The audit stays whole: it is chained by hashes and names people by the pseudonyms of their conversations only. Evidence
of purchases stays until its own time is over, for whoever disputes one. The CRM is the carrier's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from console.audit import Audit
from console.tables import conversations, drafts, handoffs, messages, outcomes, records
from switchboard.errors import BadInput
from switchboard.model import Address
from switchboard.redis import forgetting
from switchboard.redis.stores import Stores

EVIDENCE = "evidence"
"""Kind of the records that prove a purchase."""
PASSES, PAUSE_S = 5, 1.0
"""What was under way when we looked is found by the next look."""
_NUMBER = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
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
    """One of theirs. `until`: from then on it belongs to another subscriber; None where it never did."""

    id: str
    address: Address | None
    until: datetime | None = None


@dataclass(frozen=True)
class Found:
    """What there is, by kind."""

    redis: Mapping[str, int]
    sql: Mapping[str, int]
    logs: int
    evidence: int

    @property
    def nothing(self) -> bool:
        return not (self.redis or self.sql or self.logs)


class Erasure:
    """`logs` is the folder of the processes' logs, `key` is Settings.key("conversation")."""

    def __init__(self, stores: Stores, engine: AsyncEngine, audit: Audit, key: bytes, logs: Path) -> None:
        self._stores, self._engine, self._audit, self._key, self._logs = stores, engine, audit, key, logs

    async def whose(self, who: str) -> list[Conversation]:
        """The conversations of a number (+86138…, 138…) with all its Addresses, now and before, or of one Address
        (wechat:openid, web:session, sms:number). Raises BadInput, NotReachable.
        """
        number = _NUMBER.fullmatch(who.removeprefix("sms:"))
        if number is None:
            channel, _, identifier = who.partition(":")
            if not (channel and identifier):
                raise BadInput(f"{who!r} is neither a number nor channel:address")
            address = Address(channel, identifier)
            return [Conversation(address.conversation_id(self._key), address)]
        return await self._of_number(f"+86{number[1]}")

    async def _of_number(self, msisdn: str) -> list[Conversation]:
        phone = Address("sms", msisdn)
        found = {phone.conversation_id(self._key): phone}
        known, subscribers = {}, set()
        async for place in forgetting.places(self._stores.redis):
            known[place.conversation] = place
            if place.number == msisdn:
                found[place.conversation] = place.address
                subscribers.add(place.subscriber)
        theirs = [Conversation(name, address) for name, address in found.items()]
        for name, until in (await self._formerly(subscribers - {""})).items():
            if name not in found:
                now = known.get(name)
                other = now is not None and now.subscriber not in subscribers | {""}
                theirs.append(Conversation(name, now.address if now else None, until if other else None))
        return theirs

    async def _formerly(self, subscribers: set[str]) -> dict[str, datetime]:
        """Conversations in which one of them was bound once → when the last of these bindings ended."""
        body = records.c.body["subscriber_id"].as_string()
        asked = sa.select(records.c.conversation, records.c.at, body.label("subscriber"))
        asked = asked.where(records.c.kind == "binding").order_by(records.c.at)
        since: dict[str, datetime] = {}
        ended: dict[str, datetime] = {}
        async with self._engine.connect() as connection:
            once = sa.select(records.c.conversation).where((records.c.kind == "binding") & body.in_(subscribers))
            for row in await connection.execute(asked.where(records.c.conversation.in_(once))):
                if row.subscriber in subscribers:
                    since[row.conversation] = row.at
                    ended.pop(row.conversation, None)
                elif row.conversation in since:
                    ended.setdefault(row.conversation, row.at)
        return {name: ended.get(name, at) for name, at in since.items()}

    async def look(self, theirs: Sequence[Conversation]) -> Found:
        """Count without changing anything. Raises NotReachable."""
        sql: dict[str, int] = {}
        async with self._engine.connect() as connection:
            for table, which in _rows(theirs):
                count = sa.select(sa.func.count()).select_from(table).where(which)
                if number := (await connection.execute(count)).scalar_one():
                    sql[table.name] = sql.get(table.name, 0) + number
            ids = [one.id for one in theirs]
            proof = sa.select(sa.func.count()).select_from(records)
            proof = proof.where((records.c.kind == EVIDENCE) & records.c.conversation.in_(ids))
            evidence = (await connection.execute(proof)).scalar_one()
        redis = forgetting.kinds(await self._pieces(theirs))
        return Found(redis, sql, sum(_blank(file, _words(theirs), act=False) for file in self._files()), evidence)

    async def erase(self, theirs: Sequence[Conversation], by: str) -> Found:
        """Erase until nothing is left; what is left all the same. Raises NotReachable."""
        before = await self.look(theirs)
        left = before
        for _ in range(PASSES):
            # Redis first: what its log still held would come back into SQL.
            await forgetting.erase(self._stores.redis, await self._pieces(theirs))
            await self._erase_rows(theirs)
            for file in self._files():
                _blank(file, _words(theirs))
            await asyncio.sleep(PAUSE_S)
            left = await self.look(theirs)
            if left.nothing:
                break
        await forgetting.rewrite(self._stores.redis)
        detail = {"conversations": [one.id for one in theirs], "redis": dict(before.redis), "sql": dict(before.sql)}
        await self._audit.write(by, "erased", theirs[0].id, detail)
        return left

    async def _pieces(self, theirs: Sequence[Conversation]) -> list[forgetting.Piece]:
        """Of a conversation that is another's now Redis holds nothing of theirs longer than 48 h."""
        whole = [one for one in theirs if one.until is None]
        return await forgetting.pieces(
            self._stores, [one.id for one in whole], [one.address for one in whole if one.address]
        )

    async def _erase_rows(self, theirs: Sequence[Conversation]) -> None:
        async with self._engine.connect() as connection:
            lite = connection.dialect.name == "sqlite"
            if lite:
                # What is deleted is overwritten, in the file and in the journal beside it.
                await connection.exec_driver_sql("PRAGMA secure_delete=ON")
            for table, which in _rows(theirs):
                await connection.execute(table.delete().where(which))
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


def _rows(theirs: Sequence[Conversation]) -> list[tuple[sa.Table, sa.sql.ColumnElement[bool]]]:
    """Tables with which of their rows are theirs, in an order in which they can be deleted."""
    whole = [one.id for one in theirs if one.until is None]
    found = []
    for table, moment in _MOMENTS.items():
        parts = [table.c.conversation.in_(whole)]
        parts += [(table.c.conversation == one.id) & (moment < one.until) for one in theirs if one.until]
        which = sa.or_(*parts)
        found.append((table, which & (table.c.kind != EVIDENCE) if table is records else which))
    return [*found, (conversations, conversations.c.id.in_(whole))]


def _words(theirs: Sequence[Conversation]) -> list[bytes]:
    """By what a log could name them. Numbers without +86 too."""
    words = [one.id for one in theirs if one.until is None]
    words += [one.address.id.removeprefix("+86") for one in theirs if one.address and one.until is None]
    return [word.encode() for word in words if len(word) >= 6]


def _blank(file: Path, words: Sequence[bytes], act: bool = True) -> int:
    """Overwrite the words in place, as long as they are: the process that writes the file goes on appending. How many
    there were.
    """
    count = 0
    with file.open("r+b" if act else "rb") as opened:
        text = opened.read()
        for match in re.finditer(b"|".join(re.escape(word) for word in words), text) if words else ():
            count += 1
            if act:
                opened.seek(match.start())
                opened.write(b"*" * len(match[0]))
    return count
