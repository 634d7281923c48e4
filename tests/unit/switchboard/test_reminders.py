"""The rules of notices as content has them, and the sentences that end a kind or want it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.happenings import VALUES
from switchboard.asking import KIND
from switchboard.errors import BadWording
from switchboard.reminders import Reminders, Rule
from switchboard.wording import Wording

CONTENT = Path(__file__).resolve().parents[3] / "content"


@pytest.fixture(scope="module")
def reminders() -> Reminders:
    return Reminders.load(CONTENT)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("别再提醒我流量", "data:off"),
        ("不要再提醒我流量了！", "data:off"),
        ("关闭流量提醒", "data:off"),
        ("把账单提醒关了吧", "bill:off"),
        ("以后别再发话费提醒了", "balance:off"),
        ("到期提醒取消", "expiry:off"),
        ("恢复流量提醒", "data:on"),
        ("打开余额提醒", "balance:on"),
        ("stop data alerts", "data:off"),
        ("Don't remind me of my bill", "bill:off"),
        ("turn off balance alerts", "balance:off"),
        ("turn on bill alerts", "bill:on"),
        ("查流量", ""),
        ("流量提醒是什么", ""),
        ("关闭流量", ""),
        ("别再提醒我", ":off"),
        ("请不要再提醒我了！", ":off"),
        ("关闭所有提醒", ":off"),
        ("stop reminding me", ":off"),
        ("Turn off all notifications", ":off"),
        ("恢复提醒", ":on"),
        ("关闭来电提醒", ""),
        ("把会员日提醒关了", ""),
        ("别再发广告通知", ""),
        ("no more questions", ""),
        ("提醒", ""),
        ("退订流量包", ""),
        ("不要给我发广告", ""),
        ("你们上个月的账单提醒我根本没收到就给我停机了，这事别再提醒我交钱了，先说清楚", ""),
    ],
)
def test_a_sentence_ends_a_kind_only_where_it_says_so(reminders: Reminders, text: str, wish: str) -> None:
    assert reminders.wish(text) == wish


def test_every_kind_that_the_crm_tells_has_a_rule_and_words(reminders: Reminders) -> None:
    names = {f"notice_{kind}" for kind in (*VALUES, KIND)}
    assert names == {name for name in reminders.rules if name.startswith("notice_")}
    assert names <= Wording.load(CONTENT).names()


def test_every_notice_is_rendered_from_the_values_that_the_crm_tells_and_fits_a_few_sms() -> None:
    wording = Wording.load(CONTENT)
    examples = {
        "month": "2026-10",
        "due_on": "2026-11-25",
        "until": "2026-11-25T15:59:59+00:00",
        "due_at": "2026-11-25T15:59:59+00:00",
    }
    for kind, fields in VALUES.items():
        values = {name: examples.get(name, 100 if wanted is int else "T1") for name, wanted in fields.items()}
        for language in ("zh", "en"):
            reply = wording.render(f"notice_{kind}", "sms", language, {**values, "at": "2026-11-20T04:00:00+00:00"})
            assert reply.choices[-1].intent == "transfer_to_agent"
            assert len(wording.numbered(reply, language)) <= 240, kind


def test_a_share_is_always_the_same_and_about_so_large() -> None:
    rule = Rule(share_percent=20)
    chosen = [rule.falls_on(f"T{n}") for n in range(1000)]
    assert chosen == [rule.falls_on(f"T{n}") for n in range(1000)]
    assert 150 < sum(chosen) < 250
    assert not Rule(share_percent=0).falls_on("T1")


@pytest.mark.parametrize(
    "text", ["topics: []", "notices: {a: {topic: gone}}\ntopics: {}\nstop: []\nstart: []\nabout: []", "x: ["]
)
def test_rules_that_cannot_be_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "notices.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadWording):
        Reminders.load(tmp_path)
