"""Which plans there are, and what sets them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.actions import amounts, references
from bot.actions.packs import common
from bot.actions.plan import offered
from bot.actions.shown import BEST, MOST, item_of, ranked, recent_shown, shows
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from bot.actions.wiring import terms
from crm.model import EVERYWHERE, Offering
from crm.operations import reads
from crm.operations.catalogue import find, on_sale, speaks_of

SHOWN = 6
PACKS_SHOWN = 9
"""Packs are chosen from at once, so that every common one is there."""
SHOWN_BY_SMS = 4
AUDIENCES = ("senior", "student")
"""Whom a plan is asked for, each named as the words that speak of them in content/terms/words.yml: for_<name>."""


class ConsultPlans(Skill):
    """`among` are those to speak of, `amount` voice or sms when it was asked how much of that is in them."""

    wish = "consult_plans"

    async def answer(self, turn: Turn) -> list[Event]:
        sold = _Sold(*[await on_sale(turn.doors, kind, turn.who.region) for kind in ("plan", "data_pack", "service")])
        found = _with_volume(turn, sold) or _of_one_kind(_named_so(turn, sold)) or _for_people(turn, sold.plans)
        of_packs = all(one.category != "plan" for one in found) if found else _speaks_of_packs(turn, sold)
        if not found:
            found = _bounded(turn, sold.packs if of_packs else sold.plans)
            if not found and _bound(turn):
                turn.say("none_like_that", count=0, nth=0)
        if len(found) == 1:
            shows(turn, found, one=True)
            details = offered(found[0], turn.who.language)
            turn.say("offering_details", **details, is_plan=found[0].category == "plan")
        elif of_packs:
            _list_packs(turn, found or sold.packs)
        else:
            _list_plans(turn, found, sold.plans)
        turn.outcome(self.wish, "answered")
        return []


_CHEAPEST = re.compile(r"最便宜|最实惠|最低价|\bcheapest\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Sold:
    """What is on sale where the person is."""

    plans: tuple[Offering, ...]
    packs: tuple[Offering, ...]
    services: tuple[Offering, ...]


def _list_packs(turn: Turn, packs: tuple[Offering, ...]) -> None:
    most, usual = (SHOWN_BY_SMS if turn.who.channel == "sms" else PACKS_SHOWN), tuple(filter(common, packs))
    shown = _few(usual, most) if len(usual) > most else sorted(packs, key=lambda pack: not common(pack))[:most]
    shows(turn, shown)
    services = all(pack.category == "service" for pack in shown)
    items = [offered(p, turn.who.language) for p in shown]
    turn.say("packs", items=items, more=len(shown) < len(packs), services=services)


def _list_plans(turn: Turn, found: tuple[Offering, ...], plans: tuple[Offering, ...]) -> None:
    """Those that were found, else all, or all of the generation that was named."""
    generation = str(turn.entities.get("generation") or amounts.generation_of(turn.text))
    fitting = found or tuple(p for p in plans if not generation or p.generation == generation) or plans
    shown = _few(fitting, SHOWN_BY_SMS if turn.who.channel == "sms" else SHOWN)
    shows(turn, shown)
    items, amount = [offered(p, turn.who.language) for p in shown], str(turn.entities.get("amount") or "")
    if amount in ("voice", "sms"):
        turn.say("amounts_in_plans", items=items, amount=amount)
        return
    if not all(p.generation == generation for p in shown):
        generation = ""
    every = bool(generation) and all(p.generation == generation for p in plans)
    turn.say("plans", items=items, more=len(shown) < len(plans), generation=generation, every=every)


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


def _of_one_kind(found: tuple[Offering, ...]) -> tuple[Offering, ...]:
    """A price is shared by things of all kinds: plans go before packs, and these before services."""
    by_kind = (tuple(o for o in found if o.category == kind) for kind in ("plan", "data_pack", "service"))
    return next(filter(None, by_kind), ())


def _with_volume(turn: Turn, sold: _Sold) -> tuple[Offering, ...]:
    """The cheapest with that much data, or all with at least so much; () where neither is asked, or there is none."""
    volume, cheapest = turn.entities.get("volume_kb"), bool(_CHEAPEST.search(turn.text))
    if not isinstance(volume, int) or not (cheapest or references.limit(turn.text) == "least"):
        return ()
    shown = recent_shown(turn)
    kind = turn.entities.get("kind") or references.kind_of(turn.text) or (shown.kind if shown else "plan")
    of_kind = sold.plans if kind == "plan" else filter(common, sold.packs)
    able = sorted(
        (o for o in of_kind if not o.audience and o.granted("data", *EVERYWHERE) >= volume), key=lambda o: o.price_fen
    )
    return tuple(able[:1] if cheapest else able)


def _for_people(turn: Turn, plans: tuple[Offering, ...]) -> tuple[Offering, ...]:
    """Those kept for the people that are spoken of."""
    spoken_of = {audience for audience in AUDIENCES if terms().says(f"for_{audience}", turn.text)}
    return tuple(plan for plan in plans if plan.audience in spoken_of)


def _speaks_of_packs(turn: Turn, sold: _Sold) -> bool:
    kind = turn.entities.get("kind") or references.kind_of(turn.text)
    return kind == "pack" or speaks_of(turn.text, sold.packs, rather_than=sold.plans)


def _bound(turn: Turn) -> str:
    return str(turn.entities.get("bound") or references.limit(turn.text)) if turn.price_fen() is not None else ""


def _bounded(turn: Turn, offerings: tuple[Offering, ...]) -> tuple[Offering, ...]:
    """Those within a price that was said, or the cheapest, dearest, with most data; () where no bound was said."""
    kind = "plan" if offerings and offerings[0].category == "plan" else ""
    bound, fen, generation = _bound(turn), turn.price_fen(), amounts.generation_of(turn.text, kind)
    everybodys = tuple(o for o in offerings if not o.audience and (not generation or o.generation == generation))
    if bound and fen is not None:
        return tuple(o for o in everybodys if (o.price_fen <= fen if bound == "most" else o.price_fen >= fen))
    pick = references.pick_of(amounts.without_generation(turn.text))
    if pick is None or pick.nth or pick.order == "middle":
        return ()
    best = ranked(pick, list(map(item_of, everybodys)))[: 1 if pick.order in BEST else MOST]
    return tuple(o for o in everybodys if o.id in {item["id"] for item in best})


def _named_so(turn: Turn, sold: _Sold) -> tuple[Offering, ...]:
    """Several that are called so, unless a price says which; a volume names what there is of what was spoken of."""
    if _bound(turn):
        return ()
    said, among, amount, volume = (turn.entities.get(name) for name in ("offering", "among", "amount_fen", "volume_kb"))
    every = (*sold.plans, *sold.packs, *sold.services)
    shared = tuple(o for o in every if o.id in (among or ()))
    if shared and not said:
        return find(shared, None, amount) or shared
    names_volume = not turn.text or amounts.names_volume(turn.text, turn.words.get("volume_kb", ""))
    if said or amount is not None or not names_volume:
        return find(every, said, amount)
    shown = recent_shown(turn)
    kind = turn.entities.get("kind") or references.kind_of(turn.text) or (shown.kind if shown else "pack")
    return find(sold.plans if kind == "plan" else filter(common, sold.packs), None, None, volume)


def _named(turn: Turn) -> tuple[set[str], set[int]]:
    """Ids and monthly prices in fen: "59 and 99" are prices as names."""
    entities = (turn.tracker.latest_message or {}).get("entities") or ()
    ids = {e["value"] for e in entities if e["entity"] == "offering"}
    ids |= {one for e in entities if e["entity"] == "among" for one in e["value"]}
    amounts = {int(e["value"]) for e in entities if e["entity"] == "amount_fen"}
    numbers = [e["value"] for e in entities if e["entity"] == "number"]
    return ids, amounts | {number * 100 for number in numbers if isinstance(number, int)}


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
