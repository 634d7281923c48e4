"""Automatic top-up: whether one came in, where it is signed and ended, and a reminder for who has none."""

from __future__ import annotations

import re

from bot.actions.from_to import says
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.operations import reads
from crm.operations.identify import identify
from crm.operations.results import Refusal

ENDS = re.compile(
    r"取消|关闭|關閉|关了|關了|关掉|怎么关|停掉|解约|解約|解除|不[要想]自动"
    r"|\b(?:cancel|stop|disable|deactivate|end(?! of\b))\b|\b(?:turn|switch) (?:[\w-]+ ){0,4}off\b"
    r"|(?:n['’]t|\bnot|\bno longer) (?:\w+ )?auto",
    re.IGNORECASE,
)
OFF = "off"


class AutoPay(Skill):
    """The bank or payment service keeps the contract, so that nothing is signed or ended here (decision 0018)."""

    wish = "auto_pay"

    def option(self, text: str) -> str:
        return OFF if says(ENDS, text) else ""

    async def answer(self, turn: Turn) -> list[Event]:
        last = await _last(turn)
        ends = turn.entities.get("option") == OFF
        turn.say("auto_pay_ends" if ends else "auto_pay", last=last, known=last is not None)
        turn.outcome(self.wish, "answered")
        return []


async def _last(turn: Turn) -> dict[str, object] | None:
    """The newest automatic payment of whoever is known: {} where none came in, None where nobody can say."""
    try:
        if isinstance(await identify(turn.doors, turn.who), Refusal):
            return None
        made = await reads.payments(turn.doors, turn.who)
    except Unavailable:
        return None
    newest = next((one for one in made if one.method == "auto" and one.state == "done"), None)
    return {"at": newest.created_at.isoformat(), "amount_fen": newest.amount_fen} if newest else {}
