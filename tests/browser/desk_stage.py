"""The desk on the real switchboard, Redis and SQL; only the bot, the channels' ends and the CRM are stand-ins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy.ext.asyncio import AsyncEngine

from console.accounts import Accounts, Person
from console.app import Console, mount
from console.audit import Audit
from console.changes import RedisChanges
from console.database import open_engine
from console.migrate import migrate
from console.passwords import Passwords
from console.writer import Writer
from crm.fake import FakeCrm
from switchboard.fake import FakeRasa
from switchboard.model import (
    Address,
    Binding,
    Choice,
    Conversation,
    ConversationEvent,
    HandoffRequest,
    InboundMessage,
    Outcome,
    Reply,
    TurnContext,
    TurnResult,
    Understanding,
)
from switchboard.ports import Turn
from tests.contracts.switchboard.stack import Stack

PASSWORD = "correct horse"
PEOPLE = (
    Person("lin", "小林", "agent", ("general",)),
    Person("chen", "小陈", "agent"),
    Person("wang", "王主管", "supervisor"),
)


def think(item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn) -> TurnResult:
    """A bot of three sentences."""
    text = item.text if isinstance(item, InboundMessage) else ""
    if "人工" in text:
        return TurnResult(
            handoff=HandoffRequest("asked", "general", 0),
            understanding=Understanding("transfer_to_agent", 0.96, (("transfer_to_agent", 0.96), ("complain", 0.02))),
            context=TurnContext(slots={"month": "2026-10", "offering": "5GB日包"}),
            outcomes=(Outcome("query_bill", "handed_off"),),
        )
    if "账单" in text:
        return TurnResult(
            replies=(
                Reply(
                    "10月账单共128.40元，其中套餐外流量40.00元。",
                    (Choice("看明细", 1, "t.1", "query_bill"), Choice("转人工", 2, "t.2", "transfer_to_agent")),
                ),
            ),
            understanding=Understanding(
                "query_bill", 0.93, (("query_bill", 0.93), ("query_balance", 0.04)), {"month": "2026-10"}
            ),
            outcomes=(Outcome("query_bill", "answered"),),
        )
    if isinstance(item, ConversationEvent):
        return TurnResult(replies=(Reply("我是智能助手，继续为您服务。"),))
    return TurnResult(
        replies=(Reply("抱歉，我没有听懂。"),),
        understanding=Understanding("nlu_fallback", 0.31, (("report_fault", 0.31), ("complain", 0.29)), {}, "low"),
    )


@dataclass
class Stage:
    """`url` is the console; `stack` the switchboard; `heard` what the web chat was sent."""

    url: str
    stack: Stack
    engine: AsyncEngine
    crm: FakeCrm
    writer: Writer

    async def person(self, name: str, *texts: str, channel: str = "web", bound: bool = True) -> str:
        """Somebody says these things, one after the other; their conversation's id. `bound`: to a number of the CRM."""
        address = Address(channel, name)
        conversation = self.stack.conversation(address)
        for text in texts:
            await self.stack.say(address, text)
            await self.stack.at_rest()
            if bound:
                await self.bind(conversation, name)
        return conversation

    async def bind(self, conversation: str, name: str) -> None:
        """As after a one-time code; once."""
        known = await self.stack.stores.conversations.get(conversation)
        if known and known.binding is None:
            subscriber = list(self.crm.subscribers.values())[len(name) % 12]
            binding = Binding(subscriber.msisdn, subscriber.id, self.stack.clock() - timedelta(days=3), "code")
            await self.stack.stores.conversations.bind(conversation, binding, subscriber.region)

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.exec_driver_sql(query)]

    def heard(self, channel: str = "web") -> list[str]:
        adapter = {"web": self.stack.web, "sms": self.stack.sms}[channel]
        return [message.reply.text for message in adapter.sent]


@asynccontextmanager
async def staged(redis_socket: Path, directory: Path) -> AsyncIterator[Stage]:
    """Everything runs while entered. `redis_socket` is an empty Redis."""
    stack = Stack(redis_socket, directory)
    await stack.stores.ready()
    stack.bot = FakeRasa(stack.stores.trackers, think)
    stack.worker()
    engine = open_engine(f"sqlite+aiosqlite:///{directory}/console.db")
    await migrate(engine)
    accounts = Accounts(engine, Passwords(), Audit(engine, stack.clock), stack.clock)
    for person in PEOPLE:
        await accounts.put(person, PASSWORD)
    crm, changes = FakeCrm.demo(stack.clock), RedisChanges(stack.stores.redis)
    writer = Writer(stack.stores.log, engine, changes.publish)
    writing = asyncio.create_task(writer.run())
    app = web.Application()
    stores = stack.stores
    people = (stack.handoffs, stores.conversations)
    public = "http://127.0.0.1:8080"
    mount(app, Console(public, engine, *people, crm, changes, stack.clock, off=stores.switches.all, heartbeat_s=2.0))
    server = TestServer(app)
    await server.start_server(auto_decompress=False)
    try:
        yield Stage(str(server.make_url("/")).rstrip("/"), stack, engine, crm, writer)
    finally:
        await server.close()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await stack.end()
        await engine.dispose()
