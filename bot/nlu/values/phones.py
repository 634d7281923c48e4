"""Numbers that are dialled (mobile, hotline, landline, parts of them), numbers of orders, and plain small numbers."""

from __future__ import annotations

import re

from bot.nlu.values.found import Found
from bot.nlu.values.numerals import DIGIT, DIGITS, NUMERAL, parse_number, spoken_digits

_MOBILE = re.compile(rf"(?<!{DIGIT})(?:(?:\+|00)?86[ -]?)?[1一幺壹](?:[ -]?{DIGIT}){{10}}(?![ -]?{DIGIT})")
_RUN = re.compile(rf"(?<![\d.a-z¥{''.join(DIGITS)}十百千万]){DIGIT}{{3,12}}(?![\d{''.join(DIGITS)}十百千万])")
_HOTLINE = re.compile(
    r"1(?:00[018]\d|008611|0[0-9]{3}|0650|2[13]\d{2}|25(?:80|93)|60\d{2}|79\d{2}|96\d{2})|9[56]\d{3,4}|106\d{5,9}|[48]00\d{7}|11[0249]|12[02]"
)
_LANDLINE = re.compile(r"(?<![\d-])(?:0\d{2,3}[- ]?\d{7,8}|[48]00-\d{3}-?\d{4})(?!\d)")
_MONEY_AFTER = re.compile(r"(?:块|元|个|兆|g\b|mb?\b|的套餐|套餐|年|分钟|条|天| ?yuan| ?rmb)")
_CALLED = re.compile(r"(?:打|拨|电话|发到|发给|回复|热线|客服|call|dial|to|from|text) ?$")
_PHONE_BEFORE = re.compile(r"(?:号码?|手机|电话|尾数|充|给|到|number|phone)(?:是|为|的)? ?$")
_PHONE_AFTER = re.compile(r" ?(?:开头|打头|号段|的号|那个号|这个号|的手机|的电话|number|prefix)")
_TWICE = {"两": 2, "俩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6}
_TAIL = rf"(?P<digits>{DIGIT}{{2,8}})(?!{DIGIT})|(?P<times>[{''.join(_TWICE)}])个(?P<digit>{DIGIT})"
_LAST_DIGITS = re.compile(
    r"(?:尾号|尾数|号码后面|号后面|(?:最?后|末)(?:面)?[二两三四五六2-6](?:位|个)(?:数字?|号)?|手机尾|"
    r"ending (?:in|with)|ends (?:in|with)|last (?:two|three|four|five|six|[2-6]) (?:digits|numbers)(?: (?:are|is))?)"
    rf"(?:号码)?(?:就?是|为|的是|:)? ?(?:{_TAIL})"
)
_DIGITS_LAST = re.compile(rf"(?<!{DIGIT})(?P<digits>{DIGIT}{{3,8}}) ?(?:结尾|收尾|的?尾号)")
_ORDER = re.compile(r"(?<![a-z\d])(?:pay|[otubp])\d{14}(?![\d])")
_ORDER_SAID = re.compile(
    r"(?:订单|工单|流水|受理|投诉|报障|业务|交易|支付)?(?:编号|单号|流水号|订单号|工单号|受理号)"
    r"(?:码)?(?:就?是|为)?[: ]?"
    r"(?P<zh>[a-z]{0,4}-?\d{6,24})(?![\da-z])"
    r"|(?:order|ticket|case|complaint|reference|ref|transaction) ?(?:number|no\.?|id|#)?(?: is)?[: #]*"
    r"(?P<en>(?=[a-z\d-]*\d{6})[a-z]{0,4}-?\d{6,24})(?![\da-z])"
)
_CHOICE = re.compile(
    rf"第(?P<nth>\d{{1,2}}|{NUMERAL}{{1,3}})(?:个|项|种|条|款)?"
    rf"|(?:选|选择|按|回复|option|number|no\.?|choose) ?(?P<chosen>\d{{1,2}}|{NUMERAL}{{1,2}})(?!\d|个|块|元|百|g)"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_ENGLISH_CHOICE = re.compile(
    rf"\b(?:the )?({'|'.join(_ORDINALS)}) (?:one|option|plan|pack)\b|^(?:the )?({'|'.join(_ORDINALS)})$"
)
_ARABIC = re.compile(
    r"(?<![\d.a-z负])(?<!^[-−])(?<![^\d元块][-−])(?<!\d,(?=\d{3}(?!\d)))"
    r"\d{1,6}(?:(?<!\d{4}),\d{3})?(?![\d.a-z]|,\d{3}(?!\d))"
)
_WHOLE = re.compile(rf"^({NUMERAL}{{1,6}}|\d{{1,6}})(?:号|个|吧|呢|的)?$")
_LEAST_PART, _MOST_PART = 3, 10
_LONG_PART = 7
"""Of typed digits; fewer are an amount as well."""


def find_mobiles(text: str) -> list[Found]:
    """Mobile numbers, typed or said digit by digit, with or without +86, as E.164."""
    found = []
    for match in _MOBILE.finditer(text):
        digits = spoken_digits(match[0])[-11:]
        if digits[1] in "3456789":
            found.append(Found("msisdn", match.start(), match.end(), f"+86{digits}"))
    return found


def find_orders(text: str) -> list[Found]:
    """Numbers of orders, tickets and payments: as our CRM makes them, or any long one that is called so."""
    found = [Found("order_number", *match.span(), match[0].upper()) for match in _ORDER.finditer(text)]
    for match in _ORDER_SAID.finditer(text):
        group = "zh" if match["zh"] else "en"
        found.append(Found("order_number", *match.span(group), match[group].upper()))
    return found


def find_last_digits(text: str) -> list[Found]:
    """What a number or card ends in: 尾号8888, 后四位是一二三四, 尾号四个八, ending in 1234."""
    found = []
    for pattern in (_LAST_DIGITS, _DIGITS_LAST):
        for match in pattern.finditer(text):
            groups = match.groupdict()
            said = groups["digits"] or groups["digit"] * _TWICE[groups["times"]]
            found.append(Found("last_digits", *match.span(), spoken_digits(said)))
    return found


def find_phones(text: str) -> list[Found]:
    """Hotlines and landlines (`phone`), and the beginning of a mobile number that was not said to its end."""
    found = [Found("phone", *match.span(), re.sub(r"\D", "", match[0])) for match in _LANDLINE.finditer(text)]
    for match in _RUN.finditer(text):
        digits = spoken_digits(match[0])
        if _MONEY_AFTER.match(text, match.end()):
            continue
        before = text[max(0, match.start() - 8) : match.start()]
        if _HOTLINE.fullmatch(digits) and (len(digits) > 3 or _CALLED.search(before)):
            found.append(Found("phone", *match.span(), digits))
        elif _is_part(match, digits, before, text):
            found.append(Found("phone_part", *match.span(), digits))
    return found


def _is_part(match: re.Match[str], digits: str, before: str, text: str) -> bool:
    if not _LEAST_PART <= len(digits) <= _MOST_PART or digits[0] != "1" or digits[1] not in "3456789":
        return False
    if _PHONE_AFTER.match(text, match.end()):
        return True
    if match[0].isascii():
        return len(digits) >= _LONG_PART
    # Nobody says 幺 but for the digits of a number.
    return "幺" in match[0] or len(digits) > _LEAST_PART or bool(_PHONE_BEFORE.search(before))


def find_numbers(text: str) -> list[Found]:
    """Small plain numbers: choices (第二个, option 3), a message that is only a number, Arabic digits on their own."""
    found = [_number(match.start(), match.end(), match["nth"] or match["chosen"]) for match in _CHOICE.finditer(text)]
    found += [
        Found("number", match.start(), match.end(), _ORDINALS[match[1] or match[2]])
        for match in _ENGLISH_CHOICE.finditer(text)
    ]
    whole = _WHOLE.match(text)
    if whole:
        found.append(_number(whole.start(1), whole.end(1), whole[1]))
    found += [_number(match.start(), match.end(), match[0]) for match in _ARABIC.finditer(text)]
    return [one for one in found if one.value is not None]


def _number(start: int, end: int, text: str) -> Found:
    value = parse_number(text)
    return Found("number", start, end, None if value is None else int(value))
