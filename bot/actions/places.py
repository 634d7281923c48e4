"""Where things are done that are not done here: shops, and the way to another carrier."""

from __future__ import annotations

from bot.actions.shown import recent_wish
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.operations import find_store, port_out
from crm.operations.find_store import Found
from crm.operations.identify import identify
from crm.operations.results import Refusal

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


class FindStore(Skill):
    """Nearest first, with its hours today, and what to bring for what was spoken of."""

    wish = "find_store"

    async def answer(self, turn: Turn) -> list[Event]:
        errand = ERRANDS.get(str((recent_wish(turn) or {}).get("intent")), "")
        region = str(turn.entities.get("region") or "")
        found = await find_store.nearest(turn.doors, turn.who, region, turn.text, errand)
        if found is None:
            turn.say("ask_store_place")
            turn.outcome(self.wish, "answered")
            return []
        most = SHOWN_BY_SMS if turn.who.channel == "sms" else SHOWN
        near = [one for one in found if one.here] or list(found)
        turn.say("stores", errand=errand, items=[_shown(one, turn.who.language) for one in near[:most]])
        turn.outcome(self.wish, "answered")
        return []


def _shown(found: Found, language: str) -> dict[str, object]:
    shop = found.shop
    return {
        "name": shop.name.of(language),
        "address": shop.address.of(language),
        "opens": f"{shop.opens:%H:%M}",
        "closes": f"{shop.closes:%H:%M}",
        "every_day": shop.every_day,
        "opens_at": found.opens_at.isoformat() if found.opens_at else "",
    }


class PortOut(Skill):
    """Whoever is known gets every reason against it; anybody gets the way. Nothing is done to keep them."""

    wish = "port_out"

    async def answer(self, turn: Turn) -> list[Event]:
        if isinstance(await identify(turn.doors, turn.who), Refusal):
            turn.say("guide_port_out")
        elif reasons := await port_out.blocking(turn.doors, turn.who):
            turn.say("port_out_blocked", items=[{"code": r.code, **r.values} for r in reasons])
        else:
            turn.say("port_out_clear")
        turn.outcome(self.wish, "answered")
        return []
