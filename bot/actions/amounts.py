"""Amounts and generations as people name them: "通话多少分钟", "有没有10G的", "5G套餐"."""

from __future__ import annotations

import re

from bot.actions.references import asks_price, bare, fold, kind_of, speaks_of_own, without_kinds

LONGEST = 40
"""Whoever asks with a few words writes no more characters."""
_IN_IT = "(?:有|是|含|包(?!含)|带|里面?|能打|包含){0,4}"
_AMOUNTS = (
    (
        "voice",
        rf"{_IN_IT}(?:打电话|通话|语音)(?:时长|时间|分钟数?)?{_IN_IT}(?:(?:多少|几)(?:分钟?)?)?"
        rf"|{_IN_IT}电话(?:(?:时长|时间|分钟数?){_IN_IT}(?:(?:多少|几)(?:分钟?)?)?|{_IN_IT}(?:多少|几)分钟)"
        rf"|{_IN_IT}(?:多少|几)分钟"
        r"|how many minutes|\bcalls\b|\bminutes\b",
    ),
    (
        "sms",
        rf"{_IN_IT}短信{_IN_IT}(?:(?:多少|几)条?)?|{_IN_IT}(?:多少|几)条|how many (?:texts|sms)|\btexts\b|\bsms\b",
    ),
    ("data", rf"{_IN_IT}流[量两]{_IN_IT}(?:多少|几个?g?b?)?|how much data|\bdata\b"),
)
_READ = tuple((name, re.compile(pattern)) for name, pattern in _AMOUNTS)
_GENERATION = re.compile(r"(?<![\d.])([45])g(?!b| ?流[量两])")
_LOOKS_UP = re.compile(r"查|\bcheck\b")
"""Only what is one's own is looked up."""
_AMONG = re.compile("(?:里|中)面?(?=最|更|便宜|贵)")
_DATA = re.compile(r"流[量两]|\bdata\b")


def asked(text: str) -> str:
    """voice, sms or data: "通话多少分钟" about what was shown; "" for what is somebody's own or says more."""
    if len(text) > LONGEST:
        return ""
    plain = fold(text)
    of = next((name for name, pattern in _READ if pattern.search(plain) and not bare(pattern.sub(" ", plain))), "")
    return "" if speaks_of_own(text) or _LOOKS_UP.search(plain) else of


def generation_of(text: str, kind: str = "") -> str:
    """5G or 4G, of a text that speaks of plans or that comes after a list of that `kind`: a pack of "5G" has 5 GB."""
    found = _GENERATION.search(fold(text)) if (kind_of(text) or kind) == "plan" else None
    return f"{found[1]}G" if found else ""


def without_generation(text: str) -> str:
    """What is said besides."""
    return _AMONG.sub(" ", _GENERATION.sub(" ", fold(text)))


def names_volume(text: str, said: str) -> bool:
    """Whether a text says nothing but a volume, whose words are `said`, of what kind, or what that costs."""
    left = _DATA.sub(" ", without_kinds(fold(text).replace(fold(said), " ")))
    return bool(said) and (not bare(left) or asks_price(left))
