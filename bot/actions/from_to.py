"""Which of several values of one message are meant: "99的换成199的" means the second, "不要59的，要99的" too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

SAID = ("offering", "among", "amount_fen", "volume_kb", "number")
"""What names an offering."""
_TO = re.compile(
    r"(?:(?:换|改|变|升|升级|降|转|調|调|換|變|轉)(?:成|到|为|為)|升级|到(?!期|底|时|账|賬))[^,.;，。；不]{0,6}$"
    r"|\b(?:to|for|into)\s+(?:(?:the|a|an|your|new|monthly|plan)\s+)*¥?$",
    re.IGNORECASE,
)
_JUST_TO = re.compile(r"[换換升降]个?$")
"""Without more words it is as often what is changed from: only where nothing says "to"."""
_END = re.compile(r"[,，。;；!！?？、\n]|\.(?!\d)|(?<=[\u4e00-\u9fff])\s+|(?<!\s)\s+(?=[\u4e00-\u9fff])")
_NOT = re.compile(r"不|别(?!的|人)|別(?!的|人)|除了|\b(?:not|dont|don.?t|never|except|neither|cannot)\b", re.IGNORECASE)
_NO = re.compile(r"(?:\bno\b *|n['’]t\b *)(\w)", re.IGNORECASE)
_RIGHT_BEFORE = re.compile(
    r"(?:(?<![能可是要会行])不(?:是|要|用|需要?|想要?|必|打算)?|别|別|非|无需|無需)(?:再|又|给我|把|我的?|开|開|办|这张|那张|增值税|增值稅)*$"
    r"|\b(?:not|no|never|don.?t|without)\b[\w ]*$",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"(?:算了|还是|還是|先)(?:还是|還是|先|就)*不(?:改|换|換|办|辦|买|買|充|订|訂|开|開|弄|升)"
    r"|\b(?:never ?mind|forget (?:it|about it)|on second thoughts?|actually,? no)\b|\bchanged my mind\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"(?<!对)不[对對]|不是(?=[\s,，。、是要吧]|$)|[说說][错錯]了?|[错錯]了|算了|应该是|應該是"
    r"|\b(?:no[, ]+wait|wait[, ]+no|actually|i mean|scratch that|make (?:it|that))\b",
    re.IGNORECASE,
)
"""What comes after it takes the place of what was said before."""
BEFORE = 20
"""So many characters before a word are looked at for a no."""


def meant_of(text: str, entities: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without those that something is changed from, or that are said not to be meant while another is."""
    every = list(entities)
    named = [e for e in every if e["entity"] in SAID and "start" in e]
    if not text or len({str(e["value"]) for e in named}) < 2:
        return every
    last = max((match.end() for match in _CORRECTS.finditer(text)), default=0)
    if after := [e for e in named if last and e["start"] >= last]:
        return [e for e in every if e not in named or e in after]
    kept = [e for e in named if _TO.search(text[: e["start"]])]
    kept = kept or [e for e in named if _JUST_TO.search(text[: e["start"]])]
    kept = kept or [e for e in named if not _is_denied(text, e)]
    # What stands at one place was read in more than one way.
    places = {e["start"] for e in kept}
    return [e for e in every if e not in named or not places or e["start"] in places]


def corrected(text: str) -> bool:
    """ "不对 我要5块的"."""
    return bool(_CORRECTS.search(text))


def given_up(text: str) -> bool:
    """Whether what was to be done is taken back in the same line: "改套餐 算了先不改了 查下话费"."""
    return bool(_GIVEN_UP.search(text))


def clauses(text: str) -> tuple[str, str]:
    """What is said, and what is said not to be so."""
    parts = [part for part in _END.split(text) if part.strip()]
    return " ".join(p for p in parts if not _NOT.search(p)), " ".join(p for p in parts if _NOT.search(p))


def affirmed(text: str) -> str:
    """What is said and not denied: "No, cancel it" cancels it, "do not cancel it" and "no refund" say nothing to do."""
    said, _ = clauses(_NO.sub(r" not \1", text))
    return said


def says(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the words are there and not denied right before: "不是专票" and "别又写错了" say the opposite."""
    for match in pattern.finditer(text):
        before = _END.split(text[max(0, match.start() - BEFORE) : match.start()])[-1]
        if not _RIGHT_BEFORE.search(before):
            return True
    return False


def denies(text: str, words: Sequence[str]) -> bool:
    """Whether some of these words are said not to be meant, and none to be."""
    plain, denied = clauses(text)
    said = [word for word in words if word]
    return any(word in denied for word in said) and not any(word in plain for word in said)


def _is_denied(text: str, entity: dict[str, Any]) -> bool:
    start = max((m.end() for m in _END.finditer(text, 0, entity["start"])), default=0)
    return bool(_NOT.search(text, start, entity["start"]))
