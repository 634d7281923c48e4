"""What proves that a person agreed: what was shown, at which price, which message said yes, the proof, the order."""

from __future__ import annotations

from typing import Any

from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.quotes import Quote


def of(doors: Doors, who: Context, quote: Quote, order_id: str, step_up: str) -> dict[str, Any]:
    """The record. It holds no code and no text of the person's."""
    return {
        "quote": quote.id,
        **quote.to_body(),
        "agreed_by": who.message_id,
        "agreed_on": who.channel,
        "step_up": step_up,
        "order": order_id,
        "at": doors.now().isoformat(),
    }


async def keep(doors: Doors, who: Context, quote: Quote, order_id: str, step_up: str) -> None:
    """Beside the answer of the write, under the quote's id."""
    await doors.once.keep(who.conversation, quote.id, "evidence", of(doors, who, quote, order_id, step_up))
