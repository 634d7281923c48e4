"""What is on a number that somebody never ordered, or that others charge through it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.actions import money_back, still_asked
from bot.actions.disputed import DISPUTED, settle_cancelled
from bot.actions.registry import skill_of
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import Offering, Order, Product
from crm.operations import cancel_data_pack, disputes, reads
from crm.worktime import CHINA


@dataclass(frozen=True)
class _Held:
    """`foreign`: another provider than the plan's. `cancelled`: it is used to the end of what was paid."""

    product: Product
    offering: Offering
    foreign: bool
    cancellable: bool
    cancelled: bool = False
    record: Order | None = None


class NeverOrdered(Skill):
    """What is paid besides the plan, or the one that was named: who charges, and what is on record of its order.

    The way on is one choice: cancelled after the usual yes, then money back by the rules and a complaint.
    """

    wish = "never_ordered"
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        option = str(turn.entities.get("option") or "")
        # What costs nothing is nobody's complaint.
        paid = [one for one in await _all_held(turn, cancelled=True) if one.product.price_fen]
        if option.startswith(money_back.REFUND):
            return await _refund(turn, paid, option.removeprefix(money_back.REFUND))
        named = [one for one in paid if one.offering.id == turn.entities.get("offering")]
        found = await disputes.records(turn.doors, turn.who, tuple(one.product for one in paid))
        items = _shown([replace(one, record=found[one.product.id]) for one in named or paid], turn.who.language)
        if option in (money_back.HOW_MUCH, money_back.WHEN, money_back.SETTLED):
            return await money_back.tell(turn, items)
        stoppable = [item for item in items if item["cancellable"]]
        refundable = [item for item in items if item["cancelled"]]
        if option == money_back.PAST and refundable:
            return _offer_refund(turn, refundable, stoppable)
        if option in (DISPUTED, money_back.PAST) and stoppable:
            return await _give_back(turn, stoppable)
        turn.say("never_ordered", items=items, stoppable=stoppable, refundable=refundable)
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


def _offer_refund(turn: Turn, refundable: list[dict[str, Any]], stoppable: list[dict[str, Any]]) -> list[Event]:
    """Of what is cancelled already: a yes to the only one gives back."""
    turn.say("refund_cancelled", items=refundable, stoppable=stoppable)
    turn.outcome(NeverOrdered.wish, "answered")
    if len(refundable) > 1:
        return []
    return [still_asked.asked(turn, NeverOrdered.wish, f"{money_back.REFUND}{refundable[0]['id']}")]


async def _refund(turn: Turn, held: list[_Held], offering: str) -> list[Event]:
    """What is not cancelled, or is held no more, is told as it is."""
    one = next((one for one in held if one.offering.id == offering and one.cancelled), None)
    if one is None:
        turn.say("refused_not_active", offering=(await reads.name(turn.doors, turn.who, offering)))
        turn.outcome(NeverOrdered.wish, "refused")
        return []
    await settle_cancelled(turn, one.product, one.offering)
    return []


async def _all_held(turn: Turn, cancelled: bool = False) -> list[_Held]:
    """Besides the plan, the dearest first; with what is `cancelled` and used to its end."""
    deadline = turn.doors.read_deadline()
    plan = await reads.plan(turn.doors, turn.who)
    ends = {p.id for p in await cancel_data_pack.cancellable(turn.doors, turn.who)}
    found = []
    for product in await reads.products(turn.doors, turn.who):
        gone = product.status == "pendingTerminate"
        if product.category != "plan" and (product.status == "active" or (cancelled and gone)):
            offering = await turn.doors.crm.offering(product.offering_id, deadline=deadline)
            foreign = plan is not None and offering.provider != plan[1].provider
            found.append(_Held(product, offering, foreign, product.id in ends, gone))
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
            "cancelled": one.cancelled,
            "until": one.product.until.isoformat() if one.product.until else "",
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
