"""Several services to be cancelled at once: each by a yes of its own, one after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.actions.from_to import affirmed
from bot.actions.still_asked import later
from bot.actions.turn import Turn
from crm.model import Offering

_ALL = re.compile(
    r"全部?(?:都|给我|退|取消|关)|都(?:给我|帮我)?(?:退|取消|关|不要)|统统|所有|[两兩俩]个|\b(?:all|both|everything)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"退(?:掉|订|訂|了|出)|取消|关掉|停掉|\b(?:cancel|unsubscribe)\b", re.IGNORECASE)


def in_turn(turn: Turn, held: Sequence[Offering]) -> dict[str, Any] | None:
    """Slots for the first of those that are named, or of all that cost something; the others are offered after it.

    `held` in the order in which they are begun with. None where one or none is meant.
    """
    known = {offering.id for offering in held}
    named = [str(value["value"]) for value in turn.values if value["entity"] == "offering"]
    named = named or [str(one) for one in (turn.entities.get("offering"), *(turn.entities.get("rest") or ())) if one]
    ids = [one for one in dict.fromkeys(named) if one in known]
    if not named and _ALL.search(affirmed(turn.text)):
        ids = [offering.id for offering in held if offering.category == "service" and offering.monthly_fen]
    if len(ids) < 2:
        return None
    turn.events.append(later(turn, ["cancel_service"], {"offering": ids[1], "rest": ids[2:]}))
    return {"chosen": ids[0], "among": None}


def ends(turn: Turn, held: Sequence[Offering]) -> bool:
    """Whether something that is held is named, and the words say to end it."""
    named = {str(value["value"]) for value in turn.values if value["entity"] == "offering"}
    return bool(named & {one.id for one in held}) and bool(_ENDS.search(affirmed(turn.text)))
