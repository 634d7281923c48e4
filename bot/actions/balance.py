"""How much money is left, what came in, and whether the line is cut off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import Payment
from crm.operations import reads

SHOWN = 3
RECENT = timedelta(days=3)
"""A payment of these days may be the one that somebody speaks of who says that they have paid."""


class QueryBalance(Skill):
    wish = "query_balance"

    async def answer(self, turn: Turn) -> list[Event]:
        balance = await reads.balance(turn.doors, turn.who)
        turn.say(
            "balance",
            general_fen=balance.kind_fen("general"),
            gift_fen=balance.kind_fen("gift"),
            dedicated_fen=balance.kind_fen("dedicated"),
            frozen_fen=balance.kind_fen("frozen"),
            arrears_fen=balance.arrears_fen,
        )
        turn.outcome(self.wish, "answered")
        return []


class QueryRechargeRecord(Skill):
    """Did my payment arrive?"""

    wish = "query_recharge_record"

    async def answer(self, turn: Turn) -> list[Event]:
        found = await reads.payments(turn.doors, turn.who)
        turn.say("payments", items=[_shown(p) for p in found[:SHOWN]])
        turn.outcome(self.wish, "answered")
        return []


class QuerySuspension(Skill):
    """Cut off? What is owed, and what the CRM says of the line."""

    wish = "query_suspension"
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        balance = await reads.balance(turn.doors, turn.who)
        status = (await reads.subscriber(turn.doors, turn.who)).status
        turn.say("line_state", suspended=status == "suspended", arrears_fen=balance.arrears_fen)
        turn.outcome(self.wish, "answered")
        return []


class PaidButCutOff(Skill):
    """Whether the money is there, what is still owed, and what the CRM says of the line: then what happens next."""

    wish = "paid_but_cut_off"
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        balance = await reads.balance(turn.doors, turn.who)
        status = (await reads.subscriber(turn.doors, turn.who)).status
        now = turn.doors.now()
        recent = [p for p in await reads.payments(turn.doors, turn.who) if now - p.created_at <= RECENT]
        turn.say(
            "paid_but_cut_off",
            days=RECENT.days,
            suspended=status == "suspended",
            arrears_fen=balance.arrears_fen,
            paid=next((_shown(p) for p in recent), None),
        )
        turn.outcome(self.wish, "answered")
        return []


def _shown(payment: Payment) -> dict[str, Any]:
    return {"at": payment.created_at.isoformat(), "amount_fen": payment.amount_fen, "state": payment.state}
