"""Notices that somebody does not want any more, or wants again; and what they say of a ticket that was solved."""

from __future__ import annotations

from bot.actions.privacy import PERSONALISED, take_back
from bot.actions.refusals import refuse
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.operations import reminders, tickets
from crm.operations.ports import DoneKind
from crm.operations.privacy import PERSONAL
from crm.operations.results import Refusal


class EndNotices(Skill):
    """`option` is data:off or data:on: by a choice under a notice, or by a sentence that the switchboard knows; :off or
    :on where the sentence names no kind.
    """

    wish = "event_end_notices"
    operation = "end_notices"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        topic, _, state = str(turn.entities.get("option") or "").partition(":")
        if not topic:
            turn.say("which_notices", state=state or "off")
            return []
        refusal = await reminders.end(turn.doors, turn.who, topic, off=state == "off")
        if isinstance(refusal, Refusal):
            return await refuse(turn, self.wish, refusal)
        turn.say("notices_ended" if state == "off" else "notices_again", topic=topic)
        turn.outcome(self.wish, "done")
        return []


class OptOutMarketing(Skill):
    """No advertising any more; what a person ordered, owes or asked for is still told."""

    wish = "opt_out_marketing"
    operation = "end_notices"
    ends_form = True

    def option(self, text: str) -> str:
        return PERSONAL if PERSONALISED.search(text) else ""

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.entities.get("option") == PERSONAL:
            return await take_back(turn, self.wish, (PERSONAL,), "no_personal_recommendations")
        refusal = await reminders.end(turn.doors, turn.who, reminders.MARKETING, off=True)
        if isinstance(refusal, Refusal):
            return await refuse(turn, self.wish, refusal)
        turn.say("marketing_ended")
        turn.outcome(self.wish, "done")
        return []


class TicketSolved(Skill):
    """The answer yes to whether a ticket was solved."""

    wish = "event_ticket_solved"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("ticket_was_solved")
        turn.outcome("query_ticket", "done")
        return []


class TicketNotSolved(Skill):
    """The answer no: the same ticket goes on, with its number and person; about what was done it is one that stays."""

    wish = "event_ticket_not_solved"
    operation = "query_ticket"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        said, _, done = str(turn.entities.get("option") or "").partition(":")
        for kind in tickets.DONE:
            if done and kind == said:
                return await self._of_done(turn, kind, done)
        ticket = await tickets.reopen(turn.doors, turn.who, said)
        if isinstance(ticket, Refusal):
            return await refuse(turn, self.wish, ticket)
        due_at = ticket.due_at.isoformat()
        turn.say("ticket_reopened", ticket=ticket.id, accountable=ticket.accountable, due_at=due_at)
        turn.outcome("query_ticket", "done")
        return []

    async def _of_done(self, turn: Turn, kind: DoneKind, done: str) -> list[Event]:
        ticket = await tickets.not_solved(turn.doors, turn.who, kind, done)
        if isinstance(ticket, Refusal):
            return await refuse(turn, self.wish, ticket)
        due_at = ticket.due_at.isoformat()
        turn.say("order_not_solved", ticket=ticket.id, accountable=ticket.accountable, due_at=due_at)
        turn.outcome("complain", "done")
        return []
