"""A known outage is the answer to whoever reports what it explains, and opens no ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.actions.incidents import OTHER_FAULT
from crm.operations.incidents import PROVINCES
from tests.dialogues.talk import ROOT

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
SIGNAL = ["signal", "data", "voice", "sms"]


def outage(person: Any, *covers: str, city: str = "", hours: float = 2.0) -> None:
    until = (person.now + timedelta(hours=hours)).isoformat()
    words = {"zh": "杭州停电", "en": "Power cut in Hangzhou"}
    one = {"id": "I1", "city": city, "covers": list(covers), "words": words, "since": person.now.isoformat()}
    person.incidents.open["zj"] = [{**one, "until": until}]


@pytest.mark.parametrize(
    ("intent", "covers"),
    [
        ("report_fault", SIGNAL),
        ("report_slow_data", ["data"]),
        ("report_no_codes", ["sms"]),
        ("broadband_fault", ["broadband"]),
    ],
)
async def test_a_fault_that_an_outage_explains_gets_no_ticket(talk: Begin, intent: str, covers: list[str]) -> None:
    person = talk()
    outage(person, *covers, city="杭州")
    heard = await person.say(intent, "用不了了")
    assert (heard.responses, heard.outcomes) == (["incident_known"], [(intent, "answered")])
    assert "杭州停电" in heard.texts[0] and "预计" in heard.texts[0]
    assert person.incidents.reported == []


async def test_an_outage_of_another_kind_or_another_city_explains_nothing(talk: Begin) -> None:
    person = talk()
    outage(person, "sms")
    assert (await person.say("report_slow_data", "慢")).responses == ["ask_fault_slow"]
    outage(person, "data", city="宁波")
    assert (await person.say("report_slow_data", "慢")).responses == ["ask_fault_slow"]
    assert person.incidents.reported == [(person.conversation, "zj", "杭州", "data")] * 2


async def test_the_kind_that_is_chosen_counts(talk: Begin) -> None:
    person = talk()
    outage(person, "voice")
    assert (await person.say("report_fault", "手机坏了")).responses == ["ask_fault_kind"]
    assert (await person.say("inform", option="打不了电话")).responses == ["incident_known"]
    assert (await person.say("query_ticket")).texts[0] == "没有查到您的工单。"


async def test_one_that_takes_longer_says_so(talk: Begin) -> None:
    person = talk()
    outage(person, "data", hours=-1)
    assert "还没修好" in (await person.say("report_slow_data", "慢")).texts[0]


async def test_a_place_that_is_named_counts_before_any_number_is_asked_for(talk: Begin) -> None:
    person = talk(None)
    person.region = ""
    outage(person, *SIGNAL, city="杭州")
    for text, word in (("杭州没信号", "杭州"), ("no signal in hangzhou", "hangzhou")):
        heard = await person.say("report_fault", text, region="zj", spans={"region": word})
        assert heard.responses == ["incident_known"]
    heard = await person.say("report_fault", "宁波没信号", region="zj", spans={"region": "宁波"})
    assert heard.responses == ["login_ask_number"]


async def test_mine_is_different_goes_on_to_a_ticket(talk: Begin) -> None:
    person = talk()
    outage(person, *SIGNAL)
    heard = await person.say("report_fault", "没信号")
    assert heard.choices[1]["entities"] == {"option": OTHER_FAULT}
    assert (await person.say("report_fault", option=OTHER_FAULT)).responses == ["ask_fault_kind"]
    assert (await person.say("inform", option="没有信号")).responses == ["ask_fault_told"]
    assert (await person.say("inform", "西湖区，昨天开始")).responses == ["ticket_fault"]


async def test_the_end_can_be_followed_while_it_lasts(talk: Begin) -> None:
    person = talk()
    outage(person, *SIGNAL)
    offered = (await person.say("report_fault", "没信号")).choices[0]
    assert (await person.say(offered["intent"], **offered["entities"])).responses == ["incident_followed"]
    assert person.incidents.followed == [(person.conversation, "I1", "zh")]
    person.incidents.open.clear()
    assert (await person.say(offered["intent"], **offered["entities"])).responses == ["incident_over"]


async def test_another_city_of_the_province_takes_the_place_of_ones_own(talk: Begin) -> None:
    person = talk()
    outage(person, "data", city="杭州")
    said = {"region": "zj", "spans": {"region": "宁波"}}
    assert (await person.say("report_slow_data", "宁波网慢", **said)).responses == ["ask_fault_slow"]
    assert person.incidents.reported == [(person.conversation, "zj", "宁波", "data")]


async def test_the_name_of_the_province_alone_says_no_city(talk: Begin) -> None:
    stranger, person = talk(None), talk()
    for one in (stranger, person):
        outage(one, "data", city="宁波")
        one.incidents.open["zj"][0]["words"] = {"zh": "浙江宁波停电", "en": "Power cut in Ningbo, Zhejiang"}
        for word in ("浙江", "Zhejiang"):
            said = {"region": "zj", "spans": {"region": word}}
            assert (await one.say("report_slow_data", f"{word}网慢", **said)).responses != ["incident_known"]
    outage(person, "data", city="杭州")
    said = {"region": "zj", "spans": {"region": "浙江"}}
    assert (await person.say("report_slow_data", "浙江网慢", **said)).responses == ["incident_known"]


async def test_a_district_is_one_of_ones_own_city(talk: Begin) -> None:
    person = talk()
    outage(person, "data", city="杭州")
    said = {"region": "zj", "spans": {"region": "西湖区"}}
    assert (await person.say("report_slow_data", "西湖区网慢", **said)).responses == ["incident_known"]


@pytest.mark.parametrize(("word", "known"), [("鄞州区", True), ("鄞州", True), ("天一区", False), ("ningbo", True)])
async def test_a_district_of_another_city_is_in_that_city(talk: Begin, word: str, known: bool) -> None:
    person = talk()
    outage(person, "data", city="宁波")
    person.incidents.open["zj"][0]["words"] = {"zh": "部分基站停电", "en": "Some masts have no power"}
    said = {"region": "zj", "spans": {"region": word}}
    heard = await person.say("report_slow_data", f"{word}网慢", **said)
    assert (heard.responses == ["incident_known"]) is known


def test_every_province_that_can_be_named_is_told_from_its_cities() -> None:
    cities_too = {"bj", "tj", "sh", "cq", "hk", "mo"}
    read = YAML(typ="safe").load((ROOT / "data" / "lookup" / "regions.yml").read_text(encoding="utf-8"))
    provinces = {code: names for code, names in read.items() if len(code) == 2 and code not in cities_too}
    assert [code for code, names in provinces.items() if names[0] not in PROVINCES] == []
    english = {code: next(name for name in names if name.isascii()) for code, names in provinces.items()}
    assert [code for code, name in english.items() if name not in PROVINCES] == []


async def test_coverage_where_an_outage_is_known_is_answered_by_it_and_counts_as_no_report(talk: Begin) -> None:
    person = talk(None)
    outage(person, *SIGNAL, city="杭州")
    said: dict[str, Any] = {"region": "zj", "spans": {"region": "杭州"}}
    assert (await person.say("consult_coverage", "杭州有没有信号", **said)).responses == ["incident_known"]
    person.incidents.open["zj"] = []
    assert (await person.say("consult_coverage", "杭州有没有信号", **said)).responses == ["guide_consult_coverage"]
    assert person.incidents.reported == []
