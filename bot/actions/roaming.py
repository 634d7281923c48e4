"""What use abroad costs, by country, and calls from home to one: by the CRM's prices, and never by others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.actions.abroad import CALLS_OUT, codes_of, countries, for_place, packs_abroad
from bot.actions.plan import offered
from bot.actions.shown import shows
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from bot.actions.wiring import terms
from crm.model import Offering
from crm.operations import reads
from crm.operations.catalogue import on_sale
from crm.operations.identify import identify
from crm.operations.results import Refusal
from crm.operations.tariffs import for_calls_out, for_use_abroad, instead_of, rates_in

MOST_PLACES = 3


class ConsultRoaming(Skill):
    """Prices where somebody goes, and the packs for there. `places`: the countries, in the person's words."""

    wish = "consult_roaming"

    async def answer(self, turn: Turn) -> list[Event]:
        services = await on_sale(turn.doors, "service", turn.who.region)
        if turn.entities.get("option") == CALLS_OUT:
            await _tell_calls(turn, services)
        else:
            await _tell_use(turn, services)
        turn.outcome(self.wish, "answered")
        return []


async def _tell_calls(turn: Turn, services: tuple[Offering, ...]) -> None:
    service, language = for_calls_out(services), turn.who.language
    items = _priced(service, _each(_named(turn), language))
    known = {"service": service.id if service else "", "name": service.name.of(language) if service else ""}
    turn.say("calls_out", items=items, **known, is_on=await _holds(turn, {known["service"]}))


async def _tell_use(turn: Turn, services: tuple[Offering, ...]) -> None:
    places, language = _named(turn), turn.who.language
    abroad = packs_abroad(await on_sale(turn.doors, "data_pack", turn.who.region), services)
    switches = {one for pack in abroad for one in pack.requires}
    service = for_use_abroad(services)
    items = _priced(service, _each(places, language))
    usable = {pack.id for place in places or [("", "")] for pack in for_place(abroad, *place)}
    abroad = [pack for pack in abroad if pack.id in usable]
    shows(turn, abroad)
    turn.say(
        "roaming_packs",
        items=[{**offered(p, language), "instead_fen": instead_of(p, service, codes_of(places))} for p in abroad],
        places=[words for _, words in places],
        prices=items,
        known=service is not None,
        is_on=await _holds(turn, switches),
    )


def _priced(service: Offering | None, places: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Each place with its prices in fen by their use; `known`: whether the CRM tells anything of it."""
    items = []
    for code, words in list(places)[:MOST_PLACES]:
        found = rates_in(service, codes_of([(code, words)])) if service else None
        items.append({"place": words, "known": found is not None, "rates": found or {}})
    return items


def _each(places: Iterable[tuple[str, str]], language: str) -> list[tuple[str, str]]:
    """Those that are named together (港澳台) one by one: their prices are not the same."""
    names = terms().names
    return [
        (one, names[one][language] if one != code and one in names else words)
        for code, words in places
        for one in codes_of([(code, words)])
    ]


async def _holds(turn: Turn, switches: set[str]) -> bool:
    """Whether one of these services is on already, as far as it is known who asks."""
    if isinstance(await identify(turn.doors, turn.who), Refusal):
        return False
    return any(p.offering_id in switches and p.status == "active" for p in await reads.products(turn.doors, turn.who))


def _named(turn: Turn) -> list[tuple[str, str]]:
    """Every country that was named: its code, and the person's words."""
    return [(code, words) for words, code in countries(turn).items()]
