"""Who says that it was reported before asks after it: nothing is filed a second time."""

from __future__ import annotations

import re

from bot.actions.registry import skill_of
from bot.actions.turn import Turn
from crm.model import TicketKind
from crm.operations import tickets

_BEFORE = re.compile(
    r"(?:昨[天晚]|前天|上[周次个]|早就?|都|已经?|之前|前几天).{0,6}(?:报修|报障|报过|报了|反映过|投诉过|投诉了)"
    r"|(?:报修|报障|报了|投诉)了?.{0,8}(?:咋|怎么|为啥|为什么|还|都|也)(?:还|都)?没"
    r"|(?:咋|怎么|为啥|为什么)(?:还|都)?没.{0,3}(?:来|修|处理|解决)|没人来修?"
    r"|\b(?:reported|complained)\b.{0,24}\b(?:already|yesterday|before|nobody|still|last)\b"
    r"|\bnobody (?:has )?c[ao]me\b",
    re.IGNORECASE,
)
_FILES = re.compile(r"(?:要|想|得|必须)投诉|投诉你们|\b(?:want to|going to|will) complain\b", re.IGNORECASE)


async def urged(turn: Turn, *kinds: TicketKind) -> bool:
    """Whether one of these kinds is open and asked after; then it was told who answers for it. Raises Unavailable."""
    if not _BEFORE.search(turn.text) or _FILES.search(turn.text):
        return False
    if not any([await tickets.waiting(turn.doors, turn.who, kind) for kind in kinds]):
        return False
    turn.events += await skill_of("urge").handle(turn.as_wish("urge", {}))
    return True
