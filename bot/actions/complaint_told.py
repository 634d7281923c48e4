"""What a line that opens a complaint tells of it already."""

from __future__ import annotations

import re

from bot.actions import references

_OPENS = re.compile(
    r"(?:我|我们|就是|真的|现在|要|想|得|请|帮)*(?:投诉|投訴|申诉|申訴|举报)(?:一下|你们|他们|公司|客服|人工|运营商|了|啊|吧)*"
    r"|\b(?:i|we|want|would|d|like|need|have|to|file|make|a|an|my)(?: \w+){0,4} ?complain(?:t|ing)?\b"
    r"(?: (?:about|that|please))*|\bcomplain(?:t|ing)?\b|\bappeal\b"
)
_WORD = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]")
TOLD_ZH, TOLD_EN = 8, 6
"""So many characters, or English words, beside that it is a complaint tell what happened."""


def tells_more(text: str) -> bool:
    """Whether anything is said beside that it is a complaint."""
    return bool(_beside(text))


def tells_all(text: str) -> bool:
    """Whether a line that opens a complaint already tells what happened."""
    said = _beside(text)
    zh = sum(not word.isascii() for word in said)
    return zh >= TOLD_ZH or len(said) - zh >= TOLD_EN


def _beside(text: str) -> list[str]:
    said = _OPENS.sub(" ", references.fold(text))
    return _WORD.findall(said) if references.bare(said) else []
