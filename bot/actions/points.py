"""Points: how many there are, when they end, and what can be had for them."""

from __future__ import annotations

from typing import Any, ClassVar

from bot.actions.form import OVER
from bot.actions.ordering import OrderForm, OrderStart
from bot.actions.references import points as points_at
from bot.actions.skill import Skill
from bot.actions.trade import Trade, chosen
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


REWARDS = Trade(_rewards, redeem_points.quote, counts=lambda offering: offering.points)


class RedeemPoints(OrderStart):
    wish = "redeem_points"
    trade: ClassVar[Trade] = REWARDS

    def name(self) -> str:
        return "action_redeem_points"


class RedeemPointsForm(OrderForm):
    wish = "redeem_points"
    trade: ClassVar[Trade] = REWARDS

    def name(self) -> str:
        return "validate_redeem_points_form"

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        said = turn.words.get("number", "")
        if step == "code" or not said or not points_at(turn.text, said, "积分", "分", "points"):
            return await super().read(turn, step)
        # "300分" answers, whatever it was read as.
        filled = await chosen(turn, self.wish, self.trade)
        return OVER if filled is None else {"agreed": None, **filled}
