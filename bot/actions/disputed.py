"""What follows the cancellation of something that was never ordered: money back by the rules, and a complaint."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bot.actions.money_back import settled as kept
from bot.actions.refusals import refuse
from bot.actions.turn import Turn
from crm.errors import Unavailable
from crm.model import Offering, Product
from crm.operations import disputes
from crm.operations.quotes import Quote
from crm.operations.results import Refusal

DISPUTED = "disputed"
WISH = "never_ordered"
TEXT = "否认订购：{name}（{provider}），用户称未办理，已退订，请核实办理记录和退费"
"""For whoever reads the ticket."""
FIRST_TRY_S = 30.0
LONGEST_WAIT_S = 86400.0


@dataclass(frozen=True)
class Dispute:
    """What has to be settled, as a timer carries it: the quote is forgotten sooner.

    `dispute` is the quote's id, `subscriber` whose it was, `report` the ticket's text.
    """

    dispute: str
    subscriber: str
    offering: str
    name: str
    report: str
    wait_s: float = FIRST_TRY_S


async def settle(turn: Turn, quote: Quote) -> None:
    """Says what came back, and the number, deadline and person of the complaint. The cancellation stands."""
    text = TEXT.format(name=quote.name.zh, provider=quote.provider.zh)
    name, offering = quote.name.of(turn.who.language), quote.items[0].offering_id
    await _try(turn, Dispute(quote.id, quote.subscriber_id, offering, name, text), first=True)


async def settle_cancelled(turn: Turn, product: Product, offering: Offering) -> None:
    """Like `settle`, of what was cancelled before: said again, it is the same dispute."""
    assert turn.who.bound is not None
    text = TEXT.format(name=product.name.zh, provider=offering.provider.zh)
    name, whose = product.name.of(turn.who.language), turn.who.bound.subscriber_id
    await _try(turn, Dispute(f"cancelled-{product.id}", whose, offering.id, name, text), first=True)


async def settle_again(turn: Turn) -> None:
    """What a CRM that did not answer left open, under the same key; silent while it still does not."""
    said = turn.entities
    wait_s = min(LONGEST_WAIT_S, 2 * float(said.get("wait_s") or FIRST_TRY_S))
    names = ("dispute", "subscriber", "offering", "name", "report")
    dispute, subscriber, offering, name, report = (str(said.get(key) or "") for key in names)
    one = Dispute(dispute, subscriber, offering, name, report, wait_s)
    if turn.who.bound is None or turn.who.bound.subscriber_id != subscriber:
        # Somebody else speaks here now, or nobody: it waits for whose it is.
        _later(turn, one)
        return
    await _try(turn, one, first=False)


async def _try(turn: Turn, one: Dispute, first: bool) -> None:
    try:
        settled = await disputes.settle(turn.doors, turn.who, one.offering, one.report, one.dispute)
    except Unavailable:
        if first:
            turn.say("dispute_open", name=one.name)
        _later(turn, one)
        return
    if isinstance(settled, Refusal):
        turn.events += await refuse(turn, WISH, settled)
        return
    ticket = settled.ticket
    told: dict[str, Any] = {"name": one.name, "refund_fen": settled.refund_fen, "why": settled.why}
    if isinstance(ticket, Refusal):
        turn.say("dispute_not_filed", **told, again=False)
    elif ticket is None:
        if first:
            turn.say("dispute_not_filed", **told, again=True)
        _later(turn, one)
    else:
        due_at = ticket.due_at.isoformat()
        told = {**told, "ticket": ticket.id, "due_at": due_at, "accountable": ticket.accountable}
        turn.say("dispute_settled", **told)
        turn.outcome(WISH, "done")
        turn.events.append(kept(turn, told))


def _later(turn: Turn, one: Dispute) -> None:
    turn.effect(timers=[{"name": "dispute_check", "after_s": one.wait_s, "values": asdict(one)}])
