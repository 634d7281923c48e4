"""A visit to a shop, for what no machine may do: booked, told, put to another time, given up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.form import OVER, UNCLEAR, Form
from bot.actions.refusals import refuse
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from bot.actions.when import When, said_when
from crm.model import Appointment, Shop
from crm.operations import find_store, visits
from crm.operations.results import Refusal

SHOPS, TIMES = 3, 4
LOOKED_AT = 8
"""So many of the nearest shops are asked for their times."""
AGAIN = frozenset({"slot_taken", "no_such_time"})
NAME_A_DAY = UNCLEAR | {"find_store", "replace_sim", "request_callback", "correct"}
"""What words that only name a time are read as."""


class BookVisit(Skill):
    """`option` is the errand, or what becomes of a visit that is booked (crm.operations.visits); `region` and `place`
    are where, as the person said it, `when` the time that was said.
    """

    wish = "book_visit"
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        option = str(turn.entities.get("option") or "")
        if option == visits.MINE:
            return await self._tell(turn)
        if option.startswith(visits.CANCEL):
            return await self._cancel(turn, option.removeprefix(visits.CANCEL))
        first = {name: str(turn.entities.get(name) or "") for name in ("region", "place")}
        kept: dict[str, Any] = {"kind": option, "first": {**first, "when": turn.entities.get("when")}}
        if option.startswith(visits.MOVE):
            booked = await _booked(turn, option.removeprefix(visits.MOVE))
            if booked is None:
                return [*clear_form(), *await refuse(turn, self.wish, Refusal("nothing_to_cancel"))]
            kept = {"kind": booked.errand, "chosen": booked.shop_id, "first": {**kept["first"], "moves": booked.id}}
        opened = [SlotSet(name, value) for name, value in kept.items()]
        return [*clear_form(), *opened, FollowupAction("book_visit_form")]

    async def _cancel(self, turn: Turn, visit: str) -> list[Event]:
        result = await visits.cancel(turn.doors, turn.who, visit)
        if isinstance(result, Refusal):
            return [*clear_form(), *await refuse(turn, self.wish, result)]
        turn.say("visit_cancelled", at=result.at.isoformat())
        turn.outcome(self.wish, "done")
        return clear_form()

    async def _tell(self, turn: Turn) -> list[Event]:
        mine = (await visits.mine(turn.doors, turn.who))[:SHOPS]
        items = [{"id": one.id, "at": one.at.isoformat(), **await _place(turn, one.shop_id, {})} for one in mine]
        turn.say("visits_mine", items=items)
        turn.outcome(self.wish, "answered")
        return clear_form()


class BookVisitForm(Form):
    """`chosen` is the shop, `agreed` the time. `first`: where shops are looked for, the time that was said (`when`),
    the visit that is put to another time (`moves`); `among` those that were shown.
    """

    wish = "book_visit"
    slots = ("chosen", "agreed")
    remembers: ClassVar[tuple[str, ...]] = ("kind", "first", "among")

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            turn.say("visit_stays" if (turn.slot("first") or {}).get("moves") else "stopped")
            turn.outcome(self.wish, "abandoned")
            return OVER
        # Other wishes carry an option of their own: they are for the rules.
        picked = str(turn.entities.get("option") or "") if turn.intent == "inform" else ""
        if picked in (turn.slot("among") or ()):
            return await self._shop(turn, picked)
        at = _moment(picked)
        if at and step == "agreed":
            return await self._book(turn, at, str(turn.slot("chosen")), turn.slot("first") or {})
        if (when := said_when(turn)) and (when.day or turn.intent in NAME_A_DAY):
            first = turn.slot("first") or {}
            before = When.of(first.get("when"))
            # "下午三点" after "周三" is of that day.
            when = replace(when, day=before.day) if before and not when.day else when
            return {"first": {**first, "when": when.kept()}}
        return None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        first = known.get("first") or {}
        when = When.of(first.get("when"))
        if step == "chosen":
            return await self._ask_shop(turn, str(known.get("kind") or ""), first, when)
        free = await visits.times(turn.doors, str(known["chosen"]))
        wanted = [at for at in free if when and when.holds(at)]
        if when and when.exact and (before := await _booked(turn, str(first.get("moves") or ""))):
            # A turn that runs again finds it moved, and the time perhaps full of it.
            wanted = [before.at] if when.holds(before.at) else wanted
        if when and when.exact and wanted and await self._book(turn, wanted[0], str(known["chosen"]), first) is OVER:
            return None
        if not free:
            turn.say("visit_full")
            turn.outcome(self.wish, "refused")
            return None
        shown = wanted or [at for at in free if when and when.on_day(at)] or list(free)
        missed = when.words if when and not wanted else ""
        moves = bool(first.get("moves"))
        turn.say("ask_visit_time", items=[at.isoformat() for at in _spread(shown)], missed=missed, moves=moves)
        # What was not to be had is not looked for again.
        return [SlotSet("first", {**first, "when": None})] if missed else []

    async def _ask_shop(self, turn: Turn, errand: str, where: dict[str, str], when: When | None) -> list[Event] | None:
        """Those that have time, at the time that was said where some have."""
        language, found = turn.who.language, await _near(turn, errand, where)
        if not found:
            turn.say("stores", errand=errand, items=[])
            return None
        times = await asyncio.gather(*(visits.times(turn.doors, one.shop.id) for one in found[:LOOKED_AT]))
        able = [(one.shop, free) for one, free in zip(found, times, strict=False) if free]
        then = [shop for shop, free in able if when and any(when.holds(at) for at in free)]
        shops = (then or [shop for shop, _ in able])[:SHOPS]
        if not shops:
            turn.say("visit_full")
            turn.outcome(self.wish, "refused")
            return None
        items = [{"id": s.id, "name": s.name.of(language), "address": s.address.of(language)} for s in shops]
        turn.say("ask_visit_shop", items=items, when=when.words if when and then else "")
        return [SlotSet("among", [shop.id for shop in shops])]

    async def _shop(self, turn: Turn, shop: str) -> dict[str, Any]:
        """Back to the others where it was booked out meanwhile."""
        if await visits.times(turn.doors, shop):
            return {"chosen": shop}
        turn.say("visit_shop_full")
        return {"chosen": None}

    async def _book(self, turn: Turn, at: datetime, shop: str, first: dict[str, Any]) -> dict[str, Any]:
        errand, moves = str(turn.slot("kind") or ""), str(first.get("moves") or "")
        if moves:
            result = await visits.move(turn.doors, turn.who, moves, shop, errand, at)
        else:
            result = await visits.book(turn.doors, turn.who, shop, errand, at)
        if isinstance(result, Refusal):
            turn.events += await refuse(turn, self.wish, result)
            # The old time taken back is another visit than the one that was to be moved.
            again = result.code in AGAIN and (not moves or await _booked(turn, moves))
            return {} if again else OVER
        told = {"at": result.at.isoformat(), "visit": result.id, "errand": result.errand}
        turn.say("visit_booked", **told, moved=bool(moves), **await _place(turn, shop, first))
        turn.outcome(self.wish, "done")
        return OVER


async def _booked(turn: Turn, visit: str) -> Appointment | None:
    """One of one's own; None for "". Raises Unavailable."""
    if not visit:
        return None
    return next((one for one in await visits.mine(turn.doors, turn.who) if one.id == visit), None)


async def _place(turn: Turn, shop: str, where: dict[str, Any]) -> dict[str, str]:
    """What a shop is called and where it is; nothing where it is not known any more."""
    found: Shop | None = next((f.shop for f in await _near(turn, "", where) if f.shop.id == shop), None)
    if found is None:
        return {"name": "", "address": ""}
    return {"name": found.name.of(turn.who.language), "address": found.address.of(turn.who.language)}


async def _near(turn: Turn, errand: str, where: dict[str, Any]) -> tuple[find_store.Found, ...]:
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
