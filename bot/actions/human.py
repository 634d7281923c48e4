"""The way to a human, and a call-back when nobody is there."""

from __future__ import annotations

from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import open_ticket
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.operations.identify import identify
from crm.operations.results import Refusal
from crm.worktime import CHINA

SENIOR_AGE = 65
SENIOR_PRIORITY = 5


class TransferToAgent(Skill):
    """The switchboard says where the person stands in the queue, or that the desk is closed."""

    wish = "transfer_to_agent"
    ends_form = True
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        await hand_over(turn, str(turn.entities.get("option") or "asked"))
        return clear_form()


class RequestCallback(Skill):
    wish = "request_callback"
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        await open_ticket(turn, self.wish, "callback", turn.text, turn.who.message_id)
        return clear_form()


async def hand_over(turn: Turn, reason: str) -> None:
    """Seniors are answered first."""
    priority = SENIOR_PRIORITY if await is_senior(turn) else 0
    turn.effect(handoff={"reason": reason, "skill": "general", "priority": priority})
    turn.outcome("transfer_to_agent", "handed_off")


async def is_senior(turn: Turn) -> bool:
    """False when the CRM does not say: nobody waits for it on the way to a human."""
    try:
        subscriber = await identify(turn.doors, turn.who)
    except Unavailable:
        return False
    today = turn.doors.now().astimezone(CHINA).date()
    return not isinstance(subscriber, Refusal) and subscriber.age(today) >= SENIOR_AGE
