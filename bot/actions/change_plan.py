"""Change the main plan from the next cycle on."""

from __future__ import annotations

from typing import ClassVar

from bot.actions.ordering import OrderForm, OrderStart
from bot.actions.skill import Skill
from bot.actions.trade import Trade
from bot.actions.turn import Event, Turn
from crm.model import Offering
from crm.operations import change_plan, reads
from crm.operations.catalogue import on_sale


async def _plans(turn: Turn) -> tuple[Offering, ...]:
    """Without the one that is held, the ones for everybody first."""
    plans = await on_sale(turn.doors, "plan", turn.who.region)
    held = await reads.plan(turn.doors, turn.who)
    own = held[1].id if held else ""
    return tuple(sorted((p for p in plans if p.id != own), key=lambda p: (bool(p.audience), p.monthly_fen)))


CHANGE = Trade(_plans, change_plan.quote)


class ChangePlan(OrderStart):
    wish = "change_plan"
    trade: ClassVar[Trade] = CHANGE

    def name(self) -> str:
        return "action_change_plan"


class ChangePlanForm(OrderForm):
    wish = "change_plan"
    trade: ClassVar[Trade] = CHANGE

    def name(self) -> str:
        return "validate_change_plan_form"


class UndoPlanChange(Skill):
    """Which change waits, and from when on it would hold; a person takes it back."""

    wish = "undo_plan_change"

    async def answer(self, turn: Turn) -> list[Event]:
        coming = await reads.products(turn.doors, turn.who)
        plan = next((p for p in coming if p.category == "plan" and p.status == "pendingActive"), None)
        if plan is None:
            turn.say("no_pending_plan")
            turn.outcome(self.wish, "answered")
        else:
            turn.say("pending_plan", name=plan.name.of(turn.who.language), since=plan.since.isoformat())
            turn.outcome(self.wish, "refused")
        return []
