"""Money in fen and data volumes in KB, spoken or typed: 一百五, 十块五, 50元, 二十八的, 10个G, 五百兆, 半个g."""

from __future__ import annotations

import re
from fractions import Fraction

from bot.nlu.values.found import Found
from bot.nlu.values.numerals import DIGITS, NUMBER, NUMERAL, parse_number

_ONES = "[" + "".join(DIGITS) + r"\d]"
_MONEY = re.compile(
    rf"(?P<yuan>{NUMBER})(?:多|来)? ?(?:块钱|元钱|块|元|圆|rmb|yuan|cny|¥)(?!钱?包月)"
    rf"(?:(?P<jiao>{_ONES})(?:毛|角)?(?!{_ONES}|十|个|百|g|兆|m))?"
    rf"|(?:¥|rmb|cny) ?(?P<after>{NUMBER})"
    rf"|(?P<mao>{NUMBER})(?:毛|角)(?:钱)?"
)
_NO_MONEY_AFTER = r"[\d.]|个?g\b|个?[gm兆]|号|次|个|月|天|张|年|点|日|下|卡|遍|些"
_PAY = re.compile(
    r"(?:充值?|冲值?|交|缴|付|续|存|top ?up|recharge|pay|cz)(?:了|上|入|个|我)? ?"
    rf"(?P<yuan>{NUMBER})(?!{_NO_MONEY_AFTER})"
)
_PRICED = (
    "档(?:的)?|的?那个?套餐|的?套餐|的?资费|的(?=$|那|流量|套|包|卡|[吧吗呢啊,。和与跟还差有比对哪]|换)"
    r"| ?(?:plan|package|one)\b"
    rf"|(?=(?:和|跟|与|还是|或者?|、){NUMBER}(?:块|元)?的?(?:套餐|$|[那哪有差比对]))"
)
_PRICE_NAME = re.compile(rf"(?<!尾号)(?<!第)(?<![\d.])(?<!{NUMERAL})(?P<yuan>{NUMBER})(?:块|元)?(?:{_PRICED})")
_VOLUME = re.compile(
    rf"(?P<half>半)?(?:(?<=半)|(?P<size>{NUMBER}))(?P<several>个)? ?"
    r"(?P<unit>gb|mb|tb|kb|g|m|t|k|兆|吉|gigs?\b)(?![a-z])"
)
_KB = {"k": 1, "m": 1024, "兆": 1024, "g": 1024**2, "吉": 1024**2, "t": 1024**3}
_GENERATIONS = {2, 3, 4, 5, 6}
_BEFORE_VOLUME = re.compile(r"(?:买|加|订|来|要|剩|用|用了|剩了|还有|还剩|超|送|送了|buy|add|get|left|used) ?$")
_AFTER_GENERATION = re.compile(
    r" ?(?:套餐|网|手机|卡|信号|基站|用不|连|plan|network|phone|signal|sim|$|的套餐|上不|冲浪|服务|功能|不|怎么|没)"
)
_AFTER_VOLUME = re.compile(r" ?(?:的?(?:国内|省内|通用|全国)?流量|包|的包|data|pack)")
_LEAST_PRICE_NAME = 5


def find_money(text: str) -> list[Found]:
    """All amounts of money in a normalised text, in fen.

    A bare number counts only as a price name (二十八的) or after a word of paying.
    """
    found = []
    for match in _MONEY.finditer(text):
        fen = _fen(match)
        if fen:
            found.append(Found("amount_fen", match.start(), match.end(), fen))
    for pattern, least in ((_PAY, 1), (_PRICE_NAME, _LEAST_PRICE_NAME)):
        for match in pattern.finditer(text):
            yuan = parse_number(match["yuan"])
            if yuan is not None and least <= yuan < 100_000:
                found.append(Found("amount_fen", match.start("yuan"), match.end("yuan"), int(yuan * 100)))
    return found


def find_volumes(text: str) -> list[Found]:
    """All data volumes in a normalised text, in KB (1 GB is 1024 MB); 5G套餐 is a network, not a volume."""
    found = []
    for match in _VOLUME.finditer(text):
        size = Fraction(1, 2) if match["half"] else parse_number(match["size"])
        if size is not None and not _is_generation(match, size, text):
            found.append(Found("volume_kb", match.start(), match.end(), int(size * _KB[match["unit"][0]])))
    return found


def _fen(match: re.Match[str]) -> int | None:
    if match["mao"]:
        jiao = parse_number(match["mao"])
        return None if jiao is None else int(jiao * 10)
    yuan = parse_number(match["yuan"] or match["after"])
    jiao = parse_number(match["jiao"]) if match["jiao"] else Fraction(0)
    return None if yuan is None or jiao is None else int(yuan * 100 + jiao * 10)


def _is_generation(match: re.Match[str], size: Fraction, text: str) -> bool:
    if match["unit"] != "g" or match["several"] or match["half"] or size not in _GENERATIONS:
        return False
    if _AFTER_VOLUME.match(text, match.end()) or _BEFORE_VOLUME.search(text[: match.start()]):
        return bool(re.match(r" ?(?:套餐|网|手机|plan|network)", text[match.end() :]))
    return bool(_AFTER_GENERATION.match(text, match.end())) or size not in {1}
