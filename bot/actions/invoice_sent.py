"""An invoice that did not arrive: what became of it, and sent once more."""

from __future__ import annotations

import re

from bot.actions import still_asked
from bot.actions.from_to import says
from bot.actions.refusals import refuse
from bot.actions.turn import Event, Turn
from crm.model import Invoice
from crm.operations import invoice
from crm.operations.results import Refusal

WISH = "invoice"
ARRIVED, AGAIN = "arrived", "again:"
"""Asked where it is; before the id of one that is sent again, with `:` and an address where that is another."""
_ARRIVED = re.compile(
    r"(?:没|沒|未|还没|還沒)(?:有)?(?:收|发|發|寄|到)|收(?:到|得到)(?:发票|發票)?(?:了)?(?:没|沒|吗|嗎)|收不到|(?:再|重新?)(?:给我)?(?:发|發|寄)(?!票)"
    r"|换一?个?(?:邮箱|郵箱)|\b(?:another|different|other) (?:e-?mail|address)"
    r"|(?:发|發|寄)(?:到|去)(?:哪|了哪)|(?:发|發|寄)了(?:没|沒|吗|嗎)"
    r"|\b(?:arrive|receive|got|get)d?\b.{0,12}\b(?:invoice|it|yet)\b|\binvoice\b.{0,16}\b(?:arrive|come|receiv|sent)"
    r"|\b(?:re-?send|send)\b.{0,24}\bagain\b|\bre-?send\b",
    re.IGNORECASE,
)
_OF_INVOICE = re.compile(r"发票|發票|\binvoice", re.IGNORECASE)


def asks(text: str) -> bool:
    """ "发票没收到", "再发一次发票"."""
    return bool(_ARRIVED.search(text))


def asks_of_invoice(text: str) -> bool:
    """The same, with what it is about."""
    return asks(text) and says(_OF_INVOICE, text)


async def tell(turn: Turn) -> list[Event] | None:
    """Of the last one, or that of the month that was named; None where none was issued. Raises Unavailable."""
    made = await invoice.issued(turn.doors, turn.who)
    month = str(turn.entities.get("month") or "")
    # After a reversal the one that was issued anew holds.
    made = tuple(sorted(made, key=lambda one: (not one.reversal, one.issued_at), reverse=True))
    one = next((i for i in made if i.month == month), None) if month else next(iter(_newest(made)), None)
    if one is None:
        return None
    told = {"id": one.id, "month": one.month, "fen": one.amount_fen, "email": one.email}
    turn.outcome(WISH, "answered")
    if one.reversal:
        turn.say("invoice_was_reversed", **told, reversal=one.reversal)
        return []
    said = str((turn.entities.get("filled") or {}).get("means") or "")
    other = said if said != one.email else ""
    turn.say("invoice_was_sent", **told, other=other, at=one.issued_at.isoformat())
    return [still_asked.asked(turn, WISH, f"{AGAIN}{one.id}:{other or one.email}")]


def _newest(made: tuple[Invoice, ...]) -> list[Invoice]:
    """That of the last act: what was reversed last is told, unless its month was invoiced anew."""
    hold = {one.month for one in made if not one.reversal}
    left = [one for one in made if not one.reversal or one.month not in hold]
    return sorted(left, key=lambda one: one.reversed_at or one.issued_at, reverse=True)


async def send_again(turn: Turn, option: str) -> None:
    """To the address that was agreed to. Raises Unavailable."""
    invoice_id, _, email = option.removeprefix(AGAIN).partition(":")
    done = await invoice.send_again(turn.doors, turn.who, invoice_id, email)
    if isinstance(done, Refusal):
        turn.events += await refuse(turn, WISH, done)
        return
    turn.say("invoice_sent_again", id=done.id, month=done.month, email=done.email)
    turn.outcome(WISH, "done")
