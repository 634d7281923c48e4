"""A lead: what somebody wants from people who sell, where and when to call, kept only after a yes to being called."""

from __future__ import annotations

from typing import Literal

from crm.model import Ticket
from crm.operations import tickets
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.reminders import VERSION
from crm.operations.results import Refusal

Kind = Literal["business", "broadband", "handset", "renew", "move", "end"]
"""The last three are about a line at home that is there already."""
TIMES = {"am": "工作日上午", "pm": "工作日下午", "weekend": "周末"}
"""What can be chosen, in the words of whoever calls."""
NEEDS = {"1y": "续一年", "2y": "续两年", "move": "移机", "end": "拆机"}
"""The same of what is needed."""
TITLES = {
    "business": "【单位业务】",
    "broadband": "【装宽带】",
    "handset": "【手机合约】",
    "renew": "【宽带续费】",
    "move": "【宽带移机】",
    "end": "【拆宽带】",
}


async def leave(
    doors: Doors, who: Context, kind: Kind, need: str, place: str, time: str, wish: str
) -> Ticket | Refusal:
    """Its owner, and the clock, are the CRM's to say. `wish` names this one: asked again, it is left once. The yes is
    kept as evidence. Raises Unavailable.
    """
    text = f"{TITLES[kind]}{need}；{place}；{TIMES.get(time, time)}"
    ticket = await tickets.create(doors, who, "lead", text, wish)
    if isinstance(ticket, Refusal):
        return ticket
    said = {"consent": "lead", "state": "on", "msisdn": ticket.msisdn, "ticket": ticket.id, "version": VERSION}
    how = {"agreed_by": who.message_id, "agreed_on": who.channel, "at": doors.now().isoformat()}
    await doors.once.keep(who.conversation, who.message_id, "evidence", {**said, **how})
    return ticket
