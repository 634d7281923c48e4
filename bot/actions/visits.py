"""Book a visit to a shop, and cancel it: for what no machine may do."""

from __future__ import annotations

import asyncio
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
LOOKED_AT = 8
"""So many of the nearest shops are asked for their times."""
AGAIN = frozenset({"slot_taken", "no_such_time"})


class BookVisit(Skill):
    """`option` is the errand, or `cancel:<visit>`; `region` and `place` are where, as the person said it."""

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
        where = {name: str(turn.entities.get(name) or "") for name in ("region", "place")}
        kept = SlotSet("kind", option), SlotSet("first", where)
        return [*clear_form(), *kept, FollowupAction("book_visit_form")]


class BookVisitForm(Form):
    """`chosen` is the shop, `agreed` the time; `first` is where shops are looked for, `among` those that were shown."""

    wish = "book_visit"
    slots = ("chosen", "agreed")
    remembers: ClassVar[tuple[str, ...]] = ("kind", "first", "among")

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            turn.say("stopped")
            turn.outcome(self.wish, "abandoned")
            return OVER
        # Other wishes carry an option of their own: they are for the rules.
        picked = str(turn.entities.get("option") or "") if turn.intent == "inform" else ""
        if picked in (turn.slot("among") or ()):
            return await self._shop(turn, picked)
        at = _moment(picked)
        if at and step == "agreed":
            return await self._book(turn, at)
        if day := str(turn.entities.get("date") or ""):
            return {"told": day}
        return None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "chosen":
            return await self._ask_shop(turn, str(known.get("kind") or ""), known.get("first") or {})
        free = await visits.times(turn.doors, str(known["chosen"]))
        if not free:
            turn.say("visit_full")
            turn.outcome(self.wish, "refused")
            return None
        day = str(turn.entities.get("date") or "")
        wanted = [at for at in free if at.astimezone(CHINA).date().isoformat() == day] or list(free)
        turn.say("ask_visit_time", items=[at.isoformat() for at in _spread(wanted)])
        return []

    async def _ask_shop(self, turn: Turn, errand: str, where: dict[str, str]) -> list[Event] | None:
        """Those that have time."""
        language, found = turn.who.language, await _near(turn, errand, where)
        if not found:
            turn.say("stores", errand=errand, items=[])
            return None
        times = await asyncio.gather(*(visits.times(turn.doors, one.shop.id) for one in found[:LOOKED_AT]))
        shops = [one.shop for one, free in zip(found, times, strict=False) if free][:SHOPS]
        if not shops:
            turn.say("visit_full")
            turn.outcome(self.wish, "refused")
            return None
        items = [{"id": s.id, "name": s.name.of(language), "address": s.address.of(language)} for s in shops]
        turn.say("ask_visit_shop", items=items)
        return [SlotSet("among", [shop.id for shop in shops])]

    async def _shop(self, turn: Turn, shop: str) -> dict[str, Any]:
        """Back to the others where it was booked out meanwhile."""
        if await visits.times(turn.doors, shop):
            return {"chosen": shop}
        turn.say("visit_shop_full")
        return {"chosen": None}

    async def _book(self, turn: Turn, at: datetime) -> dict[str, Any]:
        shop, errand = str(turn.slot("chosen")), str(turn.slot("kind") or "")
        result = await visits.book(turn.doors, turn.who, shop, errand, at)
        if isinstance(result, Refusal):
            turn.events += await refuse(turn, self.wish, result)
            return {} if result.code in AGAIN else OVER
        near = await _near(turn, errand, turn.slot("first") or {})
        where = next((f.shop for f in near if f.shop.id == shop), None)
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


async def _near(turn: Turn, errand: str, where: dict[str, str]) -> tuple[find_store.Found, ...]:
    """In the place that was asked for, else near the person."""
    region, place = where.get("region") or "", where.get("place") or ""
    return await find_store.nearest(turn.doors, turn.who, region, place or turn.text, errand) or ()


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _spread(times: list[datetime]) -> list[datetime]:
    """The next one, and others that are some hours apart."""
    step = max(1, len(times[:16]) // TIMES)
    return times[:16:step][:TIMES]
