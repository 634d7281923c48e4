"""Take a complaint: in the person's own words, with a deadline and one accountable person; a human at any time."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.fault import describes, gives_up
from bot.actions.form import Form
from bot.actions.registry import skill_of
from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import open_ticket
from bot.actions.turn import Event, Turn

_PROGRESS = re.compile(
    r"(?:我?(?:的|之前的?|上次的?|那个)?(?:投诉|工单|申诉|问题|事情?)?(?:的|处理)?)?(?:进展|进度|处理)(?:得|的)?"
    r"(?:怎么样|如何|到哪(?:一步|了)?|什么样)?(?:了|啦)?[?？。]?|(?:有|出)?结果了?(?:吗|没有?)?[?？]?"
)
"""A question of what became of an earlier one is none to be filed."""


class Complain(Skill):
    wish = "complain"
    operation = "complain"
    ends_form = True
    tells = True
    kind: ClassVar[str | None] = None

    async def answer(self, turn: Turn) -> list[Event]:
        first = SlotSet("first", {"id": turn.who.message_id, "text": turn.text})
        return [*clear_form(), first, SlotSet("kind", self.kind), FollowupAction("complain_form")]


class Appeal(Complain):
    """Against a decision, or a number that was blocked: a complaint that says so, for whoever reads the ticket."""

    wish = "appeal"
    kind = "申诉"


class ComplainForm(Form):
    wish = "complain"
    slots = ("told",)
    remembers = ("first", "kind")

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if gives_up(turn):
            return await self.given_up(turn)
        if _PROGRESS.fullmatch(turn.text.strip()):
            turn.events += await skill_of("query_ticket").handle(turn.as_wish("query_ticket", {}))
            return {}
        return {"told": turn.text.strip()} if describes(turn) else None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        turn.say("ask_appeal" if known.get("kind") else "ask_complaint")
        return []

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        first = known.get("first") or {}
        text = "；".join(part for part in (known.get("kind"), first.get("text"), known["told"]) if part)
        key, response = str(first.get("id") or turn.who.message_id), "ticket_appeal" if known.get("kind") else ""
        await open_ticket(turn, self.wish, "complaint", text, key, response=response)
        return []
