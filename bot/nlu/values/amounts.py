"""Money in fen and data volumes in KB, spoken or typed: 一百五, 十块五, 50元, 二十八的, 10个G, 五百兆, 半个g, ten yuan.

A bare number is money only next to a word of paying, as a price that names a plan (二十八的), or, when it was said as a
round amount (一百, 四十八), in a line about money.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from bot.nlu.values.found import Found
from bot.nlu.values.numerals import DIGITS, NUMBER, NUMERAL, UNITS, Numeral, find_numerals, parse_number

_ONES = "[" + "".join(DIGITS) + r"\d]"
_NO_UNIT_AFTER = rf"(?:(?=一(?:个月|分钟|天|年|条|次|兆))|(?!{NUMERAL}|\d|个|块|元|g|兆|m|号|月|天|分|条|次|年|周|张))"
_YUAN_AFTER = re.compile(
    r"(?:多|来)? ?(?:块钱|元钱|块|元(?!月(?!租)|旦|宵|素)|圆|rmb|yuan|cny|kuai|¥)"
    rf"(?:(?P<jiao>{_ONES})(?:(?:毛|角)(?P<fen>{_ONES})?|(?P<cents>{_ONES}))?{_NO_UNIT_AFTER})?"
)
_CURRENCY_BEFORE = re.compile(r"(?:¥|rmb|cny) ?$")
_MAO_AFTER = re.compile(rf"毛(?P<fen>{_ONES}){_NO_UNIT_AFTER}|毛钱?|角钱")
_FEN_AFTER = re.compile(r"分钱")
_ONE_YUAN = re.compile(rf"一块(?:$|钱|{_ONES}|的|多|左右|一|每|也|都|了|[,。!?、 ])")
_NO_MONEY_AFTER = re.compile(
    r"[\d.:%]| ?(?:个?g(?:b|ig)?(?![a-z])|个?[mtk]b?(?![a-z])|个|兆|号|次|月|天|张|年|点|日|下|卡|遍|些|分钟|"
    r"分|秒|条|小时|岁|位|人|家|台|部|楼|级|倍|周|星期|几|多个|多兆|多g|多条|多分|百|期|档|路|样|点儿|回|笔|单|趟|轮|场|名|只|把|种|类|"
    r"本|赔|窗|会儿|步|句|段|件|份|项|times?\b|days?\b|"
    r"months?\b|minutes?\b|mins?\b|hours?\b|texts?\b|sms\b|gigs?\b|megs?\b|years?\b|weeks?\b|of\b)"
)
_PAID_BEFORE = re.compile(
    r"(?:充值?|冲值?|交|缴|付|续|存|欠|扣|花|收|退|返|补|转|还有|还剩|剩|只有|"
    r"top ?up|recharged?|pay|paid|cz|"
    r"charged?|owe|cost|deducted|spent|refund)"
    r"(?:费|话费|手机费|电话费)?(?:了|上|入|个|我|他|她|掉|进去|进|到|me|my|with|by|for)? ?$"
)
_ABOUT_MONEY = re.compile(r"钱|费|[充交缴欠扣]")
_NOT_AN_AMOUNT_BEFORE = re.compile(r"(?:第|尾号|几|数|好|[月周点号]|星期|礼拜|百分之|卡号|编号|-|\.|[a-z]) ?$")
_PRICED = re.compile(
    "(?:块|元)?(?:钱)?(?:档(?:的)?|的?那个?套餐|的?(?:一个)?套餐|的?资费|的(?=$|那|流量|套|包|卡|[吧吗呢啊,。和与跟还差有比对哪]|换)"
    r"| ?(?:plan|package|one)\b"
    rf"|(?=(?:和|跟|与|还是|或者?|、){NUMBER}(?:块|元)?的?(?:套餐|$|[那哪有差比对])))"
)
_NO_PRICE_BEFORE = re.compile(r"(?:尾号|工号|编号|第|[\d.]) ?$")
_VOLUME_AFTER = re.compile(
    r"(?P<several>个多|多?个(?P<half>半)?)? ?"
    r"(?P<unit>gigabytes?|megabytes?|gigs?|megs?|gb|mb|tb|kb|g|m|t|k|兆|吉)(?![a-z])"
)
_HALF = re.compile(r"(?<!个)半个? ?(?:gb|g|t|兆)(?![a-z])|half an? (?:gigabyte|gig|gb|g)\b")
_KB = {"k": 1, "m": 1024, "兆": 1024, "g": 1024**2, "吉": 1024**2, "t": 1024**3}
_GENERATIONS = {2, 3, 4, 5, 6}
_BEFORE_VOLUME = re.compile(
    r"(?:买|加|订|来|要|剩|用了|剩了|还有|还剩|超|送|送了|只有|buy|add|get|left|used|another|extra) ?$"
)
_AFTER_GENERATION = re.compile(
    r" ?(?:套餐|网|手机|卡|信号|基站|用不|连|plan|network|phone|signal|sim|$|的套餐|上不|冲浪|服务|功能|不|怎么|没)"
)
_AFTER_VOLUME = re.compile(r" ?(?:的?(?:国内|省内|通用|全国)?流量包|包|的包|data|pack|of data)")
_SURELY_GENERATION = re.compile(r" ?(?:套餐|网|手机|信号|plan|network|speed|signal|phone)")
_LEAST_PRICE_NAME = 5
_MOST_YUAN = 1_000_000
_LOOK_BACK = 16
_MINUS = ("-", "−", "负")


def find_money(text: str, numerals: list[Numeral] | None = None) -> list[Found]:
    """All amounts of money in a normalised text, in fen; part of a fen, 几十块 and negative amounts are none."""
    found: list[Found] = []
    is_about_money = bool(_ABOUT_MONEY.search(text))
    for one in find_numerals(text) if numerals is None else numerals:
        if one.value is None or not _is_unsigned(text, one) or _is_a_few(text, one):
            continue
        amount = _with_unit(text, one) or _without_unit(text, one, is_about_money)
        if amount and 0 < amount.value < _MOST_YUAN * 100:
            found.append(amount)
    return list(_without_restarts(found))


def find_volumes(text: str, numerals: list[Numeral] | None = None) -> list[Found]:
    """All data volumes in a normalised text, in KB (1 GB is 1024 MB); 5G套餐 is a network, not a volume."""
    found = [
        Found("volume_kb", match.start(), match.end(), _KB["兆" if "兆" in match[0] else "g"] // 2)
        for match in _HALF.finditer(text)
    ]
    for one in find_numerals(text) if numerals is None else numerals:
        after = _VOLUME_AFTER.match(text, one.end)
        if not after or not one.value or one.is_approximate or not _is_counted(text, one):
            continue
        if not _is_generation(text, one, after):
            size = (one.value + (Fraction(1, 2) if after["half"] else 0)) * _KB[after["unit"][0]]
            if size.denominator == 1 and size < 2**40:
                found.append(Found("volume_kb", one.start, after.end(), int(size)))
    return found


def _before(text: str, start: int) -> str:
    return text[max(0, start - _LOOK_BACK) : start]


def _is_unsigned(text: str, one: Numeral) -> bool:
    """Not -1, not 负五十, not the 9 of 1e9, not the 5 of 0.0.5; "50-100" are two amounts."""
    if not one.start:
        return True
    before = text[one.start - 1]
    if before in _MINUS:
        return one.start > 1 and (text[one.start - 2].isnumeric() or text[one.start - 2] in "元块")
    if before.isascii() and before.isalpha() and text[: one.start].endswith(("rmb", "cny", "cz")):
        return True
    return not (before == "." or (before.isascii() and before.isalpha() and one.text[0].isascii()))


def _is_counted(text: str, one: Numeral) -> bool:
    """Not the 2m of m2m, not 几十k."""
    before = _before(text, one.start)[-1:]
    return not ("a" <= before <= "z" and one.text[0].isdigit()) and before not in ("几", "数", *_MINUS)


def _is_a_few(text: str, one: Numeral) -> bool:
    """几十, 好几百, 数百."""
    before = _before(text, one.start)[-1:]
    return before == "几" or (before == "数" and one.text[0] in UNITS)


def _with_unit(text: str, one: Numeral) -> Found | None:
    """50元, 十块五, ¥50, 五毛钱, 两分钱."""
    if (one.is_said_digit_by_digit and len(one.text) != 3) or one.is_approximate:
        return None
    after = _YUAN_AFTER.match(text, one.end)
    if after:
        if one.text == "一" and not _is_one_yuan(text, one.start):
            return None
        jiao, fen = (
            parse_number(said or "0") or Fraction(0) for said in (after["jiao"], after["fen"] or after["cents"])
        )
        return _amount(one.start, after.end(), one, Fraction(100), jiao * 10 + fen)
    if after := _MAO_AFTER.match(text, one.end):
        return _amount(one.start, after.end(), one, Fraction(10), parse_number(after["fen"] or "0") or Fraction(0))
    if after := _FEN_AFTER.match(text, one.end):
        return _amount(one.start, after.end(), one, Fraction(1))
    sign = _CURRENCY_BEFORE.search(_before(text, one.start))
    return _amount(one.start - len(sign[0]), one.end, one, Fraction(100)) if sign else None


def _is_one_yuan(text: str, start: int) -> bool:
    """Not 一块 that means "together" or "piece"."""
    is_piece = text[start + 1 : start + 2] == "块" and not _ONE_YUAN.match(text, start)
    return not is_piece and not _before(text, start).endswith(tuple("这那哪某"))


def _without_unit(text: str, one: Numeral, is_about_money: bool) -> Found | None:
    before = _before(text, one.start)
    priced = _PRICED.match(text, one.end)
    if (len(one.text) == 1 and one.text in DIGITS) or ("幺" in one.text and not (priced and "套餐" in priced[0])):
        return None
    if one.is_approximate and not one.is_said_digit_by_digit:
        return None
    if priced and one.value and one.value >= _LEAST_PRICE_NAME:
        is_price = not _NO_PRICE_BEFORE.search(before) and one.text != "五一"
        return _amount(one.start, one.end, one, Fraction(100)) if is_price else None
    if one.is_said_digit_by_digit or _NO_MONEY_AFTER.match(text, one.end):
        return None
    is_paid = bool(_PAID_BEFORE.search(before))
    is_round = is_about_money and one.has_units and not one.text[0].isascii() and len(one.text) > 1
    if is_paid or (is_round and not _NOT_AN_AMOUNT_BEFORE.search(before)):
        return _amount(one.start, one.end, one, Fraction(100))
    return None


def _amount(start: int, end: int, one: Numeral, each: Fraction, more: Fraction = Fraction(0)) -> Found | None:
    fen = (one.value or Fraction(0)) * each + more
    return Found("amount_fen", start, end, int(fen)) if fen.denominator == 1 else None


def _without_restarts(found: list[Found]) -> Iterator[Found]:
    """六元六块六: the amount was said again, in full."""
    for index, one in enumerate(found):
        later = found[index + 1] if index + 1 < len(found) else None
        if not (later and one.end == later.start and one.value // 100 == later.value // 100):
            yield one


def _is_generation(text: str, one: Numeral, after: re.Match[str]) -> bool:
    if after["unit"] != "g" or after["several"] or one.value not in _GENERATIONS:
        return False
    if _AFTER_VOLUME.match(text, after.end()) or _BEFORE_VOLUME.search(_before(text, one.start)):
        return bool(_SURELY_GENERATION.match(text, after.end()))
    return bool(_AFTER_GENERATION.match(text, after.end())) or one.value not in {1}
