"""What the people who run it see and do: queues, the quarantine, a conversation's way."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from switchboard import inspect
from switchboard.errors import BadRecord, TurnFailed
from switchboard.fake import echo
from switchboard.model import Address, Binding
from switchboard.redis import queues
from switchboard.redis.quarantine import Quarantine
from tests.contracts.switchboard.stack import ROOT, Stack

LI, WANG = Address("web", "li"), Address("sms", "+8613800001234")


def quarantine(stack: Stack) -> Quarantine:
    return Quarantine(stack.stores.redis, stack.settings.partitions, stack.clock)


async def shown(stack: Stack, *words: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    inspect.add_arguments(parser)
    code, lines = await inspect.run(stack.stores, stack.settings, parser.parse_args(words))
    return code, "\n".join(lines)


async def broken(stack: Stack, text: str = "坏") -> str:
    """A message that failed for good; its id in the quarantine. The bot answers from then on."""

    def think(*turn: object) -> object:
        raise TurnFailed("cannot", permanent=True)

    stack.bot.think = think
    stack.worker()
    await stack.say(LI, text, id=f"web:{text}")
    await stack.until(lambda: any("没能处理好" in said for said in stack.web.texts()))
    await stack.at_rest()
    stack.bot.think = echo
    (one,) = await quarantine(stack).list()
    return one.id


async def test_queues_show_what_waits_and_for_how_long(stack: Stack) -> None:
    now = int(stack.clock().timestamp() * 1000)
    for partition, arrived in ((1, now - 90_000), (2, now - 30_000)):
        await stack.stores.redis.xadd(f"{{p{partition}}}:in", {"i": "{}"}, id=f"{arrived}-1")
    # The newest entry of a log stays when it is in SQL.
    for arrived in (now - 50_000, now - 40_000):
        await stack.stores.redis.xadd("{p1}:log", {"k": "x"}, id=f"{arrived}-1")
    await stack.stores.redis.xadd("{p2}:log", {"k": "x"}, id=f"{now - 80_000}-1")
    code, text = await shown(stack, "queues")
    counts = {line.split()[0]: line.split()[1:] for line in text.splitlines()}
    assert code == 0
    assert counts["in"][0] == "2" and 90 <= float(counts["in"][1]) < 100
    assert counts["log"][0] == "1" and 50 <= float(counts["log"][1]) < 60
    assert (counts["human"], counts["quarantine"]) == (["0", "-"], ["0"])
    assert "partitions without a worker: 8 of 8" in text


async def test_queues_count_the_routes_the_log_and_who_waits_for_a_human(stack: Stack) -> None:
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "人工")
    await stack.until(lambda: stack.web.sent)
    await stack.at_rest()
    await stack.stores.redis.xadd("{p3}:out:sms:a", {"m": "{}"})
    stack.clock.forward(seconds=30)
    found = await queues.look(stack.stores.redis, 8, await queues.routes(stack.stores.redis))
    assert {route: waiting.count for route, waiting in found.out.items() if waiting.count} == {"sms:a": 1}
    assert (found.human.count, found.unheld) == (1, 0)
    assert found.human.age_s(int(stack.clock().timestamp() * 1000)) >= 30
    assert found.log.count > 0


async def test_what_is_quarantined_is_listed_without_its_words(stack: Stack) -> None:
    identifier = await broken(stack, "我的话费是多少")
    code, text = await shown(stack, "quarantine", "list")
    assert code == 0
    assert identifier in text and "InboundMessage" in text and "cannot" in text
    assert "话费" not in text


async def test_a_replayed_entry_is_answered_and_once_only(stack: Stack) -> None:
    identifier = await broken(stack)
    await stack.stores.redis.hset(stack.stores.keys.conversation(stack.conversation(LI)), "owner", "bot")
    answers = await asyncio.gather(*(shown(stack, "quarantine", "replay", identifier) for _ in range(5)))
    assert sorted(code for code, _ in answers) == [0, 1, 1, 1, 1]
    await stack.until(lambda: "echo 坏" in stack.web.texts())
    await stack.at_rest()
    assert stack.web.texts().count("echo 坏") == 1
    assert [record["by"] != "" for record in await stack.logged("replayed")] == [True]
    assert len({message.id for message in stack.web.sent}) == len(stack.web.sent)
    assert await quarantine(stack).list() == []


async def test_an_entry_that_fails_again_is_kept_again(stack: Stack) -> None:
    identifier = await broken(stack)
    await stack.stores.redis.hset(stack.stores.keys.conversation(stack.conversation(LI)), "owner", "bot")

    def think(*turn: object) -> object:
        raise TurnFailed("still cannot", permanent=True)

    stack.bot.think = think
    await shown(stack, "quarantine", "replay", "all")
    await stack.at_rest()
    (one,) = await quarantine(stack).list()
    assert (one.reason, one.id != identifier) == ("still cannot", True)


async def test_a_discarded_entry_is_gone_and_the_log_says_by_whom(stack: Stack) -> None:
    identifier = await broken(stack)
    assert (await shown(stack, "quarantine", "discard", identifier))[0] == 0
    assert (await shown(stack, "quarantine", "discard", identifier))[0] == 1
    (record,) = await stack.logged("discarded")
    assert identifier.endswith(str(record["entry"])) and record["by"]
    assert not await stack.stores.redis.xlen(f"{stack.stores.keys.tag(stack.conversation(LI))}:in")


async def test_what_cannot_be_read_is_kept_as_it_is(stack: Stack) -> None:
    await stack.stores.redis.xadd("{p1}:in", {"i": '{"type":"Unknown"}', "c": "web:x", "t": "abc"})
    stack.worker()
    await stack.at_rest()
    (one,) = await quarantine(stack).list()
    assert (one.item, one.conversation, one.trace, one.reason) == ('{"type":"Unknown"}', "web:x", "abc", "unreadable")


async def bury(stack: Stack, *entries: str) -> None:
    """As the worker that holds partition 1 does."""
    await stack.stores.redis.set("{p1}:lease", "token")
    for entry in entries:
        await stack.stores.redis.xadd("{p1}:in", {"i": "x", "c": "web:x", "t": ""}, id=entry)
        await stack.exchange.bury("token", 1, entry, {b"i": b"x", b"c": b"web:x"})


async def test_a_partition_keeps_the_200_newest(stack: Stack) -> None:
    now = int(stack.clock().timestamp() * 1000)
    await bury(stack, *(f"{now}-{n}" for n in range(1, 204)))
    kept = await stack.stores.redis.hkeys("{p1}:quarantine")
    assert len(kept) == 200 and f"{now}-203".encode() in kept


async def test_nothing_is_kept_for_more_than_30_days(stack: Stack) -> None:
    old = int((stack.clock() - timedelta(days=31)).timestamp() * 1000)
    await bury(stack, f"{old}-1", f"{int(stack.clock().timestamp() * 1000)}-1")
    assert len(await stack.stores.redis.hkeys("{p1}:quarantine")) == 1
    assert 0 < await stack.stores.redis.ttl("{p1}:quarantine") <= 30 * 86400
    stack.clock.forward(days=31)
    assert await quarantine(stack).list() == []


@pytest.mark.parametrize("identifier", ["", "x", "8:1-0", "1:", "-1:1-0"])
async def test_what_is_no_id_is_said_to_be_none(stack: Stack, identifier: str) -> None:
    with pytest.raises(BadRecord):
        await quarantine(stack).replay(identifier, "lin")


async def test_a_conversations_way_is_shown_without_numbers_or_words(stack: Stack) -> None:
    stack.worker()
    await stack.say(WANG, "查话费")
    await stack.until(lambda: stack.sms.sent)
    await stack.at_rest()
    conversation = stack.conversation(WANG)
    await stack.stores.conversations.bind(conversation, Binding(WANG.id, "s1", stack.clock(), "link"), "gd", WANG)
    body = {"operation": "change_plan", "msisdn": WANG.id, "subscriber_id": "s1", "price_fen": 5900}
    await stack.stores.quotes.issue(conversation, "q1", body, 600)
    code, text = await shown(stack, "conversation", conversation)
    assert code == 0
    assert "owner: bot" in text and "number: 138****1234" in text and "address: sms:138****1234" in text
    for what in ("inbound", "turn", "reply", "sent", "turn done", "binding", "open quote"):
        assert what in text, what
    assert "price_fen=5900" in text and "state=issued" in text
    assert "13800001234" not in text and "查话费" not in text and "s1" not in text.split("quote=")[1]


async def test_a_conversation_is_found_by_its_address_and_its_words_only_when_asked(stack: Stack) -> None:
    stack.worker()
    await stack.say(WANG, "请打13900001111")
    await stack.until(lambda: stack.sms.sent)
    await stack.at_rest()
    code, text = await shown(stack, "conversation", f"sms:{WANG.id}", "--texts")
    assert code == 0
    assert "请打139****1111" in text and "13900001111" not in text


async def test_a_conversation_that_waits_shows_where(stack: Stack) -> None:
    await stack.say(LI, "你好")
    _, text = await shown(stack, "conversation", stack.conversation(LI))
    assert "waits" in text and "attempts=0" in text


async def test_an_unknown_conversation_is_said_to_be_unknown(stack: Stack) -> None:
    assert (await shown(stack, "conversation", "web:nobody"))[0] == 1


def command(stack: Stack, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    ours = {
        "RENJI_REDIS_URL": stack.settings.redis_url,
        "RENJI_SECRET_FILE": str(stack.settings.secret_file),
        "RENJI_PARTITIONS": "8",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENJI_")}
    argv = [sys.executable, "-m", "switchboard", *words]
    return subprocess.run(argv, env={**kept, **ours, **changes}, cwd=ROOT, capture_output=True, text=True, timeout=60)


async def test_the_command_prints_and_ends_with_a_code(stack: Stack) -> None:
    done = await asyncio.to_thread(command, stack, "inspect", "queues")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("stream ")
    gone = await asyncio.to_thread(command, stack, "inspect", "quarantine", "discard", "1:1-1")
    assert (gone.returncode, gone.stdout) == (1, "1:1-1  is not in quarantine\n")


@pytest.mark.parametrize("changes", [{"RENJI_REDIS_URL": "unix:///nowhere.sock"}, {"RENJI_PARTITIONS": "9"}])
async def test_the_command_says_in_one_line_why_it_cannot(stack: Stack, changes: dict[str, str]) -> None:
    done = await asyncio.to_thread(lambda: command(stack, "inspect", "queues", **changes))
    assert done.returncode == 2
    assert done.stderr.startswith("switchboard: ") and done.stderr.count("\n") == 1
