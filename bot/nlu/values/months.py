"""Billing months: 上个月, 三月, 去年12月, 2025-03, last month → YYYY-MM, relative to a day in Asia/Shanghai."""

from __future__ import annotations

import re
from datetime import date

from bot.nlu.values.found import Found
from bot.nlu.values.numerals import DIGITS, NUMERAL, parse_number

_RELATIVE = re.compile(
    r"(?P<back>(?:上上|大上|前)(?:一)?(?:个)?月(?!租)|last but one month|(?:the )?month before last)"
    r"|(?P<last>(?:上一?个|(?<![马晚线网以早])上一?|前一个)月(?!租)|last month(?:'s)?|previous month)"
    r"|(?P<this>(?:这(?:一)?(?:个)?|本|当)月(?!租)|this month(?:'s)?|current month)"
    r"|(?P<after>下下(?:个)?月|month after next)"
    r"|(?P<next>下(?:一)?(?:个)?月|next month(?:'s)?)"
)
_OFFSETS = {"back": -2, "last": -1, "this": 0, "next": 1, "after": 2}
YEARS = {"前年": -2, "去年": -1, "上年": -1, "今年": 0, "本年": 0, "明年": 1}
"""Words for a year, by their distance from this one."""
YEAR = r"(?:前年|去年|上年|今年|本年|明年|(?:20)?\d\d年|[二两][零〇一二三四五六七八九]{1,3}年)"
"""Regular expression for a year as people say it."""
MONTH = r"(?:(?<!\d)(?:1[0-2]|0?[1-9])|十[一二]?|[一二两三四五六七八九元正]|腊)"
"""Regular expression for the name of a month before 月."""
_NAMED = re.compile(rf"(?P<year>{YEAR})?的?(?P<month>{MONTH})月(?P<kind>份)?(?!租)")
_NUMERIC = re.compile(r"(?<!\d)(?P<year>20\d\d)(?:[-/.](?P<month>1[0-2]|0?[1-9])|(?P<joined>1[0-2]|0[1-9]))(?![\d/.-])")
_MONTH_NAMES = (
    "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|"
    "september sept sep|october oct|november nov|december dec"
)
ENGLISH = {name: number for number, names in enumerate(_MONTH_NAMES.split("|"), 1) for name in names.split()}
ENGLISH_MONTH = "|".join(sorted(ENGLISH, key=len, reverse=True))
_ENGLISH_NAMED = re.compile(
    rf"(?<![a-z])(?P<month>{ENGLISH_MONTH})\b\.?(?:(?: of)?,? (?P<year>20\d\d))?(?! ?\d{{1,2}}(?:st|nd|rd|th)?\b)"
)
_DAY_BEFORE = re.compile(r"(?:\d(?:st|nd|rd|th)?|\d(?:st|nd|rd|th)? of) $")
_BARE_ENGLISH_MAY = re.compile(r"(?:in|for|of|since|until|till|from|to|and|month|last|this) $|^$")
_AFTER_MAY = re.compile(r"$|'s| (?:bill|data|usage|statement|charges|invoice|and|to|\d)")
_PER_MONTH = re.compile(r"多少|扣|最低|花|几|要|打|保底|消费|固定|包")
_NAMES = {"元": 1, "正": 1, "腊": 12}
_DAY_AFTER = re.compile(rf"\s*(?:\d{{1,2}}|{NUMERAL}{{1,3}})(?:号|日)")
AFTER_SHORT_DAY = r"(?=[充冲交缴付那的到至 ,。!?、]|$)"
"""What follows a day that is said without 号: 五月一充的."""
_SHORT_DAY_AFTER = re.compile(rf"(?:[{''.join(DIGITS)}]|[二三]?十[一二三四五六七八九]?){AFTER_SHORT_DAY}")


def find_relative_months(text: str, today: date) -> list[Found]:
    """上个月, this month."""
    return [
        Found("month", match.start(), match.end(), shifted(today, _OFFSETS[match.lastgroup or "this"]))
        for match in _RELATIVE.finditer(text)
    ]


def find_named_months(text: str, today: date) -> list[Found]:
    """三月, 2025-03, March; one without a year is the latest of its name that is not in the future."""
    found = [_named(match, today) for match in _NAMED.finditer(text) if _is_month(match, text)]
    found += [
        Found("month", *match.span(), iso(int(match["year"]), int(match["month"] or match["joined"])))
        for match in _NUMERIC.finditer(text)
    ]
    found += [_english(match, today) for match in _ENGLISH_NAMED.finditer(text) if _is_english_month(match, text)]
    return found


def _is_month(match: re.Match[str], text: str) -> bool:
    """Not a length (一月多少钱 is "per month", 3月 is March) and not the month of a date."""
    if _DAY_AFTER.match(text, match.end()) or (not match["kind"] and _SHORT_DAY_AFTER.match(text, match.end())):
        return False
    if text[: match.start()].endswith(("第", "几", "包", "每", "超了", "十", "百")) and not match["kind"]:
        return False
    if match["month"] != "一" or match["kind"] or match["year"]:
        return True
    is_asked_for = match.start() == 0 or text[match.start() - 1] in "查看要"
    return is_asked_for and not _PER_MONTH.match(text, match.end())


def month_number(name: str) -> int:
    """1 to 12 for what MONTH matches."""
    return _NAMES.get(name) or int(parse_number(name) or 0)


def _named(match: re.Match[str], today: date) -> Found:
    month = month_number(match["month"])
    return Found("month", match.start(), match.end(), iso(year_of(match["year"], month, today), month))


def _english(match: re.Match[str], today: date) -> Found:
    month = ENGLISH[match["month"]]
    year = int(match["year"]) if match["year"] else year_of(None, month, today)
    return Found("month", match.start(), match.end(), iso(year, month))


def _is_english_month(match: re.Match[str], text: str) -> bool:
    """ "may" and "march" are words too, and "1 May" is a day."""
    if _DAY_BEFORE.search(text[: match.start()]):
        return False
    if match["month"] not in {"may", "mar", "march", "sep", "dec"} or match["year"]:
        return True
    if match["month"] != "may":
        return True
    return bool(_BARE_ENGLISH_MAY.search(text[: match.start()])) and bool(_AFTER_MAY.match(text, match.end()))


def year_of(said: str | None, month: int, today: date) -> int:
    """The year that was said, else the latest one in which the month is not in the future."""
    if not said:
        return today.year if month <= today.month else today.year - 1
    if said in YEARS:
        return today.year + YEARS[said]
    digits = str(parse_number(said[:-1]) or today.year)
    return int(digits) if len(digits) == 4 else 2000 + int(digits[-2:])


def shifted(today: date, months: int) -> str:
    """The month so many months after today's."""
    count = today.year * 12 + today.month - 1 + months
    return iso(count // 12, count % 12 + 1)


def iso(year: int, month: int) -> str:
    """YYYY-MM."""
    return f"{year:04d}-{month:02d}"
