"""A line at home is renewed, moved and ended by people, asked for here: what is known is not asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.actions.skill import Skill

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
STOPPED, NO_LINE = "+8613800000001", "+8613800000003"
WISHES = ("broadband_renew", "broadband_move", "broadband_cancel")


async def test_a_renewal_asks_for_how_long_and_when_to_call(talk: Begin) -> None:
    person = talk()
    heard = await person.say("broadband_renew", "宽带续费")
    assert heard.responses == ["ask_lead_need"] and "KD13800000000" in heard.texts[0]
    assert heard.labels[:2] == ["一年", "两年"]
    assert (await person.say("inform", option="1y")).responses == ["ask_lead_time"]
    heard = await person.say("inform", option="pm")
    assert heard.responses == ["confirm_lead"]
    assert all(told in heard.texts[0] for told in ("宽带续一年", "账号：KD13800000000", "工作日下午"))
    heard = await person.say("affirm")
    assert (heard.responses, heard.outcomes) == (["ticket_lead"], [("broadband_renew", "done")])
    (ticket,) = person.crm.all_tickets.values()
    assert "【宽带续费】宽带续费；续一年；KD13800000000；工作日下午" in ticket.text


@pytest.mark.parametrize(("text", "years"), [("宽带续一年", "续一年"), ("宽带再续2年", "续两年")])
async def test_a_renewal_that_says_for_how_long_is_not_asked_for_it(talk: Begin, text: str, years: str) -> None:
    person = talk()
    assert (await person.say("broadband_renew", text)).responses == ["ask_lead_time"]
    heard = await person.say("inform", option="pm")
    assert years in heard.texts[0]


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("broadband_move", "我要搬家了宽带能移机吗新地址在滨江"),
        ("nlu_fallback", "能提到1000兆吗"),
        ("close_account", "帮我爸把号停了 他去世了"),
    ],
)
async def test_another_wish_is_no_duration_and_no_time(talk: Begin, intent: str, text: str) -> None:
    for wish, step in (("broadband_renew", "ask_lead_need"), ("broadband_cancel", "ask_lead_time")):
        person = talk()
        assert (await person.say(wish, "宽带")).responses == [step]
        await person.say(intent, text)
        heard = await person.say("inform", option="am" if step == "ask_lead_time" else "1y")
        assert text not in "".join(heard.texts)


@pytest.mark.parametrize("wish", ["broadband_renew", "broadband_cancel"])
async def test_an_address_that_is_known_already_is_not_taken_for_the_time(talk: Begin, wish: str) -> None:
    person = talk()
    await person.say(wish, "宽带续一年")
    assert (await person.say("correct", "地址改成文三路12号")).responses == ["form_unclear", "ask_lead_time"]


@pytest.mark.parametrize("wish", WISHES)
async def test_whoever_is_not_known_any_more_hears_why(talk: Begin, wish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Skill, "_level", lambda self: 0)
    heard = await talk(None).say(wish)
    assert heard.responses and heard.outcomes == [(wish, "refused")]


async def test_a_move_asks_where_to(talk: Begin) -> None:
    person = talk()
    heard = await person.say("broadband_move", "宽带移机")
    assert heard.responses == ["ask_lead_place"] and "移到哪里" in heard.texts[0]
    assert (await person.say("inform", "滨江区长河街道")).responses == ["ask_lead_time"]
    await person.say("inform", option="weekend")
    await person.say("affirm")
    (ticket,) = person.crm.all_tickets.values()
    assert "【宽带移机】宽带移机；移机；账号KD13800000000；滨江区长河街道；周末" in ticket.text


async def test_ending_it_takes_no_more_steps_than_a_new_line(talk: Begin) -> None:
    person = talk()
    heard = await person.say("broadband_cancel", "我要拆宽带")
    assert heard.responses == ["ask_lead_time"] and "合约和设备" in heard.texts[0]
    await person.say("inform", option="am")
    heard = await person.say("affirm")
    assert (heard.responses, heard.outcomes) == (["ticket_lead"], [("broadband_cancel", "done")])
    (ticket,) = person.crm.all_tickets.values()
    assert "【拆宽带】我要拆宽带；拆机；KD13800000000；工作日上午" in ticket.text


@pytest.mark.parametrize("wish", WISHES)
async def test_without_a_yes_nobody_is_told(talk: Begin, wish: str) -> None:
    person = talk()
    await person.say(wish)
    heard = await person.say("stop", "算了")
    assert (heard.responses, heard.outcomes) == (["lead_not_left"], [(wish, "abandoned")])
    assert person.crm.all_tickets == {}


@pytest.mark.parametrize("wish", WISHES)
async def test_a_line_that_is_stopped_has_to_be_paid_for_first(talk: Begin, wish: str) -> None:
    heard = await talk(STOPPED).say(wish)
    assert (heard.responses, heard.outcomes) == (["broadband"], [(wish, "refused")])
    assert "停机状态" in heard.texts[0] and "充值缴费" in heard.labels


@pytest.mark.parametrize("wish", WISHES)
async def test_who_has_no_line_is_told_so(talk: Begin, wish: str) -> None:
    heard = await talk(NO_LINE).say(wish)
    assert "没有查到宽带" in heard.texts[0] and heard.labels == ["装宽带", "转人工"]


@pytest.mark.parametrize("wish", WISHES)
async def test_whoever_is_not_known_logs_in_first(talk: Begin, wish: str) -> None:
    assert (await talk(None).say(wish)).responses == ["login_ask_number"]


async def test_another_question_in_between_is_answered_and_the_own_one_comes_again(talk: Begin) -> None:
    person = talk()
    await person.say("broadband_renew", "宽带续费")
    assert (await person.say("query_balance", "查话费")).responses == ["balance", "ask_lead_need"]


async def test_going_back_asks_only_for_what_was_asked(talk: Begin) -> None:
    person = talk()
    await person.say("broadband_renew", "宽带续费")
    await person.say("inform", option="1y")
    assert (await person.say("go_back", "返回")).responses == ["ask_lead_need"]
    await person.say("inform", option="2y")
    heard = await person.say("inform", option="am")
    assert "宽带续两年" in heard.texts[0] and "KD13800000000" in heard.texts[0]
    heard = await person.say("correct", "地址改成滨江区")
    assert heard.responses[-1] == "confirm_lead" and "KD13800000000" in heard.texts[-1]
    assert (await person.say("start_over", "重新来")).responses == ["ask_lead_need"]


async def test_going_back_from_the_first_question_ends_it(talk: Begin) -> None:
    person = talk()
    await person.say("broadband_cancel", "我要拆宽带")
    assert (await person.say("go_back", "返回")).responses == ["lead_not_left"]
