"""Take a complaint: in the person's own words, with a deadline and one accountable person; a human at any time.

One that somebody thought better of is not filed, and is withdrawn after a yes where it was filed already.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions import still_asked
from bot.actions.by_words import WITHDRAW
from bot.actions.complaint_told import tells_all, tells_more
from bot.actions.fault import describes, gives_up
from bot.actions.form import OVER, Form
from bot.actions.given_up import withdraws
from bot.actions.registry import skill_of
from bot.actions.reported import urged
from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import open_ticket, tell_ticket
from bot.actions.turn import Event, Turn
from crm.operations import reads, tickets

_PROGRESS = re.compile(
    r"(?:我?(?:的|之前的?|上次的?|那个)?(?:投诉|工单|申诉|问题|事情?)?(?:的|处理)?)?(?:进展|进度|处理)(?:得|的)?"
    r"(?:怎么样|如何|到哪(?:一步|了)?|什么样)?(?:了|啦)?[?？。]?|(?:有|出)?结果了?(?:吗|没有?)?[?？]?"
)
"""A question of what became of an earlier one is none to be filed."""
_CORRECTS = re.compile(
    r"^(?:不是|不对|错了|弄错了)(?=[\s，,。])|我(?:是说|说的是|的意思是|指的是)|\bI meant?\b", re.IGNORECASE
)
_FILES_IT = re.compile(r"(?:就|要|请|帮我)*(?:登记|投诉)(?:吧|了|投诉)?|file it(?: please)?", re.IGNORECASE)
_ADVERTS = re.compile(
    r"你们.{0,8}(?:广告|推销|短信)|(?:发|推)(?:送)?广告|\byour (?:adverts?|ads|marketing)\b", re.IGNORECASE
)
AS_TOLD = "as_told"
"""The choice to file what was told with the wish itself."""
OPENERS = frozenset({"complain", "appeal"})


class Complain(Skill):
    wish = "complain"
    operation = "complain"
    ends_form = True
    tells = True
    kind: ClassVar[str | None] = None

    async def answer(self, turn: Turn) -> list[Event]:
        option = str(turn.entities.get("option") or "")
        if option.startswith(WITHDRAW):
            return [*clear_form(), *await self._withdraw(turn, option.partition(":")[2])]
        if await urged(turn, "fault", "complaint"):
            return clear_form()
        first = SlotSet("first", {"id": turn.who.message_id, "text": turn.text, "full": tells_all(turn.text)})
        return [*clear_form(), first, SlotSet("kind", self.kind), FollowupAction("complain_form")]

    async def _withdraw(self, turn: Turn, agreed: str) -> list[Event]:
        """`agreed` is the id that there was a yes to; without one the last that somebody works on is asked about."""
        mine = [t for t in await reads.tickets(turn.doors, turn.who) if t.kind == "complaint"]
        waits = next((t for t in mine if (t.id == agreed if agreed else not t.over)), None)
        # One that is cancelled already was: the answer to that was lost.
        if waits is None or (waits.over and waits.state != "cancelled"):
            turn.say("complaint_none")
            turn.outcome(self.wish, "answered")
            return []
        if not agreed:
            option = f"{WITHDRAW}:{waits.id}"
            turn.say("ask_complaint_withdraw", ticket=waits.id, accountable=waits.accountable, option=option)
            return [still_asked.asked(turn, self.wish, option)]
        gone = await tickets.change(turn.doors, turn.who, waits, cancelled=True)
        await tell_ticket(turn, self.wish, "complaint", gone, "complaint_withdrawn")
        return []


class Appeal(Complain):
    """Against a decision, or a number that was blocked: a complaint that says so, for whoever reads the ticket."""

    wish = "appeal"
    kind = "申诉"


class ComplainForm(Form):
    wish = "complain"
    slots = ("told",)
    remembers = ("first", "kind")

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if gives_up(turn) or withdraws(turn.text):
            return await self.given_up(turn)
        if await urged(turn, "fault", "complaint"):
            return OVER
        if (corrected := await self._corrected(turn)) is not None:
            return corrected
        full = (turn.slot("first") or {}).get("full")
        if full and (turn.intent == "affirm" or turn.entities.get("option") == AS_TOLD):
            return {"told": ""}
        if turn.intent in OPENERS and not tells_more(turn.text):
            return {}
        if _PROGRESS.fullmatch(turn.text.strip()):
            turn.events += await skill_of("query_ticket").handle(turn.as_wish("query_ticket", {}))
            return {}
        # What is sent by us was complained of, and strangers' numbers were not.
        more = turn.intent == "report_spam" and _ADVERTS.search(str((turn.slot("first") or {}).get("text") or ""))
        return {"told": turn.text.strip()} if more or describes(turn) else None

    async def _corrected(self, turn: Turn) -> dict[str, Any] | None:
        """ "不是 我是说…": it is told whether it is a charge that was meant, and filed only after a yes."""
        first = turn.slot("first") or {}
        if first.get("corrected") and (turn.intent == "affirm" or _FILES_IT.fullmatch(turn.text.strip())):
            return {"told": ""}
        if not _CORRECTS.search(turn.text):
            return None
        if fen := turn.price_fen():
            said = {"amount_fen": fen, **({"month": turn.entities["month"]} if "month" in turn.entities else {})}
            turn.events += await skill_of("dispute_charge").handle(turn.as_wish("dispute_charge", said))
            return OVER
        turn.say("complaint_corrected")
        turn.asked = True
        text = "；".join(part for part in (first.get("text"), turn.text.strip()) if part)
        return {"first": {**first, "text": text, "corrected": True}}

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        first = known.get("first") or {}
        adverts = _ADVERTS.search(str(first.get("text") or ""))
        if first.get("full") and not adverts:
            turn.say("ask_complaint_so", option=AS_TOLD)
        else:
            turn.say("ask_appeal" if known.get("kind") else "ask_complaint_adverts" if adverts else "ask_complaint")
        return []

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        first = known.get("first") or {}
        text = "；".join(part for part in (known.get("kind"), first.get("text"), known["told"]) if part)
        key, response = str(first.get("id") or turn.who.message_id), "ticket_appeal" if known.get("kind") else ""
        await open_ticket(turn, self.wish, "complaint", text, key, response=response)
        return []
