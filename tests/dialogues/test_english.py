"""Somebody who writes English: every wish, and whatever can be tapped under its answer, is said without Chinese.

Actions run one after the other without Rasa, so that thousands of answers are read in seconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from ruamel.yaml import YAML

from bot.actions import guide, skills, wiring
from crm.reference.catalogue import demo_catalogue
from switchboard.model import Reply
from switchboard.wording import Wording
from tests.dialogues.talk import TERMS, Talk
from tests.english import chinese_in

pytestmark = pytest.mark.rasa
ROOT = Path(__file__).resolve().parents[2]
WORDING = Wording.load(ROOT / "content")
ACTIONS: dict[str, Action] = {
    **{skill.name(): skill for skill in skills.SKILLS.values()},
    **{form.name(): form for form in skills.FORMS},
}
EVERYBODY = bool(os.environ.get("ALL_IN_ENGLISH"))
DEEP = 2 if EVERYBODY else 1
"""So many taps under each answer."""
ANNA = "+8613800000011"
FEW = (None, "+8613800000007", ANNA, "+8613800000030")
ALL = (None, *(f"+86138000000{n:02}" for n in (*range(21), 30)))
NOT_VALUES = frozenset({"text", "buttons", "elements", "custom", "template", "image", "attachment", "response"})
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


class Reader(Talk):
    """Hears what the actions say to one conversation, in English; `say` returns what one turn said."""

    def __init__(self, msisdn: str | None, channel: str) -> None:
        super().__init__(None, msisdn, channel)  # type: ignore[arg-type]
        self.language, self.slots, self.form = "en", dict[str, Any](), ""
        self.said: list[Reply] = []

    async def turn(self, intent: str, entities: dict[str, Any]) -> list[Reply]:
        self.number, self.said = self.number + 1, []
        said = self._message(intent, dict(entities))
        wiring.install(self.doors, TERMS)
        read = bool(self.form) and await self._run(f"validate_{self.form}", said, [{"event": "user"}])
        if not read and said["intent"]["name"] in skills.SKILLS:
            await self._run(skills.SKILLS[said["intent"]["name"]].name(), said, [{"event": "user"}])
        return self.said

    def _message(self, intent: str, entities: dict[str, Any]) -> dict[str, Any]:
        text, topic = f"/{intent}", entities.pop("topic", "")
        if intent == "told":
            intent, text = "inform", "nothing works at home since yesterday evening"
        if intent == "code":
            ref = f"{self.number:016x}"
            self.vault.values[self.conversation, ref] = self.sent_code() if self.codes.sent else "000000"
            intent, text, entities = "inform", f"⟦code:{ref}⟧", {"secret_code": ref}
        read = [{"entity": name, "value": value} for name, value in entities.items()]
        name = {"name": intent, "confidence": 1.0, "topic": topic}
        metadata = self._metadata(f"m{self.number}")
        return {"intent": name, "entities": read, "text": text, "message_id": f"m{self.number}", "metadata": metadata}

    async def _run(self, action: str, said: dict[str, Any], events: list[dict[str, Any]]) -> bool:
        """Whether it did anything."""
        dispatcher, loop = CollectingDispatcher(), {"name": self.form} if self.form else {}
        tracker = Tracker(self.conversation, dict(self.slots), said, events, False, None, loop, "")
        made = await ACTIONS[action].run(dispatcher, tracker, {})
        for message in dispatcher.messages:
            if message.get("response"):
                self.said.append(self._rendered(message))
        follow = self._applied(made)
        if follow.endswith("_form"):
            self.form = follow
            await self._run(f"validate_{follow}", said, [*events, {"event": "active_loop", "name": follow}])
        return bool(made)

    def _rendered(self, message: dict[str, Any]) -> Reply:
        values = {name: value for name, value in message.items() if name not in NOT_VALUES}
        given = {name: value for name, value in self.slots.items() if value is not None}
        name = message["response"].removeprefix("utter_")
        reply = WORDING.render(name, self.channel, "en", {"language": "en", **given, **values})
        if reply.quote_id:
            self.quotes.show(self.conversation, reply.quote_id)
        return reply

    def _applied(self, made: list[dict[str, Any]]) -> str:
        """Keeps slots and form; the name of the action that follows."""
        follow = ""
        for event in made:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            if event["event"] == "active_loop" or (event.get("name") == "requested_slot" and not event["value"]):
                self.form = event["name"] if event["event"] == "active_loop" and event["name"] else ""
            if event["event"] == "followup":
                follow = event["name"]
        return follow


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
