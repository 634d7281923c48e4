"""Numbers as people say and type them: 一百五 is 150, 幺三八 is the digits 138, "twenty five" is 25."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

DIGITS = {**{char: value for value, char in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2, "俩": 2, "幺": 1}
DIGITS |= dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10000}
NUMERAL = "[" + "".join([*DIGITS, *UNITS]) + "]"
"""Regular expression for one character of a Chinese number."""
_GROUPED = r"(?<![\d.])(?<!\d,)\d{1,3}(?:,\d{3})+(?!\d|,\d)"
NUMBER = rf"(?:(?:{_GROUPED}|\d+)(?:\.\d+)?|{NUMERAL}+(?:点[{''.join(DIGITS)}]+)?)"
"""Regular expression for a number in either writing; 1,000 is one."""
BEGINS = rf"(?:(?<!\d)(?<!\d\.)(?=\d)|(?<!{NUMERAL})(?={NUMERAL}))"
"""Regular expression for where a NUMBER begins, so that a search tries a run of digits once and not at each of them."""
DIGIT = "[" + "".join(DIGITS) + r"\d]"
"""Regular expression for one digit, typed or said."""
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: value for value, word in enumerate(_SMALL.split())}
_WORDS |= {word: value for value, word in zip(range(20, 100, 10), _TENS.split(), strict=True)}
_SCALES = {"hundred": 100, "thousand": 1000}
_WORD = f"(?:{'|'.join(sorted([*_WORDS, *_SCALES], key=len, reverse=True))})"
_ENGLISH = rf"(?<![a-z])(?:an? (?=hundred|thousand))?{_WORD}(?:(?:[ -]| and ){_WORD})*(?![a-z])"
_ANY = re.compile(rf"{NUMBER}|{_ENGLISH}")
_APPROXIMATE = re.compile(r"[一二两三四五六七八九]{2}(?=[十百千万]|$)")
_LONGEST = 40
"""A number of more characters is noise, not an amount."""


@dataclass(frozen=True)
class Numeral:
    """A number in a text: characters [start, end); `value` None where they make no number."""

    start: int
    end: int
    text: str
    value: Fraction | None

    @property
    def has_units(self) -> bool:
        """Whether it was said with 十, 百, 千 or 万, or in English words."""
        return any(char in UNITS for char in self.text) or (self.text[:1].isalpha() and self.text[0].isascii())

    @property
    def is_said_digit_by_digit(self) -> bool:
        """幺三八, 六五: Chinese digits without units, two or more."""
        return len(self.text) > 1 and all(char in DIGITS for char in self.text)

    @property
    def is_approximate(self) -> bool:
        """See `is_approximate`."""
        return is_approximate(self.text)


def is_approximate(text: str) -> bool:
    """两三百, 五六十: neighbouring digits that bound a value; 六五 is no amount either, but 一九九 is."""
    is_spelled_out = len(text) == 3 and all(char in DIGITS for char in text)
    return not is_spelled_out and bool(_APPROXIMATE.search(text))


def find_numerals(text: str) -> list[Numeral]:
    """All numbers of a normalised text, longest runs, left to right."""
    return [
        Numeral(match.start(), match.end(), match[0], parse_number(match[0]) if len(match[0]) <= _LONGEST else None)
        for match in _ANY.finditer(text)
    ]


def parse_number(text: str) -> Fraction | None:
    """The value of a number matched by NUMBER or said in English words; None where the characters make no number."""
    if text[:1].isascii():
        return Fraction(text.replace(",", "")) if text[:1].isdigit() else _english(text)
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


def _english(text: str) -> Fraction | None:
    total, current, said = 0, 0, False
    for word in re.findall(r"[a-z]+", text):
        if word in _WORDS:
            current += _WORDS[word]
            said = True
        elif word in _SCALES:
            total += (current or 1) * _SCALES[word]
            current, said = 0, True
    return Fraction(total + current) if said else None
