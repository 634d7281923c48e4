"""Which plan suits: by what was used in the last months, or within a budget."""

from __future__ import annotations

from dataclasses import dataclass

from bot.actions.bill import before, last_month
from bot.actions.plan import offered
from bot.actions.shown import shows
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import EVERYWHERE, Offering
from crm.operations import reads
from crm.operations.catalogue import on_sale
from crm.operations.identify import identify
from crm.operations.results import Refusal

MONTHS = 3
SHOWN = 3
BUDGETS_FEN = (3000, 6000, 10000)


@dataclass(frozen=True)
class _Need:
    """Used in a month on average, data in KB."""

    months: int
    data_kb: int
    voice_minutes: int


class RecommendPlan(Skill):
    """A budget goes before what was used; with neither it asks for one. Nothing is recommended that costs more than
    it has to: the cheapest plan that covers what was used."""

    wish = "recommend_plan"

    async def answer(self, turn: Turn) -> list[Event]:
        plans = [p for p in await on_sale(turn.doors, "plan", turn.who.region) if not p.audience]
        budget = turn.entities.get("amount_fen")
        need = None if isinstance(budget, int) else await _need(turn)
        if isinstance(budget, int):
            self._within(turn, plans, budget)
        elif need is None:
            turn.say("recommend_ask", budgets=[{"amount_fen": fen} for fen in BUDGETS_FEN])
        else:
            await self._by_use(turn, plans, need)
        turn.outcome(self.wish, "answered")
        return []

    def _within(self, turn: Turn, plans: list[Offering], budget_fen: int) -> None:
        fitting = sorted((p for p in plans if p.monthly_fen <= budget_fen), key=_data_kb, reverse=True)[:SHOWN]
        shows(turn, fitting)
        items = [offered(p, turn.who.language) for p in fitting]
        turn.say("recommend_budget", items=items, budget_fen=budget_fen)

    async def _by_use(self, turn: Turn, plans: list[Offering], need: _Need) -> None:
        enough = [p for p in plans if _data_kb(p) >= need.data_kb and p.granted("voice") >= need.voice_minutes]
        best = min(enough, key=lambda p: p.monthly_fen, default=None)
        held = await reads.plan(turn.doors, turn.who)
        own = held[1] if held else None
        # A plan that already covers what is used for less is not to be left.
        stay = best is None or (own is not None and own.monthly_fen <= best.monthly_fen and _covers(own, need))
        if best and not stay:
            shows(turn, [best], one=True)
        turn.say(
            "recommend_stay" if stay else "recommend_use",
            months=need.months,
            data_kb=need.data_kb,
            voice_minutes=need.voice_minutes,
            own=offered(own, turn.who.language) if own else None,
            item=offered(best, turn.who.language) if best else None,
        )


async def _need(turn: Turn) -> _Need | None:
    """None for who is not known, and when nothing is recorded."""
    if turn.who.bound is None or isinstance(await identify(turn.doors, turn.who), Refusal):
        return None
    month, found = last_month(turn.doors.now()), []
    for _ in range(MONTHS):
        found.append(await reads.usage(turn.doors, turn.who, month))
        month = before(month)
    used = [one for one in found if one]
    if not used:
        return None
    data, voice = sum(u.data_kb for u in used), sum(u.voice_minutes for u in used)
    return _Need(len(used), data // len(used), voice // len(used))


def _covers(plan: Offering, need: _Need) -> bool:
    return _data_kb(plan) >= need.data_kb and plan.granted("voice") >= need.voice_minutes


def _data_kb(plan: Offering) -> int:
    return plan.granted("data", *EVERYWHERE)
