"""Names of offerings: of the catalogue at this moment, aliases, sounds. Digits must be equal."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.catalogue import CatalogueFile
from bot.nlu.extractor import ValueExtractor, utc_now
from bot.nlu.values.offerings import Offering, OfferingFinder
from crm.model import Offering as Sold
from crm.model import Price, Text
from crm.reference.catalogue import demo_catalogue

NEW = Sold("plan-new", Text("星云5G 88元套餐", "Nebula 5G 88"), Text("", ""), "plan", (Price("recurring", 8800),))
ENJOY = ["plan-5g-129", "plan-5g-199", "plan-5g-59", "plan-5g-99"]


@pytest.fixture
def file(tmp_path: Path) -> CatalogueFile:
    return CatalogueFile(tmp_path / "catalogue.json")


@pytest.fixture
def extractor(file: CatalogueFile) -> ValueExtractor:
    """Knows what the demo operator sells."""
    file.write(demo_catalogue().offerings.values())
    return ValueExtractor(ValueExtractor.get_default_config(), utc_now, file)


def values(extractor: ValueExtractor, text: str, entity: str = "offering") -> list[object]:
    message = extractor.process([Message({"text": text})])[0]
    return [e["value"] for e in message.get("entities") if e["entity"] == entity]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("畅享5G 99元套餐", ["plan-5g-99"]),
        ("暢享5G99元套餐", ["plan-5g-99"]),
        ("办畅享99", ["plan-5g-99"]),
        ("5g畅享199", ["plan-5g-199"]),
        ("长享5G九十九元套餐", ["plan-5g-99"]),
        ("二十号换成长享5G九十九元套餐行吗", ["plan-5g-99"]),
        ("换成全家享", ["plan-family-169"]),
        ("chang xiang 5g 129 yuan tao can", ["plan-5g-129"]),
        ("学生套餐", ["plan-student-29"]),
        ("换成轻享", ["plan-4g-18"]),
        ("之江套餐", ["plan-5g-79-zj"]),
        ("switch to 5G Enjoy 99", ["plan-5g-99"]),
        ("the enjoy 199 plan", ["plan-5g-199"]),
        ("取消视频彩铃和来电显示", ["svc-ringback", "svc-caller-id"]),
        ("cancel caller id", ["svc-caller-id"]),
        ("夜间20GB流量月包", ["pack-night"]),
        ("叶间20GB流量月包", ["pack-night"]),
        ("退订10元流量包", ["pack-5g"]),
        ("4G飞扬38元套餐", ["plan-4g-38"]),
        ("畅享5G 98元套餐", []),
        ("长享5G九十八元套餐", []),
        ("十九元的套餐", []),
        ("停机保号", []),
        ("退订腾讯视频会员", []),
        ("退订爱奇艺流量包", []),
        ("家庭网络故障", []),
        ("手机停用了流量包先退掉", []),
        ("我没看视频流量咋没的", []),
        ("我的套餐", []),
        ("套餐", []),
        ("查一下我的套餐是多少钱的", []),
        ("a light meal", []),
        ("畅享的98", []),
        ("畅享的99", ["plan-5g-99"]),
        ("4G乐享二十八块钱的", ["plan-4g-28"]),
        ("来电显示5块钱", ["svc-caller-id"]),
        ("let's talk", []),
        ("我不要畅享99要畅享199", ["plan-5g-99", "plan-5g-199"]),
        ("不要畅享九十九要畅享的一百九十九", ["plan-5g-99", "plan-5g-199"]),
        ("畅享99换畅享98", ["plan-5g-99"]),
    ],
)
def test_an_offering_is_found_by_name_alias_or_sound(extractor, text, expected):
    assert expected == values(extractor, text)


@pytest.mark.parametrize(("text", "ids"), [("换成畅享的", ENJOY), ("换成畅享套餐", ENJOY), ("换成长享五季套餐", [])])
def test_a_name_that_several_share_is_a_question(extractor, text, ids):
    assert [] == values(extractor, text)
    assert ([ids] if ids else []) == values(extractor, text, "among")


def test_two_that_sound_the_same_are_a_question():
    finder = OfferingFinder([Offering("one", ("星云五彩包",)), Offering("two", ("星运五彩包",))], 60.0)
    assert [("among", ["one", "two"])] == [(f.entity, f.value) for f in finder.find("要心云五彩包")]


def test_a_new_plan_is_known_as_soon_as_the_file_says_so(extractor, file):
    assert [] == values(extractor, "换成星云5G 88元套餐")
    file.write([*demo_catalogue().offerings.values(), NEW])
    assert ["plan-new"] == values(extractor, "换成星云5G 88元套餐")
    assert ["plan-new"] == values(extractor, "换成星运5G八十八元套餐")
    assert ["plan-new"] == values(extractor, "换成星云88")
    assert ["plan-new"] == values(extractor, "switch me to nebula 88")
    assert [] == values(extractor, "换成星云5G 89元套餐")


def test_the_place_of_a_name_that_was_heard_is_what_was_heard(extractor):
    message = extractor.process([Message({"text": "给我换成长享5G九十九元套餐吧谢谢"})])[0]
    found = next(e for e in message.get("entities") if e["entity"] == "offering")
    assert "长享5G九十九元套餐" == message.get("text")[found["start"] : found["end"]]


def test_without_a_catalogue_aliases_are_known(tmp_path):
    absent = CatalogueFile(tmp_path / "none" / "catalogue.json")
    extractor = ValueExtractor(ValueExtractor.get_default_config(), utc_now, absent)
    assert ["svc-ringback"] == values(extractor, "取消彩铃")
    assert [] == values(extractor, "畅享5G 99元套餐")


def test_a_catalogue_of_thousands_costs_a_message_little(file):
    many = [
        Sold(f"plan-{n}", Text(f"{a}{b}5G {n}元套餐", f"Plan {n}"), Text("", ""), "plan", ())
        for n, (a, b) in enumerate((a, b) for a in "星云山海江河天地风雷日月" for b in "畅享轻乐飞扬悦动青春校园")
    ]
    file.write(many)
    extractor = ValueExtractor(ValueExtractor.get_default_config(), utc_now, file)
    assert ["plan-3"] == values(extractor, "换成星乐5G 3元套餐")
