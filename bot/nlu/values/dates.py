"""Days: 昨天, 上周五, 五月一号, 下个月五号, last Friday, May 1st → YYYY-MM-DD, relative to a day in Asia/Shanghai.

A day without its month or year is the latest such day that is not in the future, or the next one where the line speaks
of what is to come (预约, 要, will). 上周 is its Monday with the grain "week".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from bot.nlu.values.found import Found
from bot.nlu.values.months import AFTER_SHORT_DAY, ENGLISH, ENGLISH_MONTH, MONTH, YEAR, month_number, shifted, year_of
from bot.nlu.values.numerals import DIGITS, NUMBER, parse_number

_PART = r"(?:的?(?:凌晨|清早|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚|夜里|半夜))?"
_NEAR = {
    "大前天": -3, "前天": -2, "前日": -2, "前晚": -2, "昨天": -1, "昨日": -1, "昨儿": -1, "昨晚": -1, "昨夜": -1,
    "今天": 0, "今日": 0, "今儿": 0, "今早": 0, "今晚": 0, "大后天": 3, "后天": 2, "明天": 1, "明日": 1, "明儿": 1,
    "明早": 1, "明晚": 1, "the day before yesterday": -2, "day before yesterday": -2, "the day after tomorrow": 2,
    "day after tomorrow": 2, "yesterday": -1, "last night": -1, "today": 0, "tonight": 0, "this morning": 0,
    "this afternoon": 0, "this evening": 0, "tomorrow": 1, "zuotian": -1, "jintian": 0, "mingtian": 1, "qiantian": -2,
}  # fmt: skip
_NEAR_DAY = re.compile(f"(?<![a-z])(?P<day>{'|'.join(sorted(_NEAR, key=len, reverse=True))}){_PART}(?![a-z])")
_AGO = re.compile(
    rf"(?P<days>{NUMBER})天(?:之|以)?(?P<way>前|后)(?!台)|(?P<weeks>{NUMBER})(?:周|个?星期|个?礼拜)(?:之|以)?(?P<wway>前|后)"
    r"|(?P<en>\d{1,3}|an?|one|two|three|four|five|six|seven|ten) (?P<unit>days?|weeks?) (?P<enway>ago|from now|later)"
    r"|(?<![a-z])in (?P<in>\d{1,3}|an?|one|two|three|four|five|six|seven|ten) (?P<inunit>days?|weeks?)"
)
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
_WEEKDAYS = {
    **dict(zip("一二三四五六", range(6), strict=True)),
    "日": 6,
    "天": 6,
    "1": 0,
    "2": 1,
    "3": 2,
    "4": 3,
    "5": 4,
    "6": 5,
}
_WEEK = re.compile(
    r"(?P<rel>上上|上|这|本|下下|下)?(?:一)?(?P<count>个)?(?:星期|礼拜|周)(?:(?P<day>[一二三四五六日天1-6])(?!天)|(?P<end>末))?(?!期|年|边|围|包|到)"
    + _PART
)
_WEEK_OFFSETS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_NO_WEEK_BEFORE = re.compile(rf"(?:每个?|{NUMBER}个?|一|几)$")
_ENGLISH_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_ENGLISH_WEEK = re.compile(
    rf"(?<![a-z])(?:(?P<rel>last|this|next|on|coming) )?(?<!black )(?P<day>{'|'.join(_ENGLISH_DAYS)})(?!s)(?![a-z])"
    r"|(?<![a-z])(?P<week>last|this|next) week(?P<end>end)?(?![a-z])"
)
_DAY = rf"(?:\d{{1,2}}|[{''.join(DIGITS)}]|[二三]?十[一二三四五六七八九]?|廿[一-九]?)"
_MONTH_DAY = re.compile(
    rf"(?:(?P<year>{YEAR})的?)?(?<![十百])(?P<month>{MONTH})月份?的?(?P<day>{_DAY})(?P<sign>号|日|{AFTER_SHORT_DAY}){_PART}"
)
_SHIFTED_DAY = re.compile(
    rf"(?P<rel>上上|(?<![马晚线网以早])上|这|本|当|下下|下)(?:一)?个?月的?(?:(?P<day>{_DAY})(?:号|日)|(?P<start>初)|(?P<end>底|末)){_PART}"
)
_ONLY_DAY = re.compile(
    rf"(?<![\d{''.join(DIGITS)}十百千月.a-z])(?!(?:一|1)日)(?P<day>{_DAY})(?:号|日)"
    rf"(?![码线店楼门键机院卡窗桌车柜厅座人]|套餐|包|内|租|均|游|流量){_PART}"
)
_NO_DAY_BEFORE = re.compile(r"(?:第|选|选择|按|回复|尾|编|工|型|的|这个|那个|每月|每个月|转|接) ?$")
_NUMERIC = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?:[-/.](?P<month>1[0-2]|0?[1-9])[-/.](?P<day>3[01]|[12]\d|0?[1-9])|(?P<joined>(?:1[0-2]|0[1-9])(?:3[01]|[12]\d|0[1-9])))(?!\d)"
)
_SHORT_NUMERIC = re.compile(
    r"(?<![\d./-])(?:(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?![\d/])"
    r"|(?P<dotted>1[0-2]|0?[1-9])\.(?P<dotted_day>3[01]|[12]\d|0?[1-9])[号日])"
)
_ENGLISH_DATE = re.compile(
    rf"(?<![a-z])(?P<month>{ENGLISH_MONTH})\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"
    r"(?:,? (?P<year>20\d\d))?"
    rf"|(?<![\d.])(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month2>{ENGLISH_MONTH})(?![a-z])"
    r"(?:,? (?P<year2>20\d\d))?"
    r"|(?:the )?(?P<day3>\d{1,2})(?:st|nd|rd|th)(?: of (?P<rel>last|this|next) month)?(?![a-z])"
    r"(?! (?:one|option|plan|pack|party))"
)
_TO_COME = re.compile(
    r"预约|上门|要|将|会|准备|打算|生效|开始|到期|过期|来装|will|going to|appointment|come|start|due|expire"
)
_DONE = re.compile(r"了|过|已经|为什么|怎么|没|吗|did|was|were|paid|charged")


def find_dates(text: str, today: date) -> list[Found]:
    """All days and weeks in a normalised text; a day that no calendar has (30 Feb) is none."""
    is_to_come = bool(_TO_COME.search(text)) and not _DONE.search(text)
    months = [*_shifted_days(text, today), *_month_days(text, today, is_to_come)]
    return [
        *_near_days(text, today),
        *_numeric(text, today, is_to_come),
        *months,
        *_english_dates(text, today, is_to_come),
        *_weeks(text, today, is_to_come),
        *_only_days(text, today, months, is_to_come),
    ]


def _near_days(text: str, today: date) -> Iterator[Found]:
    for match in _NEAR_DAY.finditer(text):
        yield _found(match, today + timedelta(_NEAR[match["day"]]))
    for match in _AGO.finditer(text):
        said = match["days"] or match["weeks"] or match["en"] or match["in"]
        count = _COUNTS.get(said) or int(parse_number(said) or 0)
        is_weeks = match["weeks"] or (match["unit"] or match["inunit"] or "").startswith("week")
        is_past = "前" in (match["way"], match["wway"]) or match["enway"] == "ago"
        if 0 < count < 1000:
            days = count * (7 if is_weeks else 1)
            yield _found(match, today + timedelta(-days if is_past else days))


def _numeric(text: str, today: date, is_to_come: bool) -> Iterator[Found]:
    for match in _NUMERIC.finditer(text):
        month, day = match["month"] or match["joined"][:2], match["day"] or match["joined"][2:]
        yield from _dated(match, int(match["year"]), int(month), int(day))
    for match in _SHORT_NUMERIC.finditer(text):
        said, day = int(match["month"] or match["dotted"]), int(match["day"] or match["dotted_day"])
        yield from _dated(match, _near_year(said, day, today, is_to_come), said, day)


def _shifted_days(text: str, today: date) -> Iterator[Found]:
    offsets = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}
    for match in _SHIFTED_DAY.finditer(text):
        year, month = map(int, shifted(today, offsets[match["rel"]]).split("-"))
        if match["end"]:
            following = date(year + month // 12, month % 12 + 1, 1)
            yield _found(match, following - timedelta(1))
        else:
            yield from _dated(match, year, month, 1 if match["start"] else _day(match["day"]))


def _month_days(text: str, today: date, is_to_come: bool) -> Iterator[Found]:
    for match in _MONTH_DAY.finditer(text):
        if match["month"] == "一" and not match["sign"]:
            continue
        month, day = month_number(match["month"]), _day(match["day"])
        year = year_of(match["year"], month, today) if match["year"] else _near_year(month, day, today, is_to_come)
        yield from _dated(match, year, month, day)


def _english_dates(text: str, today: date, is_to_come: bool) -> Iterator[Found]:
    for match in _ENGLISH_DATE.finditer(text):
        if match["day3"]:
            offset = {"last": -1, "this": 0, "next": 1}.get(match["rel"] or "")
            day = int(match["day3"])
            year, month = _month_of(day, today, is_to_come) if offset is None else _split(shifted(today, offset))
            yield from _dated(match, year, month, day)
            continue
        month, day = ENGLISH[match["month"] or match["month2"]], int(match["day"] or match["day2"])
        said = match["year"] or match["year2"]
        yield from _dated(match, int(said) if said else _near_year(month, day, today, is_to_come), month, day)


def _weeks(text: str, today: date, is_to_come: bool) -> Iterator[Found]:
    monday = today - timedelta(today.weekday())
    for match in _WEEK.finditer(text):
        is_named = match["rel"] or ((match["day"] or match["end"]) and not match[0].startswith("一"))
        if not is_named or _NO_WEEK_BEFORE.search(text[: match.start()]):
            continue
        first = monday + timedelta(7 * _WEEK_OFFSETS.get(match["rel"] or "", 0))
        if match["day"]:
            day = first + timedelta(_WEEKDAYS[match["day"]])
            yield _found(match, day if match["rel"] else _nearest(day, today, is_to_come))
        else:
            yield _found(match, first + timedelta(5 if match["end"] else 0), "weekend" if match["end"] else "week")
    for match in _ENGLISH_WEEK.finditer(text):
        offset = {"last": -7, "next": 7}.get(match["week"] or "", 0)
        if match["week"]:
            start = monday + timedelta(offset + (5 if match["end"] else 0))
            yield _found(match, start, "weekend" if match["end"] else "week")
        else:
            yield _found(match, _english_weekday(match, monday, today, is_to_come))


def _english_weekday(match: re.Match[str], monday: date, today: date, is_to_come: bool) -> date:
    """ "last Friday" is the latest one before today, "next Friday" that of the coming week."""
    day = monday + timedelta(_ENGLISH_DAYS.index(match["day"]))
    if match["rel"] == "last":
        return day if day < today else day - timedelta(7)
    if match["rel"] == "next":
        return day + timedelta(7)
    return _nearest(day, today, is_to_come or match["rel"] in ("this", "coming"))


def _only_days(text: str, today: date, months: list[Found], is_to_come: bool) -> Iterator[Found]:
    """Days without a month; after another one (五月一号到十五号) they are of the same."""
    for match in _ONLY_DAY.finditer(text):
        day, before = _day(match["day"]), text[: match.start()]
        is_choice = match.span() == (0, len(text)) and day < 10
        if is_choice or _NO_DAY_BEFORE.search(before) or not 1 <= day <= 31:
            continue
        same = next((one for one in months if text[one.end : match.start()] in ("到", "至", "-", "和")), None)
        yield from _dated(match, *(_split(same.value[:7]) if same else _month_of(day, today, is_to_come)), day)


def _nearest(day: date, today: date, is_to_come: bool) -> date:
    """A weekday of this week, moved to where the line speaks of: not to come, or not gone by."""
    if is_to_come:
        return day if day >= today else day + timedelta(7)
    return day if day <= today else day - timedelta(7)


def _near_year(month: int, day: int, today: date, is_to_come: bool) -> int:
    if is_to_come:
        return today.year if (month, day) >= (today.month, today.day) else today.year + 1
    return today.year if (month, day) <= (today.month, today.day) else today.year - 1


def _month_of(day: int, today: date, is_to_come: bool) -> tuple[int, int]:
    if is_to_come:
        return _split(shifted(today, 0 if day >= today.day else 1))
    return _split(shifted(today, 0 if day <= today.day else -1))


def _split(month: str) -> tuple[int, int]:
    return int(month[:4]), int(month[5:])


def _day(said: str) -> int:
    if said[0] == "廿":
        return 20 + int(parse_number(said[1:]) or 0) if said[1:] else 20
    return int(parse_number(said) or 0)


def _dated(match: re.Match[str], year: int, month: int, day: int) -> Iterator[Found]:
    try:
        yield _found(match, date(year, month, day))
    except ValueError:
        return


def _found(match: re.Match[str], day: date, grain: str = "") -> Found:
    return Found("date", match.start(), match.end(), day.isoformat(), grain)
