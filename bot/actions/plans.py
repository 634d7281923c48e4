"""Which plans there are, and what sets them apart."""

from __future__ import annotations

from bot.actions.packs import common
from bot.actions.plan import offered
from bot.actions.shown import shows
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import Offering
from crm.operations import reads
from crm.operations.catalogue import find, on_sale, speaks_of

SHOWN = 6
SHOWN_BY_SMS = 4


class ConsultPlans(Skill):
    wish = "consult_plans"

    async def answer(self, turn: Turn) -> list[Event]:
        plans = await on_sale(turn.doors, "plan", turn.who.region)
        packs = await on_sale(turn.doors, "data_pack", turn.who.region)
        services = await on_sale(turn.doors, "service", turn.who.region)
        meant = _meant(turn, (*plans, *packs, *services))
        if len(meant) == 1:
            one = meant[0]
            shows(turn, [one], one=True)
            turn.say("offering_details", **offered(one, turn.who.language), is_plan=one.category == "plan")
        elif not meant and speaks_of(turn.text, packs, rather_than=plans):
            listed = sorted(packs, key=lambda pack: not common(pack))[: _most(turn)]
            shows(turn, listed)
            turn.say("packs", items=[offered(p, turn.who.language) for p in listed])
        else:
            shown = _few(meant or plans, _most(turn))
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
        abroad = _abroad(packs, services)
        shows(turn, abroad)
        turn.say("roaming_packs", items=[offered(p, turn.who.language) for p in abroad])
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


def _meant(turn: Turn, offerings: tuple[Offering, ...]) -> tuple[Offering, ...]:
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
