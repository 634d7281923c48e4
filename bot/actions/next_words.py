"""A few words after an answer: "修好没" after a fault, "付好了" after a page, "再来一个" after a pack, "流量呢" alone.

Nothing here acts: what points at a transaction opens its form, whose question has to be agreed to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.actions import references
from bot.actions.follow_ups import UNREAD
from bot.actions.shown import recent_shown, recent_wish
from bot.actions.turn import Turn
from crm.operations.catalogue import on_sale

REPORTS = frozenset(
    {"report_fault", "report_slow_data", "report_no_codes", "complain", "appeal", "urge", "query_ticket"}
)
PAYS = frozenset({"recharge", "recharge_by_card", "recharge_other"})
BOUGHT = frozenset({"order_data_pack", "open_service"})
DATA = frozenset({"query_data_usage", "query_pack_expiry"})
LISTS = frozenset({"consult_plans", "compare_plans", "recommend_plan", "consult_roaming"})
CUT_OFF = frozenset({"query_suspension", "resume_number", "paid_but_cut_off", "suspend_number", "appeal"})
POINTS = frozenset({"query_points", "redeem_points"})
LONGEST = 16
YES = UNREAD | {"affirm", "correct", "order_data_pack", "change_plan"}


@dataclass(frozen=True)
class Next:
    """`says` means `wish` after these wishes (any, where none is named), read as one of `read_as` (anything, if ())."""

    says: re.Pattern[str]
    wish: str
    after: frozenset[str] = frozenset()
    read_as: frozenset[str] = UNREAD
    entities: dict[str, Any] = field(default_factory=dict)


def _all(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{words})[吗嘛呢么没啊呀了吧 ]*")


TABLE = (
    Next(_all("催(?:一)?(?:下|催)|帮我?催(?:一)?下|chase it|any news"), "urge", REPORTS),
    Next(
        _all(
            "(?:现在)?(?:修|弄|处理|解决)好了?|(?:处理|进展|修)?(?:到哪|怎么样)|有结果|单子?号(?:是)?多少(?:来着)?|工单号(?:是)?多少"
            "|is it (?:fixed|done)(?: yet)?|what was the (?:ticket )?number"
        ),
        "query_ticket",
        REPORTS,
    ),
    Next(
        _all(
            "(?:我)?(?:已经|刚)?(?:付|支付|交|充)(?:好|完|过)?了?|(?:钱)?(?:到账|到)|(?:i )?(?:have )?paid(?: it)?|done"
        ),
        "query_recharge_record",
        PAYS,
        UNREAD | {"affirm", "paid_but_cut_off"},
    ),
    Next(_all("流量(?:到(?:账)?)|到账|生效|能用|has it arrived|is it active"), "query_data_usage", BOUGHT),
    Next(
        _all("(?:还)?能?用(?:几天|到(?:几点|几号|什么时候|啥时候))|到几点|几号到期|(?:until )?when does it end"),
        "query_pack_expiry",
        BOUGHT,
    ),
    Next(
        _all(
            "(?:能|可以)?换(?:点)?(?:啥|什么|流量|话费|东西)|(?:最多|最大|最值)(?:的)?那?个"
            "|what can i get(?: for them)?"
        ),
        "redeem_points",
        POINTS,
    ),
    Next(_all("(?:还)?剩多少分?|还有多少分?|how many left"), "query_points", POINTS),
    Next(
        re.compile(
            r".*(?:没有?(?:诈骗|骗人|骗过|违规)|去哪.{0,3}(?:解|办|开|核实)|(?:要)?带(?:啥|什么|哪些)|(?:人)?在外地|我又没欠费|先(?:给我)?开)"
            r".*|.*\b(?:not a (?:fraud|scam)|what (?:do i|to) bring|where do i go)\b.*"
        ),
        "query_suspension",
        CUT_OFF,
        UNREAD | {"deny", "recharge", "affirm", "open_service"},
    ),
    Next(_all("那?(?:剩的?)?流量"), "query_data_usage"),
    Next(_all("那?(?:话费|余额)"), "query_balance"),
    Next(_all("那?账单"), "query_bill"),
    Next(_all("那?积分"), "query_points"),
)
_ONE_MORE = _all(
    "(?:那)?(?:给我)?(?:再|还要)(?:来|办|要|买|开)(?:一|1)?(?:个|份|包)|one more|another one|the same again"
)
_TAKES = _all(
    "行|好的?|可以|就(?:它|他|这个|那个|这款|要这个|要它)|(?:那就?)?换(?:成|到)?(?:它|这个|那个)"
    "|好的?[ ，,]?(?:就)?换|办(?:它|这个|那个)?"
    "|i(?:'ll| will)? take it|switch to it|ok(?:ay)?|yes"
)
_CHEAPEST = re.compile(
    r"(?:哪个|什么|啥)?最(?:便宜|划算).{0,3}(?:是)?(?:啥|什么|哪个|哪一?个|多少)?"
    r"|(?:which|what).{0,9}cheapest.*|the cheapest"
)
_MORE_THAN = re.compile(
    r"比.{0,8}月?.{0,4}(?:多|贵|涨|少|差)|相差|差(?:了)?多少|\bmore than\b|\bdifference\b", re.IGNORECASE
)
BILLS = frozenset({"query_bill", "dispute_charge", "nlu_fallback", "several_questions"})


async def meant(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """The wish and what it is told; None for words that say more, or follow nothing. Raises Unavailable."""
    if difference := _difference(turn):
        return difference
    plain = references.fold(turn.text)
    if not plain or len(plain) > LONGEST or (turn.form and not turn.waits_for_number):
        return None
    last = str((recent_wish(turn) or {}).get("intent"))
    if found := await _of_shown(turn, plain, last):
        return found
    # "流量呢" under a list is about what is on the screen.
    listed = recent_shown(turn) is not None and last in LISTS
    for one in TABLE:
        fits = last in one.after if one.after else not listed
        if fits and turn.intent in one.read_as and one.says.fullmatch(plain):
            return one.wish, dict(one.entities)
    return None


async def _of_shown(turn: Turn, plain: str, last: str) -> tuple[str, dict[str, Any]] | None:
    shown = recent_shown(turn)
    one = shown.it() if shown else None
    if shown and one and shown.kind == "pack" and last in BOUGHT and _ONE_MORE.fullmatch(plain):
        return "order_data_pack", {"offering": one["id"]}
    waits = bool((turn.slot("still_asked") or {}).get("offered"))
    if shown and one and last in LISTS and not waits and turn.intent in YES and _TAKES.fullmatch(plain):
        return ("change_plan" if shown.kind == "plan" else "order_data_pack"), {"offering": one["id"]}
    if last in DATA and not shown and _CHEAPEST.fullmatch(plain):
        return await _cheapest_pack(turn)
    return None


async def _cheapest_pack(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """Who speaks of data that runs out means packs and no plans."""
    packs: Sequence[Any] = [
        pack
        for pack in await on_sale(turn.doors, "data_pack", turn.who.region)
        if not pack.requires and not pack.audience and pack.granted("data", "general")
    ]
    return ("consult_plans", {"offering": min(packs, key=lambda pack: pack.price_fen).id}) if packs else None


def _difference(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """By how much one month was dearer than the one before: not their sum."""
    months = [str(value) for name, value, _ in turn.named if name == "month"]
    if turn.form or len(months) < 2 or turn.intent not in BILLS or not _MORE_THAN.search(turn.text):
        return None
    return "dispute_charge", {"month": max(months)}
