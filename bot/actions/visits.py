"""Book a visit to a shop, and cancel it: for what no machine may do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.form import OVER, Form
from bot.actions.refusals import refuse
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.operations import find_store, visits
from crm.operations.results import Refusal
from crm.worktime import CHINA

SHOPS, TIMES = 3, 4
AGAIN = frozenset({"slot_taken", "no_such_time"})


class BookVisit(Skill):
    """`option` is the errand, or `cancel:<visit>`."""

    wish = "book_visit"
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        option = str(turn.entities.get("option") or "")
        if option.startswith("cancel:"):
            result = await visits.cancel(turn.doors, turn.who, option.removeprefix("cancel:"))
            if isinstance(result, Refusal):
                return [*clear_form(), *await refuse(turn, self.wish, result)]
            turn.say("visit_cancelled", at=result.at.isoformat())
            turn.outcome(self.wish, "done")
            return clear_form()
        return [*clear_form(), SlotSet("kind", option), FollowupAction("book_visit_form")]


class BookVisitForm(Form):
    """`chosen` is the shop, `agreed` the time."""

    wish = "book_visit"
    slots = ("chosen", "agreed")
    remembers: ClassVar[tuple[str, ...]] = ("kind",)

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            turn.say("stopped")
            turn.outcome(self.wish, "abandoned")
            return OVER
        picked = str(turn.entities.get("option") or "")
        if picked and step == "chosen":
            return {"chosen": picked}
        if picked:
            return await self._book(turn, datetime.fromisoformat(picked))
        if day := str(turn.entities.get("date") or ""):
            return {"told": day}
        return None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        language, errand = turn.who.language, str(known.get("kind") or "")
        if step == "chosen":
            found = await find_store.nearest(turn.doors, turn.who, "", turn.text, errand) or ()
            shops = [one.shop for one in found][:SHOPS]
            if not shops:
                turn.say("stores", errand=errand, items=[])
                return None
            items = [{"id": s.id, "name": s.name.of(language), "address": s.address.of(language)} for s in shops]
            turn.say("ask_visit_shop", items=items)
            return []
        free = await visits.times(turn.doors, str(known["chosen"]))
        if not free:
            turn.say("visit_full")
            turn.outcome(self.wish, "refused")
            return None
        day = str(turn.entities.get("date") or "")
        wanted = [at for at in free if at.astimezone(CHINA).date().isoformat() == day] or list(free)
        turn.say("ask_visit_time", items=[at.isoformat() for at in _spread(wanted)])
        return []

    async def _book(self, turn: Turn, at: datetime) -> dict[str, Any]:
        shop, errand = str(turn.slot("chosen")), str(turn.slot("kind") or "")
        result = await visits.book(turn.doors, turn.who, shop, errand, at)
        if isinstance(result, Refusal):
            turn.events += await refuse(turn, self.wish, result)
            return {} if result.code in AGAIN else OVER
        where = next((f.shop for f in await _near(turn, errand) if f.shop.id == shop), None)
        turn.say(
            "visit_booked",
            at=result.at.isoformat(),
            visit=result.id,
            errand=errand,
            name=where.name.of(turn.who.language) if where else shop,
            address=where.address.of(turn.who.language) if where else "",
        )
        turn.outcome(self.wish, "done")
        return OVER


async def _near(turn: Turn, errand: str) -> tuple[find_store.Found, ...]:
    return await find_store.nearest(turn.doors, turn.who, "", "", errand) or ()


def _spread(times: list[datetime]) -> list[datetime]:
    """The next one, and others that are some hours apart."""
    step = max(1, len(times[:16]) // TIMES)
    return times[:16:step][:TIMES]
