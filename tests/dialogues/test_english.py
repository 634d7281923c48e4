"""Somebody who writes English: every wish, and whatever can be tapped under its answer, is said without Chinese."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.actions import guide
from crm.reference.catalogue import demo_catalogue
from switchboard.model import Reply
from tests.dialogues.reader import Reader
from tests.english import chinese_in

pytestmark = pytest.mark.rasa
ROOT = Path(__file__).resolve().parents[2]
EVERYBODY = bool(os.environ.get("ALL_IN_ENGLISH"))
DEEP = 2 if EVERYBODY else 1
"""So many taps under each answer."""
ANNA = "+8613800000011"
FEW = (None, "+8613800000007", ANNA, "+8613800000030")
ALL = (None, *(f"+86138000000{n:02}" for n in (*range(21), 30)))
Said = tuple[str, dict[str, Any]]
CODE: Said = ("code", {})
YES: Said = ("affirm", {})
BUYS: tuple[Said, ...] = (("order_data_pack", {"offering": "pack-5g"}), YES, CODE)
STORIES: tuple[tuple[Said, ...], ...] = (
    *((("faq", {"topic": topic}),) for topic in sorted(guide.FAQ)),
    *((("order_data_pack", {"offering": sold}),) for sold in demo_catalogue().offerings),
    *((("change_plan", {"offering": sold}),) for sold in demo_catalogue().offerings),
    BUYS,
    (("change_plan", {"offering": "plan-5g-129"}), YES, CODE, ("undo_plan_change", {}), YES, CODE),
    (("suspend_number", {}), YES, CODE, ("query_suspension", {}), ("resume_number", {})),
    (("report_fault", {"option": "other_fault"}), ("inform", {"option": "没有信号"}), ("told", {})),
    (("complain", {}), ("told", {}), ("urge", {}), ("query_ticket", {})),
    (("query_call_detail", {}), ("inform", {"option": "month"}), CODE),
    (("redeem_points", {}), YES, CODE),
    (("query_third_party_services", {}), ("cancel_service", {}), YES, CODE),
)  # fmt: skip


def wishes() -> list[str]:
    return list(YAML(typ="safe", pure=True).load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"])


async def played(msisdn: str | None, channel: str, story: tuple[Said, ...]) -> list[list[Reply]]:
    person = Reader(msisdn, channel)
    return [await person.turn(*one) for one in story]


def chinese(reply: Reply) -> Iterator[str]:
    for text in (reply.text, *(choice.label for choice in reply.choices), *([reply.link.title] if reply.link else [])):
        if chinese_in(text):
            yield f"{reply.response}: {text}"


async def found_in(msisdn: str | None, channel: str, story: tuple[Said, ...], taps: int) -> set[str]:
    """What is Chinese in the answers of a story, and of each that goes on with one of the first taps."""
    answers = await played(msisdn, channel, story)
    found = {text for replies in answers for reply in replies for text in chinese(reply)}
    choices = answers[-1][-1].choices[:3] if taps and answers[-1] else ()
    for choice in choices:
        found |= await found_in(msisdn, channel, (*story, (choice.intent, dict(choice.entities))), taps - 1)
    return found


@pytest.mark.parametrize("msisdn", ALL if EVERYBODY else FEW)
async def test_every_wish_is_answered_without_chinese(msisdn: str | None) -> None:
    found = set()
    for wish in wishes():
        found |= await found_in(msisdn, "web", ((wish, {}),), DEEP)
        found |= await found_in(msisdn, "sms", ((wish, {}),), 0)
    assert found == set()


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_whole_stories_are_told_without_chinese(channel: str) -> None:
    found = set()
    for story in STORIES:
        found |= await found_in(ANNA, channel, story, 0)
    assert found == set()


async def test_a_story_goes_all_its_way() -> None:
    answers = await played(ANNA, "web", BUYS)
    assert [reply.response for replies in answers for reply in replies][-1] == "order_done"
