"""Points: how many there are, when they end, and what can be had for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from bot.actions.by_words import TO_OTHERS
from bot.actions.form import OVER
from bot.actions.from_to import SAID
from bot.actions.ordering import OrderForm, OrderStart
from bot.actions.references import points as points_at
from bot.actions.skill import Skill, switched_off
from bot.actions.trade import Trade, chosen
from bot.actions.turn import Event, Turn
from bot.actions.wiring import terms
from crm.model import AllowanceType, Offering
from crm.operations import reads, redeem_points
from crm.operations.catalogue import find, on_sale

KINDS: tuple[AllowanceType, ...] = ("data", "voice")


class QueryPoints(Skill):
    """The sum, and each lot with its last day: who asks wants to know what is lost when."""

    wish = "query_points"

    async def attempt(self, turn: Turn) -> list[Event]:
        if turn.entities.get("option") != TO_OTHERS:
            return await super().attempt(turn)
        # A rule is no secret.
        if off := await switched_off(turn, self.wish):
            return off
        turn.say("points_not_given")
        turn.outcome(self.wish, "answered")
        return self._kept(turn)

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

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        return await _wanted(turn, self.wish)


class RedeemPointsForm(OrderForm):
    wish = "redeem_points"
    trade: ClassVar[Trade] = REWARDS

    def name(self) -> str:
        return "validate_redeem_points_form"

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        said = turn.words.get("number", "")
        # "300分" answers, whatever it was read as.
        counts = bool(said) and points_at(turn.text, said, "积分", "分", "points")
        if step == "code" or not (counts or (turn.intent == self.wish and turn.text)):
            return await super().read(turn, step)
        if turn.slot("quote"):
            await self.leave(turn, "changed")
        filled = await _wanted(turn, self.wish)
        return OVER if filled is None else {"agreed": None, **filled}

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "agreed" and await self._too_few(turn, known["chosen"]):
            return None
        return await super().ask(turn, step, known)

    async def _too_few(self, turn: Turn, offering: str) -> bool:
        """Says what is missing, and what the points there are suffice for."""
        rewards, total = await _rewards(turn), await _total(turn)
        needed = next((reward.points for reward in rewards if reward.id == offering), 0)
        if needed <= total:
            return False
        _tell_few(turn, self.wish, rewards, total, needed)
        return True


async def _wanted(turn: Turn, wish: str) -> dict[str, Any] | None:
    """Slots for what was said of points, or a list to choose from. None: it is over, and it was said why."""
    rewards = await _rewards(turn)
    kind = next((kind for kind in KINDS if terms().says(f"points_for_{kind}", turn.text)), None)
    fitting = [reward for reward in rewards if kind is None or reward.granted(kind)] or list(rewards)
    number = turn.entities.get("number")
    if kind and terms().says("points_all", turn.text):
        return await _all(turn, wish, fitting, kind)
    if isinstance(number, int) and number not in {reward.points for reward in fitting}:
        return _for_so_many(turn, wish, fitting, number)
    other = terms().says("points_for_others", turn.text)
    if kind is None and other and not find(rewards, other):
        turn.say("points_not_for")
        return {"chosen": None, "among": None}
    if any(name in turn.entities for name in SAID) or kind is None:
        return await chosen(turn, wish, REWARDS)
    return {"chosen": fitting[0].id if len(fitting) == 1 else None, "among": [reward.id for reward in fitting]}


def _for_so_many(turn: Turn, wish: str, rewards: Sequence[Offering], number: int) -> dict[str, Any] | None:
    """What so many points suffice for, where no reward takes exactly so many."""
    within = [reward for reward in rewards if reward.points <= number]
    if not within:
        _tell_few(turn, wish, rewards, number, min(reward.points for reward in rewards))
        return None
    turn.say("points_suffice_for", number=number)
    return {"chosen": within[0].id if len(within) == 1 else None, "among": [reward.id for reward in within]}


async def _all(turn: Turn, wish: str, rewards: Sequence[Offering], kind: AllowanceType) -> dict[str, Any] | None:
    """How many of each all points become, those that give most for a point first; the first of them is chosen."""
    total = left = await _total(turn)
    items: list[dict[str, Any]] = []
    for reward in sorted(rewards, key=lambda one: -one.granted(kind) / one.points):
        count = min(left // reward.points, reward.maximum)
        left -= count * reward.points
        items += [{"name": reward.name.of(turn.who.language), "count": count, "id": reward.id}] if count else []
    if not items:
        _tell_few(turn, wish, rewards, total, min(reward.points for reward in rewards))
        return None
    turn.say("points_all", items=items, total=total, used=total - left, left=left)
    return {"chosen": items[0]["id"], "among": None}


def _tell_few(turn: Turn, wish: str, rewards: Sequence[Offering], available: int, needed: int) -> None:
    items = [
        {"id": reward.id, "name": reward.name.of(turn.who.language), "points": reward.points}
        for reward in rewards
        if reward.points <= available
    ]
    least = min((reward.points for reward in rewards), default=0)
    turn.say("points_too_few", items=items, available=available, needed=needed, least=least)
    turn.outcome(wish, "refused")


async def _total(turn: Turn) -> int:
    """The points that can be spent now. Raises Unavailable."""
    return sum(lot.left for lot in await reads.points(turn.doors, turn.who))
