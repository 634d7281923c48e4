"""Taking an invoice back by a red one: the one that was chosen is shown, and only a yes takes it back."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.form import OVER
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.invoicing import may_reverse
from crm.model import Invoice
from crm.operations import invoice
from crm.operations.results import Refusal

ASKED = "take_back"
"""Of the slot `first`: the id of the invoice that is to be taken back."""
ANSWERED = ("kind", "told", "way", "means")
"""What an invoice to be issued would be asked for."""


async def begin(turn: Turn, invoice_id: str) -> list[Event] | None:
    """Opens the form at its yes; None for one that cannot be taken back here. Raises Unavailable."""
    if await _found(turn, invoice_id) is None:
        return None
    filled = {"first": {ASKED: invoice_id, "id": turn.who.message_id}, **dict.fromkeys(ANSWERED, "-")}
    return [*(SlotSet(name, value) for name, value in filled.items()), FollowupAction("invoice_form")]


def asked(first: dict[str, Any] | None) -> str:
    """The id of the invoice that is to be taken back; "" where one is to be issued."""
    return str((first or {}).get(ASKED) or "")


async def ask(turn: Turn, invoice_id: str) -> list[Event] | None:
    """For the yes. None: it cannot be taken back any more, and it was said. Raises Unavailable."""
    one = await _found(turn, invoice_id)
    if one is None:
        turn.say("reversed_by_person")
        return None
    turn.say("confirm_reversal", id=one.id, month=one.month, fen=one.amount_fen)
    return []


async def read(turn: Turn, invoice_id: str) -> dict[str, Any] | None:
    """What `Form.read` returns. The CRM knows one reversal of an invoice, so that a yes may be said again."""
    if turn.intent != "affirm":
        return None
    try:
        gone = await invoice.take_back(turn.doors, turn.who, invoice_id)
    except Unavailable:
        turn.say("reversal_pending", id=invoice_id)
        turn.asked = True
        return {}
    if isinstance(gone, Refusal):
        turn.say("reversed_by_person")
        turn.outcome("invoice", "refused")
        return OVER
    done = {"id": gone.id, "month": gone.month, "fen": gone.amount_fen, "reversal": gone.reversal}
    turn.say("reverse_invoice", items=[], here=[], done=done, manager="")
    turn.outcome("invoice", "done")
    return OVER


async def _found(turn: Turn, invoice_id: str) -> Invoice | None:
    now = turn.doors.now()
    made = await invoice.issued(turn.doors, turn.who)
    return next((one for one in made if one.id == invoice_id and may_reverse(one, now)), None)
