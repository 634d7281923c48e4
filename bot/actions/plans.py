"""Which plans there are, and what sets them apart."""

from __future__ import annotations

from bot.actions import references
from bot.actions.packs import common
from bot.actions.plan import offered
from bot.actions.shown import Shown, item_of, meant, shows
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import Offering
from crm.operations import reads
from crm.operations.catalogue import find, on_sale, speaks_of

SHOWN = 6
SHOWN_BY_SMS = 4
HMT = ("港澳", "香港", "澳门", "台湾", "Hong Kong", "Macao", "Macau", "Taiwan")
HMT_CODES = frozenset({"hk", "mo", "tw", "hmt"})
"""Abroad to a phone, and no countries."""


class ConsultPlans(Skill):
    wish = "consult_plans"

    async def answer(self, turn: Turn) -> list[Event]:
        plans = await on_sale(turn.doors, "plan", turn.who.region)
        packs = await on_sale(turn.doors, "data_pack", turn.who.region)
        services = await on_sale(turn.doors, "service", turn.who.region)
        found = () if _bound(turn) else _named_so(turn, (*plans, *packs, *services))
        of_packs = not found and _speaks_of_packs(turn, packs, plans)
        if not found:
            found = _bounded(turn, packs if of_packs else plans)
            if not found and _bound(turn):
                turn.say("none_like_that", count=0, nth=0)
        if len(found) == 1:
            one = found[0]
            shows(turn, [one], one=True)
            turn.say("offering_details", **offered(one, turn.who.language), is_plan=one.category == "plan")
        elif of_packs:
            listed = sorted(found or packs, key=lambda pack: not common(pack))[: _most(turn)]
            shows(turn, listed)
            turn.say("packs", items=[offered(p, turn.who.language) for p in listed])
        else:
            shown = _few(found or plans, _most(turn))
            shows(turn, shown)
            items = [offered(p, turn.who.language) for p in shown]
            turn.say("plans", items=items, more=len(shown) < len(plans))
        turn.outcome(self.wish, "answered")
        return []


class ConsultRoaming(Skill):
    """What there is for use abroad, and what has to be switched on for it."""

    wish = "consult_roaming"

    async def answer(self, turn: Turn) -> list[Event]:
        packs = await on_sale(turn.doors, "data_pack", turn.who.region)
        services = await on_sale(turn.doors, "service", turn.who.region)
        place = _place_abroad(turn)
        abroad = _for_place(_abroad(packs, services), place)
        shows(turn, abroad)
        turn.say("roaming_packs", items=[offered(p, turn.who.language) for p in abroad], place=place)
        turn.outcome(self.wish, "answered")
        return []


class ComparePlans(Skill):
    wish = "compare_plans"

    async def answer(self, turn: Turn) -> list[Event]:
        plans = await on_sale(turn.doors, "plan", turn.who.region)
        ids, prices = _named(turn)
        named = [p for p in plans if p.id in ids or p.monthly_fen in prices]
        own = None
        if turn.who.bound:
            held = await reads.plan(turn.doors, turn.who)
            own = held[1] if held else None
        compared = named or _around(plans, own)
        if own and len(named) < 2 and own.id not in {p.id for p in compared}:
            compared = [own, *compared]
        shows(turn, compared[:3])
        items = [offered(p, turn.who.language) for p in compared[:3]]
        turn.say("plans_compared", items=items, own=own.id if own else "")
        turn.outcome(self.wish, "answered")
        return []


def _abroad(packs: tuple[Offering, ...], services: tuple[Offering, ...]) -> list[Offering]:
    """Packs that need a service switched on rather than a plan: those for use abroad."""
    switches = {service.id for service in services}
    return [pack for pack in packs if switches & set(pack.requires)]


def _place_abroad(turn: Turn) -> str:
    """In the person's words."""
    near = turn.entities.get("region") in HMT_CODES
    return turn.words.get("country") or (turn.words.get("region", "") if near else "")


def _for_place(abroad: list[Offering], place: str) -> list[Offering]:
    """Those whose names say the place; for another one not those that are for Hong Kong, Macao and Taiwan only."""
    if not place:
        return abroad
    elsewhere = {pack.id for near in HMT for pack in find(abroad, near)}
    return list(find(abroad, place)) or [p for p in abroad if p.id not in elsewhere] or abroad


def _speaks_of_packs(turn: Turn, packs: tuple[Offering, ...], plans: tuple[Offering, ...]) -> bool:
    kind = turn.entities.get("kind") or references.kind_of(turn.text)
    return kind == "pack" or speaks_of(turn.text, packs, rather_than=plans)


def _bound(turn: Turn) -> str:
    return str(turn.entities.get("bound") or references.limit(turn.text)) if turn.price_fen() is not None else ""


def _bounded(turn: Turn, offerings: tuple[Offering, ...]) -> tuple[Offering, ...]:
    """Those within a price that was said, or the cheapest, dearest, with most data; () where no bound was said."""
    bound, fen = _bound(turn), turn.price_fen()
    everybodys = tuple(o for o in offerings if not o.audience)
    if bound and fen is not None:
        return tuple(o for o in everybodys if (o.price_fen <= fen if bound == "most" else o.price_fen >= fen))
    pick = references.pick_of(turn.text)
    if pick is None or pick.nth or not everybodys:
        return ()
    found = {item["id"] for item in meant(pick, Shown("", tuple(map(item_of, everybodys))), ())}
    return tuple(o for o in everybodys if o.id in found)


def _named_so(turn: Turn, offerings: tuple[Offering, ...]) -> tuple[Offering, ...]:
    """Several that are called so, unless a price says which."""
    said, among, amount = (turn.entities.get(name) for name in ("offering", "among", "amount_fen"))
    shared = tuple(o for o in offerings if o.id in (among or ()))
    if shared and not said:
        return find(shared, None, amount) or shared
    return find(offerings, said, amount)


def _named(turn: Turn) -> tuple[set[str], set[int]]:
    """Ids and monthly prices in fen: "59 and 99" are prices as names."""
    entities = (turn.tracker.latest_message or {}).get("entities") or ()
    ids = {e["value"] for e in entities if e["entity"] == "offering"}
    ids |= {one for e in entities if e["entity"] == "among" for one in e["value"]}
    amounts = {int(e["value"]) for e in entities if e["entity"] == "amount_fen"}
    numbers = [e["value"] for e in entities if e["entity"] == "number"]
    return ids, amounts | {number * 100 for number in numbers if isinstance(number, int)}


def _most(turn: Turn) -> int:
    return SHOWN_BY_SMS if turn.who.channel == "sms" else SHOWN


def _few(plans: tuple[Offering, ...], most: int) -> list[Offering]:
    """Spread over the prices rather than the cheapest only."""
    if len(plans) <= most:
        return list(plans)
    open_to_all = [p for p in plans if not p.audience]
    step = (len(open_to_all) - 1) / (most - 1)
    return [open_to_all[round(i * step)] for i in range(most)] if len(open_to_all) > most else open_to_all


def _around(plans: tuple[Offering, ...], own: Offering | None) -> list[Offering]:
    """The next dearer ones, or the middle of the list."""
    open_to_all = [p for p in plans if not p.audience and (own is None or p.id != own.id)]
    if own is None:
        middle = len(open_to_all) // 2
        return open_to_all[max(0, middle - 1) : middle + 2]
    dearer = [p for p in open_to_all if p.monthly_fen >= own.monthly_fen]
    return (dearer or open_to_all[-2:])[:2]
