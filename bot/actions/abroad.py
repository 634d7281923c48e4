"""The packs for use abroad, and which of them a line means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bot.actions.from_to import denies
from bot.actions.shown import recent_shown
from bot.actions.turn import Turn
from bot.actions.wiring import terms
from crm.model import Offering
from crm.operations.catalogue import find, in_common, on_sale

_SPEAKS_OF = re.compile(r"漫游|漫遊|\broaming\b", re.IGNORECASE)
_IN_EVERY_NAME = re.compile(r"roaming|漫游|漫遊|packs?|包|data|流量|\s")
HMT_CODES = frozenset({"hk", "mo", "tw", "hmt"})
"""Abroad to a phone, and no countries."""
CALLS_OUT = "calls_out"
"""What roaming is told that is asked of a country that is called, rather than of one that somebody is in."""
OTHERWISE = frozenset(
    {"correct", "deny", "inform", "nlu_fallback", "out_of_scope", "consult_roaming", "order_data_pack"}
)
"""What another country is read as in the middle of an order."""
_DAYS = re.compile(r"([一二两三四五六七八九十\d]+) ?(?:天|日|day)")
_DAY_WORDS = {"一": "1", "二": "2", "两": "2", "三": "3", "五": "5", "七": "7", "十": "10"}
_PER_GROUP = {"hmt": ("hk", "mo", "tw")}
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


async def otherwise_abroad(turn: Turn, step: str) -> list[str]:
    """Inside an order of a pack for abroad: the ids of those for another country or other days that are named instead.
    Raises Unavailable."""
    shown = recent_shown(turn)
    if step == "code" or not shown or turn.intent not in OTHERWISE or not turn.text:
        return []
    packs = await on_sale(turn.doors, "data_pack", turn.who.region)
    abroad = packs_abroad(packs, await on_sale(turn.doors, "service", turn.who.region))
    if not any(item["id"] in {pack.id for pack in abroad} for item in shown.items):
        return []
    places = [(code, words) for words, code in countries(turn).items() if not denies(turn.text, [words])]
    if places:
        return [pack.id for pack in for_place(abroad, *places[0])]
    days = _DAYS.search(turn.text)
    among = [pack for pack in abroad if pack.id in {item["id"] for item in shown.items}]
    named = [[pack.id for pack in some if days and _same_days(pack, days)] for some in (among, abroad)]
    return named[0] or named[1]


def _same_days(pack: Offering, days: re.Match[str]) -> bool:
    called = _DAYS.search(pack.name.zh)
    words = called[1] if called else "一" if "日包" in pack.name.zh else ""
    return _DAY_WORDS.get(words, words) == _DAY_WORDS.get(days[1], days[1])


def for_place(abroad: list[Offering], code: str, words: str) -> list[Offering]:
    """Those that can be used there: by their countries, or where the CRM tells none by what they are called."""
    if not code:
        return abroad
    if any(pack.countries for pack in abroad):
        return [pack for pack in abroad if set(codes_of([(code, words)])) & set(pack.countries)]
    elsewhere = {pack.id for near in terms().hmt for pack in find(abroad, near)}
    return list(find(abroad, words)) or [p for p in abroad if p.id not in elsewhere] or abroad


def codes_of(places: Iterable[tuple[str, str]]) -> list[str]:
    """The codes of places, a group of them as its members."""
    return [one for code, _ in places for one in _PER_GROUP.get(code, (code,))]


def _shared(text: str, pack: Offering) -> int:
    """Characters in a row that a text has of a pack's name, besides what every name has; 0 for too few."""
    found = 0
    for name, least in ((pack.name.zh, LEAST_ZH), (pack.name.en, LEAST_EN)):
        one, other = (_IN_EVERY_NAME.sub("", words.casefold()) for words in (text, name))
        size = in_common(one, other)
        found = max(found, size if size >= least else 0)
    return found
