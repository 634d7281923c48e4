"""What content staff write is what people read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from switchboard.errors import BadWording
from switchboard.model import Link
from switchboard.wording import Wording, month, volume, yuan

ENTRIES: dict[str, Any] = {
    "balance": {
        "zh": "余额{{ fen | yuan }}元。",
        "en": "¥{{ fen | yuan }}.",
        "sms": {"zh": "余{{ fen | yuan }}"},
        "choices": [
            {"zh": "查账单", "en": "Bill", "intent": "query_bill", "entities": {"month": "{{ month }}"}},
            {
                "each": "packs",
                "zh": "{{ item.name }}",
                "en": "{{ item.name }}",
                "intent": "order",
                "entities": {"fen": "{{ item.fen }}"},
            },
            {"when": "fen < 0", "zh": "充值", "en": "Top up", "intent": "recharge"},
        ],
    },
    "numbered_choices": {
        "zh": "回复{% for c in choices %}{{ c.number }}{{ c.label }}{{ '，' if not loop.last }}{% endfor %}。",
        "en": "Reply {% for c in choices %}{{ c.number }} {{ c.label }}{{ ', ' if not loop.last }}{% endfor %}.",
    },
}
VALUES = {"fen": 2350, "month": "2026-10", "packs": [{"name": "10元包", "fen": 1000}]}


def test_a_reply_has_text_choices_and_hidden_payloads() -> None:
    reply = Wording(ENTRIES, lambda: "ab").render("balance", "web", "zh", VALUES)
    assert reply.text == "余额23.50元。"
    assert [(c.label, c.number, c.token, c.entities) for c in reply.choices] == [
        ("查账单", 1, "ab.1", {"month": "2026-10"}),
        ("10元包", 2, "ab.2", {"fen": 1000}),
    ]


def test_a_channel_may_have_its_own_text_and_numbers_its_choices() -> None:
    wording = Wording(ENTRIES)
    reply = wording.render("balance", "sms", "zh", VALUES)
    assert wording.numbered(reply, "zh") == "余23.50 回复1查账单，2 10元包。".replace("2 1", "21")


def test_what_can_be_chosen_stands_apart_from_a_link_and_from_an_english_sentence() -> None:
    wording = Wording(ENTRIES)
    reply = wording.render("balance", "sms", "zh", VALUES)
    paying = replace(reply, link=Link("去支付", "https://example.org/p/1"))
    assert "https://example.org/p/1 回复1" in wording.numbered(paying, "zh")
    assert wording.numbered(replace(reply, text="余额。"), "zh").startswith("余额。回复1")


def test_a_wish_is_offered_by_its_short_name() -> None:
    entry = {"zh": "您是想：", "en": "Did you mean:", "choices": [{"each": "likely", "wish": "{{ item }}"}]}
    wishes = {"query_bill": {"zh": "查账单", "en": "Bill"}, "recharge": {"zh": "充值", "en": "Top up"}}
    wording = Wording({"which": entry}, lambda: "ab", wishes)
    reply = wording.render("which", "web", "en", {"likely": ["recharge", "query_bill"]})
    assert [(c.label, c.number, c.intent) for c in reply.choices] == [
        ("Top up", 1, "recharge"),
        ("Bill", 2, "query_bill"),
    ]
    with pytest.raises(BadWording, match="nobody_named_it"):
        wording.render("which", "web", "zh", {"likely": ["nobody_named_it"]})


def test_a_short_name_has_to_be_there_in_both_languages(tmp_path: Path) -> None:
    for folder in ("responses", "terms"):
        (tmp_path / folder).mkdir()
    (tmp_path / "terms" / "wishes.yml").write_text("recharge: {zh: 充值}", encoding="utf-8")
    with pytest.raises(BadWording, match="recharge: must have a short name"):
        Wording.load(tmp_path)


def test_a_missing_value_is_an_error_and_not_an_empty_text() -> None:
    with pytest.raises(BadWording, match="fen"):
        Wording(ENTRIES).render("balance", "web", "zh", {})


def test_a_person_cannot_bring_a_template_in() -> None:
    wording = Wording({"echo": {"zh": "{{ text }}", "en": "{{ text }}"}})
    assert wording.render("echo", "web", "zh", {"text": "{{ 7*7 }}"}).text == "{{ 7*7 }}"


@pytest.mark.parametrize("template", ["{{ ''.__class__.__mro__ }}", "{{ ().__class__ }}"])
def test_a_template_cannot_leave_the_sandbox(template: str) -> None:
    with pytest.raises(BadWording):
        Wording({"evil": {"zh": template, "en": template}}).render("evil", "web", "zh", {})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: {zh: 好}", "no en text"),
        ("a: {zh: '{{', en: x}", "a:"),
        ("a: {zh: 好, en: ok, fr: oui}", "unknown key fr"),
        ("a: 1", "must have zh"),
        ("[1]", "named responses"),
        ("a: {zh: [", "yml"),
    ],
)
def test_faults_in_content_are_said_in_words(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "responses").mkdir()
    (tmp_path / "responses" / "x.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadWording, match=fault):
        Wording.load(tmp_path)


def test_values_are_written_as_people_read_them() -> None:
    assert (yuan(2350), yuan(-5), volume(1536 * 1024), volume(300 * 1024), month("2026-10")) == (
        "23.50",
        "-0.05",
        "1.5GB",
        "300MB",
        "2026年10月",
    )
