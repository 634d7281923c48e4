"""Points by what they are to become, by how many are to be spent, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI, ZHOU, LUO = "+8613800000000", "+8613800000018", "+8613800000020"


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_all_points_into_data_are_reckoned_and_each_reward_is_agreed_to(talk: Begin, channel: str) -> None:
    person = talk(LI, channel)
    heard = await person.say("redeem_points", "积分全部换成流量")
    assert heard.responses == ["points_all", "quote_redeem_points"]
    assert "2400分可以换：2GB积分流量2份、500MB积分流量1份，共用2300分，剩100分" in heard.texts[0]
    assert "用1000积分" in heard.texts[1] or "积分：1000分" in heard.texts[1]
    assert sum(lot.left for lot in person.crm.lots[LI]) == 2400
    heard = await person.say("affirm", "确认")
    if channel == "web":
        heard = await person.code(person.sent_code())
    assert heard.responses == ["points_redeemed"] and heard.labels[0] == "继续兑换"
    assert sum(lot.left for lot in person.crm.lots[LI]) == 1400


async def test_what_points_are_to_become_is_all_that_is_listed(talk: Begin) -> None:
    heard = await talk(LI).say("redeem_points", "积分换流量")
    assert heard.responses == ["ask_redeem_points"] and all("流量" in label for label in heard.labels[:-1])
    heard = await talk(LI).say("redeem_points", "积分换通话")
    assert heard.responses == ["quote_redeem_points"] and "50分钟" in heard.texts[0]


async def test_too_few_points_say_what_they_suffice_for(talk: Begin) -> None:
    person = talk(ZHOU, "sms")
    heard = await person.say("redeem_points", offering="reward-data-2g")
    assert heard.responses == ["points_too_few"]
    assert heard.texts[0].startswith("积分不够：需要1000分，可用420分。够换的有下面这些。")
    assert heard.labels[0] == "500MB积分流量 300分"
    assert (await person.say("redeem_points", offering="reward-data-500m")).responses == ["quote_redeem_points"]


async def test_fewer_points_than_anything_takes_say_how_many_are_needed(talk: Begin) -> None:
    person = talk(ZHOU)
    person.crm.lots[ZHOU] = []
    heard = await person.say("redeem_points", "积分全换成流量")
    assert heard.responses == ["points_too_few"] and "最少的要300分" in heard.texts[0]


async def test_a_number_of_points_that_nothing_takes_lists_what_it_suffices_for(talk: Begin) -> None:
    said = {"number": 800, "spans": {"number": "800"}}
    heard = await talk(LI).say("redeem_points", "我有800积分能换什么", **said)
    assert heard.responses == ["points_suffice_for", "ask_redeem_points"]
    assert heard.labels == ["500MB积分流量 300分", "50分钟积分通话 500分", "转人工"]
    said = {"number": 100, "spans": {"number": "100"}}
    heard = await talk(LI).say("redeem_points", "100积分换流量", **said)
    assert heard.responses == ["points_too_few"] and "需要300分" in heard.texts[0]


@pytest.mark.parametrize("text", ["积分能换话费吗", "积分换手机可以吗"])
async def test_what_points_do_not_become_is_said_before_what_they_do(talk: Begin, text: str) -> None:
    said = text.replace("换手机可以", "能换手机")
    heard = await talk(LI).say("redeem_points", said)
    assert heard.responses == ["points_not_for", "ask_redeem_points"]


@pytest.mark.parametrize("number", [LI, None])
@pytest.mark.parametrize(
    "text", ["积分能转给我老公吗", "积分可以转赠吗", "can I give my points to my wife", "两个号的积分能合并吗"]
)
async def test_whether_points_can_be_given_away_is_told_to_anybody(talk: Begin, number: str | None, text: str) -> None:
    heard = await talk(number).say("query_points", text)
    assert heard.responses == ["points_not_given"]


async def test_the_end_of_points_that_were_a_gift_is_no_question_for_giving_them(talk: Begin) -> None:
    assert (await talk(LI).say("query_points", "赠送的积分什么时候到期")).responses == ["points"]
