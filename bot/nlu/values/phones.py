"""Mobile numbers (E.164) and plain small numbers."""

from __future__ import annotations

import re

from bot.nlu.values.found import Found
from bot.nlu.values.numerals import DIGITS, NUMERAL, parse_number, spoken_digits

_DIGIT = "[" + "".join(DIGITS) + r"\d]"
_MOBILE = re.compile(rf"(?<!{_DIGIT})(?:(?:\+|00)?86[ -]?)?[1一幺壹](?:[ -]?{_DIGIT}){{10}}(?![ -]?{_DIGIT})")
_CHOICE = re.compile(
    rf"第(?P<nth>\d{{1,2}}|{NUMERAL}{{1,3}})(?:个|项|种|条|款)?"
    rf"|(?:选|选择|按|回复|option|number|no\.?|choose) ?(?P<chosen>\d{{1,2}}|{NUMERAL}{{1,2}})(?!\d|个|块|元|百|g)"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_ENGLISH_CHOICE = re.compile(
    rf"\b(?:the )?({'|'.join(_ORDINALS)}) (?:one|option|plan|pack)\b|^(?:the )?({'|'.join(_ORDINALS)})$"
)
_ARABIC = re.compile(r"(?<![\d.a-z])\d{1,6}(?![\d.]|[a-z])")
_WHOLE = re.compile(rf"^({NUMERAL}{{1,6}}|\d{{1,6}})(?:号|个|吧|呢|的)?$")


def find_mobiles(text: str) -> list[Found]:
    """Mobile numbers, typed or said digit by digit, with or without +86."""
    found = []
    for match in _MOBILE.finditer(text):
        digits = spoken_digits(match[0])[-11:]
        if digits[1] in "3456789":
            found.append(Found("msisdn", match.start(), match.end(), f"+86{digits}"))
    return found


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
