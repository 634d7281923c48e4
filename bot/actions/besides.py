"""Something to look up beside something to do, in one line that was read as the one to do: 退了音乐包顺便查宽带."""

from __future__ import annotations

import re

from bot.actions import references
from bot.actions.from_to import given_up
from bot.actions.registry import registered
from bot.actions.turn import Turn

_SUBJECTS = (
    ("query_balance", r"话费余额|话费|余额|欠费|(?:my )?balance"),
    ("query_data_usage", r"剩余流量|流量(?!包)|(?:my )?data(?: left)?(?! pack)"),
    ("query_bill", r"账单|(?:my )?bill"),
    ("query_broadband", r"宽带|(?:my )?broadband"),
    ("query_points", r"积分|(?:my )?points"),
    ("query_my_plan", r"套餐|(?:my )?plan"),
    ("query_voice_allowance", r"通话分钟|分钟数|(?:my )?minutes"),
    ("query_orders", r"订单|(?:my )?orders"),
    ("query_ticket", r"工单|(?:my )?tickets?"),
)
_NAMED = "|".join(f"(?P<{wish}>{words})" for wish, words in _SUBJECTS)
_READ = re.compile(
    rf"(?:帮我|给我|我|想)*(?:查|看)(?:一?下|看|查)?(?:我?的)?(?:{_NAMED})(?:还?(?:有|剩)多少|情况|是多少)?"
)
_READ_EN = re.compile(rf"(?:check|see|show(?: me)?) (?:{_NAMED})")
_AND = re.compile(r"顺便|顺带|另外|然后|还有|并且|同时|再(?=帮我|给我|查|看)|\b(?:and also|and then|and|then|also)\b")
_AND_DO = re.compile(r"(?:顺便|顺带|另外|然后|还有|并且|同时|再|\b(?:and also|and then|and|then)\b)")
_ENDS = re.compile(r"退|取消|关")
BROADBAND_ENDS = "broadband_cancel"


def parts(turn: Turn) -> list[str]:
    """The wish that is looked up, then the one to do; [] for a line that says one thing, or that is several already."""
    writes = registered().offered - registered().reads
    plain = references.fold(turn.text)
    if turn.intent not in writes or not plain or given_up(turn.text):
        return []
    found = _after(plain) or _before(plain)
    if not found:
        return []
    read, rest = found
    return [read, _to_do(turn, read, rest)]


def _after(plain: str) -> tuple[str, str] | None:
    """ "开个流量包再查下话费": what is looked up, and the rest."""
    for word in _AND.finditer(plain):
        read = _wish(plain[word.end() :].strip())
        if read and len(plain[: word.start()].strip()) > 1:
            return read, plain[: word.start()]
    return None


def _before(plain: str) -> tuple[str, str] | None:
    """ "查下话费再开个流量包"."""
    for word in _AND_DO.finditer(plain):
        read = _wish(plain[: word.start()].strip())
        if read and len(plain[word.end() :].strip()) > 1:
            return read, plain[word.end() :]
    return None


def _wish(clause: str) -> str:
    """What nothing but a look is taken at, "" for other words."""
    for pattern in (_READ, _READ_EN):
        if match := pattern.match(clause):
            return str(match.lastgroup) if not references.bare(clause[match.end() :]) else ""
    return ""


def _to_do(turn: Turn, read: str, rest: str) -> str:
    """What was read as the end of the broadband that is only looked up is the end of what else was named."""
    mixed = turn.intent == BROADBAND_ENDS and read == "query_broadband" and "宽带" not in rest
    return "cancel_service" if mixed and _ENDS.search(rest) else turn.intent
