"""What is on a number that somebody never ordered, or that others charge through it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.actions.disputed import DISPUTED
from bot.actions.registry import skill_of
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import Offering, Order, Product
from crm.operations import cancel_data_pack, disputes, reads
from crm.worktime import CHINA


@dataclass(frozen=True)
class _Held:
    """`foreign`: another provider than the plan's."""

    product: Product
    offering: Offering
    foreign: bool
    cancellable: bool
    record: Order | None = None


class NeverOrdered(Skill):
    """What is paid besides the plan, or the one that was named: who charges, and what is on record of its order.

    The way on is one choice: cancelled after the usual yes, then money back by the rules and a complaint.
    """

    wish = "never_ordered"
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        # What costs nothing is nobody's complaint.
        paid = [one for one in await _all_held(turn) if one.product.price_fen]
        named = [one for one in paid if one.offering.id == turn.entities.get("offering")]
        found = await disputes.records(turn.doors, turn.who, tuple(one.product for one in paid))
        items = _shown([replace(one, record=found[one.product.id]) for one in named or paid], turn.who.language)
        stoppable = [item for item in items if item["cancellable"]]
        if turn.entities.get("option") == DISPUTED and stoppable:
            return await _give_back(turn, stoppable)
        turn.say("never_ordered", items=items, stoppable=stoppable)
        turn.outcome(self.wish, "answered")
        return []


class QueryThirdPartyServices(Skill):
    wish = "query_third_party_services"

    async def answer(self, turn: Turn) -> list[Event]:
        items = _shown([one for one in await _all_held(turn) if one.foreign], turn.who.language)
        turn.say("third_party", items=items, stoppable=[item for item in items if item["cancellable"]])
        turn.outcome(self.wish, "answered")
        return []


async def _give_back(turn: Turn, stoppable: list[dict[str, Any]]) -> list[Event]:
    """The way on for the only one, or the question with which to begin: each is cancelled by a yes of its own."""
    if len(stoppable) == 1:
        of = {"offering": stoppable[0]["id"], "option": DISPUTED}
        return await skill_of("cancel_data_pack").handle(turn.as_wish("cancel_data_pack", of))
    turn.say("never_ordered_which", stoppable=stoppable)
    return []


async def _all_held(turn: Turn) -> list[_Held]:
    """Besides the plan, the dearest first."""
    deadline = turn.doors.read_deadline()
    plan = await reads.plan(turn.doors, turn.who)
    ends = {p.id for p in await cancel_data_pack.cancellable(turn.doors, turn.who)}
    found = []
    for product in await reads.products(turn.doors, turn.who):
        if product.category != "plan" and product.status == "active":
            offering = await turn.doors.crm.offering(product.offering_id, deadline=deadline)
            foreign = plan is not None and offering.provider != plan[1].provider
            found.append(_Held(product, offering, foreign, product.id in ends))
    return sorted(found, key=lambda one: -one.product.price_fen)


def _shown(held: list[_Held], language: str) -> list[dict[str, Any]]:
    return [
        {
            "id": one.offering.id,
            "name": one.product.name.of(language),
            "provider": one.offering.provider.of(language),
            "price_fen": one.product.price_fen,
            "monthly": one.offering.monthly_fen > 0,
            "since": one.product.since.astimezone(CHINA).date().isoformat(),
            "cancellable": one.cancellable,
            "record": _record(one.record),
        }
        for one in held
    ]


def _record(order: Order | None) -> dict[str, Any] | None:
    """When, where and how it was agreed to, and at which price."""
    if order is None:
        return None
    at, price = order.placed_at.astimezone(CHINA).date().isoformat(), order.total_fen
    return {"at": at, "channel": order.channel, "proof": order.proof, "price_fen": price}
