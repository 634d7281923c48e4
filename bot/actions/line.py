"""The line itself: put on hold, restored, stopped because the phone is lost, and why it is cut off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.follow_ups import FOUND, found_again
from bot.actions.form import OVER, UNCLEAR
from bot.actions.human import hand_over
from bot.actions.lost import of_account
from bot.actions.ordering import REQUOTE, OrderForm, OrderStart
from bot.actions.own_only import means_other, number_said, refuses_other
from bot.actions.skill import Skill, clear_form
from bot.actions.trade import Trade
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.model import Offering, Subscriber
from crm.operations import hold, payments_made, protection, reads
from crm.operations.catalogue import on_sale
from crm.operations.identify import identify
from crm.operations.results import CodeSent, Done, Pending, Refusal

TOLD = frozenset({"wish", "lost", "real_name", "fraud", "court"})
"""Causes with words of their own, `cut_off_<cause>`; arrears are told with the amount."""


def _only(hold_id: str) -> Callable[[Turn], Awaitable[tuple[Offering, ...]]]:
    async def holds(turn: Turn) -> tuple[Offering, ...]:
        return tuple(o for o in await on_sale(turn.doors, "hold") if o.id == hold_id)

    return holds


SUSPEND = Trade(_only(hold.WISH_HOLD), hold.quote_suspend)
LOST = Trade(_only(hold.LOST_HOLD), hold.quote_lost)


class QuerySuspension(Skill):
    wish = "query_suspension"
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        person = await reads.subscriber(turn.doors, turn.who)
        if person.status == "suspended" and person.suspended_for is None and await _owes_nothing(turn):
            await _unexplained(turn, self.wish)
            return []
        await tell_state(turn, person)
        turn.outcome(self.wish, "answered")
        return []


class SuspendNumber(OrderStart):
    wish = "suspend_number"
    trade: ClassVar[Trade] = SUSPEND

    def name(self) -> str:
        return "action_suspend_number"

    async def answer(self, turn: Turn) -> list[Event]:
        events = await super().answer(turn)
        opens = any(event["event"] == "followup" for event in events)
        if not opens or not await protection.is_protected(turn.doors, turn.who):
            return events
        # Who was cheated stops the line at once and for nothing, rather than keep the number for a fee.
        return [*clear_form(), SlotSet("chosen", hold.LOST_HOLD), FollowupAction("report_lost_sim_form")]

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        person = await reads.subscriber(turn.doors, turn.who)
        if person.status == "suspended":
            await tell_state(turn, person)
            turn.outcome(self.wish, "answered")
            return None
        return {"chosen": hold.WISH_HOLD, "among": None}


class SuspendNumberForm(OrderForm):
    wish = "suspend_number"
    trade: ClassVar[Trade] = SUSPEND

    def name(self) -> str:
        return "validate_suspend_number_form"


class ResumeNumber(Skill):
    """Arrears that are paid end here; a wish's hold by a person; of any other it is told what ends it."""

    wish = "resume_number"
    # Whoever is bound may hear why; it is a person who proves the rest.
    operation = "query_suspension"
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        if refuses_other(turn, self.wish):
            return clear_form()
        person = await reads.subscriber(turn.doors, turn.who)
        if person.suspended_for == "wish":
            await _resume_by_person(turn)
        elif person.suspended_for == "arrears" and await payments_made.restore(turn.doors, turn.who):
            turn.say("line_restored")
            turn.outcome(self.wish, "done")
        elif person.status == "suspended" and person.suspended_for not in TOLD and await _owes_nothing(turn):
            await _unexplained(turn, self.wish)
        else:
            await tell_state(turn, person)
            turn.outcome(self.wish, "answered")
        return clear_form()


class ReportLostSim(OrderStart):
    """Who speaks for the number here may stop it with a yes; anybody else goes to a person, before others.

    A lost phone is never refused: what cannot be done here, a person does.
    """

    wish = "report_lost_sim"
    # Identified below: nobody who lost a phone is asked to log in with a code that goes to it.
    operation = "transfer_to_agent"
    trade: ClassVar[Trade] = LOST

    def name(self) -> str:
        return "action_report_lost_sim"

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.entities.get("option") == FOUND:
            turn.say("phone_found")
            turn.outcome(self.wish, "answered")
            return clear_form()
        if await self._can_stop(turn):
            return await super().answer(turn)
        if await self._can_prove(turn):
            typed = turn.entities.get("msisdn") or await of_account(turn, number_said(turn)) or None
            return [*clear_form(), SlotSet("secret_number", typed), FollowupAction("stop_lost_form")]
        await lost_by_person(turn)
        return clear_form()

    async def _can_prove(self, turn: Turn) -> bool:
        """From an Address that is not the lost phone's own, where what may be proven is switched on."""
        if turn.who.bound is not None and turn.who.channel != "sms":
            return False
        try:
            off = await turn.doors.gate("operation", "stop_lost_line")
            return off is None and bool(await self.trade.offerings(turn))
        except Unavailable:
            return False

    async def _can_stop(self, turn: Turn) -> bool:
        # By SMS the phone that is lost would be the one that writes.
        if turn.who.channel == "sms" or means_other(turn):
            return False
        try:
            person = await identify(turn.doors, turn.who)
            known = not isinstance(person, Refusal) and person.status == "active"
            return known and bool(await self.trade.offerings(turn))
        except Unavailable:
            return False

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        return {"chosen": hold.LOST_HOLD, "among": None}


class ReportLostSimForm(OrderForm):
    wish = "report_lost_sim"
    trade: ClassVar[Trade] = LOST

    def name(self) -> str:
        return "validate_report_lost_sim_form"

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if found_again(turn.text):
            return await self.given_up(turn)
        if turn.intent in (self.wish, *UNCLEAR) and means_other(turn):
            return await self._by_person(turn)
        try:
            return await super().read(turn, step)
        except Unavailable:
            return await self._by_person(turn)

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        try:
            quote = await self.trade.quote(turn.doors, turn.who, hold.LOST_HOLD)
            if not isinstance(quote, Refusal):
                await self._show(turn, quote)
                return [SlotSet("quote", quote.id)]
        except Unavailable:
            pass
        await lost_by_person(turn)
        return None

    async def _next(self, turn: Turn, filled: dict[str, Any]) -> list[Event]:
        # There is nothing else to choose, also after "go back".
        return await super()._next(turn, {**filled, "chosen": hold.LOST_HOLD})

    async def _told(self, turn: Turn, result: Done | Pending | CodeSent | Refusal) -> dict[str, Any]:
        if isinstance(result, Refusal) and result.code not in REQUOTE:
            return await self._by_person(turn)
        return await super()._told(turn, result)

    async def _by_person(self, turn: Turn) -> dict[str, Any]:
        await self.leave(turn, "by_person")
        await lost_by_person(turn)
        return OVER


async def lost_by_person(turn: Turn) -> None:
    """Goes to a person before others, also while the CRM is away."""
    turn.say("sim_is_lost")
    await hand_over(turn, "lost", "report_lost_sim")


async def _resume_by_person(turn: Turn) -> None:
    turn.say("resume_by_person")
    await hand_over(turn, "resume", "resume_number")


async def _owes_nothing(turn: Turn) -> bool:
    return not (await reads.balance(turn.doors, turn.who)).arrears_fen


async def _unexplained(turn: Turn, wish: str) -> None:
    """A line that is stopped with nothing owed: only a person finds out why."""
    turn.say("cut_off_unexplained")
    await hand_over(turn, "resume", wish)


async def tell_state(turn: Turn, person: Subscriber) -> None:
    """Whether the line works; if not why, since when, and what ends it. Never what a protection has seen."""
    since = person.suspended_at.isoformat() if person.suspended_at else ""
    if person.status == "suspended" and person.suspended_for in TOLD:
        turn.say(f"cut_off_{person.suspended_for}", since=since)
        return
    balance = await reads.balance(turn.doors, turn.who)
    turn.say(
        "line_state",
        suspended=person.status == "suspended",
        since=since,
        arrears_fen=balance.arrears_fen,
        gift_fen=balance.kind_fen("gift") + balance.kind_fen("dedicated"),
    )
