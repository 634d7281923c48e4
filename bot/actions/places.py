"""Where things are done that are not done here: shops, and the way to another carrier."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from bot.actions.registry import skill_of
from bot.actions.shown import recent_wish
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.operations import find_store
from crm.operations.find_store import Found

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


class FindStore(Skill):
    """Nearest first, with its hours today, and what to bring for what was spoken of."""

    wish = "find_store"

    async def answer(self, turn: Turn) -> list[Event]:
        errand, region, place = _errand(turn)
        option = str(turn.entities.get("option") or "")
        if option or BOOKS.search(turn.text):
            return await _book(turn, errand, option, region, place)
        found = await find_store.nearest(turn.doors, turn.who, region, f"{place} {turn.text}", errand)
        said = {"region": region, "place": place, "errand": errand}
        kept = SlotSet("wish", {"intent": self.wish, "entities": said, "at": turn.doors.now().isoformat()})
        if found is None:
            turn.say("ask_store_place", place=str(turn.entities.get("place") or ""))
            turn.outcome(self.wish, "answered")
            return [kept]
        most = SHOWN_BY_SMS if turn.who.channel == "sms" else SHOWN
        near = [one for one in found if one.here] or list(found)
        turn.say("stores", errand=errand, items=[_shown(one, turn.who.language) for one in near[:most]])
        turn.outcome(self.wish, "answered")
        return [kept]


def _errand(turn: Turn) -> tuple[str, str, str]:
    """What has to be done there, the region, the words for the place: as before, where they are not said now."""
    wish = recent_wish(turn) or {}
    before = dict(wish.get("entities") or {}) if wish.get("intent") == FindStore.wish else {}
    errand = before.get("errand") or ERRANDS.get(str(wish.get("intent")), "")
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
    """A visit, near the place that was spoken of: whoever is not known logs in first."""
    about = option if option.startswith("cancel:") else errand or ANY_ERRAND
    return await skill_of("book_visit").handle(
        turn.as_wish("book_visit", {"option": about, "region": region, "place": place})
    )


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
