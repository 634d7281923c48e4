"""What some words mean whatever they were read as, where another reading would cost money, hurt, or show too much."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.actions import invoice_sent, leaving, money_back, references
from bot.actions.abroad import CALLS_OUT, calls_out, meant_abroad
from bot.actions.given_up import withdraws
from bot.actions.invoice_said import said, wants_one
from bot.actions.turn import Turn
from bot.actions.wiring import terms

ENDINGS = frozenset({"cancel_data_pack", "cancel_service", "roaming_off"})
UNREAD = frozenset({"nlu_fallback", "out_of_scope", "inform"})
POINTS_READ_AS = frozenset({"query_points", "redeem_points", "faq", *UNREAD})
WHO_READ_AS = frozenset({"query_own_number", "query_real_name", "find_store", "bot_challenge", "faq", *UNREAD})
CALLS_READ_AS = frozenset({"consult_plans", "consult_roaming", "faq", *UNREAD})
CALLS_TOPICS = frozenset({"", "international_calls"})
LEAVING_READ_AS = frozenset({"consult_roaming", "recharge", "order_data_pack", "faq", *UNREAD})
WITHDRAW = "withdraw"
"""What a complaint is told that is not wanted any more."""
DIED = "death"
"""What the closing of a number is told when its holder has died."""
MANAGER = "manager"
"""What the own number is asked for: who looks after it."""
TO_OTHERS = "to_others"
"""What points are asked about: whether they can become somebody else's."""
ELSEWHERE = frozenset({"transfer_to_agent", "report_fraud"})
"""Who asks for these gets them, whatever else is in the line."""
_KIN = (
    "(?:爸|妈|媽|父亲|母亲|爷爷?|奶奶?|外公|外婆|"
    "姥姥|姥爷|公公|婆婆|老伴|老公|老婆|爱人|丈夫|妻子|老人|儿子|女儿|哥|姐|弟|妹|机主|户主|他|她)"
)
_DIED = re.compile(
    rf"去世|过世|過世|病故|病逝|离世|逝世|身故|{_KIN}(?:已经|刚|前几天|上个?月|去年)?(?:走了|没了|不在了)"
    r"|\bpassed away\b|\bdeceased\b"
    r"|\b(?:father|mother|dad|mom|mum|husband|wife|parent|grand\w+|brother|sister|son|daughter|uncle|aunt|owner|he|she)"
    r" (?:has |have |had |just |recently )*died\b",
    re.IGNORECASE,
)
_HIS_NUMBER = re.compile(
    r"号|號|卡|扣(?:钱|费|款)|话费|月租|套餐|过户|销户|手机(?:还|怎么|咋)|\b(?:number|sim|line|phone|account|plan|bills?|charged?)\b",
    re.IGNORECASE,
)
_IN_DANGER = re.compile(r"不想活|想死|自杀|跟着?[他她][走去]|\bsuicid|\bkill myself\b|\bwant to die\b", re.IGNORECASE)
_BUYS = re.compile(r"买|来[一两个]|订购|\b(?:buy|purchase|order|get(?! rid))\b", re.IGNORECASE)
_SURELY_BUYS = re.compile(r"买|订购|\b(?:buy|purchase|order)\b", re.IGNORECASE)
_ENDS = re.compile(
    r"退|取消|关|關|停|不|别|別|错|錯|撤|没|沒|删|解|\b(?:cancel|stop|off|end|unsubscribe|remove|rid|disable|deactivate|"
    r"not|never|no|refund|back|wrong|mistake|drop|delete|quit|terminate|bought|ordered|undo)\b|n['’]t\b",
    re.IGNORECASE,
)
_PACK = re.compile(r"流量|漫游|漫遊|包|\bdata\b|\broaming\b|\bpacks?\b", re.IGNORECASE)
_TAKES_BACK = re.compile(
    r"(?:请|帮我|给我|麻烦|把|我要|我想)*(?:刚才|刚刚)?的?(?:撤销|撤回|撤掉)(?:吧|了|掉|一下|更换|变更|申请|它|刚才的?)*"
    r"|undo(?: it| that)?(?: please)?"
)
_SPEAKER = re.compile(
    r"(?:转|找|换|叫|接).{0,4}(?:会|能)?(?:说|讲).{1,5}的|(?:会|能)(?:说|讲).{1,5}(?:人工|客服|坐席)"
    r"|\b(?:agent|person|someone|somebody|human|representative)\b.{0,12}\bspeaks?\b",
    re.IGNORECASE,
)
_NOT_DEAR = re.compile(
    r"(?:别|不要|不用|甭)(?:再|老|总|给我|跟我)*(?:推荐|介绍|推|说|来).{0,4}(?:太?贵|高价)"
    r"|\b(?:don.?t|do not|stop) (?:recommend|show|offer)\w*.{0,12}\b(?:expensive|dear|pricey)\b",
    re.IGNORECASE,
)
"""What is not wanted is the price, and not the advice."""
_TD = re.compile("(?:回复?|发)?(?:td|tui ?ding)")
_GIVES_UP = re.compile(r"退(?:了|掉|订)")
_BEGINS = re.compile(
    r"我?(?:想|要)(?:查|问|咨询|了解|办理?)(?:一?下|点(?:事|东西)?|个?(?:业务|事情?))"
    r"|(?:hi |hello )?(?:i (?:have|ve|ve got|got) a question|can i ask (?:you )?something|i want to ask something)"
)
_OTHER_LOGIN = re.compile("(?:我要|我想|想|帮我)?(?:换|切换)(?:一?个|另一个)?(?:手机)?号码?(?:登录|登陆)?吧?")
MISREAD = frozenset({"close_account", "stop", "deny", "goodbye", "correct", *ENDINGS, *UNREAD})


def told_of_death(text: str) -> bool:
    """Whether somebody who has died held a number: a loss that is told without one is for who listens."""
    return bool(_DIED.search(text) and _HIS_NUMBER.search(text)) and not _IN_DANGER.search(text)


def asks_for_manager(turn: Turn) -> bool:
    """Whether it is asked who looks after this customer. Who wants to be put through is not read so."""
    if not terms().says("account_manager", turn.text):
        return False
    return turn.intent in WHO_READ_AS or (
        turn.intent == "transfer_to_agent" and bool(terms().says("who_is_it", turn.text))
    )


def gives_points(text: str) -> bool:
    """Whether points are to become somebody else's."""
    return bool(terms().says("points", text) and terms().says("points_to_others", text))


def _only_begins(text: str) -> bool:
    """ "我想查一下"."""
    return bool(_BEGINS.fullmatch(references.fold(text)))


def takes_back(text: str) -> bool:
    """A bare "撤销"."""
    return bool(_TAKES_BACK.fullmatch(references.fold(text)))


def ends_adverts(text: str) -> bool:
    """ "TD": what every advert says to send, so it ends them wherever it comes."""
    return bool(_TD.fullmatch(references.fold(text)))


def _other_login(text: str) -> bool:
    """ "换个号码"."""
    return bool(_OTHER_LOGIN.fullmatch(references.fold(text)))


def buys(text: str, surely: bool = False) -> bool:
    """Whether data is to be bought, and nothing is said of an end. `surely`: "get" is not enough."""
    said = _SURELY_BUYS if surely else _BUYS
    return bool(said.search(text) and _PACK.search(text)) and not _ENDS.search(text)


_READINGS: tuple[tuple[frozenset[str], Callable[[str], Any], str, dict[str, Any]], ...] = (
    (MISREAD, takes_back, "undo_plan_change", {}),
    (frozenset({"switch_language", *UNREAD}), _SPEAKER.search, "transfer_to_agent", {}),
    (frozenset({"goodbye", "thanks"}), _GIVES_UP.search, "cancel_service", {}),
    (
        frozenset({"several_questions", "dispute_charge", *ENDINGS, *UNREAD}),
        money_back.wants_back_of_cancelled,
        "never_ordered",
        {"option": money_back.PAST},
    ),
    (
        frozenset({"query_recharge_record", "faq", *UNREAD}),
        money_back.asks_when_refunded,
        "never_ordered",
        {"option": money_back.WHEN},
    ),
    (
        frozenset({"repeat", *UNREAD}),
        invoice_sent.asks_of_invoice,
        "invoice",
        {"option": invoice_sent.ARRIVED},
    ),
    (frozenset({"consult_business", *UNREAD}), wants_one, "invoice", {}),
    (UNREAD, money_back.wants_past_back, "never_ordered", {"option": money_back.PAST}),
    (frozenset({"correct", *UNREAD}), _other_login, "login", {"option": "other"}),
    (UNREAD, _only_begins, "help_menu", {}),
    (LEAVING_READ_AS, leaving.keeps_number, "suspend_number", {}),
    (LEAVING_READ_AS, leaving.leaves_for_good, "close_account", {}),
    (frozenset({"faq", *UNREAD}), leaving.renews_papers, "query_real_name", {"option": leaving.RENEWED}),
)
"""Read as one of these, saying this: the wish that is meant, outside of a form."""


async def meant(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """The wish and what it is told; None for words that mean what they were read as. Raises Unavailable."""
    text = turn.text[: references.LONGEST]
    if not text:
        return None
    if turn.intent not in ELSEWHERE and told_of_death(text):
        return "close_account", {"option": DIED}
    if turn.who.bound is not None and withdraws(text):
        return "complain", {"option": WITHDRAW}
    if (
        (turn.intent in ENDINGS and buys(text))
        or (turn.intent == "order_data_pack" and not _ENDS.search(text))
        or (turn.intent in UNREAD and buys(text, True))
    ):
        abroad = await meant_abroad(turn)
        if abroad or turn.intent != "order_data_pack":
            return "order_data_pack", abroad or turn.entities
    if ends_adverts(text):
        return "opt_out_marketing", {}
    if turn.intent == "opt_out_marketing" and _NOT_DEAR.search(text):
        fen = turn.price_fen()
        return "recommend_plan", {"amount_fen": fen} if fen else {}
    if turn.form and not turn.waits_for_number:
        return None
    if turn.intent in CALLS_READ_AS and turn.topic in CALLS_TOPICS and calls_out(turn):
        return "consult_roaming", {**turn.entities, "option": CALLS_OUT}
    if asks_for_manager(turn):
        return "query_own_number", {"option": MANAGER}
    if turn.intent in POINTS_READ_AS and gives_points(text):
        return "query_points", {"option": TO_OTHERS}
    for read_as, says, wish, entities in _READINGS:
        if turn.intent in read_as and says(text):
            filled = {"filled": await said(turn)} if wish == "invoice" else {}
            return wish, {**turn.entities, **filled, **entities}
    return None
