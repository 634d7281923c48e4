"""What there is for use abroad, and where."""

from __future__ import annotations

from bot.actions.abroad import packs_abroad
from bot.actions.plan import offered
from bot.actions.shown import shows
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from bot.actions.wiring import terms
from crm.model import Offering
from crm.operations import reads
from crm.operations.catalogue import find, on_sale
from crm.operations.identify import identify
from crm.operations.results import Refusal

HMT_CODES = frozenset({"hk", "mo", "tw", "hmt"})
"""Abroad to a phone, and no countries."""


class ConsultRoaming(Skill):
    """What there is for use abroad, and what has to be switched on for it. `places`: in the person's words."""

    wish = "consult_roaming"

    async def answer(self, turn: Turn) -> list[Event]:
        packs = await on_sale(turn.doors, "data_pack", turn.who.region)
        services = await on_sale(turn.doors, "service", turn.who.region)
        places = list(turn.entities.get("places") or _places_abroad(turn))
        abroad = packs_abroad(packs, services)
        switches = {one for pack in abroad for one in pack.requires}
        usable = {pack.id for place in places or [""] for pack in _for_place(abroad, place)}
        abroad = [pack for pack in abroad if pack.id in usable]
        shows(turn, abroad)
        items = [offered(pack, turn.who.language) for pack in abroad]
        turn.say("roaming_packs", items=items, places=places, is_on=await _holds(turn, switches))
        turn.outcome(self.wish, "answered")
        return []


async def _holds(turn: Turn, switches: set[str]) -> bool:
    """Whether one of these services is on already, as far as it is known who asks."""
    if isinstance(await identify(turn.doors, turn.who), Refusal):
        return False
    return any(p.offering_id in switches and p.status == "active" for p in await reads.products(turn.doors, turn.who))


def _places_abroad(turn: Turn) -> list[str]:
    """Every one that was named, in the person's words."""
    return list(dict.fromkeys(words for name, value, words in turn.named if name == "country" or value in HMT_CODES))


def _for_place(abroad: list[Offering], place: str) -> list[Offering]:
    """Those whose names say the place; for another one not those that are for Hong Kong, Macao and Taiwan only."""
    if not place:
        return abroad
    elsewhere = {pack.id for near in terms().hmt for pack in find(abroad, near)}
    return list(find(abroad, place)) or [p for p in abroad if p.id not in elsewhere] or abroad
