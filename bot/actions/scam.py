"""Somebody is being cheated, or was: known tricks, money that is gone, and what is said after a warning.

It goes by the words, whatever they were read as: nobody who says these is shown a menu.
"""

from __future__ import annotations

import re
from typing import Any

from bot.actions import references
from bot.actions.from_to import affirmed
from bot.actions.given_away import told_somebody
from bot.actions.shown import recent_wish
from bot.actions.turn import Turn

AFTER = frozenset({"check_message", "report_fraud"})
UNDISTURBED = frozenset({"report_fraud", "transfer_to_agent", "distress", "report_lost_sim", "close_account"})
"""Read as one of these, the words have what they need."""
UNREAD = frozenset({"nlu_fallback", "out_of_scope", "inform"})
NEXT, TRICK, GAVE = "next", "trick", "gave"
"""Answers besides the warning itself; `gave`: a code or password is in other hands."""
_MOVED = re.compile(
    r"(?<!话费)(?:钱|款|存款|工资)(?:都|全|已经)?(?:被|让人|叫人)[^你，,。]{0,4}(?:转|划|刷|盗|骗|偷|卷)(?:走|了|光|空)"
    r"|(?:银行卡|储蓄卡|信用卡|支付宝|微信|存款|账户)(?:里|里面|上|内)?的?(?:钱|余额|存款)?(?:都|全)?"
    r"(?:没了|不见了|空了|被(?:人|骗子)?(?:盗|刷|转|骗)\w?)"
    r"|\b(?:money|savings)\b.{0,20}\b(?:stolen|transferred away|(?:gone|taken) from my (?:bank|account))\b",
    re.IGNORECASE,
)
_FEARED = re.compile(
    r"会不会|会被|怕|担心|能不能|如果|要是|万一|吧\s*$|\b(?:will|can|could|if|afraid|worried)\b", re.IGNORECASE
)
_TRICK = re.compile(
    r"(?:刷单|做任务|点赞).{0,10}(?:返|佣金|赚|骗|垫|转|真|靠谱)|(?:涉嫌|涉及|参与|说我).{0,4}洗钱|洗钱.{0,12}(?:转|汇|打钱)|安全账[户号]"
    r"|\bsafe account\b|\bmoney laundering\b|\b(?:like|click|task)s? (?:for|to earn) (?:money|cash|commission)",
    re.IGNORECASE,
)
_STOPPED = re.compile(r"停机|停了|封了|关停|复机|\b(?:suspended|cut off)\b", re.IGNORECASE)
_WENT = re.compile(
    r"(?:转|汇|打|付|垫|投)(?:了|过去|给|出去)|贷款?了|被骗了|(?:钱|卡)(?:都|全|已经)?(?:没了|没有了|不见了)"
    r"|\b(?:paid|transferred|sent (?:him|her|them) money|lost money|(?:took|stole) my money)\b",
    re.IGNORECASE,
)
_GAVE = re.compile(
    r"(?:发|给|告诉|念|报)(?:了|过去)|(?<![他她你])说了(?!要|不|我|算|什么|啥)|(?:告诉|发给|报给|给)(?:他|她|对方|骗子|人家).{0,2}了|⟦code:\w+⟧.{0,4}给(?:他|她|对方)"
    r"|\b(?:gave|told|sent)\b.{0,20}\b(?:it|him|her|them|code)\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"[没沒未](?:有|敢|想)?[^，,。 ]{0,2}(?:给|发|告诉|说|念|报|转|汇|打|付)|\b(?:not|never)\b|n['’]t\b", re.IGNORECASE
)
_LOCK = re.compile(r"锁|冻结|保护|\b(?:lock|freeze|protect)\b", re.IGNORECASE)
_POLICE = re.compile(r"报警|报案|警察|\bpolice\b", re.IGNORECASE)
_ASKS = re.compile(
    r"(?:要不要|该不该|用不用|需不需要|是不是要).{0,4}(?:改|换).{0,4}密码|(?:改|换).{0,4}密码.{0,3}[吗么嘛?？]"
    r"|扣(?:钱|费|款|了)|咋办|怎么办|怎么弄|咋整|追回|找回来"
    r"|\b(?:should i change|charged|what (?:now|do i do|should i do)|get it back)\b",
    re.IGNORECASE,
)


def meant(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """The wish, and how it is to be answered as its `option`; None where nothing of this is said."""
    text = turn.text[: references.LONGEST]
    if not text or turn.intent in UNDISTURBED:
        return None
    if told(text):
        return "report_fraud", {"option": GAVE} if told_somebody(text) or _gave(text) else {}
    if _TRICK.search(text) and not _STOPPED.search(text):
        return ("report_fraud", {}) if _went(text) else ("check_message", {"option": TRICK})
    if turn.form and not turn.waits_for_number:
        return None
    return _next(turn, text)


def told(text: str) -> bool:
    """Whether money is gone from a bank, or a code in other hands: nothing that is open is as urgent."""
    return told_somebody(text) or (bool(_MOVED.search(text)) and not _FEARED.search(text))


def _next(turn: Turn, text: str) -> tuple[str, dict[str, Any]] | None:
    if turn.intent in {"complain", "appeal"}:
        return None
    before = str((recent_wish(turn) or {}).get("intent"))
    if before not in AFTER:
        asks = turn.intent in UNREAD and _POLICE.search(text)
        return ("check_message", {"option": NEXT}) if asks else None
    if _LOCK.search(text) or _gave(text):
        return "report_fraud", {"option": GAVE}
    if _went(text):
        return "report_fraud", {}
    if _POLICE.search(text) or _ASKS.search(text) or (turn.intent in UNREAD and _NOT_YET.search(text)):
        return "check_message", {"option": NEXT}
    return None


def _gave(text: str) -> bool:
    return bool(_GAVE.search(affirmed(text))) and not (_NOT_YET.search(text) or _FEARED.search(text))


def _went(text: str) -> bool:
    return bool(_WENT.search(text)) and not (_NOT_YET.search(text) or _FEARED.search(text))
