"""Whether somebody else has a code or a password now, by what a person tells of it."""

from __future__ import annotations

import re

_SECRET = r"(?:验证码|驗證碼|校验码|动态码|密码|密碼)"
_TELL = r"(?:告诉|告訴|给|給|报|報|念|说|說|发|發|骗|騙)"
_GAVE = re.compile(
    rf"{_SECRET}.{{0,12}}?{_TELL}"
    rf"|(?:告诉|告訴|给|給|报|報|念|说|發|发|骗|騙|要了).{{0,12}}?{_SECRET}"
    r"|\b(?:told|gave|sent|read|shared)\b.{0,40}?\b(?:code|password|otp|pin)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    rf"[没沒未不](?:有|曾|敢|肯|会|會|能|想)?(?:[把将將].{{0,8}}?)?(?:被|他|她|对方|骗子)?{_TELL}"
    r"|\b(?:not|never|didn'?t|haven'?t|hasn'?t)\b",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(rf"(?:{_DENIED.pattern})(?![^，,。；;]{{0,4}}{_SECRET})", re.IGNORECASE)
_CLAUSE = re.compile(r"[，,。.；;！!？?\n]")
BEFORE, AFTER = 12, 12
"""Characters around such words in which they may be denied: before them in the same clause only."""


def gave_away(text: str) -> bool:
    """True where one of the things told is not denied: who gave the code but not the password gave the code."""
    found = _GAVE.search(text)
    while found:
        before = _CLAUSE.split(text[max(0, found.start() - BEFORE) : found.start()])[-1]
        if not (_DENIED.search(before + found[0]) or _DENIED_AFTER.search(text[found.end() : found.end() + AFTER])):
            return True
        found = _GAVE.search(text, found.start() + 1)
    return False
