"""Which plan and services a number has, what comes next, and what was ordered."""

from __future__ import annotations

from typing import Any, ClassVar

from bot.actions import references
from bot.actions.follow_ups import LEAVING, asks_to_leave
from bot.actions.registry import skill_of
from bot.actions.shown import shows
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import EVERYWHERE, Offering, Product
from crm.operations import reads
from crm.operations.contracts import contracts
from crm.operations.results import Refusal

BARE = frozenset({"套餐", "taocan", "tao can", "plan", "plans"})


class QueryMyPlan(Skill):
    """A bare "套餐" of somebody unknown asks what there is as much as what they have."""

    wish = "query_my_plan"
    response: ClassVar[str] = "my_plan"

    async def _unknown(self, turn: Turn, refusal: Refusal) -> list[Event]:
        # What is in a plan that is named is no secret.
        if references.bare(turn.text) in BARE or {"amount_fen", "offering"} & turn.entities.keys():
            return await skill_of("consult_plans").attempt(turn.as_wish("consult_plans", turn.entities))
        return await super()._unknown(turn, refusal)

    async def answer(self, turn: Turn) -> list[Event]:
        held = await reads.plan(turn.doors, turn.who)
        if held is None:
            turn.say("no_plan")
        else:
            coming = [p for p in await reads.products(turn.doors, turn.who) if p.status == "pendingActive"]
            values = {**offered(held[1], turn.who.language), "next": _next(coming, turn.who.language)}
            shows(turn, [held[1]], one=True)
            turn.say(self.response, **values)
        turn.outcome(self.wish, "answered")
        return []


class QueryMonthlyFee(QueryMyPlan):
    wish = "query_monthly_fee"
    response = "monthly_fee"


class QueryPackExpiry(Skill):
    """When the contract, the packs and what else has an end are over; a plan renews by itself."""

    wish = "query_pack_expiry"

    def option(self, text: str) -> str:
        return LEAVING if asks_to_leave(text) else ""

    async def answer(self, turn: Turn) -> list[Event]:
        products, language = await reads.products(turn.doors, turn.who), turn.who.language
        plan = next((p for p in products if p.category == "plan" and p.status != "pendingActive"), None)
        turn.say(
            "plan_ends",
            name=plan.name.of(language) if plan else "",
            bound_until=_bound_until(plan),
            next=_next([p for p in products if p.status == "pendingActive"], language),
            fees=await _fees(turn) if turn.entities.get("option") == LEAVING else [],
            items=[
                {"name": p.name.of(language), "until": p.until.isoformat() if p.until else "", "bound": _bound_until(p)}
                for p in products
                if p.category != "plan" and p.status == "active" and (p.until or p.lock_in_until)
            ],
        )
        turn.outcome(self.wish, "answered")
        return []


class QuerySubscribedServices(Skill):
    wish = "query_subscribed_services"

    async def answer(self, turn: Turn) -> list[Event]:
        products = await reads.products(turn.doors, turn.who)
        language = turn.who.language
        turn.say(
            "subscribed",
            items=[
                {"name": p.name.of(language), "price_fen": p.price_fen, "category": p.category}
                for p in products
                if p.category != "plan" and p.status == "active"
            ],
            plan=next((p.name.of(language) for p in products if p.category == "plan"), ""),
        )
        turn.outcome(self.wish, "answered")
        return []


class QueryOrders(Skill):
    wish = "query_orders"

    async def answer(self, turn: Turn) -> list[Event]:
        orders = await reads.orders(turn.doors, turn.who)
        items = [
            {
                "name": await reads.name(turn.doors, turn.who, order.items[0].offering_id),
                "action": order.items[0].action,
                "state": order.state,
                "at": order.placed_at.isoformat(),
            }
            for order in orders[:3]
        ]
        turn.say("orders", items=items)
        turn.outcome(self.wish, "answered")
        return []


def offered(offering: Offering, language: str) -> dict[str, Any]:
    """An offering as the wording shows it. Data in KB, `data_kb` what can be used everywhere; voice in minutes."""
    return {
        "id": offering.id,
        "name": offering.name.of(language),
        "about": offering.description.of(language),
        "price_fen": offering.price_fen,
        "monthly_fen": offering.monthly_fen,
        "points": offering.points,
        "data_kb": offering.granted("data", *EVERYWHERE),
        "directed_kb": offering.granted("data", "directed"),
        "local_kb": offering.granted("data", "local"),
        "voice_minutes": offering.granted("voice"),
        "sms_count": offering.granted("sms"),
        "lock_in_months": offering.lock_in_months,
        "generation": offering.generation,
    }


async def _fees(turn: Turn) -> list[dict[str, Any]]:
    """What leaving each contract costs today, with the figures behind it."""
    return [
        {
            "name": one.product.name.of(turn.who.language), "fee_fen": one.fee_fen, "each_fen": one.each_fen,
            "months": one.months, "percent": one.percent,
        }
        for one in await contracts(turn.doors, turn.who)
    ]  # fmt: skip


def _bound_until(product: Product | None) -> str:
    """The last day of the contract, "" without one."""
    return product.lock_in_until.isoformat() if product and product.lock_in_until else ""


def _next(coming: list[Product], language: str) -> dict[str, Any] | None:
    plan = next((p for p in coming if p.category == "plan"), None)
    if plan is None:
        return None
    return {"name": plan.name.of(language), "since": plan.since.isoformat(), "monthly_fen": plan.price_fen}
