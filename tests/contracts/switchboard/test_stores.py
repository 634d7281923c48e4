"""Each store keeps its promise on a real Redis."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from switchboard import masking
from switchboard.errors import NotReachable, StoreUnavailable, TurnConflict
from switchboard.fake import echo
from switchboard.model import Address, Binding, Notice, Receipt, Reply, SecretValue, TimerRequest, TurnResult
from switchboard.redis import receipts
from switchboard.redis.connection import connect
from switchboard.redis.exchange import RedisAccept
from switchboard.redis.leases import Leases, fair_share
from switchboard.redis.scripting import Scripts
from switchboard.redis.solo import Solo
from switchboard.redis.topology import is_cluster
from switchboard.redis.vault import Seal
from tests.contracts.switchboard.stack import Stack

LI, PHONE = Address("web", "li"), Address("sms", "+8613800000001")
CODE = "493817"


async def lease(stack: Stack, conversation: str) -> str:
    (held,) = await Leases(stack.stores.scripts, "t", stack.clock).acquire([stack.stores.keys.partition(conversation)])
    return held.token


async def step_up(stack: Stack, code: str = CODE, operation: str = "order", ttl_s: int = 120) -> str:
    conversation = stack.conversation(LI)
    return await stack.stores.stepups.issue(conversation, operation, PHONE.id, code, {"quote": "q1"}, ttl_s)


async def check(stack: Stack, code: str, message: str, operation: str = "order") -> tuple[str, dict[str, Any]]:
    return await stack.stores.stepups.check(stack.conversation(LI), operation, PHONE.id, code, message)


# --- trackers --------------------------------------------------------------------------------------------------------


async def test_a_tracker_is_appended_to_and_loaded_from_its_end(stack: Stack) -> None:
    conversation, trackers = stack.conversation(LI), stack.stores.trackers
    token = await lease(stack, conversation)
    for n in range(3):
        events = [{"event": "user", "text": str(n)}, {"event": "bot"}]
        await trackers.append(conversation, f"m{n}", token, 2 * n, events, {"slots": n}, {"replies": [n]})
    snapshot, events, count = await trackers.load(conversation, turns=2)
    assert (snapshot, [e.get("text") for e in events], count) == ({"slots": 2}, ["1", None, "2", None], 6)
    assert await trackers.result(conversation, "m1") == {"replies": [1]}
    assert await trackers.result(conversation, "m9") is None


@pytest.mark.parametrize(("message", "loaded", "own"), [("m2", 0, True), ("m1", 2, True), ("m2", 2, False)])
async def test_a_turn_that_was_overtaken_stores_nothing(stack: Stack, message: str, loaded: int, own: bool) -> None:
    conversation, trackers = stack.conversation(LI), stack.stores.trackers
    token = await lease(stack, conversation)
    await trackers.append(conversation, "m1", token, 0, [{"event": "user"}, {"event": "bot"}], None, {})
    with pytest.raises(TurnConflict):
        await trackers.append(conversation, message, token if own else "old", loaded, [{}], None, {"late": True})
    assert (await trackers.load(conversation))[2] == 2


async def test_a_result_is_kept_until_the_commit_and_48_hours_more(stack: Stack) -> None:
    conversation = stack.conversation(LI)
    await stack.stores.trackers.append(conversation, "web:1", await lease(stack, conversation), 0, [{}], None, {})
    key = stack.stores.keys.of(conversation, "turn", conversation, "web:1")
    assert 6 * 86_400 < await stack.stores.redis.ttl(key) <= 7 * 86_400
    stack.worker("t")
    await stack.say(LI, "你好", id="web:1")
    await stack.at_rest()
    assert 47 * 3600 < await stack.stores.redis.ttl(key) <= 48 * 3600


# --- one-time codes --------------------------------------------------------------------------------------------------


async def test_a_code_is_good_once_and_gives_what_it_was_bound_to(stack: Stack) -> None:
    assert await step_up(stack) == "ok"
    assert await check(stack, CODE, "m1") == ("ok", {"quote": "q1"})
    assert await check(stack, CODE, "m1") == ("ok", {"quote": "q1"})
    assert await check(stack, CODE, "m2") == ("none", {})


async def test_a_code_is_bound_to_its_operation_and_its_time(stack: Stack) -> None:
    await step_up(stack, ttl_s=120)
    assert await check(stack, CODE, "m1", operation="cancel") == ("none", {})
    stack.clock.forward(seconds=121)
    assert await check(stack, CODE, "m2") == ("expired", {})


async def test_the_sixth_try_is_locked_even_with_the_right_code_and_in_parallel(stack: Stack) -> None:
    await step_up(stack)
    tries = await asyncio.gather(*(check(stack, "000000", f"m{n}") for n in range(20)))
    assert sorted(result for result, _ in tries) == ["locked"] * 15 + ["wrong"] * 5
    assert await check(stack, CODE, "right") == ("locked", {})
    stack.clock.forward(seconds=61)
    assert await step_up(stack) == "locked"


async def test_a_resend_does_not_give_new_tries(stack: Stack) -> None:
    await step_up(stack)
    for n in range(4):
        await check(stack, "000000", f"m{n}")
    stack.clock.forward(seconds=61)
    assert await step_up(stack, "111111") == "ok"
    assert (await check(stack, "000000", "m5"))[0] == "wrong"
    assert (await check(stack, "111111", "m6"))[0] == "locked"


async def test_codes_are_a_minute_apart_five_an_hour_and_ten_a_day(stack: Stack) -> None:
    assert await step_up(stack) == "ok"
    assert await step_up(stack) == "too_soon"
    answers = []
    for _ in range(5):
        stack.clock.forward(seconds=61)
        answers.append(await step_up(stack))
    assert answers == ["ok"] * 4 + ["too_many"]
    for _ in range(6):
        stack.clock.forward(hours=1)
        answers.append(await step_up(stack))
    assert answers[-6:] == ["ok"] * 5 + ["too_many"]


async def test_another_subscriber_finds_no_open_code(stack: Stack) -> None:
    conversation = stack.conversation(LI)
    bind = stack.stores.conversations.bind
    await bind(conversation, Binding(PHONE.id, "s1", stack.clock(), "code"), "zj", LI)
    await step_up(stack)
    await bind(conversation, Binding(PHONE.id, "s2", stack.clock(), "code"), "zj")
    assert await check(stack, CODE, "m1") == ("none", {})


# --- small ones ------------------------------------------------------------------------------------------------------


async def test_the_answer_of_a_write_is_kept_and_the_first_one_stays(stack: Stack) -> None:
    once, conversation = stack.stores.once, stack.conversation(LI)
    assert await once.recall(conversation, "m1", "ticket") is None
    await once.keep(conversation, "m1", "ticket", {"id": "t1"})
    await once.keep(conversation, "m1", "ticket", {"id": "t2"})
    assert await once.recall(conversation, "m1", "ticket") == {"id": "t1"}


async def test_a_secret_opens_only_in_its_conversation_and_can_be_burnt(stack: Stack) -> None:
    message = stack.message(LI, "我的验证码是⟦code:0123456789abcdef⟧")
    await stack.stores.accept.accept([message], [SecretValue("0123456789abcdef", "code", CODE)])
    vault, conversation = stack.stores.vault, stack.conversation(LI)
    assert await vault.open(conversation, "0123456789abcdef") == CODE
    assert await vault.open(stack.conversation(PHONE), "0123456789abcdef") is None
    assert (
        0
        < await stack.stores.redis.ttl(stack.stores.keys.of(conversation, "vault", conversation, "0123456789abcdef"))
        <= 600
    )
    await vault.burn(conversation, "0123456789abcdef")
    assert await vault.open(conversation, "0123456789abcdef") is None


async def test_a_browser_that_reconnects_gets_what_it_missed_once(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    outbox = stack.stores.outbox
    first = await outbox.put(stack.web.sent[0])
    assert await outbox.put(stack.web.sent[0]) == first
    await outbox.put(stack.web.sent[1])
    assert [m.id for _, m in await outbox.after(LI, "")] == [m.id for m in stack.web.sent]
    assert [m.id for _, m in await outbox.after(LI, first)] == [stack.web.sent[1].id]
    assert await outbox.after(Address("web", "wang"), "") == []
    assert await outbox.last(LI) == (await outbox.after(LI, ""))[-1][0]
    assert await outbox.last(Address("web", "wang")) == ""


async def test_gateways_are_woken_for_the_address_that_got_something(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    wakes = stack.stores.outbox.wakes()
    assert await anext(wakes) == ""
    told = asyncio.ensure_future(anext(wakes))
    await asyncio.sleep(0.05)
    await stack.stores.outbox.put(stack.web.sent[0])
    assert await asyncio.wait_for(told, 3) == LI.id


async def test_the_log_is_read_from_cursors_and_trimmed(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    entries = [entry async for entry in stack.stores.log.read({}, 0.01)]
    assert [entry.kind for entry in entries] == ["inbound", "turn", "reply", "reply", "sent", "sent"]
    cursors = {entries[-1].partition: entries[-1].entry}
    await stack.stores.log.trim(cursors)
    assert [entry async for entry in stack.stores.log.read(cursors, 0.01)] == []
    assert (await stack.stores.log.ends())[entries[-1].partition] == entries[-1].entry


async def test_one_process_at_a_time_does_what_is_done_alone(stack: Stack) -> None:
    first, second = (Solo(stack.stores.scripts, "writer", name) for name in ("w1", "w2"))
    assert [await first.mine(), await second.mine(), await first.mine()] == [True, False, True]
    await first.release()
    assert [await second.mine(), await first.mine()] == [True, False]


@pytest.mark.parametrize(("workers", "share"), [(0, 256), (1, 256), (2, 128), (3, 86), (300, 1)])
def test_shares_cover_every_partition(workers: int, share: int) -> None:
    assert fair_share(256, workers) == share


async def test_without_redis_nothing_is_accepted(stack: Stack, tmp_path: Path) -> None:
    scripts = Scripts(connect(f"unix://{tmp_path}/none.sock"))
    with pytest.raises(NotReachable):
        await scripts.run("release", ["a", "b"], ["c"])
    accept = RedisAccept(scripts, stack.stores.keys, b"k", Seal(b"k" * 32), 10)
    with pytest.raises(StoreUnavailable):
        await accept.accept([stack.message(LI, "你好")])


async def test_a_redis_that_forgot_the_scripts_gets_them_again(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "1")
    await stack.at_rest()
    await stack.stores.redis.script_flush()
    await stack.say(LI, "2")
    await stack.until(lambda: stack.web.texts()[-1] == "echo 2")


# --- bindings by link, releases, timers, receipts --------------------------------------------------------------------


async def test_an_sms_is_bound_by_its_link(stack: Stack) -> None:
    stack.directory.known[PHONE.id] = ("s1", "zj")
    seen = []

    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        seen.append(conversation)
        return echo(item, conversation, turn)

    stack.bot.think = think
    stack.worker()
    await stack.say(PHONE, "查话费")
    await stack.at_rest()
    assert (seen[0].binding.subscriber_id, seen[0].binding.proof, seen[0].region) == ("s1", "link", "zj")
    assert (await stack.logged("binding"))[0]["number"] == "138****0001"


async def test_a_crm_that_is_away_does_not_keep_an_sms_waiting(stack: Stack) -> None:
    stack.directory.away = True
    stack.worker()
    await stack.say(PHONE, "你好")
    await stack.until(lambda: stack.sms.texts()[-1:] == ["echo 你好"])


async def test_a_number_that_got_another_subscriber_begins_anew(stack: Stack) -> None:
    stack.directory.known[PHONE.id] = ("s1", "zj")
    stack.worker()
    await stack.say(PHONE, "查话费")
    await stack.at_rest()
    stack.directory.known[PHONE.id] = ("s2", "gd")
    stack.clock.forward(minutes=61)
    await stack.say(PHONE, "你好")
    await stack.at_rest()
    known = await stack.stores.conversations.get(stack.conversation(PHONE))
    assert known is not None and known.binding is not None
    assert (known.binding.subscriber_id, known.generation, known.region) == ("s2", 1, "gd")
    assert (await stack.stores.trackers.load(known.id))[2] == 2


async def test_a_release_is_kept_until_the_session_ends(stack: Stack) -> None:
    releases = []

    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        releases.append(conversation.release_id)
        return TurnResult()

    stack.bot.think, stack.release = think, "r1"
    stack.worker()
    await stack.say(LI, "1")
    await stack.at_rest()
    stack.release = "r2"
    await stack.say(LI, "2")
    await stack.at_rest()
    stack.clock.forward(minutes=61)
    await stack.say(LI, "3")
    await stack.at_rest()
    assert releases == ["r1", "r1", "r2"]


async def test_a_timer_comes_back_as_an_event_and_a_later_one_replaces_it(stack: Stack) -> None:
    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        if getattr(item, "text", ""):
            return TurnResult(timers=(TimerRequest("remind", float(item.text), {"what": item.text}),))
        return TurnResult(replies=(Reply(f"{item.name} {item.values['what']}"),))

    stack.bot.think = think
    stack.worker()
    await stack.say(LI, "30")
    await stack.say(LI, "60")
    await stack.at_rest()
    stack.clock.forward(seconds=31)
    await asyncio.sleep(1.2)
    assert len(stack.web.sent) == 1
    stack.clock.forward(seconds=30)
    await stack.until(lambda: stack.web.texts()[-1] == "remind 60")


async def test_a_timer_can_be_cancelled(stack: Stack) -> None:
    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        return TurnResult(timers=(TimerRequest("remind", float(getattr(item, "text", -1))),))

    stack.bot.think = think
    stack.worker()
    await stack.say(LI, "1")
    await stack.say(LI, "-1")
    await stack.at_rest()
    await asyncio.sleep(2.2)
    assert len(stack.bot.ran) == 2


async def test_a_receipt_finds_its_message(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "EARLY_S", (0.01,))
    stack.worker()
    await stack.say(PHONE, "你好")
    await stack.at_rest()
    sent = stack.sms.sent[1]
    await stack.accept(Receipt("sms:r1", "sms", f"{sent.id}.0", "delivered", stack.clock()))
    await stack.accept(Receipt("sms:r2", "sms", "unknown", "delivered", stack.clock()))
    await stack.at_rest()
    (receipt,) = await stack.logged("receipt")
    assert (receipt["message"], receipt["state"]) == (sent.id, "delivered")


async def test_a_receipt_that_is_faster_than_our_own_record_finds_its_message(stack: Stack) -> None:
    stack.worker()
    early = Receipt("sms:r1", "sms", "sms:c1/2.0", "delivered", stack.clock())
    await stack.accept(early)
    await asyncio.sleep(0.1)
    await stack.say(PHONE, "查话费", id="sms:c1")
    await stack.at_rest()
    assert [receipt["message"] for receipt in await stack.logged("receipt")] == ["sms:c1/2"]


async def test_only_the_parts_that_failed_are_sent_again(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    stack.web.failing_parts, stack.web.parts_sent = {1}, []
    await stack.say(LI, "长")
    await stack.at_rest()
    assert stack.web.parts_sent == [0]


# --- notices ---------------------------------------------------------------------------------------------------------


def notice(stack: Stack, kind: Any = "service", **more: Any) -> Notice:
    now = stack.clock()
    values = {"id": "n1", "address": LI, "kind": kind, "response": "looking_up", "values": {}, "dedupe": "d1"}
    return Notice(**{**values, "earliest": now, "latest": now + timedelta(hours=48), **more})


async def test_a_notice_is_said_once(stack: Stack) -> None:
    stack.worker()
    assert await stack.notices.enter(notice(stack))
    assert not await stack.notices.enter(notice(stack, id="n2"))
    await stack.at_rest()
    assert stack.web.texts() == ["正在为您查询，请稍候。"]


async def test_a_notice_waits_for_its_time(stack: Stack) -> None:
    stack.worker()
    await stack.notices.enter(notice(stack, earliest=stack.clock() + timedelta(minutes=5)))
    await stack.at_rest()
    assert not stack.web.sent
    stack.clock.forward(minutes=5, seconds=1)
    await stack.until(lambda: stack.web.sent)


async def test_a_notice_that_came_too_late_is_not_said(stack: Stack) -> None:
    stack.worker()
    await stack.notices.enter(notice(stack, latest=stack.clock() - timedelta(seconds=1)))
    await stack.at_rest()
    assert not stack.web.sent
    assert (await stack.logged("notice"))[0]["refused"] == "expired"


async def test_marketing_needs_consent_and_keeps_out_of_the_night(stack: Stack) -> None:
    stack.worker()
    while not 10 <= (stack.clock() + timedelta(hours=8)).hour < 20:
        stack.clock.forward(hours=1)
    await stack.notices.enter(notice(stack, "marketing"))
    await stack.at_rest()
    assert (await stack.logged("notice"))[0]["refused"] == "no_consent"
    await stack.stores.conversations.allow_marketing(stack.conversation(LI), True)
    while (stack.clock() + timedelta(hours=8)).hour != 23:
        stack.clock.forward(hours=1)
    await stack.notices.enter(notice(stack, "marketing", id="n2", dedupe="d2"))
    await stack.at_rest()
    assert not stack.web.sent
    stack.clock.forward(hours=9, minutes=1)
    await stack.until(lambda: stack.web.sent)


# --- secrets ---------------------------------------------------------------------------------------------------------


async def test_no_secret_stands_in_the_append_only_file(stack: Stack, redis_server: Path) -> None:
    typed = [
        "验证码是845201",
        "密码是s3cretPW9",
        "充值卡 123456789012345678",
        "6222021234567890128",
        "11010519491231002X",
    ]
    stack.worker()
    for text in typed:
        item, secrets = masking.mask_item(stack.message(LI, text))
        await stack.stores.accept.accept([item], secrets)
    await stack.stores.codes.send_code(PHONE.id, CODE, "looking_up", {}, "zh", "d1")
    await stack.at_rest()
    if is_cluster(stack.stores.redis):
        pytest.skip("the file is that of the one Redis")
    file = (redis_server.parent / "appendonly.aof").read_bytes()
    assert b"echo" in file
    for secret in ("845201", "s3cretPW9", "123456789012345678", "6222021234567890128", "11010519491231002X", CODE):
        assert secret.encode() not in file


async def test_a_one_time_code_is_opened_only_as_it_leaves(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(name: str, conversation: Any, values: Any = None) -> Reply:
        return Reply(f"验证码{values['code']}", response=name)

    monkeypatch.setattr(stack.voice, "reply", reply)
    stack.worker()
    await stack.stores.codes.send_code(PHONE.id, CODE, "code_login", {}, "zh", "d1")
    await stack.at_rest()
    assert stack.sms.texts() == [f"验证码{CODE}"]
    assert CODE not in str(await stack.logged())


async def test_a_reference_that_the_bot_repeats_stays_closed(stack: Stack) -> None:
    item, secrets = masking.mask_item(stack.message(LI, f"验证码是{CODE}"))
    stack.worker()
    await stack.stores.accept.accept([item], secrets)
    await stack.at_rest()
    assert CODE not in stack.web.texts()[1]
    assert "⟦code:" in stack.web.texts()[1]
