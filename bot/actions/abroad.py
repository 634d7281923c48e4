"""The packs for use abroad, and which of them a line means."""

from __future__ import annotations

import re
from typing import Any

from bot.actions.turn import Turn
from bot.actions.wiring import terms
from crm.model import Offering
from crm.operations.catalogue import in_common, on_sale

_SPEAKS_OF = re.compile(r"漫游|漫遊|\broaming\b", re.IGNORECASE)
_IN_EVERY_NAME = re.compile(r"roaming|漫游|漫遊|packs?|包|data|流量|\s")
HMT_CODES = frozenset({"hk", "mo", "tw", "hmt"})
"""Abroad to a phone, and no countries."""
CALLS_OUT = "calls_out"
"""What roaming is told that is asked of a country that is called, rather than of one that somebody is in."""
LEAST_EN, LEAST_ZH = 5, 2
"""So many characters in a row of a name say which one is meant."""


def packs_abroad(packs: tuple[Offering, ...], services: tuple[Offering, ...]) -> list[Offering]:
    """Packs that need a service switched on rather than a plan: those for use abroad."""
    switches = {service.id for service in services}
    return [pack for pack in packs if switches & set(pack.requires)]


def countries(turn: Turn) -> dict[str, str]:
    """The codes of all countries that are named, by the person's words."""
    return {
        words: str(value)
        for name, value, words in turn.named
        if name == "country" or (isinstance(value, str) and value in HMT_CODES)
    }


def calls_out(turn: Turn) -> bool:
    """Whether a call from home to another country is asked about."""
    return terms().calls_out(turn.text, tuple(countries(turn)))


async def meant_abroad(turn: Turn) -> dict[str, Any]:
    """What a line that speaks of roaming names: the pack, or all of them; {} for any other line. Raises Unavailable."""
    named = ("offering", "amount_fen", "volume_kb")
    if not _SPEAKS_OF.search(turn.text) or any(name in turn.entities for name in named):
        return {}
    packs = await on_sale(turn.doors, "data_pack", turn.who.region)
    abroad = packs_abroad(packs, await on_sale(turn.doors, "service", turn.who.region))
    shared = {pack.id: _shared(turn.text, pack) for pack in abroad}
    best = [one for one, length in shared.items() if length and length == max(shared.values())]
    if len(best) == 1:
        return {"offering": best[0]}
    return {"among": [pack.id for pack in abroad]} if abroad else {}


def _shared(text: str, pack: Offering) -> int:
    """Characters in a row that a text has of a pack's name, besides what every name has; 0 for too few."""
    found = 0
    for name, least in ((pack.name.zh, LEAST_ZH), (pack.name.en, LEAST_EN)):
        one, other = (_IN_EVERY_NAME.sub("", words.casefold()) for words in (text, name))
        size = in_common(one, other)
        found = max(found, size if size >= least else 0)
    return found
