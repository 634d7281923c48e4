"""Several billing months in one: 最近三个月, 上半年, 1到3月, last quarter → {"from": YYYY-MM, "to": YYYY-MM}."""

from __future__ import annotations

import re
from datetime import date

from bot.nlu.values.found import Found
from bot.nlu.values.months import ENGLISH, ENGLISH_MONTH, MONTH, YEAR, YEARS, iso, month_number, shifted, year_of
from bot.nlu.values.numerals import NUMBER, parse_number

_SMALL = "two|three|four|five|six|twelve|few|couple of"
_SMALL_VALUES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "twelve": 12}
_A_FEW = 3
_LATEST = re.compile(
    rf"(?:(?P<now>最近|(?<![将附接靠就])近|近来|这(?!.年))|(?P<past>过去|之前|以前|前|上))的?这?(?P<count>{NUMBER}|几|半)"
    r"(?:个多?月|(?P<years>年))"
    rf"|(?:the )?(?P<en>last|past|previous|recent) (?P<words>\d{{1,2}}|{_SMALL}) (?:months|(?P<enyears>years))"
    r"|(?:the )?(?P<half>last|past) (?:half (?:a )?year|six months)"
    r"|(?P<half2>最近半年|近半年|这半年|半年(?:内|以来|来)|半年的?账单)"
)
_HALF = re.compile(
    rf"(?P<year>{YEAR})?的?(?P<which>[上下])半年|(?P<en>first|second) half of (?:the|this|(?P<last>last)) year"
)
_QUARTER = re.compile(
    rf"(?P<year>{YEAR})?的?第?(?P<nth>[一二三四1-4])季度|(?P<rel>上|这|本|当)(?:一)?个?季度"
    r"|(?P<en>first|second|third|fourth) quarter|(?<![a-z])q(?P<q>[1-4])(?![a-z\d])|(?P<enrel>last|this) quarter"
)
_RANGE = re.compile(
    rf"(?P<year>{YEAR})?的?(?P<first>{MONTH})(?:月份?)?(?:到|至|-|~|—)"
    rf"(?:(?P<year2>{YEAR})的?)?(?P<last>{MONTH})月份?(?!\d|[一二三]?十?[一-九]?[号日])"
    rf"|(?:from )?(?<![a-z])(?:(?P<between>between )|)(?P<en>{ENGLISH_MONTH}) ?"
    rf"(?(between)and|(?:to|through|until|till|-|–)) ?"
    rf"(?P<enlast>{ENGLISH_MONTH})(?![a-z])"
    r"(?: (?P<enyear>20\d\d))?"
)
_NEIGHBOURS = re.compile(r"(?<![零一二三四五六七八九十百\d])(?P<months>[一二三四五六七八九]{2,3})月份?")
_YEAR = re.compile(
    rf"(?P<year>{'|'.join(YEARS)})(?![纪龄级]|的?(?:{MONTH}月|[上下]半年|第?[一二三四1-4]季度))"
    r"|(?<![a-z])(?P<en>this|last) year(?!s)"
)
_ORDER = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_CHINESE_ORDER = {"一": 1, "二": 2, "三": 3, "四": 4}
_MOST_MONTHS = 36


def find_periods(text: str, today: date) -> list[Found]:
    """All ranges of months in a normalised text; none ends in the future."""
    if not any(sign in text for sign in "月年季mqylbj"):
        return []
    found = []
    # A half-year has its own rule: 上半年 is from January to June.
    rules = (
        (_HALF, _half),
        (_QUARTER, _quarter),
        (_RANGE, _range),
        (_NEIGHBOURS, _neighbours),
        (_LATEST, _latest),
        (_YEAR, _year),
    )
    for pattern, months in rules:
        for match in pattern.finditer(text):
            bounds = months(match, today)
            if bounds:
                found.append(Found("period", match.start(), match.end(), {"from": bounds[0], "to": bounds[1]}))
    return found


def _latest(match: re.Match[str], today: date) -> tuple[str, str] | None:
    if match["half"] or match["half2"]:
        return shifted(today, -5), shifted(today, 0)
    said = match["count"] or match["words"]
    if said == "半":
        return (shifted(today, -5), shifted(today, 0)) if match["years"] else None
    count = _A_FEW if said in ("几", "few", "couple of") else _SMALL_VALUES.get(said) or int(parse_number(said) or 0)
    count *= 12 if match["years"] or match["enyears"] else 1
    if not 1 <= count <= _MOST_MONTHS or (count == 1 and match["past"]):
        return None
    last = -1 if match["past"] or match["en"] in ("last", "previous") else 0
    return shifted(today, last - count + 1), shifted(today, last)


def _half(match: re.Match[str], today: date) -> tuple[str, str] | None:
    first = 1 if match["which"] == "上" or match["en"] == "first" else 7
    if match["last"]:
        return iso(today.year - 1, first), iso(today.year - 1, first + 5)
    return _until_now(year_of(match["year"], first, today), first, 6, today)


def _quarter(match: re.Match[str], today: date) -> tuple[str, str] | None:
    now = (today.month - 1) // 3
    if match["rel"] or match["enrel"]:
        quarter = now - 1 if match["rel"] == "上" or match["enrel"] == "last" else now
        return _until_now(today.year + quarter // 4, quarter % 4 * 3 + 1, 3, today)
    said = match["nth"] or match["en"] or match["q"]
    quarter = _ORDER.get(said) or _CHINESE_ORDER.get(said) or int(said)
    first = quarter * 3 - 2
    return _until_now(year_of(match["year"], first, today), first, 3, today)


def _range(match: re.Match[str], today: date) -> tuple[str, str] | None:
    if match["en"]:
        first, last = ENGLISH[match["en"]], ENGLISH[match["enlast"]]
        year = int(match["enyear"]) if match["enyear"] else year_of(None, last, today)
    else:
        first, last = month_number(match["first"]), month_number(match["last"])
        year = year_of(match["year2"] or match["year"], last, today)
    if match["year2"] and match["year"]:
        start = year_of(match["year"], first, today)
    else:
        start = year if first <= last else year - 1
    return (iso(start, first), iso(year, last)) if (start, first) < (year, last) else None


def _neighbours(match: re.Match[str], today: date) -> tuple[str, str] | None:
    """四五月份 are April and May."""
    months = [int(parse_number(said) or 0) for said in match["months"]]
    if months != list(range(months[0], months[0] + len(months))):
        return None
    year = year_of(None, months[-1], today)
    return iso(year, months[0]), iso(year, months[-1])


def _year(match: re.Match[str], today: date) -> tuple[str, str] | None:
    offset = YEARS[match["year"]] if match["year"] else {"this": 0, "last": -1}[match["en"]]
    return _until_now(today.year + offset, 1, 12, today) if offset <= 0 else None


def _until_now(year: int, first: int, months: int, today: date) -> tuple[str, str] | None:
    """The months that have begun; None where none has."""
    last = min((year, first + months - 1), (today.year, today.month))
    return (iso(year, first), iso(*last)) if (year, first) <= last else None
