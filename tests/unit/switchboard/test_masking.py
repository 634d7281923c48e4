"""Secrets never survive parsing; ordinary numbers do."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone

import pytest

from switchboard.masking import PLACEHOLDER, hide, mask, mask_item, mask_joined, mask_proof
from switchboard.model import Address, InboundMessage, Media


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("123456", "code", "123456"),
        (" １２３４５６。", "code", "123456"),
        ("验证码是482913", "code", "482913"),
        ("482913是验证码", "code", "482913"),
        ("我的服务密码是123456", "password", "123456"),
        ("收到了 493817", "code", "493817"),
        ("是493817", "code", "493817"),
        ("493817，快点", "code", "493817"),
        ("493817 谢谢", "code", "493817"),
        ("密码abc123", "password", "abc123"),
        ("您的PUK码是12345678，只显示这一次，我不保存。", "password", "12345678"),
        ("您的PUK码是12345678。输错10次SIM卡会永久锁死", "password", "12345678"),
        ("Your PUK is 12345678. It is shown this once", "password", "12345678"),
        ("my puk code: 12345678", "password", "12345678"),
        ("PIN码 1234", "password", "1234"),
        ("服务密码 abc12345", "password", "abc12345"),
        ("密码改成了Abc#1234", "password", "Abc#1234"),
        ("密码改成 135790", "password", "135790"),
        ("password: hunter2!", "password", "hunter2!"),
        ("用充值卡 1234 5678 9012 345670 充", "card", "123456789012345670"),
        ("11010519491231002X", "id", "11010519491231002X"),
        ("身份证440524188001010014", "id", "440524188001010014"),
        ("卡号6222 0212 3456 7890 128", "bankcard", "6222021234567890128"),
        ("4111111111111111", "bankcard", "4111111111111111"),
        ("E12345678", "id", "E12345678"),
        ("我的护照号是 e12345678。", "id", "E12345678"),
        ("护照：AB1234567", "id", "AB1234567"),
        ("passport number 123456789", "id", "123456789"),
        ("EA1234567，后天去", "id", "EA1234567"),
    ],
)
def test_a_secret_becomes_a_typed_placeholder(text: str, kind: str, value: str) -> None:
    masked = mask(text)
    assert [(s.kind, s.value) for s in masked.secrets] == [(kind, value)]
    assert value not in masked.text
    assert PLACEHOLDER.search(masked.text)[1] == kind  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        "查话费",
        "充100",
        "10086",
        "13800001234",
        "202610账单",
        "0000",
        "换成199的",
        "+8613800001234",
        "充值100000",
        "工单120034",
        "邮编310000",
        "密码 help",
        "忘记密码了",
    ],
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert mask(text).text == text


def test_a_typed_placeholder_names_no_reference() -> None:
    assert PLACEHOLDER.search(mask("⟦code:0123456789abcdef⟧").text) is None


def test_screens_show_neither_reference_nor_number() -> None:
    assert hide("⟦code:0123456789abcdef⟧ 给13800001234") == "[code] 给138****1234"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("6222021234567890 123456", ["card", "code"]),
        ("110101199003078515 123456", ["id", "code"]),
        ("123456 11010519491231002X", ["code", "id"]),
        ("4111 1111 1111 1111 4111 1111 1111 1111", ["bankcard", "bankcard"]),
        ("6222021234567890-6222021234567890", ["card", "card"]),
        ("12345678901234567890123456789", ["card"]),
        ("1234 5678 9012 3456 7890 1234 5678", ["card", "card"]),
        ("验证码 482913 100", ["code"]),
    ],
)
def test_numbers_side_by_side_are_each_masked(text: str, kinds: list[str]) -> None:
    masked = mask(text)
    assert [s.kind for s in masked.secrets] == kinds
    assert PLACEHOLDER.sub("", masked.text).replace("验证码", "").replace("100", "").strip(" -") == ""


@pytest.mark.parametrize("text", ["13800001234 13900005678", "2026-11-21 到 2026-12-21", "100 200 300"])
def test_ordinary_numbers_side_by_side_stay(text: str) -> None:
    assert mask(text).text == text


def test_a_phone_number_beside_a_card_stays() -> None:
    masked = mask("123456789012345670 13800001234")
    assert [s.value for s in masked.secrets] == ["123456789012345670"]
    assert masked.text.endswith(" 13800001234")


def test_what_a_voice_message_says_is_masked_too() -> None:
    voice = Media("voice", "m1", transcript="我的服务密码是123456")
    at = datetime(2026, 11, 21, tzinfo=timezone.utc)
    item, secrets = mask_item(InboundMessage("wechat:1", Address("wechat", "o1"), "验证码482913", at, media=voice))
    assert [(s.kind, s.value) for s in secrets] == [("code", "482913"), ("password", "123456")]
    assert isinstance(item, InboundMessage) and item.media
    assert secrets[1].ref in item.media.transcript and "123456" not in item.media.transcript


def test_masking_a_joined_text_keeps_the_placeholders_of_its_parts() -> None:
    first = "⟦code:1234567890123456⟧ 充值卡12345678"
    masked = mask_joined(first + "9012345670 充100000")
    assert masked.text.startswith("⟦code:1234567890123456⟧ 充值卡⟦card:")
    assert masked.text.endswith(" 充100000")
    assert [s.value for s in masked.secrets] == ["123456789012345670"]


@pytest.mark.parametrize("unit", ["1 ", "123456 ", "123456,", "1-", "13800001234 ", "密码 "])
def test_a_long_message_is_masked_in_time_that_grows_with_its_length(unit: str) -> None:
    began = time.process_time()
    mask(unit * (65_536 // len(unit)))
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("SQXZ#李明#330106199201010004", "SQXZ#⟦id:REF⟧"),
        ("cxxz#李明#330106199201010004", "cxxz#⟦id:REF⟧"),
        ("SQXZ＃Anna Weber＃E12345678", "SQXZ＃⟦id:REF⟧"),
        ("SQXZ # 李明 # 33010619920101000X ", "SQXZ # ⟦id:REF⟧"),
    ],
)
def test_who_takes_a_number_elsewhere_leaves_neither_name_nor_papers(text: str, left: str) -> None:
    masked = mask(text, lambda: "0" * 16)
    assert masked.text.replace("0" * 16, "REF") == left
    assert len(masked.secrets) == 1 and masked.secrets[0].kind == "id"


@pytest.mark.parametrize("text", ["SQXZ", "发CXXZ没有回复", "SQXZ发给谁", "怎么发SQXZ#姓名"])
def test_a_question_about_taking_a_number_elsewhere_stays_as_it_is(text: str) -> None:
    assert mask(text).text == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("李明，1234，59", "⟦id:r⟧"),
        ("李明，002x，59元", "⟦id:r⟧"),
        ("13910000004 李明 1234 59", "13910000004 ⟦id:r⟧"),
        ("李明，⟦id:00112233aabbccdd⟧，59", "⟦id:r⟧"),
        ("13910000004", "13910000004"),
        ("+86 139 1000 0004", "+86 139 1000 0004"),
        ("密码⟦password:0011223344556677⟧", "密码⟦password:0011223344556677⟧"),
        ("不停了", "不停了"),
        ("我还有5G流量吗", "我还有5G流量吗"),
    ],
)
def test_a_proof_goes_away_whole_and_a_phone_number_stays(text: str, shown: str) -> None:
    masked = mask_proof(text, lambda: "r")
    assert masked.text == shown
    assert [secret.value for secret in masked.secrets] == ([text] if shown != text else [])


@pytest.mark.parametrize(
    "text", ["护照过期了怎么办", "passport office", "V26112012345678", "G12", "护照和身份证都可以吗"]
)
def test_what_is_no_passport_number_stays(text: str) -> None:
    assert mask(text).text == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("卡密八零零零零零零零零零零零零零零零零一", "卡密⟦card⟧"),
        ("八零零 零零零 零零零 零零零 零零零 零零幺", "⟦card⟧"),
        ("一二三四五六七八九零一二三四五六 七八", "⟦card⟧"),
        ("1234567890123456 七八", "⟦card⟧"),
        ("12345，67890，12345，678", "⟦card⟧"),
        ("1234.5678.9012.3456.78", "⟦card⟧"),
        ("12345\n67890\n12345\n678", "⟦card⟧"),
        ("one two three four five six seven eight nine oh one two three four five six seven eight", "⟦card⟧"),
        ("验证码四八二九一三", "验证码⟦code⟧"),
        ("服务密码四八二九", "服务密码⟦password⟧"),
        ("四八二九三一是验证码", "⟦code⟧是验证码"),
        ("身份证幺幺零一零一一九九零零三零七幺二三四", "身份证⟦id⟧"),
    ],
)
def test_a_secret_that_is_spoken_or_oddly_cut_is_one_all_the_same(text: str, left: str) -> None:
    masked = mask(text)
    assert re.sub(r":[0-9a-f]{16}", "", masked.text) == left
    assert all(secret.value.isdigit() for secret in masked.secrets)


@pytest.mark.parametrize(
    "text",
    [
        "二零二六年十一月", "一五一十地说", "三六九等 一个月一百二十块", "1、2、3、4、5、6", "10,20,30,50元哪个划算",
        "192.168.100.200", "2026.10.01-2026.10.31", "one two three",
        "10086一直打不通", "95588一条短信", "13800138000一个月多少钱", "打10086三次", "打10086二三十分钟都打不通",
    ],
)  # fmt: skip
def test_words_and_lists_with_digits_in_them_stay(text: str) -> None:
    assert mask(text).text == text


def test_a_phone_number_that_is_spoken_is_none() -> None:
    assert mask("充三十幺三八零零零零零零零零").text == "充三十13800000000"
    assert mask("幺三八零零零零零零零零一个月多少钱").text == "13800000000一个月多少钱"
