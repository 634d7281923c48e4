"""A day and a time of it in somebody's words: 周六上午, 明天下午三点, "Saturday at 10"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.actions.turn import Turn
from crm.worktime import CHINA

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九十")} | {"两": 2, "兩": 2}
_PARTS: tuple[tuple[str, str, int, int], ...] = (
    ("am", r"凌晨|清早|早上|早晨|上午|(?<=[今明天一])早|\bmornings?\b", 0, 12),
    ("noon", r"中午|午间|\bnoon\b|\blunch ?time\b", 11, 14),
    ("pm", r"下午|午后|\bafternoons?\b", 12, 18),
    ("night", r"傍晚|晚上|(?<=[今明后天])晚|\bevenings?\b|\btonight\b", 17, 24),
)
_PART = re.compile("|".join(f"(?P<{name}>{words})" for name, words, _, _ in _PARTS), re.IGNORECASE)
_HOUR = re.compile(
    r"(?<![早晚快慢有少多差好])(?P<zh>\d{1,2}|[一二两兩三四五六七八九]|十[一二]?)(?:点|點|时(?!候|间)|時(?!候|間))钟?(?:(?P<half>半)|(?P<min>[0-5]\d)分?)?"
    r"|(?<!\d)(?P<h>[01]?\d|2[0-3])[:：](?P<m>[0-5]\d)(?: ?(?P<ap1>[ap])\.?m\b)?"
    r"|\b(?P<en>1[0-2]|\d)(?: ?(?P<ap2>[ap])\.?m\b| ?o'?clock\b)|\bat (?P<at>1[0-2]|\d)\b(?!:)",
    re.IGNORECASE,
)
_BOUND = re.compile(r"\s*(?:之|以)?(?:(?P<before>前)|(?P<after>后|後|过后))")
_EN_BOUND = re.compile(r"\b(?:(?P<before>before|by|until)|(?P<after>after|from))\s+(?:at\s+)?$", re.IGNORECASE)
_WEEKDAY = re.compile(r"周|週|星期|礼拜|禮拜|\b(?:mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE)
_LAST_WEEK = re.compile(r"上个?(?:周|週|星期|礼拜|禮拜)|\blast\b", re.IGNORECASE)
_WAKING = 8
"""An hour before it, without a part of the day, is one after noon: "3点" of a shop, or of a call."""


@dataclass(frozen=True)
class When:
    """`day` as ISO text, "" for any. From `start` to before `end`, minutes of the day; the same for one moment.

    `words`: as they were said.
    """

    day: str
    start: int
    end: int
    words: str

    @property
    def exact(self) -> bool:
        """Day and hour: one moment."""
        return bool(self.day) and self.start == self.end

    def holds(self, at: datetime) -> bool:
        """Whether a moment is meant by it."""
        local = at.astimezone(CHINA)
        minute = local.hour * 60 + local.minute
        of_day = minute == self.start if self.start == self.end else self.start <= minute < self.end
        return self.day in ("", local.date().isoformat()) and of_day

    def on_day(self, at: datetime) -> bool:
        """Whether a moment is on the day."""
        return self.day in ("", at.astimezone(CHINA).date().isoformat())

    def kept(self) -> dict[str, Any]:
        """For a slot."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> When | None:
        """As `kept` wrote it."""
        return cls(**kept) if kept else None


def said_when(turn: Turn) -> When | None:
    """What a message names of a day, a part of it or an hour; None where it names none."""
    day, words = str(turn.entities.get("date") or ""), turn.words.get("date", "")
    part, hour = _PART.search(turn.text), _HOUR.search(turn.text)
    if not (day or part or hour):
        return None
    bound = _bound(turn.text, hour) if hour else None
    start, end = _span(part, hour, bound)
    spans = [match.span() for match in (part, hour, bound) if match]
    if words and words in turn.text:
        spans.append((turn.text.index(words), turn.text.index(words) + len(words)))
    told = turn.text[min(a for a, _ in spans) : max(b for _, b in spans)] if spans else ""
    return When(_next(day, words, turn.doors.now(), end), start, end, told.strip())


def _bound(text: str, hour: re.Match[str]) -> re.Match[str] | None:
    """Before or after an hour: 四点以后, "before 4 pm"."""
    return _BOUND.match(text, hour.end()) or _EN_BOUND.search(text, 0, hour.start())


def _span(part: re.Match[str] | None, hour: re.Match[str] | None, bound: re.Match[str] | None) -> tuple[int, int]:
    """Minutes of the day, from and before."""
    name = part.lastgroup if part else ""
    start, end = next(((60 * a, 60 * b) for key, _, a, b in _PARTS if key == name), (0, 24 * 60))
    if hour is None:
        return start, end
    minute = _minute(hour, name or "")
    if bound is None:
        return minute, minute
    return (start, minute) if bound["before"] else (minute, 24 * 60)


def _minute(hour: re.Match[str], part: str) -> int:
    said = hour["zh"] or hour["h"] or hour["en"] or hour["at"]
    value = int(said) if said.isdigit() else sum(_DIGITS[char] for char in said)
    minutes = 30 if hour["half"] else int(hour["min"] or hour["m"] or 0)
    half = (hour["ap1"] or hour["ap2"] or "").lower()
    later = half == "p" or part in ("pm", "night") or (part == "noon" and value < 3)
    if value < 12 and (later or (not half and not part and value < _WAKING)):
        value += 12
    return value % 24 * 60 + minutes


def _next(day: str, words: str, now: datetime, end: int) -> str:
    """A day of the week is the one that comes, whatever was read: not one that is over at minute `end`."""
    if not day:
        return ""
    local = now.astimezone(CHINA)
    # What is over today is meant of a week later.
    today = local.date() + timedelta(days=1 if local.hour * 60 + local.minute >= end else 0)
    said = date.fromisoformat(day)
    if said < today and _WEEKDAY.search(words) and not _LAST_WEEK.search(words):
        said += timedelta(days=7 * -((said - today).days // 7))
    return said.isoformat()
