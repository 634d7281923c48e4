"""The writer against real SQL: SQLite always, PostgreSQL when TEST_POSTGRES names an empty database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.audit import Audit, BrokenChain
from console.migrate import migrate
from console.writer import Moved, Writer
from switchboard.ports import LogEntry

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=timezone.utc)
TALK = "sms:abcd"


class FakeLog:
    """A log of one partition whose entries stay until they are trimmed."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []
        self.trimmed: dict[int, str] = {}

    def add(self, kind: str, body: Mapping[str, Any], after_s: float = 0, partition: int = 1) -> None:
        number = f"{len(self.entries) + 1:04}-0"
        self.entries.append(LogEntry(partition, number, kind, TALK, NOW + timedelta(seconds=after_s), body))

    async def read(self, cursors: Mapping[int, str], block_s: float) -> AsyncIterator[LogEntry]:
        await asyncio.sleep(0.01)
        for entry in self.entries:
            if entry.entry > cursors.get(entry.partition, "0"):
                yield entry

    async def trim(self, cursors: Mapping[int, str]) -> None:
        self.trimmed.update(cursors)


class Told:
    def __init__(self) -> None:
        self.conversations: list[frozenset[str]] = []

    async def __call__(self, conversations: frozenset[str]) -> None:
        self.conversations.append(conversations)


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def writer(log: FakeLog, engine: AsyncEngine, told: Told) -> Writer:
    return Writer(log, engine, told)


def said(id: str, text: str, origin: str = "bot", **more: Any) -> dict[str, Any]:
    address = {"channel": "sms", "id": "+8613800001234"}
    reply = {"text": text, **more.pop("reply", {})}
    message = {"id": id, "conversation": TALK, "address": address, "reply": reply, "origin": origin, "epoch": 0}
    return {"message": {**message, "at": NOW.isoformat(), **more}}


def heard(id: str, text: str) -> dict[str, Any]:
    item = {"type": "InboundMessage", "id": id, "text": text, "at": NOW.isoformat()}
    address = {"channel": "sms", "id": "+8613800001234"}
    return {"item": {**item, "address": address}, "owner": "bot", "language": "zh", "region": "zj", "address": address}


async def rows(engine: AsyncEngine, table: sa.Table) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(sa.select(table).order_by(*table.primary_key))).all())


async def test_the_migrations_make_what_the_tables_say(engine: AsyncEngine) -> None:
    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"version_table": "console_version"})
        return [d for d in compare_metadata(context, tables.metadata) if "console_version" not in str(d)]

    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []


async def test_migrating_again_changes_nothing(engine: AsyncEngine) -> None:
    await migrate(engine)


async def test_a_talk_becomes_a_transcript(log: FakeLog, writer: Writer, engine: AsyncEngine) -> None:
    log.add("inbound", heard("sms:1", "查话费"))
    ranking = [["query_balance", 0.97], ["query_bill", 0.02]]
    understood = {"intent": "query_balance", "confidence": 0.97, "ranking": ranking}
    log.add("turn", {"message": "sms:1", "understanding": understood, "context": {}, "release_id": "r1"})
    choices = {"choices": [{"label": "查账单", "number": 1, "token": "x.1", "intent": "query_bill"}]}
    log.add("reply", said("o1", "余额23.50元", in_reply_to="sms:1", reply=choices))
    log.add("sent", {"message": "o1", "channel_ids": ["c"]})
    assert await writer.step() == 4
    person, bot = await rows(engine, tables.messages)
    assert (person.origin, person.text, person.day) == ("person", "查话费", "2026-11-21")
    assert person.understanding["intent"] == "query_balance"
    assert (bot.origin, bot.text, bot.state, bot.in_reply_to) == ("bot", "余额23.50元", "sent", "sms:1")
    assert bot.extras == {"choices": [{"label": "查账单", "number": 1}]}
    (talk,) = await rows(engine, tables.conversations)
    assert (talk.channel, talk.region, talk.owner) == ("sms", "zj", "bot")


async def test_a_batch_keeps_the_order_of_the_talk(log: FakeLog, writer: Writer, engine: AsyncEngine) -> None:
    words = [f"第{number}句" for number in range(30)]
    for number, text in enumerate(words):
        log.add(
            "reply" if number % 3 else "inbound", said(f"o{number}", text) if number % 3 else heard(f"i{number}", text)
        )
        log.add("sent", {"message": f"o{number}", "channel_ids": []})
        log.add("receipt", {"message": f"o{number}", "state": "delivered", "reason": ""})
    await writer.step()
    stored = await rows(engine, tables.messages)
    assert [row.text for row in stored] == words
    assert {row.state for row in stored} == {"", "delivered"}


@pytest.mark.parametrize("batches", [1, 2])
async def test_a_receipt_faster_than_our_own_record_stays(
    batches: int, log: FakeLog, writer: Writer, engine: AsyncEngine
) -> None:
    log.add("reply", said("o1", "余额23.50元"))
    log.add("receipt", {"message": "o1", "state": "delivered", "reason": ""})
    if batches == 2:
        await writer.step()
    log.add("sent", {"message": "o1", "channel_ids": []})
    await writer.step()
    assert [row.state for row in await rows(engine, tables.messages)] == ["delivered"]


async def test_an_entry_read_twice_is_written_once(log: FakeLog, writer: Writer, engine: AsyncEngine) -> None:
    log.add("inbound", heard("sms:1", "你好"))
    log.add("outcome", {"message": "sms:1", "wish": "greet", "how": "answered"})
    await writer.step()
    async with engine.begin() as connection:
        await connection.execute(tables.log_cursors.delete())
    await Writer(log, engine, Told()).step()
    assert len(await rows(engine, tables.messages)) == 1
    assert len(await rows(engine, tables.outcomes)) == 1


async def test_the_cursor_moves_with_the_rows_or_not_at_all(
    log: FakeLog, writer: Writer, engine: AsyncEngine, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.add("inbound", heard("sms:1", "你好"))

    def fail(*_: Any) -> None:
        raise OperationalError("disk full", None, Exception())

    with monkeypatch.context() as patched:
        patched.setattr("console.writer.apply", fail)
        with pytest.raises(OperationalError):
            await writer.step()
    assert await rows(engine, tables.log_cursors) == []
    assert (told.conversations, log.trimmed) == ([], {})
    assert await writer.step() == 1
    assert len(await rows(engine, tables.messages)) == 1


async def test_the_desk_is_told_and_the_log_trimmed_after_the_commit(log: FakeLog, writer: Writer, told: Told) -> None:
    log.add("inbound", heard("sms:1", "你好"))
    await writer.step()
    assert told.conversations == [frozenset({TALK})]
    assert log.trimmed == {1: "0001-0"}
    assert await writer.step() == 0


async def test_a_second_writer_cannot_write_what_the_first_wrote(
    log: FakeLog, writer: Writer, engine: AsyncEngine
) -> None:
    log.add("inbound", heard("sms:1", "你好"))
    second = Writer(log, engine, Told())
    await writer.step()
    log.add("inbound", heard("sms:2", "在吗"))
    await second.step()
    with pytest.raises(Moved):
        await writer.step()
    assert [row.text for row in await rows(engine, tables.messages)] == ["你好", "在吗"]


async def test_a_running_writer_survives_sql_that_is_away(
    log: FakeLog, writer: Writer, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([True, True, False])
    really = Writer._commit

    async def commit(self: Writer, entries: list[LogEntry]) -> None:
        if next(failures, False):
            raise SQLAlchemyError("away")
        await really(self, entries)

    monkeypatch.setattr(Writer, "_commit", commit)
    monkeypatch.setattr("console.writer.RETRY_S", (0.01, 0.02))
    log.add("inbound", heard("sms:1", "你好"))
    task = asyncio.create_task(writer.run())
    for _ in range(200):
        await asyncio.sleep(0.01)
        if await rows(engine, tables.messages):
            break
    task.cancel()
    assert len(await rows(engine, tables.messages)) == 1


async def test_a_handoff_is_one_row_from_queue_to_wrap_up(log: FakeLog, writer: Writer, engine: AsyncEngine) -> None:
    queued = {"handoff": "h1", "state": "queued", "reason": "asked", "skill": "general", "priority": 2}
    log.add("handoff", {**queued, "context": {"slots": {"month": "2026-10"}}})
    log.add("owner", {"owner": "queue", "was": "bot", "epoch": 1, "agent": "", "handoff": "h1", "reason": "asked"})
    log.add("handoff", {"handoff": "h1", "state": "human", "agent": "lin"}, after_s=30)
    log.add("owner", {"owner": "agent", "was": "queue", "epoch": 2, "agent": "lin", "handoff": "h1"}, after_s=30)
    log.add("handoff", {"handoff": "h1", "state": "closed", "agent": "lin", "code": "solved"}, after_s=90)
    await writer.step()
    (stay,) = await rows(engine, tables.handoffs)
    assert (stay.reason, stay.priority, stay.agent, stay.how, stay.code) == ("asked", 2, "lin", "closed", "solved")
    assert (stay.ended_at - stay.accepted_at).total_seconds() == 60
    assert stay.queued_at == NOW
    (talk,) = await rows(engine, tables.conversations)
    assert (talk.owner, talk.agent, talk.epoch) == ("agent", "lin", 2)


async def test_unknown_kinds_are_kept_as_they_came(log: FakeLog, writer: Writer, engine: AsyncEngine) -> None:
    log.add("weather", {"rain": True})
    await writer.step()
    (record,) = await rows(engine, tables.records)
    assert (record.kind, record.body) == ("weather", {"rain": True})


async def test_an_unreadable_entry_stops_nothing(log: FakeLog, writer: Writer, engine: AsyncEngine) -> None:
    log.add("inbound", {"item": None})
    log.add("reply", {"message": {"id": "x"}})
    log.add("inbound", heard("sms:1", "你好"))
    assert await writer.step() == 3
    assert [row.text for row in await rows(engine, tables.messages)] == ["你好"]
    kinds = {row.kind for row in await rows(engine, tables.records)}
    assert kinds == {"unreadable:inbound", "unreadable:reply"}


async def test_no_full_number_and_no_code_reaches_sql(log: FakeLog, writer: Writer, engine: AsyncEngine) -> None:
    log.add("inbound", heard("sms:1", "你好"))
    log.add("notice", {**said("n1", "验证码 482913，2分钟内有效。", origin="system"), "kind": "security"})
    log.add("quarantine", {"item": heard("sms:2", "?")["item"], "reason": "failed", "attempts": 5})
    log.add("binding", {"state": "bound", "number": "138****1234", "subscriber_id": "s", "proof": "link"})
    await writer.step()
    stored = str([await rows(engine, table) for table in tables.metadata.sorted_tables])
    assert "13800001234" not in stored
    assert "482913" not in stored
    assert "138****1234" in stored


@pytest.mark.parametrize("text", ["\x00", "\ud83d", "a" * 64_000, "<img onerror=alert(1)>", "'; DROP TABLE messages"])
async def test_hostile_texts_are_stored_and_stop_nothing(
    log: FakeLog, writer: Writer, engine: AsyncEngine, text: str
) -> None:
    log.add("inbound", heard("sms:1", text))
    log.add("inbound", heard("sms:2", "你好"))
    assert await writer.step() == 2
    assert [row.message for row in await rows(engine, tables.messages)] == ["sms:1", "sms:2"]


async def test_the_audit_is_a_chain_that_cannot_be_changed(engine: AsyncEngine) -> None:
    audit = Audit(engine, lambda: NOW)
    for number in range(3):
        await audit.write("lin", "conversation.read", f"web:{number}", {"理由": "核实"})
    assert await audit.verify() == 3
    for attempt in (tables.audit.delete(), tables.audit.update().values(actor="chen")):
        with pytest.raises(SQLAlchemyError, match="append-only"):
            async with engine.begin() as connection:
                await connection.execute(attempt)
    assert await audit.verify() == 3


async def test_a_changed_audit_is_found_out(engine: AsyncEngine) -> None:
    audit = Audit(engine, lambda: NOW)
    for number in range(3):
        await audit.write("lin", "conversation.read", f"web:{number}")
    async with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            await connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        else:
            await connection.exec_driver_sql("DROP TRIGGER audit_append_only ON audit")
        await connection.execute(tables.audit.update().where(tables.audit.c.number == 2).values(actor="chen"))
    with pytest.raises(BrokenChain) as found:
        await audit.verify()
    assert found.value.number == 2


async def test_appending_at_once_keeps_the_chain(engine: AsyncEngine) -> None:
    audits = [Audit(engine, lambda: NOW) for _ in range(4)]
    await asyncio.gather(*(audit.write("lin", "login") for audit in audits for _ in range(5)))
    assert await audits[0].verify() == 20
