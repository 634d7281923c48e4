"""Tickets: opened for a fault, a complaint or a call-back, and how far they are."""

from __future__ import annotations

from bot.actions.refusals import refuse
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import TicketKind
from crm.operations import reads, tickets
from crm.operations.results import Refusal


async def open_ticket(turn: Turn, wish: str, kind: TicketKind, text: str, key: str) -> None:
    """Says the number, the deadline and who answers for it. `key` names this one wish. Raises Unavailable."""
    ticket = await tickets.create(turn.doors, turn.who, kind, text, key)
    if isinstance(ticket, Refusal):
        turn.events += await refuse(turn, wish, ticket)
        return
    turn.say(f"ticket_{kind}", ticket=ticket.id, due_at=ticket.due_at.isoformat(), accountable=ticket.accountable)
    turn.outcome(wish, "done")


class QueryTicket(Skill):
    wish = "query_ticket"

    async def answer(self, turn: Turn) -> list[Event]:
        found = await reads.tickets(turn.doors, turn.who)
        items = [
            {"id": t.id, "kind": t.kind, "state": t.state, "due_at": t.due_at.isoformat(), "accountable": t.accountable}
            for t in found[:3]
        ]
        turn.say("tickets", items=items)
        turn.outcome(self.wish, "answered")
        return []
