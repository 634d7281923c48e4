"""Tickets: opened for a fault, a complaint or a call-back, and how far they are."""

from __future__ import annotations

from typing import Any

from bot.actions.refusals import refuse
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from bot.actions.when import When
from crm.model import Ticket, TicketKind, Urgency
from crm.operations import reads, tickets
from crm.operations.results import Refusal

SHOWN = 3
_NOTE = "【用户希望的上门时间】{words}（{day}）"
"""For whoever answers for a fault."""


async def open_ticket(
    turn: Turn,
    wish: str,
    kind: TicketKind,
    text: str,
    key: str,
    urgency: Urgency = "normal",
    response: str = "",
    wanted: str = "",
) -> None:
    """Says the number, the deadline and who answers for it. `key` names this one wish; `wanted`: when, in the person's
    words. Raises Unavailable."""
    made = await tickets.create(turn.doors, turn.who, kind, text, key, urgency)
    await tell_ticket(turn, wish, kind, made, response, wanted)


async def tell_ticket(
    turn: Turn, wish: str, kind: TicketKind, ticket: Ticket | Refusal, response: str = "", wanted: str = ""
) -> None:
    """What became of a ticket that was asked for; `response` where the words of its kind do not fit."""
    if isinstance(ticket, Refusal):
        turn.events += await refuse(turn, wish, ticket)
        return
    told = {"ticket": ticket.id, "due_at": ticket.due_at.isoformat(), "accountable": ticket.accountable}
    told["wanted"] = wanted
    turn.say(response or f"ticket_{kind}", **told)
    turn.outcome(wish, "done")


class Urge(Skill):
    """What is open: who answers for it and until when. What is overdue is a person's to answer.

    `when` of the entities: a time at which somebody may come for the fault, for whoever answers for it.
    """

    wish = "urge"
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        if (when := When.of(turn.entities.get("when"))) and (
            fault := await tickets.waiting(turn.doors, turn.who, "fault")
        ):
            noted = await tickets.change(
                turn.doors, turn.who, fault, _NOTE.format(words=when.words, day=when.day or "-")
            )
            await tell_ticket(turn, self.wish, "fault", noted, "fault_time_noted", when.words)
            return []
        now = turn.doors.now()
        waiting = [t for t in await reads.tickets(turn.doors, turn.who) if not t.over]
        items = [{**_shown(t), "overdue": t.due_at < now} for t in sorted(waiting, key=lambda t: t.due_at)]
        turn.say("urge", items=items[:SHOWN], overdue=any(item["overdue"] for item in items))
        turn.outcome(self.wish, "answered")
        return []


class QueryTicket(Skill):
    wish = "query_ticket"

    async def answer(self, turn: Turn) -> list[Event]:
        found = await reads.tickets(turn.doors, turn.who)
        turn.say("tickets", items=[_shown(t) for t in found[:SHOWN]])
        turn.outcome(self.wish, "answered")
        return []


def _shown(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "kind": ticket.kind,
        "state": ticket.state,
        "due_at": ticket.due_at.isoformat(),
        "accountable": ticket.accountable,
    }
