"""Change the main plan from the next cycle on, and take a change back that waits."""

from __future__ import annotations

from typing import Any, ClassVar

from bot.actions.ordering import OrderForm, OrderStart
from bot.actions.trade import Trade
from bot.actions.turn import Turn
from crm.model import Offering
from crm.operations import change_plan, reads, undo_plan_change
from crm.operations.catalogue import on_sale


async def _plans(turn: Turn) -> tuple[Offering, ...]:
    """Without the one that is held, the ones for everybody first."""
    plans = await on_sale(turn.doors, "plan", turn.who.region)
    own = await _own(turn)
    return tuple(
        sorted((p for p in plans if own is None or p.id != own.id), key=lambda p: (bool(p.audience), p.monthly_fen))
    )


async def _own(turn: Turn) -> Offering | None:
    held = await reads.plan(turn.doors, turn.who)
    return held[1] if held else None


CHANGE = Trade(_plans, change_plan.quote, left=_own)


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


async def _waiting(turn: Turn) -> tuple[Offering, ...]:
    plan = await undo_plan_change.waiting(turn.doors, turn.who)
    return (plan,) if plan else ()


UNDO = Trade(_waiting, undo_plan_change.quote)


class UndoPlanChange(OrderStart):
    """One change at most waits: that one is meant, whatever is named."""

    wish = "undo_plan_change"
    trade: ClassVar[Trade] = UNDO

    def name(self) -> str:
        return "action_undo_plan_change"

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        plans = await self.trade.offerings(turn)
        if not plans:
            turn.say("nothing_to_undo_plan_change")
            turn.outcome(self.wish, "answered")
            return None
        return {"chosen": plans[0].id, "among": None}


class UndoPlanChangeForm(OrderForm):
    wish = "undo_plan_change"
    trade: ClassVar[Trade] = UNDO

    def name(self) -> str:
        return "validate_undo_plan_change_form"
