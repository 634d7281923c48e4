"""Secrets typed into chat never reach a store: right after parsing they become typed placeholders.

`mask` cuts one-time codes and service passwords, recharge cards, bank cards and ID numbers out of a text and puts
`⟦kind:REF⟧` there. `hide` is for logs, screens and exports: it keeps a few digits and no reference. `msisdn` shows a
number as 138****1234.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from switchboard.model import InboundMessage, MessagePart, SecretValue

PLACEHOLDER = re.compile(r"⟦(code|card|bankcard|id|password):([0-9a-f]{16})⟧")

_RUN = re.compile(r"(?<![0-9A-Za-z])\d(?:[ \-]?\d){3,24}(?:[ \-]?[Xx])?(?![0-9A-Za-z])")
_BEFORE_PASSWORD = re.compile(r"(?:密码|服务码|口令|password|pin|puk)\s*(?:是|为|:|：|is|=)?\s*$", re.IGNORECASE)
_BEFORE_CODE = re.compile(r"(?:验证码|校验码|动态码|code)\s*(?:是|为|:|：|is|=)?\s*$", re.IGNORECASE)
_BEFORE_ID = re.compile(r"(?:身份证|证件|id)\D{0,6}$", re.IGNORECASE)
_WORD_PASSWORD = re.compile(
    r"(?P<head>(?<!⟦)(?:密码|password)\s*(?:是|为|:|：|is|=)\s*)(?P<value>[!-~]{4,32})", re.IGNORECASE
)
_ALONE = re.compile(r"[\W_]*\d(?:[ \-]?\d){5}[\W_]*")
_CODE_WORD = re.compile(r"验证码|校验码|动态码|密码|code|password", re.IGNORECASE)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Masked:
    """A text without secrets, and the secrets that were in it."""

    text: str
    secrets: tuple[SecretValue, ...]


def new_ref() -> str:
    """64 random bits: nobody guesses another person's reference."""
    return secrets.token_hex(8)


def mask(text: str, ref: Callable[[], str] = new_ref) -> Masked:
    """Replace every secret by a placeholder. Full-width digits count as digits; brackets of ours in the text are
    neutralised first.
    """
    found: list[SecretValue] = []
    # Somebody who types a placeholder must not be able to name a reference.
    plain = "".join(_narrow(c) for c in text.replace("⟦", "[").replace("⟧", "]"))

    def put(kind: str, value: str) -> str:
        found.append(SecretValue(ref(), kind, value))
        return f"⟦{kind}:{found[-1].ref}⟧"

    def word(match: re.Match[str]) -> str:
        return match["head"] + put("password", match["value"])

    def run(match: re.Match[str]) -> str:
        digits = re.sub(r"[ \-]", "", match[0]).upper()
        kind = _kind(digits, plain[: match.start()], plain)
        return put(kind, digits) if kind else match[0]

    cut = _RUN.sub(run, plain)
    return Masked(_WORD_PASSWORD.sub(lambda m: m[0] if "⟦" in m["value"] else word(m), cut), tuple(found))


def mask_item(
    item: InboundMessage | MessagePart, ref: Callable[[], str] = new_ref
) -> tuple[InboundMessage | MessagePart, tuple[SecretValue, ...]]:
    """The same item with its text masked."""
    masked = mask(item.text, ref)
    return replace(item, text=masked.text), masked.secrets


def hide(text: str) -> str:
    """For screens, logs and exports: placeholders lose their reference, phone numbers their middle."""
    shown = PLACEHOLDER.sub(lambda m: f"[{m[1]}]", text)
    return re.sub(r"(?<!\d)(\+?86)?(1[3-9]\d)\d{4}(\d{4})(?!\d)", r"\1\2****\3", shown)


def msisdn(number: str) -> str:
    """+8613800001234 → 138****1234."""
    local = number.removeprefix("+86")
    return f"{local[:3]}****{local[-4:]}" if len(local) >= 7 else "****"


def _narrow(character: str) -> str:
    if character.isdigit() and not character.isascii():
        try:
            return str(unicodedata.digit(character))
        except ValueError:
            return character
    return character


def _kind(digits: str, before: str, whole: str) -> str:
    """Which secret a run of digits is, "" for none: a phone number, an amount, a short code."""
    if _BEFORE_PASSWORD.search(before) and len(digits) <= 12:
        return "password"
    if _BEFORE_CODE.search(before) and 4 <= len(digits) <= 8:
        return "code"
    if _BEFORE_ID.search(before) and len(digits) in (15, 18):
        return "id"
    if digits.endswith("X"):
        return "id" if len(digits) == 18 else ""
    if len(digits) == 18:
        return "id" if _is_id(digits) else "card"
    if 16 <= len(digits) <= 19:
        return "bankcard" if _luhn(digits) else "card"
    if len(digits) == 15 and not digits.startswith("86"):
        return "card"
    # Six digits alone are a code or a password in every form that asks for one, and nothing else that we offer.
    if len(digits) == 6 and (_ALONE.fullmatch(whole) or _CODE_WORD.search(whole)):
        return "code"
    return ""


def _is_id(digits: str) -> bool:
    month, day = int(digits[10:12]), int(digits[12:14])
    if not (digits[6:8] in ("19", "20") and 1 <= month <= 12 and 1 <= day <= 31):
        return False
    return "10X98765432"[sum(int(d) * w for d, w in zip(digits, _ID_WEIGHTS, strict=False)) % 11] == digits[17]


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
