"""Known outages in Redis: told while they are open, ended once, followers told once; like reports raise an alert."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import generate_latest

from switchboard import announcing
from switchboard.incidents import Incident
from switchboard.metrics import ExchangeMetrics
from switchboard.model import Address
from switchboard.notices import Notices
from switchboard.ports import Accept
from switchboard.redis.incidents import FOLLOWERS
from switchboard.restored import Restored
from switchboard.tasks import end
from tests.contracts.switchboard.stack import Stack, at

LI, WANG = Address("web", "li"), Address("sms", "+8613800001234")
ANNOUNCED = ["--region", "zj", "--service", "data", "--zh", "杭州停电", "--en", "Power cut in Hangzhou"]


async def typed(stack: Stack, *words: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    announcing.add_arguments(parser)
    code, lines = await announcing.run(stack.stores, parser.parse_args(words))
    return code, "\n".join(lines)


async def announced(stack: Stack, *more: str) -> Incident:
    await typed(stack, "add", *ANNOUNCED, *more, "--by", "wang")
    return (await stack.stores.incidents.all())[-1]


def restored(stack: Stack, accept: Accept | None = None) -> Restored:
    return Restored(stack.stores.incidents, Notices(accept or stack.stores.accept), stack.clock)


@pytest.fixture
async def talking(stack: Stack) -> AsyncIterator[Stack]:
    """Two people have written; a worker runs; it is noon, when notices are told."""
    at(stack, 12)
    stack.worker()
    for address in (LI, WANG):
        await stack.say(address, "你好")
    await stack.at_rest()
    yield stack


async def test_an_open_outage_is_told_in_its_province_until_it_ends(stack: Stack) -> None:
    incident = await announced(stack, "--city", "杭州", "--until", "2h")
    (told,) = await stack.stores.incidents.at("zj")
    assert (told["id"], told["city"], told["covers"]) == (incident.id, "杭州", ["data"])
    assert told["words"] == {"zh": "杭州停电", "en": "Power cut in Hangzhou"}
    assert await stack.stores.incidents.at("gd") == []
    assert (await typed(stack, "end", incident.id))[0] == 0
    assert await stack.stores.incidents.at("zj") == []
    assert (await typed(stack, "end", incident.id))[0] == 1


async def test_without_signal_nothing_mobile_works(stack: Stack) -> None:
    await typed(stack, "add", *ANNOUNCED, "--service", "signal")
    assert (await stack.stores.incidents.at("zj"))[0]["covers"] == ["signal", "data", "voice", "sms"]


async def test_its_expected_end_can_be_changed_and_be_unknown(stack: Stack) -> None:
    incident = await announced(stack, "--until", "2h")
    await typed(stack, "change", incident.id, "--until", "4h")
    changed = await stack.stores.incidents.get(incident.id)
    assert changed and changed.until and incident.until and changed.until > incident.until
    await typed(stack, "change", incident.id, "--until", "unknown")
    assert (await stack.stores.incidents.at("zj"))[0]["until"] == ""
    assert (await typed(stack, "change", "nothing", "--until", "4h"))[0] == 1


async def test_what_ends_while_it_is_changed_stays_ended(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    incidents, incident = stack.stores.incidents, await announced(stack, "--until", "2h")
    read = incidents.get

    async def read_and_then_ended(identifier: str) -> Incident | None:
        found = await read(identifier)
        await incidents.end(identifier, "li", "")
        return found

    monkeypatch.setattr(incidents, "get", read_and_then_ended)
    assert (await typed(stack, "change", incident.id, "--until", "4h"))[0] == 1
    assert await incidents.all() == []
    assert [act.act for act in await incidents.story.acts()] == ["add", "end"]


async def test_whoever_asked_is_told_once_when_it_ends_and_nobody_else(talking: Stack) -> None:
    incidents, incident = talking.stores.incidents, await announced(talking)
    conversation = talking.conversation(WANG)
    for _ in range(2):
        assert await incidents.follow(conversation, incident.id, "zh")
    await incidents.end(incident.id, "wang", "")
    for _ in range(2):
        await restored(talking).tell()
    await talking.at_rest()
    assert [text for text in talking.sms.texts() if "已恢复" in text] == [
        "您关注的故障已恢复：杭州停电。还用不了的话，请重启手机再试。"
    ]
    assert not any("恢复" in text for text in talking.web.texts())
    assert (await incidents.ended(), await incidents.followers(incident.id)) == ([], [])


async def test_who_follows_in_english_is_told_in_english(talking: Stack) -> None:
    incident = await announced(talking)
    await talking.stores.incidents.follow(talking.conversation(LI), incident.id, "en")
    await talking.stores.incidents.end(incident.id, "wang", "")
    await restored(talking).tell()
    await talking.at_rest()
    assert talking.web.texts()[-1].startswith("This works again: Power cut in Hangzhou.")


async def test_a_worker_that_dies_while_it_tells_leaves_the_rest_to_the_next(talking: Stack) -> None:
    incidents, incident = talking.stores.incidents, await announced(talking)
    for address in (LI, WANG):
        await incidents.follow(talking.conversation(address), incident.id, "zh")
    await incidents.end(incident.id, "wang", "")

    class Dying:
        entered = 0

        async def accept(self, *items: object) -> list[str]:
            self.entered += 1
            if self.entered > 1:
                raise KeyboardInterrupt
            return await talking.stores.accept.accept(*items)  # type: ignore[arg-type]

    with pytest.raises(KeyboardInterrupt):
        await restored(talking, Dying()).tell()  # type: ignore[arg-type]
    await restored(talking).tell()
    await talking.at_rest()
    told = [text for text in (*talking.sms.texts(), *talking.web.texts()) if "已恢复" in text]
    assert len(told) == 2


async def test_nobody_can_follow_what_is_over(talking: Stack) -> None:
    incident = await announced(talking)
    await talking.stores.incidents.end(incident.id, "wang", "")
    assert not await talking.stores.incidents.follow(talking.conversation(LI), incident.id, "zh")


async def test_who_cannot_be_reached_cannot_follow(talking: Stack) -> None:
    incidents, incident = talking.stores.incidents, await announced(talking)
    assert not await incidents.follow("web:nobody", incident.id, "zh")
    assert await incidents.followers(incident.id) == []


async def test_a_follower_that_cannot_be_read_keeps_nobody_else_from_hearing(talking: Stack) -> None:
    incidents, incident = talking.stores.incidents, await announced(talking)
    for bad in ('{"address": {}, "language": "zh"}', "{", "[]"):
        await talking.stores.redis.hset(FOLLOWERS + incident.id, f"web:{len(bad)}", bad)
    await incidents.follow(talking.conversation(WANG), incident.id, "zh")
    assert (await typed(talking, "list"))[1].endswith("followers: 1")
    assert (await typed(talking, "end", incident.id))[1].endswith("told: 1")
    await restored(talking).tell()
    await talking.at_rest()
    assert len([text for text in talking.sms.texts() if "已恢复" in text]) == 1
    assert await incidents.ended() == []


async def test_what_fails_once_is_tried_again(talking: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    class Odd(Restored):
        async def tell(self) -> None:
            tried.append(1)
            raise KeyError("odd")

    monkeypatch.setattr("switchboard.restored.EVERY_S", 0.0)
    task = asyncio.create_task(Odd(talking.stores.incidents, talking.notices, talking.clock).run())
    await talking.until(lambda: len(tried) > 1)
    await end(task)


async def test_twenty_people_of_one_place_with_one_fault_are_a_sign_and_one_person_is_not(stack: Stack) -> None:
    incidents = stack.stores.incidents
    for _ in range(30):
        await incidents.report("web:same", "zj", "杭州", "data")
    for n in range(19):
        await incidents.report(f"web:{n}", "zj", "宁波", "data")
    assert [(one.city, one.count, one.many) for one in await incidents.alike()] == [
        ("宁波", 19, False),
        ("杭州", 1, False),
    ]
    await incidents.report("web:20", "zj", "宁波", "data")
    assert (await incidents.alike())[0].many
    metrics = ExchangeMetrics()
    metrics.incidents(0, await incidents.alike())
    assert (
        'renji_alike_reports{city="宁波",region="zj",service="data"} 20.0' in generate_latest(metrics.registry).decode()
    )


async def test_reports_are_forgotten_after_ten_minutes_and_once_the_outage_is_announced(stack: Stack) -> None:
    incidents = stack.stores.incidents
    await incidents.report("web:1", "zj", "宁波", "data")
    incident = await announced(stack)
    assert await incidents.alike() == []
    await incidents.end(incident.id, "wang", "")
    assert len(await incidents.alike()) == 1
    stack.clock.forward(minutes=10, seconds=1)
    assert await incidents.alike() == []


async def test_from_the_command_line_add_list_and_the_story(stack: Stack) -> None:
    assert (await typed(stack, "list"))[1] == "no outage is open"
    incident = await announced(stack, "--until", "2h")
    await stack.stores.incidents.report("web:1", "gd", "", "sms")
    listed = (await typed(stack, "list"))[1].splitlines()
    assert listed[0].startswith(f"{incident.id}  zj all  data") and listed[0].endswith("杭州停电  followers: 0")
    assert listed[1] == "alike without an outage: gd - sms: 1"
    await typed(stack, "end", incident.id, "--by", "li", "--why", "来电了")
    story = (await typed(stack, "story"))[1].splitlines()
    assert ["wang: 杭州停电" in story[0], "end" in story[1] and "li: 来电了" in story[1]] == [True, True]


@pytest.mark.parametrize(
    "words", [["--region", "zhejiang"], ["--en", "杭州停电"], ["--since", "2999-01-01T00:00:00Z"], ["--until", "5x"]]
)
def test_what_could_not_be_told_is_refused(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    announcing.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["add", *ANNOUNCED, *words])
