"""A switchboard with its SQL and logs, and two people who have talked there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console.audit import Audit
from console.erasure import Erasure
from console.tables import messages, records
from console.writer import Writer
from switchboard.model import Address, Binding
from tests.contracts.switchboard.stack import Stack

NUMBER, OTHER = "+8613800001234", "+8613900004321"
PHONE, WEB, STRANGER = Address("sms", NUMBER), Address("web", "5e55105e" * 4), Address("sms", OTHER)
WORDS = {PHONE: "我的电话里的话", WEB: "我在网页上的话"}
KEPT = "别人说的话"


@dataclass
class House:
    """A switchboard with its SQL and logs in `folder`; what was said is in SQL once `written`."""

    stack: Stack
    engine: AsyncEngine
    folder: Path
    redis_folder: Path

    async def said(self, address: Address, text: str) -> None:
        before = len(self.stack.web.sent) + len(self.stack.sms.sent)
        await self.stack.say(address, text)
        await self.stack.until(lambda: len(self.stack.web.sent) + len(self.stack.sms.sent) > before)
        await self.stack.at_rest()

    async def written(self) -> None:
        async def nobody(_: frozenset[str]) -> None: ...

        writer = Writer(self.stack.stores.log, self.engine, nobody)
        while await writer.step(0.05):
            pass

    async def bound(self, address: Address, number: str, subscriber: str) -> None:
        binding = Binding(number, subscriber, self.stack.clock(), "code")
        conversation = self.stack.conversation(address)
        await self.stack.stores.conversations.bind(conversation, binding, "zj", address)

    @property
    def audit(self) -> Audit:
        return Audit(self.engine, self.stack.clock)

    @property
    def erasure(self) -> Erasure:
        key = self.stack.settings.key("conversation")
        return Erasure(self.stack.stores, self.engine, self.audit, key, self.folder / "log")

    async def texts(self) -> list[str]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(sa.select(messages.c.text))).scalars())

    async def proofs(self) -> list[dict[str, object]]:
        async with self.engine.connect() as connection:
            asked = sa.select(records.c.body).where(records.c.kind == "evidence")
            return list((await connection.execute(asked)).scalars())

    def holding(self, text: str) -> list[str]:
        files = [path for folder in (self.folder, self.redis_folder) for path in folder.rglob("*")]
        return sorted(path.name for path in files if path.is_file() and text.encode() in path.read_bytes())


async def lived(house: House) -> None:
    """Two people have talked; one of them by phone and, logged in, on the web."""
    await house.said(PHONE, WORDS[PHONE])
    await house.bound(WEB, NUMBER, "s1")
    await house.said(WEB, WORDS[WEB])
    await house.said(STRANGER, KEPT)
    await house.audit.write("lin", "transcript read", house.stack.conversation(PHONE))
    await house.written()
    (house.folder / "log" / "worker.log").write_text(f'{{"message": "web:{WEB.id}:1/1"}}\nsomething else\n')
