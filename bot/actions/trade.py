"""What one kind of order is about, and which of its offerings somebody means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.actions.from_to import SAID
from bot.actions.turn import Turn
from crm.model import Offering
from crm.operations.catalogue import find
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.quotes import Quote
from crm.operations.results import Refusal


@dataclass(frozen=True)
class Trade:
    """What one kind of order is about: what can be chosen, in catalogue order, and how it is quoted.

    `common`: what somebody means who names a price or a volume only. `unknown`: what is said when nothing fits.
    `counts`: what a bare number names of an offering, where it is not its price in yuan.
    `left`: what is given up for what is chosen, and not meant where something else is named too.
    """

    offerings: Callable[[Turn], Awaitable[tuple[Offering, ...]]]
    quote: Callable[[Doors, Context, str], Awaitable[Quote | Refusal]]
    common: Callable[[Offering], bool] = lambda offering: True
    unknown: str = "no_such_offering"
    left: Callable[[Turn], Awaitable[Offering | None]] | None = None
    counts: Callable[[Offering], int] | None = None


async def chosen(turn: Turn, wish: str, trade: Trade) -> dict[str, Any] | None:
    """Slots for what was said: one offering, or a list to pick from. None: nothing to choose, and it was said."""
    offerings = await trade.offerings(turn)
    if not offerings:
        turn.say(f"nothing_to_{wish}")
        turn.outcome(wish, "refused")
        return None
    entities = await _entities(turn, trade)
    said, among, amount, volume, number = (entities.get(key) for key in SAID)
    if trade.counts and isinstance(number, int) and not said and volume is None:
        offerings = tuple(o for o in offerings if trade.counts(o) == number)
        if not offerings:
            turn.say(trade.unknown)
        return {"chosen": offerings[0].id if len(offerings) == 1 else None, "among": [o.id for o in offerings] or None}
    if amount is None and isinstance(number, int):
        # "The 129" is a price as a name.
        amount = number * 100
    shared = tuple(o for o in offerings if o.id in (among or ()))
    if shared and not said:
        # Several are called so; a price may say which.
        found = find(shared, None, amount, volume) or shared
    else:
        found = () if said else find(filter(trade.common, offerings), None, amount, volume)
        found = found or find(offerings, said, amount, volume)
    if len(found) == 1:
        return {"chosen": found[0].id, "among": None}
    if not found and (said or amount is not None or volume is not None):
        own = await trade.left(turn) if trade.left else None
        if own and (said == own.id or (not said and amount == own.monthly_fen)):
            turn.say("refused_already_active", offering=own.name.of(turn.who.language))
        else:
            turn.say(trade.unknown)
    return {"chosen": None, "among": [o.id for o in found] or None}


async def _entities(turn: Turn, trade: Trade) -> dict[str, Any]:
    """Without what names the one that is given up, where several are named."""
    named = [e for e in turn.values if e["entity"] in SAID]
    left = await trade.left(turn) if trade.left and len(named) > 1 else None
    if left is None:
        return turn.entities
    own = {("offering", left.id), ("amount_fen", left.monthly_fen), ("number", left.monthly_fen // 100)}
    kept = [e for e in named if e["entity"] == "among" or (e["entity"], e["value"]) not in own]
    # The first of each name counts.
    return {e["entity"]: e["value"] for e in reversed(kept)} or turn.entities
