"""Why was I charged? One charge that was named, or all of a month: cause, amount, day, arithmetic, how to stop it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from bot.actions import charge_named
from bot.actions.bill import MONTH, shown, told
from bot.actions.follow_ups import LEAVING
from bot.actions.held import NeverOrdered
from bot.actions.registry import skill_of
from bot.actions.shown import recent_wish
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from bot.actions.wiring import terms
from crm.model import Bill, BillItem, Product
from crm.model.kinds import BillCause
from crm.operations import cancel_data_pack, reads
from crm.operations.contracts import contracts
from crm.worktime import last_month, month_before, month_of

# "我没订过怎么扣钱" asks about what was ordered, not about a charge that is named.
_NOT_ORDERED = re.compile(r"没有?(?:订|定|办|开通?|点)(?:过|购)|never (?:ordered|subscribed|signed up)")
NOT_ORDERED = "not_ordered"
LOOKED_AT = 6
"""So many months are looked through for a charge that was named without its month."""


class DisputeCharge(Skill):
    """The month that is named, or whose bill somebody has just seen, else the running one."""

    wish = "dispute_charge"
    tells = True

    def option(self, text: str) -> str:
        return NOT_ORDERED if _NOT_ORDERED.search(text.casefold()) else terms().in_text(text)

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.entities.get("option") == NOT_ORDERED and not {"month", "amount_fen"} & turn.entities.keys():
            return await NeverOrdered().answer(turn)
        named = str(turn.entities.get("month") or "")
        named = named if MONTH.fullmatch(named) else _on_screen(turn)
        month = named or month_of(turn.doors.now())
        if charge_named.is_asked_back(turn.text):
            turn.entities["back"] = True
        one_of_many = bool({"amount_fen", "offering", "option", "back"} & turn.entities.keys())
        bills = await _bills(turn, month, LOOKED_AT if one_of_many and month != named else 1)
        await _tell(turn, bills, month, month == named)
        turn.outcome(self.wish, "answered")
        return []


async def _tell(turn: Turn, bills: list[Bill], month: str, is_named: bool) -> None:
    """The one that is meant, or the bill that is; that there is none like that is said."""
    amount = turn.entities.get("amount_fen")
    found = next(((b, items) for b in bills if (items := meant(turn, b))), None)
    whole = next((b for b in bills if isinstance(amount, int) and _fits(turn, b.total_fen)), None)
    if found:
        await _tell_one(turn, *found)
    elif turn.entities.get("option") == "late_fee" and amount is None:
        await _tell_late_fee(turn)
    elif not bills or bills[0].month != month:
        known = await reads.bills(turn.doors, turn.who)
        turn.say("bill_not_kept", month=month, year="", bills=[{"month": b.month} for b in known[:3]])
    elif isinstance(amount, int) and whole is None:
        turn.say("charge_not_found", amount_fen=amount, months=len(bills), month=month, named=is_named)
    else:
        await _tell_all(turn, whole or bills[0])


async def _tell_late_fee(turn: Turn) -> None:
    """Nobody charged one: of a contract it is what leaving costs, else what it is."""
    if await contracts(turn.doors, turn.who):
        await skill_of("query_pack_expiry").attempt(turn.as_wish("query_pack_expiry", {"option": LEAVING}))
    else:
        turn.say("term", term="late_fee", ways=list(terms().ways.get("late_fee", ())))


def _on_screen(turn: Turn) -> str:
    """The month of the bill that was just told, "" when nothing but its sum is spoken of or there was none."""
    wish = recent_wish(turn) or {}
    if wish.get("intent") != "query_bill" or turn.entities.get("amount_fen"):
        return ""
    return str((wish.get("entities") or {}).get("month") or last_month(turn.doors.now()))


async def _bills(turn: Turn, month: str, most: int) -> list[Bill]:
    """With their items, from `month` back until the one that has what was named."""
    found: list[Bill] = []
    for _ in range(most):
        if bill := await reads.bill(turn.doors, turn.who, month):
            found.append(bill)
            if meant(turn, bill):
                break
        month = month_before(month)
    return found


def meant(turn: Turn, bill: Bill) -> list[BillItem]:
    """The charges that were named: by amount, by what it is for, or by a word for its kind. () for none."""
    amount, offering = turn.entities.get("amount_fen"), turn.entities.get("offering")
    items = [item for item in bill.items if item.amount_fen > 0]
    if isinstance(amount, int):
        if bill.total_fen == amount:
            return []
        near = [i for i in items if i.amount_fen == amount] or [i for i in items if _fits(turn, i.amount_fen)]
        return near or charge_named.sums_to(items, amount)
    if offering:
        return [item for item in items if item.offering_id == offering]
    cause = turn.entities.get("option") or (avoidable(bill) if turn.entities.get("back") else "")
    return [item for item in items if item.cause == cause]


def _fits(turn: Turn, fen: int) -> bool:
    least, most = charge_named.between(turn)
    return least <= fen <= most


async def _tell_one(turn: Turn, bill: Bill, items: list[BillItem]) -> None:
    first = max(items, key=lambda item: item.amount_fen)
    together = sum(item.amount_fen for item in items)
    held = await cancel_data_pack.cancellable(turn.doors, turn.who)
    turn.say(
        "charge_why",
        month=bill.month,
        item=told(first, turn.who.language),
        count=len(items),
        sum_fen=together,
        parts=_parts(turn, items, together),
        back=bool(turn.entities.get("back")) and not first.offering_id,
        stoppable=_stoppable(held, items, turn.who.language),
        ways=[way for way in terms().ways.get(first.cause, ()) if way != "cancel_data_pack"],
    )


def _parts(turn: Turn, items: list[BillItem], together_fen: int) -> list[dict[str, Any]]:
    """Those that only together come to what was said; [] when each was meant by itself."""
    is_sum = len(items) > 1 and together_fen == turn.entities.get("amount_fen")
    return [told(item, turn.who.language) for item in items] if is_sum else []


async def _tell_all(turn: Turn, bill: Bill) -> None:
    """What of the bill is still held and can be cancelled here, and what the sums are made of."""
    held = await cancel_data_pack.cancellable(turn.doors, turn.who)
    earlier = await reads.bill(turn.doors, turn.who, month_before(bill.month))
    turn.say(
        "bill_why",
        **shown(bill, turn.who.language),
        before=month_before(bill.month),
        stoppable=_stoppable(held, bill.items, turn.who.language),
        change_fen=bill.total_fen - earlier.total_fen if earlier and bill.state != "open" else 0,
        stops=_stops(bill, turn.who.language),
        missing=_missing(turn),
        used_kb=await _used_kb(turn, bill),
    )


def _stoppable(held: tuple[Product, ...], items: Sequence[BillItem], language: str) -> list[dict[str, str]]:
    charged = {item.offering_id for item in items}
    return [{"id": p.offering_id, "name": p.name.of(language)} for p in held if p.offering_id in charged]


def _missing(turn: Turn) -> str:
    """The cause that was asked about and stands on no bill that was looked through; "" where none was named."""
    cause = str(turn.entities.get("option") or "")
    return cause if cause in get_args(BillCause) and cause != "monthly_fee" else ""


def _stops(bill: Bill, language: str) -> list[dict[str, Any]]:
    """The largest charge of each cause but the monthly fee: how each is stopped is told once."""
    extra = sorted(
        (i for i in bill.items if i.cause != "monthly_fee" and i.amount_fen > 0), key=lambda i: -i.amount_fen
    )
    largest = {item.cause: item for item in reversed(extra)}
    return [told(item, language) for item in extra if largest[item.cause] is item]


def avoidable(bill: Bill) -> str:
    """The cause of the largest charge that is no monthly fee, "" when there is none: what to do about it is said."""
    extra = [item for item in bill.items if item.cause != "monthly_fee" and item.amount_fen > 0]
    return max(extra, key=lambda item: item.amount_fen).cause if extra else ""


async def _used_kb(turn: Turn, bill: Bill) -> int:
    """The month's data, 0 where data was not what cost. How much was beyond is not told: what packs, rolled-over
    data or another plan granted in that month is not kept."""
    if not any(item.cause == "out_of_bundle_data" for item in bill.items):
        return 0
    used = await reads.usage(turn.doors, turn.who, bill.month)
    return used.data_kb if used else 0
