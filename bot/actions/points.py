"""Points: how many there are, when they end, and what can be had for them."""

from __future__ import annotations

from typing import Any, ClassVar

from bot.actions.ordering import OrderForm, OrderStart
from bot.actions.skill import Skill
from bot.actions.trade import Trade
from bot.actions.turn import Event, Turn
from crm.model import Offering
from crm.operations import reads, redeem_points
from crm.operations.catalogue import on_sale


class QueryPoints(Skill):
    """The sum, and each lot with its last day: who asks wants to know what is lost when."""

    wish = "query_points"

    async def answer(self, turn: Turn) -> list[Event]:
        lots = await reads.points(turn.doors, turn.who)
        turn.say(
            "points",
            total=sum(lot.left for lot in lots),
            items=[{"left": lot.left, "until": lot.expires_at.isoformat()} for lot in lots],
        )
        turn.outcome(self.wish, "answered")
        return []


async def _rewards(turn: Turn) -> tuple[Offering, ...]:
    return await on_sale(turn.doors, "reward", turn.who.region)


REWARDS = Trade(_rewards, redeem_points.quote)


class RedeemPoints(OrderStart):
    """A bare number is points, as in "500积分换什么"."""

    wish = "redeem_points"
    trade: ClassVar[Trade] = REWARDS

    def name(self) -> str:
        return "action_redeem_points"

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        said = turn.entities.get("number")
        if isinstance(said, int) and not {"offering", "volume_kb"} & turn.entities.keys():
            found = [o.id for o in await _rewards(turn) if o.points == said]
            return {"chosen": found[0] if len(found) == 1 else None, "among": None}
        return await super()._chosen(turn)


class RedeemPointsForm(OrderForm):
    wish = "redeem_points"
    trade: ClassVar[Trade] = REWARDS

    def name(self) -> str:
        return "validate_redeem_points_form"
