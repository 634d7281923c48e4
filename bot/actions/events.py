"""What the system brings into a conversation: a human has left, a payment came in, an order is done, a picture came."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction

from bot.actions import pages, restoring
from bot.actions.disputed import DISPUTED, settle, settle_again
from bot.actions.human import came_back
from bot.actions.order_told import look_again, tell
from bot.actions.refusals import refuse
from bot.actions.registry import skill_of
from bot.actions.restoring import watch_if_stopped
from bot.actions.shown import forget
from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import tell_ticket
from bot.actions.turn import Event, Turn
from crm.operations import ordering, recharge, tickets
from crm.operations.results import Pending, Refusal
from crm.places import cities, city_in

LONGEST_WAIT_S = 300.0
FOLLOW_UP = "follow_up"
"""The wrap-up code of an agent who promised a call."""
_PROMISED = "人工客服结束会话时约定回访"
"""The ticket's words."""


class HandoffEnded(Skill):
    """The switchboard says that the machine is back. What was open before the human came is over; a call that the agent
    promised by the wrap-up code is booked, once.
    """

    wish = "event_handoff_ended"
    keeps = False
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.entities.get("code") == FOLLOW_UP and turn.who.bound:
            await _call_back(turn)
        return [*clear_form(), *forget(turn), *came_back(turn)]


async def _call_back(turn: Turn) -> None:
    ticket = await tickets.waiting(turn.doors, turn.who, "callback")
    made = ticket or await tickets.create(turn.doors, turn.who, "callback", _PROMISED, turn.who.message_id, "normal")
    await tell_ticket(turn, "request_callback", "callback", made, "callback_after_talk")


class PaymentFinished(Skill):
    """The number that was paid for may not be the bound one any more: then its balance is nobody's business here."""

    wish = "event_payment_finished"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        values: dict[str, Any] = turn.entities
        paid = values.get("state") in ("paid", "done")
        msisdn = str(values.get("msisdn") or "")
        own = turn.who.bound is not None and turn.who.bound.msisdn == msisdn
        turn.say(
            "payment_done" if paid else "payment_failed",
            amount_fen=int(values.get("amount_fen") or 0),
            balance_fen=values.get("balance_fen") if own else None,
            other="" if own else msisdn,
        )
        turn.outcome("recharge", "done" if paid else "abandoned")
        if paid and own:
            await recharge.ask_later(turn.doors, turn.who, msisdn, int(values.get("amount_fen") or 0), _payment(turn))
            await watch_if_stopped(turn)
        return []


def _payment(turn: Turn) -> str:
    """Its id, which the event is named after."""
    return turn.who.message_id.partition("payment:")[2]


class OrderFinished(Skill):
    wish = "event_order_finished"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.entities.get("quote"):
            await look(turn)
        return []


class TimerRang(Skill):
    wish = "event_timer"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.entities.get("quote"):
            await look(turn)
        elif turn.entities.get("restore"):
            await restoring.look(turn)
        elif turn.entities.get("card"):
            await pages.look_at_card(turn)
        elif turn.entities.get("dispute"):
            await settle_again(turn)
        return []


class MediaCame(Skill):
    """A message without words. It is no miss and no step away from an open form, whose question comes once more."""

    wish = "event_media"
    keeps = False
    resets = False

    async def answer(self, turn: Turn) -> list[Event]:
        kind = turn.entities.get("kind")
        if kind == "location":
            return await self._near(turn, str(turn.entities.get("place") or ""))
        if kind == "sticker":
            turn.say("media_sticker")
        elif kind == "voice":
            turn.say("media_voice")
        elif kind == "image":
            turn.say("media_image")
        else:
            turn.say("media_other")
        return []

    async def _near(self, turn: Turn, place: str) -> list[Event]:
        """Shops of the city that a place on the map is in; asked for, where it has no name that is known."""
        city = cities().get(city_in(place))
        if city is None:
            turn.say("ask_store_place", place=place)
            turn.outcome("find_store", "answered")
            return []
        there = {"place": place, "region": city.region, "city": city.name}
        return await skill_of("find_store").handle(turn.as_wish("find_store", there))

    async def _form_events(self, turn: Turn, events: list[Event]) -> list[Event]:
        return [FollowupAction(turn.form)] if turn.form else []


async def look(turn: Turn) -> None:
    """Asks once more, under the same key, for an order whose answer did not come; twice as late each time."""
    quote_id, then = str(turn.entities.get("quote") or ""), str(turn.entities.get("then") or "")
    result = await ordering.resume(turn.doors, turn.who, quote_id)
    if isinstance(result, Pending):
        wait_s = min(LONGEST_WAIT_S, 2 * float(turn.entities.get("wait_s") or 5.0))
        look_again(turn, quote_id, wait_s, then)
    elif isinstance(result, Refusal):
        turn.events += await refuse(turn, "event_order_finished", result)
    else:
        tell(turn, result.quote.operation, result)
        if then == DISPUTED:
            await settle(turn, result.quote)
