"""How much money is left, what came in, and why a line is still cut off."""

from __future__ import annotations

import re
from typing import Any

from bot.actions.bill import MONTH
from bot.actions.line import TOLD, tell_state
from bot.actions.restoring import RESTORE, watch
from bot.actions.skill import Skill
from bot.actions.tickets import tell_ticket
from bot.actions.turn import Event, Turn
from crm.model import Balance, Ticket
from crm.operations import payments_made, reads, tickets
from crm.operations.payments_made import Found
from crm.operations.results import Refusal

SHOWN, OF_MONTH = 3, 6
TOLD_FIRST = ("credited_now", "done")
"""A payment that came counts before a newer one that did not."""


class QueryBalance(Skill):
    wish = "query_balance"

    async def answer(self, turn: Turn) -> list[Event]:
        balance = await reads.balance(turn.doors, turn.who)
        turn.say(
            "balance",
            general_fen=balance.kind_fen("general"),
            gift_fen=balance.kind_fen("gift"),
            dedicated_fen=balance.kind_fen("dedicated"),
            frozen_fen=balance.kind_fen("frozen"),
            arrears_fen=balance.arrears_fen,
            gift_until=_ends(balance, "gift"),
        )
        turn.outcome(self.wish, "answered")
        return []


class QueryRechargeRecord(Skill):
    """Did my payment arrive? What the gateway took without a word is credited while it is looked for.

    Of the month that is named, else the last ones.
    """

    wish = "query_recharge_record"

    async def answer(self, turn: Turn) -> list[Event]:
        month = str(turn.entities.get("month") or "")
        found = await payments_made.recent(turn.doors, turn.who, month if MONTH.fullmatch(month) else "")
        missed_fen = 0 if (paid := _said_fen(turn)) in {one.payment.amount_fen for one in found} else paid
        # The latest page that was never paid is told in its turn; more of them must not hide what came.
        never = [one for one in found if one.state in ("unpaid", "failed")]
        told = [*(one for one in found if one not in never[1:]), *never[1:]]
        turn.say(
            "payments",
            items=[_shown(one) for one in told[: OF_MONTH if month else SHOWN]],
            missed_fen=missed_fen,
            month=month,
        )
        turn.outcome(self.wish, "answered")
        return []


def _said_fen(turn: Turn) -> int:
    """What somebody says to have paid, "我昨天充了100" too; 0 where no sum was said."""
    words = turn.words.get("number", "")
    paid = bool(words) and re.search(rf"[充交付缴]了?{re.escape(words)}", turn.text)
    fen = turn.price_fen() if paid or isinstance(turn.entities.get("amount_fen"), int) else None
    return fen or 0


class PaidButCutOff(Skill):
    """The payment, what is owed, the cause of the cut: then the line is restored, or somebody has a deadline for it."""

    wish = "paid_but_cut_off"
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        now, found = turn.doors.now(), await payments_made.recent(turn.doors, turn.who)
        person = await reads.subscriber(turn.doors, turn.who)
        if person.suspended_for in TOLD:
            await tell_state(turn, person)
            turn.outcome(self.wish, "answered")
            return []
        suspended = person.status == "suspended"
        restored = suspended and await payments_made.restore(turn.doors, turn.who)
        balance = await reads.balance(turn.doors, turn.who)
        made = [one for one in found if now - one.payment.created_at <= payments_made.RECENT]
        ticket = None
        if suspended and not restored and not balance.arrears_fen:
            # Nobody was asked before the ticket is there.
            key = turn.who.message_id
            ticket = await tickets.create(turn.doors, turn.who, "callback", RESTORE, key, "urgent")
        if suspended and not restored:
            watch(turn, asked=ticket.id if isinstance(ticket, Ticket) else "")
        turn.say(
            "paid_but_cut_off",
            days=payments_made.RECENT.days,
            suspended=suspended and not restored,
            restored=restored,
            arrears_fen=balance.arrears_fen,
            gift_fen=balance.kind_fen("gift") + balance.kind_fen("dedicated"),
            paid=_shown(_first(made)) if made else None,
            earlier=next((_shown(one) for one in found if one not in made and one.state in TOLD_FIRST), None),
            asked=ticket is not None and not isinstance(ticket, Refusal),
        )
        if ticket is not None:
            await tell_ticket(turn, self.wish, "callback", ticket)
        else:
            turn.outcome(self.wish, "done" if restored else "answered")
        return []


def _first(made: list[Found]) -> Found:
    """What somebody most likely speaks of, of payments that are newest first."""
    return next((one for state in TOLD_FIRST for one in made if one.state == state), made[0])


def _shown(found: Found) -> dict[str, Any]:
    payment = found.payment
    return {"at": payment.created_at.isoformat(), "amount_fen": payment.amount_fen, "state": found.state}


def _ends(balance: Balance, kind: str) -> str:
    """When the first of this kind ends, "" when none does."""
    ends = [b.valid_until for b in balance.buckets if b.kind == kind and b.valid_until]
    return min(ends).isoformat() if ends else ""
