"""Whether somebody else has a code or a password now, by what a person tells of it."""

from __future__ import annotations

import re

_SECRET = r"(?:验证码|驗證碼|校验码|动态码|短信码|短信里的(?:码|数字|号码)|密码|密碼)"
_TELL = r"(?:告诉|告訴|给|給|报|報|念|说|說|发|發|骗|騙)"
_GAVE = re.compile(
    rf"{_SECRET}.{{0,12}}?{_TELL}"
    rf"|(?:告诉|告訴|给|給|报|報|念|说|發|发|骗|騙|要了).{{0,12}}?{_SECRET}"
    rf"|链接.{{0,10}}(?:输|填)了?.{{0,6}}{_SECRET}"
    r"|\b(?:told|gave|sent|read|shared|entered|into (?:telling|giving|sending|reading|sharing))\b"
    r".{0,40}?\b(?:code|password|otp|pin)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    rf"[没沒未不](?:有|曾|敢|肯|会|會|能|想)?(?:[把将將].{{0,8}}?)?(?:被|他|她|对方|骗子)?{_TELL}"
    r"|\b(?:not|never|didn'?t|haven'?t|hasn'?t)\b",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(rf"(?:{_DENIED.pattern})(?![^，,。；;]{{0,4}}{_SECRET})", re.IGNORECASE)
_CLAUSE = re.compile(r"[，,。.；;！!？?\n]")
_SOMEBODY = re.compile(
    r"(?:告诉|告訴|给|給|报|報|念|说|說|发|發)(?:给|給|了|过|過)*(?:一个|个)?(?:别人|別人|他|她|骗子|騙子|对方|對方|陌生人|人家)"
    r"|(?:被|让|讓)(?:人|别人|他|她|骗子|騙子|对方|陌生人)(?:给|给我)?(?:骗|騙)"
    r"|\b(?:some(?:one|body)|strangers?|caller|scammers?|him|her|them"
    r"|(?:a|the|this|that|some) (?:man|woman|guy|lady|person)|(?:on|over|by) the phone|by phone)\b",
    re.IGNORECASE,
)
_TO_ME = re.compile(
    r"[给給发發告诉訴]+我|\b(?:told|gave|sent|read|shared)(?: it)? (?:me|us)\b|\bto (?:me|us)\b"
    r"|\byou (?:sent|gave|told)\b|^[^我]*[吗嗎][?？]?$",
    re.IGNORECASE,
)
BEFORE, AFTER = 12, 12
"""Characters around such words in which they may be denied: before them in the same clause only."""


def told_somebody(text: str) -> bool:
    """Whether the words themselves say that a stranger has it now, however they were understood."""
    return bool(_SOMEBODY.search(text)) and not _TO_ME.search(text) and gave_away(text)


def gave_away(text: str) -> bool:
    """True where one of the things told is not denied: who gave the code but not the password gave the code."""
    found = _GAVE.search(text)
    while found:
        before = _CLAUSE.split(text[max(0, found.start() - BEFORE) : found.start()])[-1]
        if not (_DENIED.search(before + found[0]) or _DENIED_AFTER.search(text[found.end() : found.end() + AFTER])):
            return True
        found = _GAVE.search(text, found.start() + 1)
    return False
