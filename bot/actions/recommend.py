"""Which plan suits: the last months priced under every plan, or what there is within a budget."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.actions.plan import offered
from bot.actions.shown import shows
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.errors import NotFound
from crm.model import EVERYWHERE, Offering, Product, Subscriber, UsageSummary
from crm.operations import privacy, reads
from crm.operations.catalogue import on_sale
from crm.operations.elders import is_elder
from crm.operations.identify import identify
from crm.operations.results import Refusal
from crm.pricing import Priced, cheapest, lost, paid
from crm.rules import SENIOR_AGE
from crm.worktime import CHINA, last_month, month_before

MONTHS = 6
SHOWN = 3
BUDGETS_FEN = (3000, 6000, 10000)


class RecommendPlan(Skill):
    """A budget goes before what was used; with neither it asks for one. What would have cost least comes first."""

    wish = "recommend_plan"

    async def answer(self, turn: Turn) -> list[Event]:
        person, plans = await _person(turn), await on_sale(turn.doors, "plan", turn.who.region)
        plans = tuple(p for p in plans if _open_to(turn, p, person))
        turn.gentle = turn.gentle or (person is not None and is_elder(person, turn.doors.now()))
        budget = turn.entities.get("amount_fen")
        unknown = person is None or isinstance(budget, int) or not await privacy.may_recommend(turn.doors, turn.who)
        months = [] if unknown else await _months(turn)
        if isinstance(budget, int):
            self._within(turn, plans, budget)
        elif not months:
            turn.say("recommend_ask", budgets=[{"amount_fen": fen} for fen in BUDGETS_FEN])
        else:
            await self._by_use(turn, plans, months)
        turn.outcome(self.wish, "answered")
        return []

    def _within(self, turn: Turn, plans: tuple[Offering, ...], budget_fen: int) -> None:
        fitting = sorted((p for p in plans if p.monthly_fen <= budget_fen), key=_data_kb, reverse=True)[:SHOWN]
        shows(turn, fitting)
        items = [offered(p, turn.who.language) for p in fitting]
        turn.say("recommend_budget", items=items, budget_fen=budget_fen)

    async def _by_use(self, turn: Turn, plans: tuple[Offering, ...], months: list[UsageSummary]) -> None:
        held = await reads.plan(turn.doors, turn.who)
        own = await _paid(turn, held[1], months) if held else None
        locked = _locked_until(turn, held[0]) if held else ""
        if held and locked:
            plans = tuple(p for p in plans if p.tier >= held[1].tier)
        others = [one for one in cheapest(plans, months) if own is None or one.plan.id != own.plan.id]
        # Nobody is sent to a plan that would not have cost less.
        better = [one for one in others if own is None or one.total_fen < own.total_fen][:SHOWN]
        if better:
            shows(turn, [one.plan for one in better], one=len(better) == 1)
        # Somebody old is told what saves money, and nothing that costs more.
        nearest = [] if turn.gentle else others[:SHOWN]
        shown = [await _shown(turn, one, own) for one in better or nearest]
        count = len(months)
        turn.say(
            "recommend_use" if better else "recommend_stay",
            months=count,
            data_kb=sum(m.data_kb for m in months) // count,
            voice_minutes=sum(m.voice_minutes for m in months) // count,
            own=_sum(own, turn.who.language) if own else None,
            items=shown,
            locked_until=locked,
        )


async def _person(turn: Turn) -> Subscriber | None:
    """None for who is not known."""
    if turn.who.bound is None:
        return None
    person = await identify(turn.doors, turn.who)
    return None if isinstance(person, Refusal) else person


def _open_to(turn: Turn, plan: Offering, person: Subscriber | None) -> bool:
    """Whether it is for everybody, or for people like this one."""
    if not plan.audience:
        return True
    today = turn.doors.now().astimezone(CHINA).date()
    return person is not None and {"student": person.student, "senior": person.age(today) >= SENIOR_AGE}.get(
        plan.audience, False
    )


async def _months(turn: Turn) -> list[UsageSummary]:
    """The last whole months, of those that are kept."""
    names = [last_month(turn.doors.now())]
    while len(names) < MONTHS:
        names.append(month_before(names[-1]))
    found = await asyncio.gather(*(reads.usage(turn.doors, turn.who, name) for name in names))
    return [one for one in found if one]


async def _paid(turn: Turn, plan: Offering, months: list[UsageSummary]) -> Priced:
    """The own months by their bills."""
    bills = await asyncio.gather(*(reads.bill(turn.doors, turn.who, m.month) for m in months))
    bought = {i.offering_id for b in bills if b for i in b.items if i.cause == "pack" and i.offering_id}
    packs = {}
    for id_ in sorted(bought):
        try:
            packs[id_] = await turn.doors.crm.offering(id_, deadline=turn.doors.read_deadline())
        except NotFound:
            continue
    return paid(plan, zip(months, bills, strict=True), packs)


def _locked_until(turn: Turn, held: Product) -> str:
    """The day until which no smaller plan can be had, as ISO text; "" where there is none."""
    until, today = held.lock_in_until, turn.doors.now().astimezone(CHINA).date()
    return until.isoformat() if until and until > today else ""


def _sum(one: Priced, language: str) -> dict[str, Any]:
    """The arithmetic, as the wording shows it."""
    gb, minutes, texts = one.beyond
    return {
        **offered(one.plan, language),
        "fee_fen": one.fee_fen,
        "packs_fen": one.packs_fen,
        "beyond_fen": one.beyond_fen,
        "beyond_gb": gb,
        "beyond_minutes": minutes,
        "beyond_texts": texts,
        "total_fen": one.total_fen,
    }


async def _shown(turn: Turn, one: Priced, own: Priced | None) -> dict[str, Any]:
    """With what a change from the own plan would save and give up."""
    values = {**_sum(one, turn.who.language), "saved_fen": 0, "lost": None}
    if own is None:
        return values
    products = [p for p in await reads.products(turn.doors, turn.who) if p.category != "plan"]
    deadline = turn.doors.read_deadline()
    held = [(p, await turn.doors.crm.offering(p.offering_id, deadline=deadline)) for p in products]
    gone = lost(own.plan, one.plan, held)
    names = [o.name.of(turn.who.language) for _, o in held if o.id in gone.held]
    loss = {
        "data_kb": gone.data_kb,
        "directed_kb": gone.directed_kb,
        "local_kb": gone.local_kb,
        "voice_minutes": gone.voice_minutes,
        "sms_count": gone.sms_count,
        "to_4g": gone.to_4g,
        "names": names,
    }
    return {**values, "saved_fen": own.total_fen - one.total_fen, "lost": loss if any(loss.values()) else None}


def _data_kb(plan: Offering) -> int:
    return plan.granted("data", *EVERYWHERE)
