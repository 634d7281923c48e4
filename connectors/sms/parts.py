"""How a text becomes SMS parts (3GPP 23.038 and 23.040)."""

from __future__ import annotations

from collections.abc import Callable

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Two septets each; the pair is never cut."""


def split_sms(text: str) -> list[str]:
    """Cut text (signature included) into SMS parts.

    Where every character is in GSM-7: 160 septets if one part is enough, else 153 each. Otherwise 70 UCS-2 units, else
    67 each. Never splits a surrogate pair; "" is no part.
    """
    if all(character in GSM7 or character in GSM7_EXTENDED for character in text):
        return _cut(text, _septets, 160, 153)
    return _cut(text, _units, 70, 67)


def _cut(text: str, cost: Callable[[str], int], single: int, each: int) -> list[str]:
    if not text:
        return []
    if sum(map(cost, text)) <= single:
        return [text]
    parts, start, used = [], 0, 0
    for index, character in enumerate(text):
        if used + cost(character) > each:
            parts.append(text[start:index])
            start, used = index, 0
        used += cost(character)
    return [*parts, text[start:]]


def _septets(character: str) -> int:
    return 2 if character in GSM7_EXTENDED else 1


def _units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
