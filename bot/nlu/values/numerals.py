"""Chinese and Arabic numbers as people say and type them (一百五 is 150, 两百零五 is 205, 幺三八 is the digits 138)."""

from __future__ import annotations

from fractions import Fraction

DIGITS = {**{char: value for value, char in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2, "俩": 2, "幺": 1}
DIGITS |= dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10000}
NUMERAL = "[" + "".join([*DIGITS, *UNITS]) + "]"
"""Regular expression for one character of a Chinese number."""
NUMBER = rf"(?:\d+(?:\.\d+)?|{NUMERAL}+(?:点[{''.join(DIGITS)}]+)?)"
"""Regular expression for a number in either writing."""


def parse_number(text: str) -> Fraction | None:
    """The value of a number matched by NUMBER; None where the characters make no number."""
    if text[:1].isascii():
        return Fraction(text) if text[:1].isdigit() else None
    whole, _, decimals = text.partition("点")
    value = _whole(whole)
    if value is None or not decimals:
        return None if value is None else Fraction(value)
    digits = "".join(str(DIGITS[char]) for char in decimals)
    return Fraction(f"{value}.{digits}")


def spoken_digits(text: str) -> str:
    """Digits said one by one, as ASCII; characters that are no digits are left out."""
    return "".join(str(DIGITS[char]) if char in DIGITS else char for char in text if char in DIGITS or char.isdigit())


def _whole(text: str) -> int | None:
    if not any(char in UNITS for char in text):
        return int(spoken_digits(text)) if text else None
    total, current, last_unit, said_zero = 0, 0, 0, False
    for char in text:
        if char in DIGITS:
            said_zero = said_zero or DIGITS[char] == 0
            current = DIGITS[char]
            continue
        unit = UNITS[char]
        if unit == UNITS["万"]:
            total = (total + current) * unit
        else:
            total += (current or (1 if unit == 10 else 0)) * unit
        current, last_unit, said_zero = 0, unit, False
    # 一百五 is 150 and 一千二 is 1200, but 一百零五 is 105.
    is_short_form = last_unit >= 100 and not said_zero
    return total + current * (last_unit // 10 if is_short_form else 1)
