"""What is asked about money that was taken: how much of it comes back, when, and of what was cancelled before."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions import references
from bot.actions.shown import recent_wish
from bot.actions.turn import Event, Turn
from crm.operations import reads

HOW_MUCH, WHEN, PAST, SETTLED = "how_much", "when_back", "past", "settled"
"""What `never_ordered` is asked, and what it keeps of a dispute that is settled."""
REFUND = "refund:"
"""Before the offering that is cancelled already and that somebody says was never ordered."""
_HOW_MUCH = re.compile(
    r"退了?(?:给我|还给?我?|我)?(?:多少|几块|几个月)|(?:能|可以|给)(?:我)?退(?:吗|么|嘛|不)"
    r"|\bhow much\b.{0,24}\b(?:back|refund\w*)\b"
)
_WHEN_BACK = re.compile(
    r"退.{0,8}(?:什么时候|啥时候|多久|几天|几号|到账)|(?:什么时候|啥时候|多久|几天).{0,6}(?:退|返)"
    r"|\b(?:when|how long|how soon)\b.{0,24}\b(?:refund\w*|money back)\b"
)
_WHEN = re.compile(
    r"(?:什么时候|啥时候|多久|几天)(?:能|会|可以|才)*到(?:账)?|到账(?:了)?没"
    r"|\bwhen\b.{0,16}\b(?:arrive|back|come)\b"
)
_PAST = re.compile(
    r"(?:以前|之前|前面|前几个?月|已经?|多|乱|白|都)扣(?:了|掉)*的?(?:那些|那个|我)?(?:(?:钱|费用?|款|话费).{0,6}(?:退|还)|也?(?:能|都)?退)"
    r"|(?:退|还).{0,4}(?:以前|之前|前面|前几个?月|已经|多)扣"
    r"|\brefund\b.{0,30}\b(?:already|before|paid|charged|past|previous|earlier)\b"
)
_CANCELLED = re.compile(
    r"(?:我|已经?|都|早就?)(?:把它?)?(?:退订|退|取消|关)(?:了|掉|过)"
    r"|\b(?:i|i.?ve|already) (?:have )?(?:already )?cancell?ed\b"
)
_NEVER = re.compile(
    r"(?:我|从来|根本|都|就|可)*没有?(?:办理?|订购?|定|开通?|点)过?(?:这个|它|啊|的|呀|业务)*"
    r"|(?:no )?i (?:never|did not|didn t) (?:ordered?|subscribed?(?: to)?|had|have|did)(?: it| that| this)?"
    r"|never ordered(?: it| that| this)?"
)
_BACK = re.compile(r"(?:钱|费用?|款|扣的).{0,6}(?:退|还)|(?:退|还).{0,4}(?:钱|费|款)|\brefund|\bmoney back\b")


def never_had(text: str) -> bool:
    """ "没办过": nothing but that it was never ordered."""
    return bool(_NEVER.fullmatch(references.fold(text)))


def asks_how_much(text: str) -> bool:
    """ "能退多少"."""
    return bool(_HOW_MUCH.search(references.fold(text)))


def asks_when(text: str) -> bool:
    """ "什么时候到账", after something that may be given back."""
    return bool(_WHEN.search(references.fold(text))) or asks_when_refunded(text)


def asks_when_refunded(text: str) -> bool:
    """ "退的钱什么时候到账"."""
    return bool(_WHEN_BACK.search(references.fold(text)))


def wants_past_back(text: str) -> bool:
    """ "以前扣的钱退给我"."""
    return bool(_PAST.search(references.fold(text)))


def wants_back_of_cancelled(text: str) -> bool:
    """ "已经退订了 以前扣的钱退给我"."""
    plain = references.fold(text)
    return bool(_CANCELLED.search(plain)) and bool(_BACK.search(plain))


def settled(turn: Turn, told: dict[str, Any]) -> Event:
    """Keeps what came of a dispute, for what is asked about it next."""
    entities = {**told, "option": SETTLED}
    return SlotSet("wish", {"intent": "never_ordered", "entities": entities, "at": turn.doors.now().isoformat()})


async def tell(turn: Turn, items: Sequence[dict[str, Any]]) -> list[Event]:
    """Of the dispute that was settled a moment ago; else what was charged for `items`, and by which rule."""
    wish = recent_wish(turn) or {}
    told = dict(wish.get("entities") or {}) if wish.get("intent") == "never_ordered" else {}
    turn.outcome("never_ordered", "answered")
    if told.get("option") == SETTLED:
        turn.say("refund_settled", **{name: value for name, value in told.items() if name != "option"})
        return [SlotSet("wish", wish)]
    charged: dict[str, int] = {}
    # A list of bills comes without what each is made of.
    months = [bill.month for bill in await reads.bills(turn.doors, turn.who)] if items else []
    for bill in await asyncio.gather(*(reads.bill(turn.doors, turn.who, month) for month in months)):
        for item in bill.items if bill else ():
            if item.offering_id:
                charged[item.offering_id] = charged.get(item.offering_id, 0) + item.amount_fen
    shown = [{**item, "charged_fen": charged.get(item["id"], 0)} for item in items]
    open_ones = [item for item in shown if item["cancellable"]]
    turn.say("refund_rules", items=shown, stoppable=open_ones, refundable=[i for i in shown if i["cancelled"]])
    return []
