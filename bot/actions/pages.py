"""What is said right after a page to pay on was shown, and cards whose credit is not known yet."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions import references
from bot.actions.follow_ups import UNREAD
from bot.actions.shown import recent_wish
from bot.actions.turn import PRICES, Event, Turn
from crm.errors import Unavailable
from crm.operations import payments_made, recharge
from crm.operations.results import Refusal

PAYS = frozenset({"recharge", "recharge_by_card", "recharge_other"})
MONEY = PAYS | {"query_recharge_record"}
OTHERWISE = UNREAD | {"correct", "deny", "stop", "goodbye", "affirm", "go_back"}
"""What another amount, said alone, is read as."""
ASKS_BACK = OTHERWISE | {"query_recharge_record", "faq", "dispute_charge", "never_ordered"}
"""What money that is asked back is read as; who asks for a person or complains gets that."""
LEAST_FEN = 500
FIRST_LOOK_S, LONGEST_WAIT_S, LOOKS = 5.0, 60.0, 9
"""A card is looked for while its number is kept, ten minutes."""
_GIVES_UP = re.compile(
    r"(?:我|先|还是|都|就|请|帮我)*(?:取消|不要|不充|不付|不交|不弄|算)(?:掉|它|了|吧|值|钱|支付)*"
    r"|(?:cancel|stop)(?: it| that)?(?: please)?|never mind|forget it"
)
_AROUND = re.compile(
    r"算了|不对|错了|说错|应该|改|换|充值?|交|付|就|还是|那|来|吧|元|块钱?"
    r"|\b(?:no|instead|make it|yuan|rmb|top up|pay)\b"
)
_WHEN = re.compile(r"什么时候|啥时候|多久|几天|\bwhen\b|\bhow long\b")
_WRONG = re.compile(
    r"充[错多]|付[错多]|多充|退(?![订掉]).{0,3}\d|退(?:给我|回来|款|钱)"
    r"|\b(?:paid|topped up)\b.{0,12}\b(?:wrong|too much|mistake)\b|\brefund\b"
)

_PAID_IN = re.compile(r"充|付[错多]|\b(?:paid|topped up)\b")
_PRODUCT = re.compile(r"流量|语音|包|套餐|业务|会员|宽带|\b(?:packs?|plans?)\b")


async def meant(turn: Turn) -> list[Event] | tuple[str, dict[str, Any]] | None:
    """The events, or the wish that is meant; None where it is not about the page. Raises Unavailable."""
    wish = recent_wish(turn) or {}
    if turn.form or not turn.text or turn.who.bound is None or wish.get("intent") not in MONEY:
        return None
    plain = references.fold(turn.text)
    if turn.intent in ASKS_BACK and _asks_back(plain):
        return await _wrong(turn)
    if not wish.get("page"):
        return None
    if _GIVES_UP.fullmatch(plain):
        last = str((wish.get("entities") or {}).get("last_digits") or turn.who.bound.msisdn)
        return await _given_up(turn, last)
    fen = turn.price_fen() or 0
    said = [turn.words.get(name, "") for name in PRICES]
    alone = fen >= LEAST_FEN and turn.intent in OTHERWISE and references.points(_AROUND.sub(" ", turn.text), *said)
    return ("recharge", {**(wish.get("entities") or {}), "amount_fen": fen}) if alone else None


def _asks_back(plain: str) -> bool:
    """Whether money that was paid in is asked back, rather than something that was ordered ended."""
    ended = _PRODUCT.search(plain) and not _PAID_IN.search(plain)
    return bool(_WRONG.search(plain)) and not _WHEN.search(plain) and not ended


async def _given_up(turn: Turn, last: str) -> list[Event] | None:
    found = await recharge.close_pages(turn.doors, turn.who, of=last)
    if found.paid_fen:
        turn.say("page_paid", amount_fen=found.paid_fen[0])
    elif found.closed_fen:
        turn.say("page_closed", amount_fen=found.closed_fen[0])
    else:
        return None
    turn.outcome("recharge", "abandoned")
    return [_no_page(turn)]


def _no_page(turn: Turn) -> Event:
    return SlotSet("wish", {"intent": "query_recharge_record", "entities": {}, "at": turn.doors.now().isoformat()})


async def _wrong(turn: Turn) -> list[Event] | None:
    """Money that came and should not have: of that sum if one was said, else the newest."""
    fen = turn.price_fen()
    came = [
        one.payment for one in await payments_made.recent(turn.doors, turn.who) if one.state in ("done", "credited_now")
    ]
    paid = next((one for one in came if fen in (None, one.amount_fen)), None)
    if paid is None:
        return None
    turn.say("paid_wrong", amount_fen=paid.amount_fen, at=paid.created_at.isoformat())
    turn.outcome("query_recharge_record", "answered")
    return [_no_page(turn)]


def look_for_card(turn: Turn, ref: str, other: str, looks: int = 0) -> None:
    """Asks the switchboard to bring the card up again; `other` as in recharge.with_card."""
    wait_s = min(LONGEST_WAIT_S, FIRST_LOOK_S * 2**looks)
    values = {"card": ref, "other": other[-4:], "looks": looks + 1}
    turn.effect(timers=[{"name": "card_check", "after_s": wait_s, "values": values}])


async def look_at_card(turn: Turn) -> None:
    """Once more, under the same key: a card is credited once. Silent while nothing is known."""
    ref, other = str(turn.entities.get("card")), str(turn.entities.get("other") or "")
    looks = int(turn.entities.get("looks") or LOOKS)
    try:
        made = await recharge.with_card(turn.doors, turn.who, ref, other)
    except Unavailable:
        # The CRM may be away at one look and know at the next.
        if looks < LOOKS:
            look_for_card(turn, ref, other, looks)
        else:
            turn.say("card_unknown")
        return
    if isinstance(made, Refusal):
        if made.code != "card_missing":
            turn.say(f"refused_{made.code}", **made.values)
        return
    turn.say("recharged", amount_fen=made.amount_fen, balance_fen=made.balance_fen, msisdn=made.msisdn)
    turn.outcome("recharge", "done")
