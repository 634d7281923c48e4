"""What follows the cancellation of something that was never ordered: money back by the rules, and a complaint."""

from __future__ import annotations

from bot.actions.refusals import refuse
from bot.actions.turn import Turn
from crm.errors import Unavailable
from crm.operations import disputes
from crm.operations.quotes import Quote
from crm.operations.results import Refusal

DISPUTED = "disputed"
WISH = "never_ordered"
TEXT = "否认订购：{name}（{provider}），用户称未办理，已退订，请核实办理记录和退费"
"""For whoever reads the ticket."""


async def settle(turn: Turn, quote: Quote) -> None:
    """Says what came back, and the number, deadline and person of the complaint.

    The cancellation stands: a CRM that does not answer now makes it a person's to go on.
    """
    text = TEXT.format(name=quote.name.zh, provider=quote.provider.zh)
    try:
        settled = await disputes.settle(turn.doors, turn.who, quote.items[0].offering_id, text, quote.id)
    except Unavailable:
        turn.say("dispute_open", name=quote.name.of(turn.who.language))
        return
    ticket = settled if isinstance(settled, Refusal) else settled.ticket
    if isinstance(ticket, Refusal):
        turn.events += await refuse(turn, WISH, ticket)
        return
    turn.say(
        "dispute_settled",
        name=quote.name.of(turn.who.language),
        refund_fen=0 if isinstance(settled, Refusal) else settled.refund_fen,
        ticket=ticket.id,
        due_at=ticket.due_at.isoformat(),
        accountable=ticket.accountable,
    )
    turn.outcome(WISH, "done")
