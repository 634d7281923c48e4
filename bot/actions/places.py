"""Where things are done that are not done here: shops, and the way to another carrier."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from bot.actions.registry import skill_of
from bot.actions.shown import recent_wish
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from bot.actions.when import said_when
from bot.actions.wiring import terms
from crm.errors import Unavailable
from crm.operations import find_store, visits
from crm.operations.find_store import Found
from crm.places import city_in, city_name

SHOWN = 3
SHOWN_BY_SMS = 1
ERRANDS = {
    "broadband_cancel": "broadband",
    "broadband_move": "broadband",
    "broadband_new": "broadband",
    "broadband_renew": "broadband",
    "close_account": "close",
    "consult_handset": "handset",
    "invoice": "invoice",
    "paid_but_cut_off": "real_name",
    "query_call_detail": "real_name",
    "query_puk": "sim",
    "query_real_name": "ownership",
    "query_suspension": "real_name",
    "replace_sim": "sim",
    "report_lost_sim": "sim",
    "reset_password": "real_name",
    "resume_number": "real_name",
}
"""What a shop has to be able to do when it is asked for right after one of these."""


ANY_ERRAND = "real_name"
"""What every shop does."""
BOOKS = re.compile(r"预约|預約|约个?时间|\bbook\b|\bappointment\b", re.IGNORECASE)

_COMES = re.compile(r"去|来|來|到店|过来|\b(?:come|go|visit|be there|drop by)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"[?？吗嗎么麼]|开不|开门|營業|几点|多久|带什|带啥|要带|人多|排队|\b(?:open|close[sd]?|what|hours|busy|is|are|do)\b",
    re.IGNORECASE,
)
SAID_ERRANDS = ("sim", "ownership", "close", "broadband", "invoice", "handset")
"""What a shop does, each named as the words that speak of it in content/terms/words.yml: errand_<name>."""


class FindStore(Skill):
    """Nearest first, with its hours today, and what to bring for what was spoken of. `city`: of no other city."""

    wish = "find_store"

    async def answer(self, turn: Turn) -> list[Event]:
        errand, region, place = _errand(turn)
        option = str(turn.entities.get("option") or "")
        if option or BOOKS.search(turn.text) or will_come(turn):
            return await _book(turn, errand, option, region, place)
        found = await find_store.nearest(turn.doors, turn.who, region, f"{place} {turn.text}", errand)
        said = {"region": region, "place": place, "errand": errand}
        kept = SlotSet("wish", {"intent": self.wish, "entities": said, "at": turn.doors.now().isoformat()})
        if found is None:
            turn.say("ask_store_place", place=str(turn.entities.get("place") or ""))
            turn.outcome(self.wish, "answered")
            return [kept]
        most = SHOWN_BY_SMS if turn.who.channel == "sms" else SHOWN
        city = str(turn.entities.get("city") or "") or ("" if found else city_in(f"{place} {turn.text}"))
        near = [one for one in found if (one.shop.city == city if city else one.here)]
        if city and not near:
            turn.say("no_store_there", city=city_name(city, turn.who.language))
            turn.outcome(self.wish, "answered")
            return [kept]
        near = near or list(found)
        turn.say("stores", errand=errand, items=[_shown(one, turn.who.language) for one in near[:most]])
        turn.outcome(self.wish, "answered")
        return [kept]


def _errand(turn: Turn) -> tuple[str, str, str]:
    """What has to be done there, the region, the words for the place: as before, where they are not said now."""
    wish = recent_wish(turn) or {}
    before = dict(wish.get("entities") or {}) if wish.get("intent") == FindStore.wish else {}
    said = next((name for name in SAID_ERRANDS if terms().says(f"errand_{name}", turn.text)), "")
    errand = said or before.get("errand") or ERRANDS.get(str(wish.get("intent")), "")
    region, place = str(turn.entities.get("region") or ""), str(turn.entities.get("place") or "")
    if region or place:
        return errand, region, place or turn.text
    return errand, str(before.get("region") or ""), str(before.get("place") or turn.text)


async def tell_nearest(turn: Turn, errand: str) -> None:
    """Where it is done, for whoever is known; a CRM that is away is no reason to say nothing else."""
    try:
        found = await find_store.nearest(turn.doors, turn.who, "", "", errand) if turn.who.bound else None
    except Unavailable:
        return
    if found:
        turn.say("nearest_shop", **_shown(found[0], turn.who.language))


async def _book(turn: Turn, errand: str, option: str, region: str, place: str) -> list[Event]:
    """A visit, near the place that was spoken of."""
    of_booked = option == visits.MINE or option.startswith((visits.MOVE, visits.CANCEL))
    return await book(turn, option if of_booked else errand or ANY_ERRAND, region, place)


async def book(turn: Turn, about: str, region: str = "", place: str = "") -> list[Event]:
    """A visit for this errand; the time that was said is taken over. Whoever is not known logs in first."""
    when = said_when(turn)
    said = {"option": about, "region": region, "place": place, "when": when.kept() if when else None}
    return await skill_of("book_visit").handle(turn.as_wish("book_visit", said))


def will_come(turn: Turn) -> bool:
    """ "周六上午去营业厅换卡": somebody known says when they come, and asks nothing about it."""
    said = turn.text and "date" in turn.entities and turn.who.bound is not None
    return bool(said and _COMES.search(turn.text)) and not _ASKS.search(turn.text)


def _shown(found: Found, language: str) -> dict[str, object]:
    shop = found.shop
    return {
        "name": shop.name.of(language),
        "address": shop.address.of(language),
        "opens": f"{shop.opens:%H:%M}",
        "closes": f"{shop.closes:%H:%M}",
        "every_day": shop.every_day,
        "quiet": [f"{moment:%H:%M}" for moment in (shop.quiet_from, shop.quiet_until) if moment],
        "opens_at": found.opens_at.isoformat() if found.opens_at else "",
    }
