"""Few words that mean much after one wish: "那泰国呢" after roaming, "朝阳区" after shops, "找到了" after a loss."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.actions import money_back, references
from bot.actions.abroad import CALLS_OUT
from bot.actions.disputed import DISPUTED
from bot.actions.from_to import affirmed
from bot.actions.shown import recent_wish
from bot.actions.turn import Turn
from crm.worktime import last_month

TAKES = {
    "consult_coverage": ("region",),
    "consult_roaming": ("country", "region"),
    "find_store": ("region",),
}
"""What can be asked of another place, and the values that name one."""
CALLS_TOPIC = "international_calls"
FOUND = "found"
"""What a report of a lost phone is told when it has turned up again."""
ENOUGH = "enough"
"""Whether what is left of the data lasts."""
WHY = "dispute_charge"
LEAVING = "leaving"
"""What a contract is asked about by whoever would end it."""
_LEAVE = re.compile(
    r"违约金?(?:费|的?钱)?(?:要|是|得|会|该)*(?:付|交|赔|收)?(?:多少|几|怎么|咋|如何)|(?:赔|付|交|收)(?:你们?)?(?:多少|几).{0,3}违约|"
    r"解约.{0,8}(?:多少|怎么|几|钱|费)|\b(?:cost|fee|pay)\b.{0,20}\b(?:leave|end|break)\b|"
    r"\b(?:leav|end|break)\w*\b.{0,20}\b(?:cost|fee|pay|early)\b"
)
_SO_MUCH = re.compile(
    r"(?:but |and |so )*(?:why|how come)(?: is| was| s| are)?(?: it| this| that| the bill| my bill| they)?(?: s| is)?"
    r"(?: so| that| this) (?:high|much|expensive|dear|big)(?: this time| this month)?"
)
_GIVE_BACK = re.compile(
    "(?:把?钱)?(?:都|全部?|统统)?(?:给我?)?退(?:钱|费|款|还|掉|了)*|refund(?: me| it| all)?|(?:my )?money back"
)
_HOW_LONG = re.compile(
    r"(?:[交缴充付]|还[清完]).{0,6}(?:多久|多长时间|几分钟|什么时候|啥时候).{0,3}(?:能?[通用打]|复机|恢复|开机)|"
    r"\bhow long\b.*\b(?:back|work|restored?|pay\w*)\b"
)
_ENOUGH = re.compile(
    r"够不够|够用(?:吗|嘛|不|么|到)|够(?:到|撑)|撑(?:到|得到)月底|"
    r"\b(?:is (?:it|that|my data)|data) enough\b|\b(?:will|does) (?:it|my data) last\b"
)
_FOUND = re.compile(
    "(?:手机|电话|卡)?(?:又|已经)?(?:找到|找着|找回[来來]|捡回[来來])了?|(?:i )?(?:have )?found (?:it|my phone)"
)
_ASKS = re.compile(
    r"[?？]|[吗嗎么麼嘛没沒]|"
    r"\b(?:have|has|had|did|was|is|if) (?:you|they|he|she|anyone|anybody|someone|somebody|it|my)\b",
    re.IGNORECASE,
)
UNREAD = frozenset({"nlu_fallback", "out_of_scope", "inform"})
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,10}(?:省|市|区|縣|县|镇|鎮|乡|鄉|村|街道?|路|广场|廣場|附近)")
_HERE = re.compile("(?:我|人|现在|就)+(?:在|住)([\u4e00-\u9fff]{2,10}?)(?:这边|附近|这里)?[。！!]?")
_TO_GO = re.compile("如果|要是|假如|去|到|(?:多少|几块|什么)钱?|怎么(?:样|收费|算)|如何|贵不贵|行不行|可以吗|能用吗")
"""What goes around a place that is asked about next."""


def gives_back(text: str) -> bool:
    """ "全退了", "退钱"."""
    return _says_only(_GIVE_BACK, affirmed(text)) or references.asks_to_cancel(text)


def asks_to_leave(text: str) -> bool:
    """ "那违约要多少", "提前解约要付多少"."""
    return bool(_LEAVE.search(references.fold(text)))


def asks_when_back(text: str) -> bool:
    """ "交完多久能通"."""
    return bool(_HOW_LONG.search(references.fold(text)))


def asks_if_enough(text: str) -> bool:
    """ "够不够用到月底"."""
    return bool(_ENOUGH.search(references.fold(text)))


def found_again(text: str) -> bool:
    """ "手机找到了"; neither that it was not, nor a question."""
    return _says_only(_FOUND, affirmed(text)) and not _ASKS.search(text)


_MAY_COME_BACK = frozenset({"never_ordered", "cancel_data_pack", "cancel_service"})
_CHARGED = frozenset({"complain", "dispute_charge", "query_third_party_services"})


def asks_why_so_much(text: str) -> bool:
    """ "Why is it so high"."""
    return bool(_SO_MUCH.fullmatch(references.fold(text)))


AFTER: tuple[tuple[frozenset[str], Callable[[str], bool], str, Mapping[str, str]], ...] = (
    (_MAY_COME_BACK, money_back.asks_how_much, "never_ordered", {"option": money_back.HOW_MUCH}),
    (_MAY_COME_BACK, money_back.asks_when, "never_ordered", {"option": money_back.WHEN}),
    (_MAY_COME_BACK, money_back.wants_past_back, "never_ordered", {"option": money_back.PAST}),
    (_CHARGED, money_back.asks_how_much, "never_ordered", {"option": money_back.HOW_MUCH}),
    (_CHARGED, money_back.wants_past_back, "never_ordered", {"option": money_back.PAST}),
    (_MAY_COME_BACK, money_back.never_had, "never_ordered", {"option": DISPUTED}),
    (frozenset({"never_ordered"}), gives_back, "never_ordered", {"option": DISPUTED}),
    (
        frozenset(
            {
                "change_plan",
                "cancel_service",
                "cancel_data_pack",
                "port_out",
                "query_pack_expiry",
                "consult_plans",
                "compare_plans",
                "recommend_plan",
            }
        ),
        asks_to_leave,
        "query_pack_expiry",
        {"option": LEAVING},
    ),
    (
        frozenset({"recharge", "recharge_by_card", "query_suspension", "query_balance", "resume_number"}),
        asks_when_back,
        "query_suspension",
        {},
    ),
    (frozenset({"query_bill", "query_monthly_fee"}), asks_why_so_much, WHY, {}),
    (frozenset({"query_data_usage"}), asks_if_enough, "query_data_usage", {"option": ENOUGH}),
    (frozenset({"report_lost_sim"}), found_again, "report_lost_sim", {"option": FOUND}),
    (
        frozenset({"query_subscribed_services", "query_third_party_services"}),
        references.asks_to_cancel,
        "cancel_service",
        {},
    ),
)
"""After which wishes words mean what."""


def follow_up(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """The wish that is meant after the last one, with what is said now; None when the message says anything else."""
    last = recent_wish(turn) or {}
    wish, option = str(last.get("intent")), (last.get("entities") or {}).get("option")
    for after, says, then, entities in AFTER:
        if turn.text and wish in after and says(turn.text):
            return then, {**entities, **_carried(turn, last, then, entities)}
    if wish == "faq" and last.get("topic") == CALLS_TOPIC:
        wish, option = "consult_roaming", CALLS_OUT
    takes = TAKES.get(wish, ())
    said: dict[str, Any] = {"option": option} if option and wish == "consult_roaming" else {}
    said |= {name: turn.entities[name] for name in takes if name in turn.entities}
    words = [words for name, _, words in turn.named if name in takes]
    if words and _points(turn.text, words):
        return wish, {**said, "place": words[0], "places": words}
    here = _HERE.fullmatch(turn.text.strip()) if wish == "find_store" and turn.intent in UNREAD else None
    if here:
        return wish, {**said, "place": here[1]}
    place = references.bare(turn.text)
    # A district may say more than the city that was understood of it.
    if "region" in takes and turn.intent in UNREAD and _PLACE.fullmatch(place):
        return wish, {**said, "place": place}
    return None


def _carried(turn: Turn, last: Mapping[str, Any], then: str, entities: Mapping[str, Any]) -> dict[str, Any]:
    """What of the last wish the next one is about."""
    before = last.get("entities") or {}
    if then == WHY and not entities:
        return {"month": str(before.get("month") or last_month(turn.doors.now()))}
    # What was to be cancelled is what was never ordered.
    named = before.get("offering") if entities.get("option") == DISPUTED else None
    return {"offering": named} if named else {}


def _points(text: str, words: list[str]) -> bool:
    """Whether nothing but these places is named: "去日本和泰国", "英国那边多少钱"."""
    return references.points(text, *words) or references.points(_TO_GO.sub(" ", text), *words)


def _says_only(pattern: re.Pattern[str], text: str) -> bool:
    plain = references.fold(text)
    return bool(pattern.search(plain)) and not references.bare(pattern.sub(" ", plain))
