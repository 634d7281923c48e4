"""How much money is left, and of which kind."""

from __future__ import annotations

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.operations import reads


class QueryBalance(Skill):
    wish = "query_balance"

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.topic == "recharge_record":
            return await self._payments(turn)
        if turn.topic == "suspended":
            return await self._suspended(turn)
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

    async def _payments(self, turn: Turn) -> list[Event]:
        """Did my payment arrive?"""
        found = await reads.payments(turn.doors, turn.who)
        items = [{"at": p.created_at.isoformat(), "amount_fen": p.amount_fen, "state": p.state} for p in found[:3]]
        turn.say("payments", items=items)
        turn.outcome(self.wish, "answered")
        return []

    async def _suspended(self, turn: Turn) -> list[Event]:
        """Cut off, perhaps although it was paid: what is owed, and what the CRM says of the line."""
        balance = await reads.balance(turn.doors, turn.who)
        status = (await reads.subscriber(turn.doors, turn.who)).status
        turn.say("line_state", suspended=status == "suspended", arrears_fen=balance.arrears_fen)
        turn.outcome(self.wish, "answered")
        return []
